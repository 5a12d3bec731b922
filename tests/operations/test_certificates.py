from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from passwright import secrets
from passwright.apple import certificate as apple
from passwright.apple import development
from passwright.data.models import Certificate, DevelopmentAuthority, Notice, Organization
from passwright.interfaces import jobs
from passwright.operations.create_organization import create_organization
from passwright.operations.import_certificate import import_certificate
from passwright.operations.make_development_certificates import KEY_LABEL, make_development_certificates
from passwright.operations.warn_of_certificates import warn_of_certificates
from passwright.passes.content import Style
from passwright.queries.certificates import certificates_of
from passwright.queries.development_authority import NoDevelopmentAuthority, root_pem
from passwright.settings import ENVIRONMENT

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def authority() -> development.DevelopmentAuthority:
    return development.development_authority(NOW)


@pytest.fixture
def organization(db: None) -> Organization:
    return create_organization(name="Toy Town", now=NOW).organization


@pytest.mark.django_db
def test_one_public_certificate_a_style_and_only_once() -> None:
    with pytest.raises(NoDevelopmentAuthority):
        root_pem()
    assert make_development_certificates(now=NOW) == len(Style)
    assert make_development_certificates(now=NOW) == 0
    root = apple.load_certificate(root_pem())
    for row in Certificate.objects.all():
        leaf = apple.load_certificate(row.leaf_pem.encode())
        intermediate = apple.load_certificate(row.intermediate_pem.encode())
        key = apple.load_key(secrets.decrypt(bytes(row.key_encrypted), label=KEY_LABEL))
        apple.check_key(leaf, key)
        apple.check_pass_type(leaf, pass_type_identifier=row.pass_type_identifier, team_identifier=row.team_identifier)
        assert apple.complete_chain(leaf, [root, intermediate]) == [intermediate, root]
        assert b"PRIVATE" not in bytes(row.key_encrypted)
        assert row.expires_at == apple.identity(leaf).expires_at


@pytest.mark.django_db
def test_a_month_before_they_expire_they_are_renewed_in_place() -> None:
    make_development_certificates(now=NOW)
    before = {row.id: row for row in Certificate.objects.all()}
    root = root_pem()
    later = NOW + timedelta(days=370)
    assert make_development_certificates(now=later) == len(Style)
    for row in Certificate.objects.all():
        assert row.pass_type_identifier == before[row.id].pass_type_identifier
        assert row.leaf_pem != before[row.id].leaf_pem
        assert row.expires_at > later + timedelta(days=390)
    assert root_pem() == root


@pytest.mark.django_db(transaction=True)
def test_two_that_start_at_once_make_one_chain() -> None:
    def make(_: int) -> int:
        try:
            return make_development_certificates(now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(make, range(4)))
    assert sorted(made) == [0, 0, 0, len(Style)]
    assert DevelopmentAuthority.objects.count() == 1
    assert Certificate.objects.count() == len(Style)


@pytest.mark.django_db
def test_an_imported_certificate_is_kept_encrypted_and_renewed_in_place(
    organization: Organization, authority: development.DevelopmentAuthority
) -> None:
    for now in (NOW, NOW + timedelta(days=300)):
        leaf = authority.issue("pass.example.members", "TEAM123456", "Toy Town", now, nfc=True)
        row = import_certificate(
            organization=organization,
            leaf=leaf.certificate,
            key=leaf.key,
            intermediates=[authority.root, authority.intermediate],
            now=now,
        )
        assert not Notice.objects.exists()
        assert warn_of_certificates(now=row.expires_at - timedelta(days=20)) == 1
    kept = Certificate.objects.get(organization=organization)
    assert kept.id == row.id
    assert kept.nfc
    assert kept.intermediate_pem.encode() == authority.intermediate_pem
    assert kept.expires_at == apple.identity(leaf.certificate).expires_at
    assert secrets.decrypt(bytes(kept.key_encrypted), label=KEY_LABEL) == leaf.key_pem


@pytest.mark.django_db
def test_what_does_not_fit_is_refused_and_nothing_is_kept(
    organization: Organization, authority: development.DevelopmentAuthority
) -> None:
    leaf = authority.issue("pass.example.members", "TEAM123456", "Toy Town", NOW)
    other = authority.issue("pass.example.other", "TEAM123456", "Toy Town", NOW)
    chain = [authority.intermediate]
    refusals = [
        (leaf.certificate, other.key, chain, NOW, apple.KeyMismatch),
        (leaf.certificate, leaf.key, [authority.root], NOW, apple.ChainIncomplete),
        (leaf.certificate, leaf.key, chain, NOW + timedelta(days=400), apple.CertificateExpired),
        (leaf.certificate, leaf.key, chain, NOW - timedelta(days=1), apple.CertificateNotYetValid),
        (authority.intermediate, authority.intermediate_key, [authority.root], NOW, apple.NotAPassCertificate),
    ]
    for certificate, key, intermediates, now, refusal in refusals:
        with pytest.raises(refusal):
            import_certificate(
                organization=organization, leaf=certificate, key=key, intermediates=intermediates, now=now
            )
    assert not Certificate.objects.filter(organization=organization).exists()


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_keep_one_certificate(authority: development.DevelopmentAuthority) -> None:
    organization = create_organization(name="Toy Town", now=NOW).organization
    leaf = authority.issue("pass.example.members", "TEAM123456", "Toy Town", NOW)

    def keep(_: int) -> uuid.UUID:
        try:
            return import_certificate(
                organization=organization,
                leaf=leaf.certificate,
                key=leaf.key,
                intermediates=[authority.intermediate],
                now=NOW,
            ).id
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        made = set(threads.map(keep, range(4)))
    row = Certificate.objects.get(organization=organization)
    assert made == {row.id}
    row.id = uuid.uuid4()
    with pytest.raises(IntegrityError, match="certificate_one_an_identifier"), transaction.atomic():
        row.save(force_insert=True)


@pytest.mark.django_db
def test_production_offers_no_development_certificate(
    organization: Organization, authority: development.DevelopmentAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_development_certificates(now=NOW)
    leaf = authority.issue("pass.example.members", "TEAM123456", "Toy Town", NOW)
    own = import_certificate(
        organization=organization, leaf=leaf.certificate, key=leaf.key, intermediates=[authority.intermediate], now=NOW
    )
    assert certificates_of(organization).count() == len(Style) + 1
    monkeypatch.setattr(ENVIRONMENT, "dev_ca", False)
    assert list(certificates_of(organization)) == [own]
    Certificate.objects.filter(pass_type=Style.GENERIC).update(development=False)
    assert certificates_of(organization).count() == 2


@pytest.mark.django_db
def test_the_daily_job_renews_only_where_development_certificates_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    make_development_certificates(now=NOW - timedelta(days=1000))
    monkeypatch.setattr(ENVIRONMENT, "dev_ca", False)
    jobs.renew_development_certificates(timestamp=0)
    assert Certificate.objects.filter(expires_at__gt=NOW).count() == 0
    monkeypatch.setattr(ENVIRONMENT, "dev_ca", True)
    jobs.renew_development_certificates(timestamp=0)
    assert Certificate.objects.filter(expires_at__gt=NOW).count() == len(Style)
