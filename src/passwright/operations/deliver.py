"""Sign a pass for a phone: the hot path.

Loading a key costs a hundred times what signing does, and scaling pictures a hundred times that. So each certificate
has one loaded signer and each set of pictures one prepared archive, both kept within bounds; what remains for one
download is ``pass.json``, the RSA signature, and a short statement on either side of them. The pictures name the
archive by their digests, so nothing has to be told when a campaign changes.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from passwright import addresses, secrets, storage
from passwright.apple.archive import PreparedArchive, prepare
from passwright.apple.certificate import load_certificate, load_key
from passwright.apple.signature import Signer
from passwright.caching import BoundedCache
from passwright.data.models import Certificate, Event
from passwright.data.postgresql.rows import optional_moment
from passwright.data.postgresql.statement import Cells, Statement
from passwright.operations.make_development_certificates import KEY_LABEL
from passwright.operations.record_event import append_at_once
from passwright.passes.content import Content, ImageSlot, Marks, Overrides, PassState, Style
from passwright.queries.passes import NOTHING_OWN, PassParts, laid
from passwright.settings import PUBLIC_URL
from passwright.wallets import apple

SIGNERS = 256
ARCHIVES = 512
ARCHIVE_BYTES = 128 * 1024 * 1024

WEB_SERVICE_URL = f"{PUBLIC_URL}/apple"
"""Where phones register passes and ask for updates; they append ``/v1/…``."""


class PassNotFound(Exception):
    """There is no such pass, or it is not one of this link."""


class CertificateExpired(Exception):
    """The certificate that signs this campaign's passes has expired. Nothing can be signed until it is renewed."""


class Delivery(Struct, frozen=True):
    """A signed pass. ``file_name``: what it is called, in anybody's letters and without a suffix."""

    pkpass: bytes
    file_name: str


CertificateKey = tuple[str, str]
"""Id, and a digest of the certificate and its intermediate: renewed or completed in place, it is another."""


class LoadedIssuer(Struct, frozen=True):
    """A certificate ready to sign with."""

    signer: Signer
    pass_type_identifier: str
    team_identifier: str


class Deliverable(Struct, frozen=True):
    """What one statement reads of a pass that is to be signed. ``link_id``: what its holder's links are made from."""

    pass_id: UUID
    link_id: UUID | None
    parts: PassParts
    name: str
    certificate: CertificateKey
    valid: bool


ArchiveKey = tuple[Style, tuple[tuple[ImageSlot, str], ...]]

issuers: BoundedCache[CertificateKey, LoadedIssuer] = BoundedCache(
    most_entries=SIGNERS, most_bytes=SIGNERS, size_of=lambda _: 1
)
archives: BoundedCache[ArchiveKey, PreparedArchive] = BoundedCache(
    most_entries=ARCHIVES, most_bytes=ARCHIVE_BYTES, size_of=lambda archive: len(archive.body)
)

COLUMNS = """
pass.id, pass.link_id, pass.campaign_id, campaign.name, pass.serial_number, pass.epoch, pass.redeem_code, pass.voided,
pass.redeemed_count, extract(epoch FROM pass.expiration_date), extract(epoch FROM pass.relevant_date),
pass.user_info, pass.overrides, campaign.marks, campaign.push_message, campaign.push_message_epoch,
certificate.id, sha256(convert_to(certificate.leaf_pem || certificate.intermediate_pem, 'UTF8'))
"""
"""What is read of a pass, its campaign and the certificate to sign with; whether that is valid comes after it, and
`deliverable_of` reads it all."""

# $3 is null when the pass's own token is enough.
FOUND = f"""
SELECT {COLUMNS}, certificate.expires_at > $2
FROM pass
JOIN campaign ON campaign.id = pass.campaign_id AND campaign.deleted_at IS NULL
JOIN certificate ON certificate.id = campaign.certificate_id
WHERE {{which}} = $1 AND (pass.given_up_at IS NULL OR NOT pass.voided) AND ($3::text IS NULL OR EXISTS (
    SELECT 1 FROM distribution WHERE token = $3 AND campaign_id = campaign.id
))
"""  # noqa: S608 - nothing comes from outside
FIND = Statement("find_deliverable", FOUND.format(which="pass.link_id IS NULL AND pass.id"))
FIND_TRANSFERRED = Statement("find_deliverable_transferred", FOUND.format(which="pass.link_id"))

read_marks = msgspec.json.Decoder(Marks).decode
read_overrides = msgspec.json.Decoder(Overrides).decode
read_user_info = msgspec.json.Decoder(dict[str, Any]).decode


