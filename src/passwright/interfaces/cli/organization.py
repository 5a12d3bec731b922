from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import click

from passwright.interfaces.cli.installation import installation, quiet
from passwright.interfaces.cli.tables import printable, show_table

if TYPE_CHECKING:
    from passwright.operations.new_password import NewPassword

ID = click.argument("organization_id", metavar="ID", type=click.UUID)
JSON = click.option("--json", "as_json", is_flag=True, help='Print {"id", "api_username", "api_password"}.')
MOST = 2**31 - 1


@click.group()
def organization() -> None:
    """Organizations: the tenants, each with its API credentials."""


@organization.command()
@click.argument("name")
@JSON
def create(name: str, as_json: bool) -> None:
    """Make an organization and show its API password, once."""
    with installation(say=quiet):
        from passwright.operations.create_organization import OrganizationNameMissing, create_organization

        try:
            new = create_organization(name=name, now=datetime.now(UTC))
        except OrganizationNameMissing as error:
            raise click.BadParameter(str(error), param_hint="NAME") from error
        show_password(new, as_json)


@organization.command("refresh-password")
@ID
@JSON
def refresh_password(organization_id: UUID, as_json: bool) -> None:
    """Give it another API password and show it, once. The old one is refused from now on."""
    with installation(say=quiet), known():
        from passwright.operations.refresh_api_password import refresh_api_password

        show_password(refresh_api_password(organization_id=organization_id, now=datetime.now(UTC)), as_json)


@organization.command("list")
def list_() -> None:
    """Show every organization, what it may do and whether it is locked."""
    with installation(say=quiet):
        from passwright.queries.organizations import all_organizations, hourly_limit_of

        rows = [
            (
                str(row.id),
                row.name,
                row.api_username,
                str(row.parent_id or "-"),
                f"{listed.children} of {row.children_allowed}",
                f"{hourly_limit_of(row):,}",
                f"since {row.locked_at:%-d %b %Y}" if row.locked_at else "-",
            )
            for listed in all_organizations()
            for row in [listed.organization]
        ]
    show_table(("id", "name", "API username", "below", "children", "requests an hour", "locked"), rows)


@organization.command()
@ID
@click.option("--children", required=True, type=click.IntRange(0, MOST), help="How many; 0 for none. Usual is 10.")
def allow(organization_id: UUID, children: int) -> None:
    """Let it make and manage organizations below it through the API."""
    with installation(say=quiet), known():
        from passwright.operations.allow_children import allow_children
        from passwright.queries.organizations import children_of

        row = allow_children(organization_id=organization_id, children=children, now=datetime.now(UTC))
        there = children_of(row).count()
    if children:
        click.echo(f"{printable(row.name)} may have {children} organizations below it. It has {there}.")
    else:
        click.echo(f"{printable(row.name)} may not manage organizations. Those below it stay as they are: {there}.")


@organization.command()
@ID
def lock(organization_id: UUID) -> None:
    """Refuse its API credentials. Its passes stay, and so do the organizations below it."""
    with installation(say=quiet), known():
        from passwright.operations.lock_organization import lock_organization

        row = lock_organization(organization_id=organization_id, now=datetime.now(UTC))
    click.echo(
        f"{printable(row.name)} is locked since {row.locked_at:%-d %b %Y, %H:%M} UTC: the API answers it 403, and its "
        "pages issue no passes. Organizations below it are not locked."
    )


@organization.command()
@ID
def unlock(organization_id: UUID) -> None:
    """Let its API credentials in again."""
    with installation(say=quiet), known():
        from passwright.operations.unlock_organization import unlock_organization

        row = unlock_organization(organization_id=organization_id, now=datetime.now(UTC))
    click.echo(f"{printable(row.name)} is not locked: its API credentials are valid.")


@organization.command()
@ID
@click.argument("requests", metavar="N|default")
def limit(organization_id: UUID, requests: str) -> None:
    """Let it make N API requests an hour, or as many as everybody by default."""
    with installation(say=quiet) as environment, known():
        from passwright.operations.limit_organization import limit_organization
        from passwright.queries.organizations import hourly_limit_of

        wanted = None if requests == "default" else read_limit(requests)
        row = limit_organization(organization_id=organization_id, requests=wanted, now=datetime.now(UTC))
        allowed = hourly_limit_of(row)
    click.echo(f"{printable(row.name)} may make {allowed:,} API requests an hour.")
    if not environment.enforce_limits:
        click.echo("Nobody is refused unless the web process runs with PASSWRIGHT_ENFORCE_LIMITS=true.")


def read_limit(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:20]) <= MOST:
        raise click.BadParameter(f'write a number from 1 to {MOST}, or "default".', param_hint="N|default")
    return int(text)


@contextmanager
def known() -> Iterator[None]:
    """An id that nobody has ends the command with a line that says so."""
    from passwright.operations.refusals import NotFound

    try:
        yield
    except NotFound as error:
        hint = "no organization has this id. passwright organization list shows those there are."
        raise click.BadParameter(hint, param_hint="ID") from error


def show_password(new: NewPassword, as_json: bool) -> None:
    row = new.organization
    if as_json:
        made = {"id": str(row.id), "api_username": row.api_username, "api_password": new.api_password}
        click.echo(json.dumps(made))
        return
    click.echo(f"Organization  {printable(row.name)}\nid            {row.id}")
    click.echo(f"API username  {row.api_username}\nAPI password  {new.api_password}")
    click.echo("Store the password now: only its hash is kept.")
