from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from passwright.apple import certificate, der, oids
from tests.apple.chain import NOW, PASS_TYPE, TEAM, authority, leaf, stranger


def test_a_leaf_is_shaped_like_apple_s() -> None:
    made = leaf().certificate
    names = {attribute.oid: attribute.value for attribute in made.subject}
    assert names == {
        NameOID.USER_ID: PASS_TYPE,
        NameOID.COMMON_NAME: f"Pass Type ID: {PASS_TYPE}",
        NameOID.ORGANIZATIONAL_UNIT_NAME: TEAM,
        NameOID.ORGANIZATION_NAME: "Toy Town",
        NameOID.COUNTRY_NAME: "US",
    }
    usages = made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usages) == [ExtendedKeyUsageOID.CLIENT_AUTH, oids.PASS_SIGNING]
    usage = made.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.digital_signature
    assert not usage.value.key_cert_sign
    push = made.extensions.get_extension_for_oid(oids.PUSH).value
    assert isinstance(push, x509.UnrecognizedExtension)
    assert push.value == b"\x05\x00"
    own = made.extensions.get_extension_for_oid(oids.PASS_TYPE_IDENTIFIER).value
    assert isinstance(own, x509.UnrecognizedExtension)
    assert own.value == b"\x0c" + bytes([len(PASS_TYPE)]) + PASS_TYPE.encode()
    assert timedelta(days=390) < made.not_valid_after_utc - made.not_valid_before_utc < timedelta(days=400)
    key = made.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    assert key.key_size == 2048


def test_the_intermediate_is_shaped_like_wwdr_and_the_chain_holds() -> None:
    made = authority().intermediate
    assert made.extensions.get_extension_for_oid(oids.WWDR)
    constraints = made.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert constraints.value == x509.BasicConstraints(ca=True, path_length=0)
    leaf().certificate.verify_directly_issued_by(made)
    made.verify_directly_issued_by(authority().root)


def test_an_identity_is_read() -> None:
    assert certificate.identity(leaf().certificate) == certificate.Identity(
        pass_type_identifier=PASS_TYPE,
        team_identifier=TEAM,
        issued_to="Toy Town",
        not_before=leaf().certificate.not_valid_before_utc,
        expires_at=leaf().certificate.not_valid_after_utc,
        nfc=False,
    )


def test_nfc_capability_and_long_identifiers() -> None:
    long = "pass." + "long." * 20 + "name"
    made = authority().issue(long, TEAM, "O" * 80, NOW, nfc=True)
    found = certificate.identity(made.certificate)
    assert (found.nfc, found.pass_type_identifier) == (True, long)


@pytest.mark.parametrize("which", ["root", "intermediate"])
def test_an_authority_s_certificate_signs_no_passes(which: str) -> None:
    with pytest.raises(certificate.NotAPassCertificate, match="no pass type identifier"):
        certificate.identity(getattr(authority(), which))


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_certificates_are_loaded(encoding: Encoding) -> None:
    assert certificate.load_certificate(leaf().certificate.public_bytes(encoding)) == leaf().certificate


def test_all_certificates_of_a_pem_file_are_loaded() -> None:
    both = certificate.load_certificates(leaf().certificate_pem + leaf().intermediate_pem)
    assert both == [leaf().certificate, leaf().intermediate]


@pytest.mark.parametrize("data", [b"", b"nothing", b"-----BEGIN CERTIFICATE-----\n", der.integer(3)])
def test_what_is_no_certificate_is_refused(data: bytes) -> None:
    with pytest.raises(certificate.UnreadableCertificate, match=r"\.cer"):
        certificate.load_certificate(data)


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
@pytest.mark.parametrize("format", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
@pytest.mark.parametrize("password", [None, "gehe\u00fcim"])
def test_keys_are_loaded(encoding: Encoding, format: PrivateFormat, password: str | None) -> None:
    if password and encoding is Encoding.DER and format is PrivateFormat.TraditionalOpenSSL:
        pytest.skip("this form has no encryption")
    encryption = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    data = leaf().key.private_bytes(encoding, format, encryption)
    assert certificate.load_key(data, password).private_numbers() == leaf().key.private_numbers()
    if password:
        with pytest.raises(certificate.WrongPassword):
            certificate.load_key(data)
    else:
        assert certificate.load_key(data, "not needed").private_numbers() == leaf().key.private_numbers()


def test_a_wrong_password_for_a_key_is_named() -> None:
    data = leaf().key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"right"))
    with pytest.raises(certificate.WrongPassword):
        certificate.load_key(data, "wrong")


