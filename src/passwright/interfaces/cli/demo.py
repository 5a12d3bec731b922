"""The main job on real input: from nothing to a phone that shows a change, through the public API over HTTP."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import requests
from msgspec import Struct
from rich.console import Console
from rich.markup import escape

from passwright.embedded import tether
from passwright.environment import CONSOLE, Environment
from passwright.interfaces.cli.installation import installation, this_command
from passwright.interfaces.cli.lock_screen import show_lock_screen
from passwright.interfaces.cli.serve import refuse_taken_address
from passwright.phone.held import HTTP_ALLOWED, HeldPass, Refused
from passwright.phone.moments import Happening, Moment
from passwright.phone.phone import Phone, Unhandled
from passwright.phone.push_service import PushService
from passwright.phone.tls import identity_by
from passwright.phone.web_service import NotAnswered

CAMPAIGN: dict[str, Any] = {
    "name": "Toy Town Generic Passes!",
    "logo_text": "Toy Town",
    "barcode": {"format": "pdf417"},
    "text_color": "#ffffff",
    "background_color": "#c51f1f",
    "primary_fields": [{"key": "member"}],
    "secondary_fields": [{"key": "subtitle", "label": "MEMBER SINCE"}],
    "auxiliary_fields": [
        {"key": "level", "label": "LEVEL"},
        {"key": "favorite", "label": "FAVORITE TOY", "change_message": "Favorite toy is now %@"},
    ],
}

JOHNNY: dict[str, Any] = {
    "primary_fields": [{"key": "member", "value": "Johnny Appleseed"}],
    "secondary_fields": [{"key": "subtitle", "value": "2012"}],
    "auxiliary_fields": [{"key": "level", "value": "Platinum"}, {"key": "favorite", "value": "Trucks"}],
}

AIRPLANES: dict[str, Any] = {"auxiliary_fields": [{"key": "favorite", "value": "Airplanes"}]}

READY_WITHIN_SECONDS = 60.0
SHOWN_WITHIN_SECONDS = 30.0


class Credentials(Struct, frozen=True):
    """How the demo's organization logs in."""

    username: str
    password: str

    def __repr__(self) -> str:
        return f"Credentials({self.username})"


class Story(Struct, frozen=True, kw_only=True):
    """What the demo made, for the closing words."""

    campaign: dict[str, Any]
    made: dict[str, Any]
    file: Path
    root: Path


def direct() -> requests.Session:
    """Proxies of the environment are not asked: all that the demo speaks to is on this machine."""
    session = requests.Session()
    session.trust_env = False
    return session


class Api:
    """The public API as any client would use it."""

    def __init__(self, base: str, credentials: Credentials) -> None:
        self.base = base
        self.session = direct()
        self.session.auth = (credentials.username, credentials.password)

    def post(self, path: str, **arguments: Any) -> dict[str, Any]:
        return self.ask("POST", path, 201, **arguments)

    def patch(self, path: str, **arguments: Any) -> dict[str, Any]:
        return self.ask("PATCH", path, 200, **arguments)

    def ask(self, method: str, path: str, wanted: int, **arguments: Any) -> dict[str, Any]:
        answer = self.session.request(method, f"{self.base}{path}", timeout=30, **arguments)
        if answer.status_code != wanted:
            raise click.ClickException(f"{method} {path} answered {answer.status_code}: {answer.text[:500]}")
        body: dict[str, Any] = answer.json()
        return body

    def upload(self, asset_type: str, content: bytes) -> str:
        picture = {"asset[file]": (f"{asset_type}.png", content, "image/png")}
        asset = self.post("/v2/assets", files=picture, data={"asset[asset_type]": asset_type})
        return str(asset["id"])


