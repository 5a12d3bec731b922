from __future__ import annotations

import json
from datetime import UTC, datetime

import click

from passwright.interfaces.cli.installation import installation, quiet


@click.group()
def organization() -> None:
    """Organizations: the tenants, each with its API credentials."""


@organization.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help='Print {"id", "api_username", "api_password"}.')
def create(name: str, as_json: bool) -> None:
    """Make an organization and show its API password, once."""
    with installation(say=quiet):
        from passwright.operations.create_organization import OrganizationNameMissing, create_organization

        try:
            new = create_organization(name=name, now=datetime.now(UTC))
        except OrganizationNameMissing as error:
            raise click.BadParameter(str(error), param_hint="NAME") from error
        made = {
            "id": str(new.organization.id),
            "api_username": new.organization.api_username,
            "api_password": new.api_password,
        }
    if as_json:
        click.echo(json.dumps(made))
        return
    click.echo(f"Organization  {name.strip()}\nid            {made['id']}")
    click.echo(f"API username  {made['api_username']}\nAPI password  {made['api_password']}")
    click.echo("Store the password now: only its hash is kept.")