def test_other_keys_and_no_keys_are_refused() -> None:
    curve = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(certificate.UnreadableKey, match="RSA"):
        certificate.load_key(curve.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(certificate.UnreadableKey):
        certificate.load_key(b"nothing")


def p12(password: bytes | None) -> bytes:
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    return pkcs12.serialize_key_and_certificates(
        b"pass", leaf().key, leaf().certificate, [leaf().intermediate], encryption
    )


@pytest.mark.parametrize("password", ["", "secret"])
def test_p12_files_are_loaded(password: str) -> None:
    found, key, others = certificate.load_pkcs12(p12(password.encode() or None), password)
    assert found == leaf().certificate
    assert key.private_numbers() == leaf().key.private_numbers()
    assert others == [leaf().intermediate]


def test_p12_refusals() -> None:
    with pytest.raises(certificate.WrongPassword):
        certificate.load_pkcs12(p12(b"secret"), "wrong")
    with pytest.raises(certificate.UnreadableCertificate, match=r"not a \.p12"):
        certificate.load_pkcs12(leaf().certificate_pem)
    without_key = pkcs12.serialize_key_and_certificates(b"x", None, leaf().certificate, None, NoEncryption())
    with pytest.raises(certificate.UnreadableKey, match="together"):
        certificate.load_pkcs12(without_key)


def test_a_foreign_key_is_refused_with_both_fingerprints() -> None:
    certificate.check_key(leaf().certificate, leaf().key)
    with pytest.raises(certificate.KeyMismatch) as refusal:
        certificate.check_key(leaf().certificate, stranger().key)
    for key in (leaf().key, stranger().key):
        assert x509.SubjectKeyIdentifier.from_public_key(key.public_key()).digest.hex() in str(refusal.value)


def test_validity_is_checked_with_both_times() -> None:
    certificate.check_validity(leaf().certificate, NOW)
    with pytest.raises(certificate.CertificateExpired, match=r"expired at 2027-12-22 09:30 UTC; now is 2028-11-21"):
        certificate.check_validity(leaf().certificate, NOW + timedelta(days=730))
    with pytest.raises(certificate.CertificateNotYetValid, match=r"from 2026-11-22 09:30 UTC on; now is 2026-11-21"):
        certificate.check_validity(leaf().certificate, NOW - timedelta(days=1))


def test_identifiers_are_checked_with_both_values() -> None:
    certificate.check_pass_type(leaf().certificate, pass_type_identifier=PASS_TYPE, team_identifier=TEAM)
    with pytest.raises(certificate.PassTypeIdentifierMismatch, match=rf"'pass.other'.*'{PASS_TYPE}'"):
        certificate.check_pass_type(leaf().certificate, pass_type_identifier="pass.other", team_identifier=TEAM)
    with pytest.raises(certificate.TeamIdentifierMismatch, match=rf"'OTHER'.*'{TEAM}'"):
        certificate.check_pass_type(leaf().certificate, pass_type_identifier=PASS_TYPE, team_identifier="OTHER")


def test_the_chain_is_completed_by_key_and_not_by_name() -> None:
    # Both intermediates have the same name.
    assert stranger().intermediate.subject == leaf().intermediate.subject
    candidates = [stranger().intermediate, authority().root, leaf().intermediate]
    assert certificate.complete_chain(leaf().certificate, candidates) == [leaf().intermediate, authority().root]
    assert certificate.complete_chain(leaf().certificate, [leaf().intermediate]) == [leaf().intermediate]


def test_a_chain_that_cannot_be_completed_says_what_is_wanted() -> None:
    with pytest.raises(certificate.ChainIncomplete) as refusal:
        certificate.complete_chain(leaf().certificate, [stranger().intermediate])
    wanted = x509.SubjectKeyIdentifier.from_public_key(authority().intermediate_key.public_key()).digest.hex()
    assert wanted in str(refusal.value)
    with pytest.raises(certificate.ChainIncomplete, match="none"):
        certificate.complete_chain(leaf().certificate, [])


def test_a_signing_request_is_verifiable_and_keeps_its_key_to_itself() -> None:
    asked = certificate.certificate_signing_request("Toy Town", "passes@example.org")
    request = x509.load_pem_x509_csr(asked.request_pem)
    assert request.is_signature_valid
    assert request.public_key() == certificate.load_key(asked.key_pem).public_key()
    assert "PRIVATE" not in repr(asked)


def test_the_development_authority_survives_being_stored() -> None:
    made = authority()
    again = certificate.DevelopmentAuthority.from_pem(
        root=made.root_pem, intermediate=made.intermediate_pem, intermediate_key=made.intermediate_key_pem
    )
    issued = again.issue("pass.again", TEAM, "Toy Town", NOW)
    assert certificate.complete_chain(issued.certificate, [again.intermediate, again.root]) == [
        made.intermediate,
        made.root,
    ]
    assert "PRIVATE" not in repr(again) + repr(issued)
