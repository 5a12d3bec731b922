from __future__ import annotations

from datetime import UTC, datetime

import click

from passwright.interfaces.cli.installation import installation, say


@click.command(short_help="After a restore from a backup: phones fetch their passes.")
def restored() -> None:
    """Say that the database was restored from a backup: all phones fetch their passes again.

    Without it a phone that was told of something after the backup was made may miss what changes next.
    """
    with installation():
        from passwright.operations.overtake_phones import overtake_phones

        campaigns = overtake_phones(now=datetime.now(UTC))
        say(f"The phones that hold passes of {campaigns} campaigns will be told to fetch them.")
