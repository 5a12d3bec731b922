from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from msgspec import Struct

from passwright.data.models import Certificate
from passwright.interfaces.api.content_shapes import whole_seconds
from passwright.interfaces.api.frame import (
    Attribute,
    Kind,
    Router,
    answer,
    documented,
    filtered,
    found,
    id_of,
    organization_of,
    paginated,
)
from passwright.queries.certificates import certificate_of, certificates_of

router = Router(tags=["Certificates"])

ATTRIBUTES = {
    "team_identifier": Attribute(Kind.TEXT),
    "pass_type_identifier": Attribute(Kind.TEXT),
    "issued_to": Attribute(Kind.TEXT),
    "expires_at": Attribute(Kind.MOMENT),
    "created_at": Attribute(Kind.MOMENT),
}


class CertificateShape(Struct, frozen=True, kw_only=True):
    """A pass type certificate that campaigns can name as ``certificate_id``."""

    id: UUID
    team_identifier: str
    pass_type_identifier: str
    issued_to: str
    expires_at: str


def shape(certificate: Certificate) -> CertificateShape:
    return CertificateShape(
        id=certificate.id,
        team_identifier=certificate.team_identifier,
        pass_type_identifier=certificate.pass_type_identifier,
        issued_to=certificate.issued_to,
        expires_at=whole_seconds(certificate.expires_at),
    )


@router.get(
    "/certificates",
    summary="List certificates",
    **documented(name="list_certificates", answer=list[CertificateShape], paged=True, attributes=ATTRIBUTES),
)
def list_certificates(request: HttpRequest) -> HttpResponse:
    """The organization's own certificates and the public ones of this server."""
    rows = certificates_of(organization_of(request))
    return paginated(request, filtered(request, rows, ATTRIBUTES), shape)


@router.get(
    "/certificates/{certificate_id}",
    summary="Get a certificate",
    **documented(name="get_certificate", answer=CertificateShape, refusals=(404,)),
)
def get_certificate(request: HttpRequest, certificate_id: str) -> HttpResponse:
    certificate = certificate_of(organization_of(request), id_of(certificate_id, "Certificate"))
    return answer(shape(found(certificate, "Certificate")))
