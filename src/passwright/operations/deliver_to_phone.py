"""The pass as a phone fetches it that holds it already: signed only if it is another than the phone has.

On the hot path as `operations.deliver`, and with what that keeps.
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from passwright import secrets
from passwright.apple.web_service import last_modified
from passwright.data.models import Event
from passwright.data.postgresql.rows import moment
from passwright.data.postgresql.statement import Statement
from passwright.operations.deliver import COLUMNS, CertificateExpired, Deliverable, deliverable_of, signed, text
from passwright.operations.note_delivery import note_fetched
from passwright.operations.open_pass import CERTIFICATE, IDENTIFIER, NotAuthorized, serial_number_opened
from passwright.operations.record_event import append_at_once


class PhoneDelivery(Struct, frozen=True):
    """``pkpass``: None if the phone has it as it is, or asked for nothing more than when it changed."""

    pkpass: bytes | None
    last_modified: datetime
    unchanged: bool


class Found(Struct, frozen=True):
    """What one statement reads: version and content are of the same moment."""

    deliverable: Deliverable
    version: int
    last_modified: datetime


FIND = Statement(
    "find_for_phone",
    f"""
SELECT {COLUMNS}, certificate.expires_at > $3::timestamptz,
       pass.version + campaign.version, extract(epoch FROM pass.created_at)
FROM pass
JOIN campaign ON campaign.id = pass.campaign_id AND campaign.deleted_at IS NULL
CROSS JOIN {CERTIFICATE.format(identifier="$2", at="$3::timestamptz")}
WHERE pass.serial_number = $1 AND pass.link_id IS NOT DISTINCT FROM $4::uuid
""",  # noqa: S608 - nothing comes from outside
)


def deliver_to_phone(
    *, pass_type_identifier: str, serial_number: str, token: str, since: datetime | None, at: datetime
) -> PhoneDelivery:
    """The pass as it is now, signed at ``at`` with the certificate of the identifier under which the phone holds it,
    and a ``fetched`` event; nothing but the time if it is still the one of ``since``.

    Raises:
        NotAuthorized: if the token does not open it, it is deleted or was never there, or it is not one of this
            pass type identifier.
        CertificateExpired: if nothing may be signed with its certificate any more.
        passwright.storage.MissingImage: if the storage has lost one of its pictures.
    """
    found = find(pass_type_identifier, serial_number, token, at)
    if since == found.last_modified:
        note_fetched(pass_id=found.deliverable.pass_id, version=found.version, at=at, unchanged=True)
        return PhoneDelivery(None, found.last_modified, unchanged=True)
    if not found.deliverable.valid:
        raise CertificateExpired(CertificateExpired.__doc__)
    pkpass = signed(found.deliverable, at)
    note_fetched(pass_id=found.deliverable.pass_id, version=found.version, at=at)
    append_at_once(
        kind=Event.Kind.FETCHED,
        campaign_id=found.deliverable.parts.campaign_id,
        pass_id=found.deliverable.pass_id,
        at=at,
    )
    return PhoneDelivery(pkpass, found.last_modified, unchanged=False)


def look_for_phone(
    *, pass_type_identifier: str, serial_number: str, token: str, since: datetime | None, at: datetime
) -> PhoneDelivery:
    """What `deliver_to_phone` would say of it, without the pass: nothing is signed, and nothing was fetched.

    Raises:
        NotAuthorized: as there.
        CertificateExpired: as there.
    """
    found = find(pass_type_identifier, serial_number, token, at)
    if since != found.last_modified and not found.deliverable.valid:
        raise CertificateExpired(CertificateExpired.__doc__)
    return PhoneDelivery(None, found.last_modified, unchanged=since == found.last_modified)


def find(pass_type_identifier: str, serial_number: str, token: str, at: datetime) -> Found:
    serial = serial_number_opened(serial_number, token)
    known = IDENTIFIER.fullmatch(pass_type_identifier)
    link_id = secrets.link_id_of(token)
    asked = str(serial), pass_type_identifier, at.isoformat(), None if link_id is None else str(link_id)
    cells = FIND.row(*asked) if known else None
    if cells is None:
        raise NotAuthorized(NotAuthorized.__doc__)
    version, created_at = cells[-2:]
    shown = int(text(version))
    return Found(deliverable_of(cells[:-2]), shown, last_modified(moment(created_at or b"0"), shown))
