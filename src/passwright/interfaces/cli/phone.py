"""A simulated iPhone on the command line."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import click
from cryptography import x509
from msgspec import Struct
from rich.console import Console
from rich.text import Text

from passwright.apple import apns
from passwright.apple import certificate as certificates
from passwright.environment import Environment, read_environment
from passwright.interfaces.cli.lock_screen import show_lock_screen
from passwright.known_types import know_types
from passwright.phone import memory
from passwright.phone.habits import WALLETS, Habit
from passwright.phone.held import Refused
from passwright.phone.moments import Happening, Moment
from passwright.phone.phone import Phone
from passwright.phone.push_service import CannotListen, Mean, PushService
from passwright.phone.tls import ServerIdentity, identity_by, own_identity
from passwright.phone.web_service import NotAnswered

LISTEN = apns.SIMULATED.removeprefix("https://")
"""Where development certificates push to unless PASSWRIGHT_APNS_URL says otherwise."""

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)

COLOURS = {
    Happening.ADDED: "green",
    Happening.REFUSED: "red",
    Happening.REGISTERED: "green",
    Happening.PUSHED: "cyan",
    Happening.FETCHED: "green",
    Happening.BANNER: "bold",
    Happening.COMPLAINT: "yellow",
    Happening.FAILED: "red",
    Happening.REMOVED: "magenta",
    Happening.FORGOTTEN: "magenta",
}


class Surroundings(Struct, frozen=True):
    """Whom the phone trusts, and who its push service is. ``known``: whether the platform knows it by itself."""

    roots: bytes
    clients: bytes
    """Whose certificates may push."""
    identity: ServerIdentity
    known: bool


@click.command(short_help="Try passes without an iPhone: a simulated one.")
@click.option("--add", "links", multiple=True, metavar="URL", help="Add the pass behind a link, or in a file.")
@click.option(
    "--trust", type=FILE, multiple=True, help="Trust the roots in this file (PEM) instead of this installation's."
)
@click.option(
    "--mean",
    type=click.Choice([word.value for word in (*Habit, *Mean)]),
    multiple=True,
    metavar="MODE",
    help="Be mean, as phones are or as the push service is to every push: "
    + ", ".join(word.value for word in (*Habit, *Mean)),
)
@click.option(
    "--as", "wallet", type=click.Choice(list(WALLETS)), default="apple", show_default=True, help="Which wallet."
)
@click.option("--folder", type=FOLDER, help="Where it keeps its passes.  [default: phone in the data folder]")
@click.option("--listen", default="", help=f"Where its push service listens.  [default: {LISTEN}]")
@click.option("--keep/--remove", default=True, show_default=True, help="At the end, keep the passes or remove them.")
def phone(
    links: Sequence[str],
    trust: Sequence[Path],
    mean: Sequence[str],
    wallet: str,
    folder: Path | None,
    listen: str,
    keep: bool,
) -> None:
    """Try passes without an iPhone: a simulated one, with its own push service, until Ctrl-C.

    It adds passes, verifies them as strictly as a real one, registers, is pushed, fetches and shows its lock screen.
    docs/phone.md explains the mean ways.
    """
    know_types()
    environment, console = read_environment(), Console(highlight=False, soft_wrap=True)
    folder = folder or environment.home / "phone"
    around = standing_alone(trust) if trust else of_installation(environment)
    habits = [Habit(word) for word in mean if word in list(Habit)]
    with owned(folder), push_service(around, *address(listen, environment)) as service:
        greet(console, service, around, folder)
        for word in set(mean) - set(Habit):
            service.always = Mean(word)
        with Phone(
            push_service=service,
            trusted_roots=certificates.load_certificates(around.roots),
            habits=habits,
            wallet=WALLETS[wallet],
        ) as simulated:
            live(simulated, links, folder, console)
            if not keep:
                remove_all(simulated)
            simulated.switch_off()  # nothing else writes the folder now
            memory.save(simulated, folder)


def address(listen: str, environment: Environment) -> tuple[str, int]:
    """
    Raises:
        UsageError: if it is no address.
    """
    chosen = listen or local_part(environment.apns_url) or LISTEN
    host, _, port = chosen.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise click.UsageError("--listen: write host:port, such as 127.0.0.1:2197.")
    return host.strip("[]"), int(port)


def local_part(url: str) -> str:
    """The address in PASSWRIGHT_APNS_URL, if it is one of this machine."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or 443}" if parts.hostname in LOOPBACK else ""


