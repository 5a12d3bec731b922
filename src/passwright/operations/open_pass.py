"""What opens a pass to a phone: its serial number, its token, and the pass type identifier under which it is held.

A token is derived from the serial number, so it is compared before the database is asked anything: whoever guesses
hears the same, after the same time, of passes that are there and of others. Of a pass that was given to somebody else
it also says for whom: when the row is read, the tokens of former holders open nothing.
"""

from __future__ import annotations

import hmac
import re
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from msgspec import Struct

from passwright import secrets

NOBODY = UUID(int=0)
SERIAL_NUMBER = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
IDENTIFIER = re.compile(r"[A-Za-z0-9.-]{1,255}", re.ASCII)


class NotAuthorized(Exception):
    """The token is not that of this pass, or there is no such pass; which of the two is not said."""


class OpenedPass(Struct, frozen=True):
    """A pass that a phone may have."""

    pass_id: UUID
    campaign_id: UUID


def serial_number_opened(serial_number: str, token: str) -> UUID:
    """The serial number, as the pass itself says it; nothing else than the very same text is that of a pass. Whether
    the token is still the one of the holder, the row says: its ``link_id`` has to be `secrets.link_id_of` it.

    Raises:
        NotAuthorized: if the token is another.
    """
    meant = read_serial_number(serial_number)
    expected = secrets.authentication_token(meant or NOBODY, secrets.link_id_of(token)).encode()
    opens = hmac.compare_digest(expected, token.encode("utf-8", "surrogatepass"))
    if meant is None or not opens:
        raise NotAuthorized(NotAuthorized.__doc__)
    return meant


def read_serial_number(text: str) -> UUID | None:
    """None if no pass of ours can have it: a pass says it in small letters, with dashes."""
    return UUID(text) if SERIAL_NUMBER.fullmatch(text) else None


CERTIFICATE = """
LATERAL (
    SELECT * FROM certificate
    WHERE certificate.pass_type_identifier = {identifier}
      AND (certificate.id = campaign.certificate_id OR certificate.organization_id = campaign.organization_id
           OR (certificate.organization_id IS NULL AND certificate.pass_type = campaign.style))
    ORDER BY certificate.expires_at > {at} DESC, certificate.id = campaign.certificate_id DESC,
             certificate.organization_id NULLS LAST
    LIMIT 1
) AS certificate
"""
"""The certificate under which a phone holds a pass of ``campaign``: the campaign's, or one that it may have had before,
of the organization or public for its type, as long as it is there. A phone refuses a pass of another identifier than
the one it holds. Fill in with `str.format`."""

# The campaign's row and the pass's are held against deletion, and taken before the right to draw tags: who waits for
# a long change of theirs holds up nobody else.
HELD = f"""
SELECT pass.id, pass.campaign_id
FROM pass JOIN campaign ON campaign.id = pass.campaign_id AND campaign.deleted_at IS NULL
CROSS JOIN {CERTIFICATE.format(identifier="%(identifier)s", at="%(at)s::timestamptz")}
WHERE pass.serial_number = %(serial)s AND pass.link_id IS NOT DISTINCT FROM %(link_id)s::uuid
"""  # noqa: S608 - nothing comes from outside
HOLD, LOCK = " FOR KEY SHARE OF pass, campaign", " FOR UPDATE OF pass FOR KEY SHARE OF campaign"


def open_pass(
    *, pass_type_identifier: str, serial_number: str, token: str, at: datetime, changing: bool = False
) -> OpenedPass:
    """The pass, which stays until the caller's transaction ends; ``changing``: and stays as it is.

    Raises:
        NotAuthorized: if the token does not open it or did so before the pass was given to somebody else, it is
            deleted or was never there, or it is not one of this pass type identifier.
    """
    serial = serial_number_opened(serial_number, token)
    if not IDENTIFIER.fullmatch(pass_type_identifier):
        raise NotAuthorized(NotAuthorized.__doc__)
    with connection.cursor() as cursor:
        named: dict[str, Any] = {
            "identifier": pass_type_identifier,
            "serial": serial,
            "link_id": secrets.link_id_of(token),
            "at": at,
        }
        cursor.execute(HELD + (LOCK if changing else HOLD), named)
        row = cursor.fetchone()
    if row is None:
        raise NotAuthorized(NotAuthorized.__doc__)
    return OpenedPass(*row)