class Steps:
    """Progress, a line a step, with what came of it and how long it took."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.started = time.monotonic()

    def done(self, what: str, outcome: str) -> None:
        now = time.monotonic()
        self.console.print(f"  [green]✓[/] {what:<15}{outcome} [dim]{now - self.started:5.2f} s[/]", highlight=False)
        self.started = now


@click.command(short_help="Start the platform with a pass, and a phone that holds it.")
@click.option("--exit", "exits", is_flag=True, help="Do everything, then stop the platform and end with 0.")
def demo(exits: bool) -> None:
    """Start the platform with an organization, a campaign, a pass in it, and a phone that holds the pass."""
    console = Console(soft_wrap=True)
    console.print("[bold]Passwright demo[/]: from nothing to a phone that shows a change")
    steps = Steps(console)
    with installation() as environment:
        refuse_taken_address(environment)
        steps.done("database", "PostgreSQL runs, the tables are there")
        with ExitStack() as processes:
            phone = processes.enter_context(new_phone(environment))
            platform = start_platform(environment, processes)
            base = local_url(environment)
            wait_until_ready(base, platform)
            steps.done("platform", f"web and worker run, {base} answers")
            credentials = make_organization()
            steps.done("organization", "Toy Town, with API credentials")
            story = tell(Api(base, credentials), environment, phone, steps)
            change(Api(base, credentials), story, phone, steps)
            console.print()
            show_lock_screen(phone.banners[-1], console)
            conclude(console, environment, credentials, story)
            if exits:
                return
            console.print("\nThe platform keeps running, and so does the phone. Stop them with Ctrl-C.")
            show_banners(phone, console)
            wait_for_end(platform)


LOOPBACK_OF = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - read, not bound


def local_url(environment: Environment) -> str:
    """Where this machine reaches the web process, whatever its public name is."""
    host, _, port = environment.listen.rpartition(":")
    return f"http://{LOOPBACK_OF.get(host, host)}:{port}"


@contextmanager
def new_phone(environment: Environment) -> Iterator[Phone]:
    """A phone that trusts the development root, and a push service that the platform's processes are told of."""
    from passwright.operations.make_development_certificates import authority_of_installation

    if not environment.development_ca:
        raise click.ClickException(
            "PASSWRIGHT_DEV_CA is off, as in production: the demo needs a development certificate."
        )
    now = datetime.now(UTC)
    authority = authority_of_installation(now)
    clients = authority.root_pem + authority.intermediate_pem
    service = PushService(client_authorities=clients, identity=identity_by(authority, now), knows_all=True)
    with service:  # phones that this installation knew before stay registered
        os.environ["PASSWRIGHT_APNS_URL"] = service.url
        os.environ["PASSWRIGHT_APNS_CA"] = str(keep(environment, "development-root.pem", authority.root_pem))
        with Phone(push_service=service, trusted_roots=[authority.root]) as phone:
            yield phone


def start_platform(environment: Environment, processes: ExitStack) -> subprocess.Popen[bytes]:
    """``passwright up`` beside us: it uses the database that we started, and ends with us. E-mails are printed, if the
    environment names no server."""
    os.environ["PASSWRIGHT_SMTP_URL"] = os.environ.get("PASSWRIGHT_SMTP_URL") or CONSOLE
    words = tether.tethered([*this_command(), "up", "--quiet"], signal.SIGTERM)
    platform = subprocess.Popen(words)  # noqa: S603 - ourselves

    def stop() -> None:
        platform.terminate()
        try:
            platform.wait(timeout=30)
        except subprocess.TimeoutExpired:
            platform.kill()

    processes.callback(stop)
    return platform


