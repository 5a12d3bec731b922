"""The ``passwright`` command. Each command is imported when it is called, so that the others start quickly."""

from __future__ import annotations

from importlib import import_module

import click

COMMANDS = {
    "up": ("serve", "up"),
    "web": ("serve", "web"),
    "worker": ("serve", "worker"),
    "migrate": ("serve", "migrate_command"),
    "restored": ("restored", "restored"),
    "demo": ("demo", "demo"),
    "bench": ("bench", "bench"),
    "phone": ("phone", "phone"),
    "lint": ("lint", "lint"),
    "organization": ("organization", "organization"),
    "certificate": ("certificate", "certificate"),
    "notices": ("notices", "notices"),
    "webhook": ("webhook", "webhook"),
    "link": ("link", "link"),
    "shell": ("serve", "shell"),
}


class Commands(click.Group):
    """Commands by name, each in its own module beside this one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name]
        command = getattr(import_module(f"passwright.interfaces.cli.{module}"), name)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="passwright")
def cli() -> None:
    """Issue, personalise, distribute, update, redeem and report on mobile wallet passes."""


def main() -> None:
    cli(prog_name="passwright")