def deliver_pass(*, pass_id: UUID, at: datetime, link: str | None = None) -> Delivery:
    """The pass as it is now, signed at ``at``, and a ``downloaded`` event. With ``link``, only a pass of that link.

    ``pass_id``: what its page token stands for, that is its id until it is given to somebody else (`Pass.opened_by`).

    Raises:
        PassNotFound: if there is none, its holder deleted it, its campaign is gone, or it is another link's.
        CertificateExpired: if nothing may be signed with its campaign's certificate any more.
        passwright.storage.MissingImage: if the storage has lost one of its pictures.
    """
    deliverable = find(pass_id, link, at)
    if deliverable is None:
        raise PassNotFound(PassNotFound.__doc__)
    if not deliverable.valid:
        raise CertificateExpired(CertificateExpired.__doc__)
    pkpass = signed(deliverable, at)
    # After the signature, so that what could not be signed is not counted.
    append_at_once(
        kind=Event.Kind.DOWNLOADED, campaign_id=deliverable.parts.campaign_id, pass_id=deliverable.pass_id, at=at
    )
    return Delivery(pkpass, deliverable.name)


def signed(deliverable: Deliverable, at: datetime) -> bytes:
    """The ``.pkpass``, which says where a phone asks for updates and with what token."""
    content = laid([deliverable.parts])[0]
    loaded = loaded_issuer(deliverable.certificate)
    issuer = apple.AppleIssuer(
        pass_type_identifier=loaded.pass_type_identifier,
        team_identifier=loaded.team_identifier,
        web_service_url=WEB_SERVICE_URL,
        authentication_token=secrets.authentication_token(UUID(content.serial_number), deliverable.link_id),
        edit_url=edit_url(deliverable) if content.edit_link else None,
    )
    return prepared(content).build(apple.render(content, issuer), loaded.signer, at)


def edit_url(deliverable: Deliverable) -> str:
    """Where the holder of a pass changes it. Whoever has the address can: it is on the pass and in his mail alone."""
    opened_by = deliverable.link_id or deliverable.pass_id
    return addresses.from_outside(addresses.edit_page(secrets.edit_token(opened_by)))


def find(pass_id: UUID, link: str | None, at: datetime) -> Deliverable | None:
    asked = str(pass_id), at.isoformat(), link
    cells = FIND.row(*asked) or FIND_TRANSFERRED.row(*asked)
    return deliverable_of(cells) if cells else None


def deliverable_of(cells: Cells) -> Deliverable:
    pass_id, link_id, campaign_id, name, serial_number, made_at, redeem_code, voided, redeemed, *rest = cells
    expires, relevant, user_info, overrides, marks, push_message, message_epoch, *rest = rest
    certificate_id, certificate_digest, valid = rest
    state = PassState(
        serial_number=text(serial_number),
        made_at=int(text(made_at)),
        redeem_code=text(redeem_code),
        voided=voided == b"t",
        redeemed_count=int(text(redeemed)),
        expiration_date=optional_moment(expires),
        relevant_date=optional_moment(relevant),
        user_info=read_user_info(user_info) if user_info else {},
    )
    own = read_overrides(overrides) if overrides else NOTHING_OWN
    said = text(push_message), int(text(message_epoch))
    parts = PassParts(UUID(text(campaign_id)), read_marks(marks or b"{}"), own, state, *said)
    return Deliverable(
        pass_id=UUID(text(pass_id)),
        link_id=UUID(text(link_id)) if link_id else None,
        parts=parts,
        name=text(name),
        certificate=(text(certificate_id), text(certificate_digest)),
        valid=valid == b"t",
    )


def text(cell: bytes | None) -> str:
    return (cell or b"").decode()


def loaded_issuer(certificate: CertificateKey) -> LoadedIssuer:
    return issuers.get(certificate, lambda: load_issuer(certificate[0]))


def load_issuer(certificate_id: str) -> LoadedIssuer:
    row = Certificate.objects.get(id=certificate_id)
    key = load_key(secrets.decrypt(bytes(row.key_encrypted), label=KEY_LABEL))
    signer = Signer(load_certificate(row.leaf_pem.encode()), key, load_certificate(row.intermediate_pem.encode()))
    return LoadedIssuer(signer, row.pass_type_identifier, row.team_identifier)


def prepared(content: Content) -> PreparedArchive:
    """The unchanging files of all passes with these pictures."""
    images = content.look.images
    key = content.style, tuple(sorted((slot, image.digest) for slot, image in images.items()))

    def prepare_now() -> PreparedArchive:
        pictures = {slot: storage.get(image.digest) for slot, image in images.items()}
        return prepare(apple.files(pictures, content.style))

    return archives.get(key, prepare_now)