def wait_until_ready(base: str, platform: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    with direct() as session:
        while time.monotonic() < deadline:
            if platform.poll() is not None:
                raise click.ClickException("The platform stopped while it was starting. Its own lines above say why.")
            with suppress(requests.RequestException):
                if session.get(f"{base}/v2/ping", timeout=2).ok:
                    return
            time.sleep(0.05)
    raise click.ClickException(f"The platform did not answer at {base} within {READY_WITHIN_SECONDS:.0f} seconds.")


def make_organization() -> Credentials:
    from passwright.operations.create_organization import create_organization

    new = create_organization(name="Toy Town", now=datetime.now(UTC))
    return Credentials(new.organization.api_username, new.api_password)


def tell(api: Api, environment: Environment, phone: Phone, steps: Steps) -> Story:
    """Pictures, campaign, pass, download and proof, and a phone that takes it."""
    from passwright.interfaces.cli import demo_pictures

    pictures: dict[str, Callable[[], bytes]] = {
        "icon": demo_pictures.icon,
        "logo": demo_pictures.logo,
        "thumbnail": demo_pictures.child,
    }
    assets = {kind: api.upload(kind, draw()) for kind, draw in pictures.items()}
    steps.done("pictures", "icon, logo and a child's picture: POST /v2/assets")
    campaign = api.post(
        "/v2/generics/", json={"generic": {**CAMPAIGN, "icon_id": assets["icon"], "logo_id": assets["logo"]}}
    )
    steps.done("campaign", f"“{campaign['name']}”: POST /v2/generics/")
    made = api.post(
        f"/v2/generics/{campaign['id']}/passes", json={"pass": {**JOHNNY, "thumbnail_id": assets["thumbnail"]}}
    )
    steps.done("pass", f"Johnny Appleseed, number {made['redeem_code']}: POST /v2/generics/…/passes")
    data = download(api, made)
    from passwright.queries.development_authority import root_pem

    root = root_pem()
    prove(data, root)
    steps.done(".pkpass", f"{len(data):,} bytes; manifest and signature verify")
    take(phone, api, made)
    steps.done("phone", "a simulated iPhone added the pass and registered it")
    return Story(
        campaign=campaign,
        made=made,
        file=keep(environment, "johnny-appleseed.pkpass", data),
        root=keep(environment, "development-root.pem", root),
    )


def take(phone: Phone, api: Api, made: dict[str, Any]) -> HeldPass:
    """The phone adds the pass by its link.

    Raises:
        ClickException: if it refuses the pass or cannot register it.
    """
    try:
        held = phone.add(f"{api.base}{local_path(made['pkpass_url'])}")
    except (Refused, NotAnswered) as error:
        raise click.ClickException(f"The phone did not add the pass: {error}") from error
    if not held.registered:
        raise click.ClickException(f"The phone could not register at {held.web_service_url}:\n{phone.told()}")
    return held


def change(api: Api, story: Story, phone: Phone, steps: Steps) -> None:
    """The holder's favourite toy changes, and his phone shows it.

    Raises:
        ClickException: if it does not; with all that the phone has heard.
    """
    path = f"/v2/generics/{story.campaign['id']}/passes/{story.made['id']}"
    api.patch(path, json={"pass": AIRPLANES})
    steps.done("change", "Trucks became Airplanes: PATCH /v2/generics/…/passes/…")
    try:
        phone.wait_for(lambda: phone.banners, within=SHOWN_WITHIN_SECONDS, what="the phone shows the change")
    except Unhandled as error:
        raise click.ClickException(str(error)) from error
    steps.done("push", "the phone was pushed, fetched the pass and shows it:")


def show_banners(phone: Phone, console: Console) -> None:
    """From now on, as they come."""

    def tell(moment: Moment) -> None:
        if moment.what is Happening.BANNER:
            show_lock_screen(phone.banners[-1], console)

    phone.tell = tell


def local_path(url: object) -> str:
    """Of a link of the platform, whatever its public name is."""
    return "/" + str(url).split("/", 3)[3]


def download(api: Api, made: dict[str, Any]) -> bytes:
    """As a visitor does: by the link of the pass, without credentials."""
    path = local_path(made["pkpass_url"])
    with direct() as session:
        answer = session.get(f"{api.base}{path}", timeout=30)
    if answer.headers.get("Content-Type") != "application/vnd.apple.pkpass":
        raise click.ClickException(f"GET {path} answered {answer.status_code}: {answer.text[:500]}")
    return answer.content


def prove(data: bytes, root: bytes) -> None:
    """Every check of the linter, with the development root trusted.

    Raises:
        ClickException: if a phone would refuse the pass.
    """
    from passwright.apple import certificate, validation

    trusted = [certificate.load_certificate(root)]
    for issue in validation.lint_archive(data, trusted_roots=trusted, at=datetime.now(UTC)):
        if issue.severity == validation.Severity.REFUSED and issue.code not in HTTP_ALLOWED:
            raise click.ClickException(f"A phone would refuse this pass: {issue.message} {issue.fix}")


def keep(environment: Environment, name: str, data: bytes) -> Path:
    folder = environment.home / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_bytes(data)
    return file


def conclude(console: Console, environment: Environment, credentials: Credentials, story: Story) -> None:
    base = f"{environment.public_url}/v2"
    login = f"{credentials.username}:{credentials.password}"
    one = f"{base}/generics/{story.campaign['id']}/passes/{story.made['id']}"
    boats = json.dumps({"pass": {"auxiliary_fields": [{"key": "favorite", "value": "Boats"}]}})
    console.print("\n[bold]Look here[/]")
    for name, value in (
        ("Page of the pass", story.made["page_url"]),
        ("Page of the campaign", story.campaign["page_url"]),
        ("Signed pass", str(story.file)),
        ("API", base),
        ("API reference", f"{environment.public_url}/docs"),
        ("API username", credentials.username),
        ("API password", credentials.password),
    ):
        console.print(f"  [dim]{name:<20}[/] {escape(value)}", highlight=False)
    console.print("\n[bold]Try[/]")
    for line in (
        f"curl -u {login} {base}/generics/{story.campaign['id']}/passes",
        f"curl -u {login} -X PATCH {one} -H 'Content-Type: application/json' -d '{boats}'",
        f"curl -o johnny.pkpass {story.made['pkpass_url']}",
        f"./dev run lint {shlex.quote(str(story.file))} --trust {shlex.quote(str(story.root))}",
    ):
        console.print(f"  {line}", highlight=False, markup=False)
    console.print(
        "\nThe pass is signed with a development certificate: everything works, and OpenSSL verifies it, "
        "but a real iPhone refuses it until you bring your own certificate.",
        style="dim",
        soft_wrap=False,
    )


def wait_for_end(platform: subprocess.Popen[bytes]) -> None:
    try:
        code = platform.wait()
    except KeyboardInterrupt:
        return
    raise SystemExit(code)
