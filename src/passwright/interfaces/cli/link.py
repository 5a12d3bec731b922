from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TextIO
from uuid import UUID

import click

from passwright.interfaces.cli.installation import installation, quiet

if TYPE_CHECKING:
    from passwright.data.models import Campaign, Distribution
    from passwright.operations.make_smart_links import SmartLinkWanted

UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
AT_ONCE = 1_000
EXTERNAL_ID, URL = "external_id", "url"
"""Columns that are no fields."""


def duration(_context: click.Context, _parameter: click.Parameter, value: str) -> timedelta:
    """``90m``, ``12h``, ``30d``, ``4w``."""
    read = re.fullmatch(r"([1-9][0-9]{0,5})([mhdw])", value.strip())
    if not read:
        raise click.BadParameter("write a number and m, h, d or w, such as 30d.")
    return timedelta(**{UNITS[read[2]]: int(read[1])})


@click.command(short_help="Make smart links: addresses with values for one pass each.")
@click.argument("campaign_id", metavar="CAMPAIGN", type=click.UUID)
@click.argument("values", metavar="KEY=VALUE…", nargs=-1)
@click.option("--link", "link_id", type=click.UUID, help="Which distribution of the campaign; the first otherwise.")
@click.option(
    "--expires", callback=duration, default="30d", metavar="TIME", show_default=True, help="After which time it ends."
)
@click.option("--single-use", is_flag=True, help="Only the browser that made the pass sees it again.")
@click.option("--external-id", help="What you call the pass.")
@click.option("--csv", "table", type=click.File(encoding="utf-8-sig"), help="A link for each row of a file.")
def link(
    campaign_id: UUID,
    values: tuple[str, ...],
    link_id: UUID | None,
    expires: timedelta,
    single_use: bool,
    external_id: str | None,
    table: TextIO | None,
) -> None:
    """Print an address that makes one pass with these values.

    With --csv: print the file with a column `url` more, for a mail-merge. Columns called as fields are their values,
    `external_id` is what you call the pass, and all others are left as they are.
    """
    common = pairs(values)
    if table and external_id:
        raise click.UsageError("With --csv, write external ids into a column of that name.")
    with installation(say=quiet), understood():
        campaign, distribution = named(campaign_id, link_id)
        if table:
            write_table(campaign, distribution, table, common, expires, single_use)
        else:
            wanted = smart_link(common, expires, single_use, external_id)
            click.echo(addresses(campaign, distribution, [wanted], several=False)[0])


def pairs(values: tuple[str, ...]) -> dict[str, str]:
    read = {}
    for pair in values:
        key, sign, value = pair.partition("=")
        if not sign or not key:
            raise click.BadParameter(f"“{pair}” is no KEY=VALUE.", param_hint="KEY=VALUE")
        read[key] = value
    return read


def smart_link(
    values: dict[str, str], expires: timedelta, single_use: bool, external_id: str | None
) -> SmartLinkWanted:
    from passwright.operations.make_smart_links import SmartLinkWanted

    return SmartLinkWanted(
        values=values,
        expires_in=int(expires.total_seconds()),
        single_use=single_use,
        external_id=external_id or None,
    )


def addresses(
    campaign: Campaign, distribution: Distribution, wanted: list[SmartLinkWanted], *, several: bool = True
) -> list[str]:
    from passwright.addresses import from_outside, smart_link_page
    from passwright.operations.make_smart_links import make_smart_links

    made = make_smart_links(campaign=campaign, link=distribution, wanted=wanted, several=several, now=datetime.now(UTC))
    return [from_outside(smart_link_page(distribution.token, one.token)) for one in made]


def write_table(
    campaign: Campaign,
    distribution: Distribution,
    table: TextIO,
    common: dict[str, str],
    expires: timedelta,
    single_use: bool,
) -> None:
    """All rows or, when one is wrong, none."""
    from passwright.queries.campaigns import newest_revision

    reader = csv.DictReader(table)
    columns = list(reader.fieldnames or ())
    keys = {field.key for field in newest_revision(campaign).fields}
    if not keys & set(columns) and EXTERNAL_ID not in columns:
        raise click.BadParameter(f"no column is called as a field: {', '.join(sorted(keys))}.", param_hint="--csv")
    rows = list(reader)
    wanted = [
        smart_link(
            {**common, **{key: row[key] for key in columns if key in keys and row.get(key)}},
            expires,
            single_use,
            row.get(EXTERNAL_ID) if EXTERNAL_ID in columns else None,
        )
        for row in rows
    ]
    urls = [
        url
        for first in range(0, len(wanted), AT_ONCE)
        for url in addresses_of_rows(campaign, distribution, wanted[first : first + AT_ONCE], first)
    ]
    writer = csv.DictWriter(
        sys.stdout, [*(column for column in columns if column != URL), URL], extrasaction="ignore", lineterminator="\n"
    )
    writer.writeheader()
    for row, url in zip(rows, urls, strict=True):
        writer.writerow({**row, URL: url})


def addresses_of_rows(
    campaign: Campaign, distribution: Distribution, wanted: list[SmartLinkWanted], first: int
) -> list[str]:
    """Faults name the row, counted as a table shows it: the first below the names of the columns is row 2."""
    from passwright.operations.refusals import ValidationFailed

    try:
        return addresses(campaign, distribution, wanted)
    except ValidationFailed as error:
        lines = [
            f"row {int(place[1]) + first + 2}: {place[2]} {fault}"
            for name, faults in error.errors.items()
            for fault in faults
            if (place := re.match(r"links\[(\d+)\]\.(?:values\.)?(.*)", name))
        ]
        raise click.ClickException("No link was made.\n" + "\n".join(lines[:20])) from error


def named(campaign_id: UUID, link_id: UUID | None) -> tuple[Campaign, Distribution]:
    """Raises: NotFound: if there is no such campaign, or it has no such link."""
    from passwright.operations.refusals import NotFound
    from passwright.queries import campaigns, distributions

    campaign = campaigns.campaign_with_id(campaign_id)
    if campaign is None:
        raise NotFound("Campaign")
    distribution = distributions.distribution(campaign, link_id) if link_id else campaigns.distribution(campaign)
    if distribution is None:
        raise NotFound("Distribution")
    return campaign, distribution


@contextmanager
def understood() -> Iterator[None]:
    """What cannot be done ends the command with a line that says why."""
    from passwright.operations.refusals import NotFound, PreconditionFailed, ValidationFailed

    try:
        yield
    except (csv.Error, UnicodeDecodeError) as error:
        raise click.BadParameter(f"the file is not CSV in UTF-8: {error}.", param_hint="--csv") from error
    except NotFound as error:
        hint = "CAMPAIGN" if error.what == "Campaign" else "--link"
        raise click.BadParameter(f"no {error.what.lower()} has this id.", param_hint=hint) from error
    except (PreconditionFailed, ValidationFailed) as error:
        raise click.ClickException(str(error).replace("values.", "")) from error
