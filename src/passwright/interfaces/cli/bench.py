from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import click
import msgspec
from rich.console import Console
from rich.table import Table

BENCHMARKS = {
    "sign": "passes per CPU-second of the build path, beside the bare RSA rate and a naive build",
    "http": "downloads, creations, reads and fetches of phones per CPU-second of one web process, beside bare RSA",
    "merge": "a merge and a push of campaigns with 1,000, 100,000 and 1,000,000 passes, in milliseconds",
    "push": "pushes per CPU-second from queued rows to recorded outcomes, beside the bare HTTP/2 client",
    "reports": "daily and total reports with ten million events in the table, and the summing up of their counts",
    "bulk": "rows of a bulk import per second, beside PostgreSQL's own COPY of the finished passes",
}


@click.command()
@click.argument("name", type=click.Choice(list(BENCHMARKS)), required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def bench(name: str | None, as_json: bool) -> None:
    """Measure speed, as ratios within one run. Without NAME: all, one after the other."""
    if as_json and name is None:
        raise click.UsageError("--json prints one object: name the benchmark.")
    for chosen in [name] if name else BENCHMARKS:
        run: Callable[[], msgspec.Struct] = import_module(f"passwright.bench.{chosen}").run
        if as_json:
            click.echo(msgspec.json.encode(run()).decode())
        else:
            click.echo(click.style(f"Measuring {chosen}: {BENCHMARKS[chosen]} …", dim=True), err=True)
            show(chosen, run())


def show(name: str, result: msgspec.Struct) -> None:
    table = Table(title=f"bench {name}", box=None, show_header=False, title_justify="left", padding=(0, 2))
    for key, value in msgspec.to_builtins(result).items():
        table.add_row(key, f"{value:,.2f}" if isinstance(value, float) else f"{value:,}")
    Console().print(table, highlight=False)