def standing_alone(trust: Sequence[Path]) -> Surroundings:
    """
    Raises:
        UsageError: if a file holds no certificate.
    """
    found: list[x509.Certificate] = []
    for file in trust:
        try:
            found += certificates.load_certificates(file.read_bytes())
        except certificates.UnreadableCertificate as error:
            raise click.UsageError(f"--trust: {file} holds no certificate in PEM or DER.") from error
    roots = b"".join(certificates.certificate_pem(certificate) for certificate in found)
    return Surroundings(roots, roots, own_identity(datetime.now(UTC)), known=False)


def of_installation(environment: Environment) -> Surroundings:
    """The installation's development root vouches for the passes and for the push service alike."""
    from passwright.interfaces.cli.installation import installation, quiet

    if not environment.development_ca:
        raise click.UsageError(
            "This installation makes no development certificates (PASSWRIGHT_DEV_CA is off, as in production). "
            "Name the roots to trust with --trust."
        )
    with installation(say=quiet):
        from passwright.operations.make_development_certificates import authority_of_installation

        now = datetime.now(UTC)
        authority = authority_of_installation(now)
    return Surroundings(
        authority.root_pem, authority.root_pem + authority.intermediate_pem, identity_by(authority, now), known=True
    )


@contextmanager
def owned(folder: Path) -> Iterator[None]:
    try:
        with memory.owned(folder):
            yield
    except memory.FolderTaken as error:
        raise click.ClickException(f"{error} Choose another with --folder.") from error


@contextmanager
def push_service(around: Surroundings, host: str, port: int) -> Iterator[PushService]:
    """It takes pushes for phones that it does not know too, as Apple does for those that are switched off: they stay
    registered, and ask what they missed when they are back."""
    service = PushService(
        client_authorities=around.clients, identity=around.identity, host=host, port=port, knows_all=True
    )
    try:
        service.__enter__()
    except CannotListen as error:
        another = "Is another phone running? " if error.taken else ""
        raise click.ClickException(
            f"{error} {another}Choose another address with --listen and PASSWRIGHT_APNS_URL."
        ) from error
    try:
        yield service
    finally:
        service.__exit__()


def greet(console: Console, service: PushService, around: Surroundings, folder: Path) -> None:
    console.print("[bold]A simulated iPhone[/] (stop with Ctrl-C)")
    console.print(f"  its push service  {service.url}")
    console.print(f"  it keeps passes   {folder}")
    if around.known and service.url == apns.SIMULATED:
        console.print("  ./dev up pushes here by itself; ./dev demo pushes to the phone it has.", style="dim")
        return
    console.print("\nStart the platform so that it pushes here:")
    console.print(f"  PASSWRIGHT_APNS_URL={service.url}")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    console.print(f"  PASSWRIGHT_APNS_CA={service.write_root(folder / 'apns-root.pem')}\n")


def live(simulated: Phone, links: Sequence[str], folder: Path, console: Console) -> None:
    """Until Ctrl-C or SIGTERM. What cannot be added is said, and the phone goes on."""
    turn = threading.Lock()

    def tell(moment: Moment) -> None:
        with turn:
            show(moment, simulated, console)
            if moment.what is not Happening.FAILED:
                memory.save(simulated, folder)

    simulated.tell = tell
    try:
        memory.load(simulated, folder)
    except memory.UnreadableMemory as error:
        raise click.ClickException(str(error)) from error
    told = told_to_stop()
    for link in links:
        if not told.is_set():
            add(simulated, link, console)
    told.wait()


def told_to_stop() -> threading.Event:
    """Set by the first SIGTERM or SIGINT; a second one ends the process as it always does."""
    told = threading.Event()

    def stop(number: int, _frame: object) -> None:
        told.set()
        signal.signal(number, before[signal.Signals(number)])

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    return told


def add(simulated: Phone, link: str, console: Console) -> None:
    try:
        if urlsplit(link).scheme in ("http", "https"):
            simulated.add(link)
        else:
            simulated.add_file(Path(link))
    except Refused:
        pass  # the timeline says why
    except (NotAnswered, OSError) as error:
        console.print(Text(f"{link} was not added: {error}", style="red"))


def show(moment: Moment, simulated: Phone, console: Console) -> None:
    if moment.what is Happening.BANNER:
        show_lock_screen(simulated.banners[-1], console)
        return
    line = Text(f"{moment.at.astimezone():%H:%M:%S}  ", style="dim")
    line.append(f"{moment.what:<11}", style=COLOURS.get(moment.what, ""))
    line.append(moment.text, style="")
    if moment.serial_number:
        line.append(f"  {moment.serial_number}", style="dim")
    console.print(line)


def remove_all(simulated: Phone) -> None:
    for held in list(simulated.passes.values()):
        with suppress(NotAnswered):  # the timeline says why
            simulated.remove(held)
