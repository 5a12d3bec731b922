from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from django.db import transaction

from passwright import secrets
from passwright.apple import certificate as apple
from passwright.data.models import Certificate, Organization
from passwright.operations.make_development_certificates import KEY_LABEL
from passwright.operations.warn_of_certificates import forget_warnings


@transaction.atomic
def import_certificate(
    *,
    organization: Organization,
    leaf: x509.Certificate,
    key: rsa.RSAPrivateKey,
    intermediates: Sequence[x509.Certificate],
    now: datetime,
) -> Certificate:
    """Keep a pass type certificate with its key, encrypted. One of the same pass type identifier is renewed in place.

    Raises:
        WrongCertificate: naming what does not fit: the key, the dates, the chain, or that it signs no passes.
    """
    apple.check_key(leaf, key)
    apple.check_validity(leaf, now)
    identity = apple.identity(leaf)
    Organization.objects.select_for_update(no_key=True).get(id=organization.id)  # of two imports at once one waits
    issuer = apple.complete_chain(leaf, intermediates)[0]
    renewed = Certificate.objects.filter(
        organization=organization, pass_type_identifier=identity.pass_type_identifier
    ).first()
    row = renewed or Certificate(organization=organization, created_at=now)
    row.pass_type_identifier = identity.pass_type_identifier
    row.team_identifier = identity.team_identifier
    row.issued_to = identity.issued_to
    row.not_before = identity.not_before
    row.expires_at = identity.expires_at
    row.nfc = identity.nfc
    row.leaf_pem = apple.certificate_pem(leaf).decode()
    row.intermediate_pem = apple.certificate_pem(issuer).decode()
    row.key_encrypted = secrets.encrypt(apple.key_pem(key), label=KEY_LABEL)
    row.save()
    forget_warnings(row)
    return row
