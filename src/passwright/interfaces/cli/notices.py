from __future__ import annotations

import click

from passwright.interfaces.cli.installation import installation, quiet
from passwright.interfaces.cli.tables import show_table


@click.command(short_help="Show what somebody should do something about.")
def notices() -> None:
    """Show what somebody should do something about, such as certificates that expire. Newest first."""
    with installation(say=quiet):
        from passwright.queries.notices import all_notices

        rows = [
            (
                row.created_at.strftime("%-d %b %Y"),
                row.organization.name if row.organization else "everybody",
                row.text,
            )
            for row in all_notices()
        ]
    show_table(("on", "of", "notice"), rows)
