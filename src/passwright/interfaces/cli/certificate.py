from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

import click
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from passwright.apple import certificate as apple
from passwright.interfaces.cli.installation import installation, quiet
from passwright.interfaces.cli.tables import show_table

Opened = tuple[x509.Certificate, rsa.RSAPrivateKey, list[x509.Certificate]]

PASSWORD_VARIABLE = "PASSWRIGHT_CERTIFICATE_PASSWORD"

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def certificate() -> None:
    """Certificates: what passes are signed with."""


@certificate.command("dev-root")
def dev_root() -> None:
    """Print the development root in PEM, to verify what development certificates sign."""
    with installation(say=quiet):
        from passwright.queries.development_authority import NoDevelopmentAuthority, root_pem

        try:
            click.echo(root_pem().decode(), nl=False)
        except NoDevelopmentAuthority as error:
            raise click.ClickException(str(error)) from error


@certificate.command("list")
def list_() -> None:
    """Show every certificate and when it expires."""
    with installation(say=quiet):
        from passwright.queries.certificates import all_certificates

        rows = [
            (
                str(row.id),
                row.pass_type_identifier,
                row.team_identifier,
                row.expires_at.strftime("%-d %b %Y"),
                row.organization.name if row.organization else "everybody",
            )
            for row in all_certificates()
        ]
    show_table(("id", "pass type identifier", "team", "expires", "of"), rows)


@certificate.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--name", required=True, help="Common name, such as your company's.")
@click.option("--email", required=True, help="Address of the Apple developer account.")
def request(folder: Path, name: str, email: str) -> None:
    """Make a key and the signing request that Apple's portal asks for, in FOLDER."""
    made = apple.certificate_signing_request(name, email)
    folder.mkdir(parents=True, exist_ok=True)
    key_file, request_file = folder / "pass.key", folder / "pass.certSigningRequest"
    try:
        descriptor = os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise click.ClickException(
            f"{key_file} exists already. Choose another folder: a key is never replaced."
        ) from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(made.key_pem)
    request_file.write_bytes(made.request_pem)
    click.echo(f"{request_file}: upload it in Apple's portal under Identifiers, Pass Type IDs.")
    click.echo(f"{key_file}: keep it; import it together with the certificate that Apple gives you.")


@certificate.command("import")
@click.argument("file", type=FILE)
@click.option("--organization", "organization_id", required=True, type=click.UUID, help="Whose certificate it is.")
@click.option("--key", "key_file", type=FILE, help="The private key, unless FILE is a .p12.")
@click.option("--intermediate", "intermediate_files", type=FILE, multiple=True, help="Apple's WWDR certificate.")
@click.option(
    "--password-file",
    type=click.File("rb"),
    help="Holds the password of the .p12 or the key; - reads it from standard input. "
    f"Without it: {PASSWORD_VARIABLE}, else you are asked.",
)
def import_(
    file: Path,
    organization_id: UUID,
    key_file: Path | None,
    intermediate_files: tuple[Path, ...],
    password_file: BinaryIO | None,
) -> None:
    """Keep a pass type certificate (.p12, PEM or DER) with its key, encrypted."""
    with installation(say=quiet):
        from passwright.operations.import_certificate import import_certificate
        from passwright.queries.organizations import organization_with_id

        organization = organization_with_id(organization_id)
        if organization is None:
            raise click.BadParameter("no organization has this id.", param_hint="--organization")
        try:
            given = [found for path in intermediate_files for found in apple.load_certificates(path.read_bytes())]
            leaf, key, enclosed = opened(file.read_bytes(), key_file, given_password(password_file))
            row = import_certificate(
                organization=organization, leaf=leaf, key=key, intermediates=given + enclosed, now=datetime.now(UTC)
            )
        except (apple.WrongCertificate, OSError) as error:
            raise click.ClickException(str(error)) from error
        click.echo(f"{row.id}  {row.pass_type_identifier}, expires {row.expires_at:%-d %b %Y}")


def given_password(file: BinaryIO | None) -> str | None:
    """From the file, else from the environment; never from an argument, which every process of the machine can read."""
    if file is None:
        return os.environ.get(PASSWORD_VARIABLE)
    try:
        return file.read().decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError as error:
        raise click.BadParameter("the file is not UTF-8 text.", param_hint="--password-file") from error


def opened(data: bytes, key_file: Path | None, password: str | None) -> Opened:
    """Certificate, key and enclosed certificates. Without a password it is tried without, then asked for.

    Raises:
        WrongCertificate: naming what cannot be read, or that the password is wrong.
    """
    if not apple.is_pkcs12(data) and key_file is None:
        raise click.UsageError("FILE holds no key: give it with --key.")
    try:
        return read(data, key_file, password)
    except apple.WrongPassword:
        if password is not None:
            raise
    if not sys.stdin.isatty():
        raise click.ClickException(f"A password is needed: give it with --password-file or {PASSWORD_VARIABLE}.")
    return read(data, key_file, click.prompt("Password", hide_input=True, err=True))


def read(data: bytes, key_file: Path | None, password: str | None) -> Opened:
    if apple.is_pkcs12(data):
        return apple.load_pkcs12(data, password or "")
    assert key_file
    return apple.load_certificate(data), apple.load_key(key_file.read_bytes(), password), []
