from __future__ import annotations

from datetime import datetime

from django.db import transaction

from passwright.apple.personalization import sign_token
from passwright.apple.web_service import SignUp
from passwright.data.models import Event, Pass
from passwright.data.postgresql.statement import Statement
from passwright.operations.announce import announce_pass
from passwright.operations.deliver import CertificateExpired, loaded_issuer, text
from passwright.operations.open_pass import CERTIFICATE, OpenedPass, open_pass
from passwright.operations.record_event import append
from passwright.operations.retrying import retried

KEY = "personalization"
"""In the metadata of a pass: what its holder told of himself."""

SIGNING = Statement(
    "certificate_of_sign_up",
    f"""
SELECT certificate.id, sha256(convert_to(certificate.leaf_pem || certificate.intermediate_pem, 'UTF8')),
       certificate.expires_at > $3::timestamptz
FROM campaign CROSS JOIN {CERTIFICATE.format(identifier="$2", at="$3::timestamptz")}
WHERE campaign.id = $1
""",  # noqa: S608 - nothing comes from outside
)


@retried
@transaction.atomic
def personalize(*, pass_type_identifier: str, serial_number: str, token: str, sign_up: SignUp, now: datetime) -> bytes:
    """Keep what the holder told of himself, and sign the token of his sign-up: a detached CMS in DER.

    The pass gets another version, so that the phone that fetches it next gets it. The same sign-up once more is signed
    and changes nothing.

    Raises:
        NotAuthorized: as `open_pass` says.
        CertificateExpired: if nothing may be signed with its certificate any more.
    """
    opened = open_pass(
        pass_type_identifier=pass_type_identifier, serial_number=serial_number, token=token, at=now, changing=True
    )
    signature = signed_token(opened, pass_type_identifier, sign_up, now)
    keep(opened, sign_up.answers, now)
    return signature


def signed_token(opened: OpenedPass, pass_type_identifier: str, sign_up: SignUp, now: datetime) -> bytes:
    cells = SIGNING.row(str(opened.campaign_id), pass_type_identifier, now.isoformat())
    if cells is None or cells[2] != b"t":
        raise CertificateExpired(CertificateExpired.__doc__)
    return sign_token(sign_up.token.encode(), loaded_issuer((text(cells[0]), text(cells[1]))).signer, now)


def keep(opened: OpenedPass, answers: dict[str, str], now: datetime) -> None:
    row = Pass.objects.get(id=opened.pass_id)
    if (row.metadata or {}).get(KEY) == answers:
        return
    row.metadata = {**(row.metadata or {}), KEY: answers}
    row.version += 1
    row.updated_at = max(row.updated_at, now)
    row.save(update_fields=["metadata", "version", "updated_at"])
    append(
        kind=Event.Kind.PERSONALIZED,
        campaign_id=opened.campaign_id,
        pass_id=opened.pass_id,
        extra={"given": sorted(answers)},
        at=now,
    )
    announce_pass(campaign_id=opened.campaign_id, pass_id=opened.pass_id, kind=Event.Kind.PERSONALIZED, at=now)
