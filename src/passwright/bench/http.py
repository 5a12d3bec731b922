"""How much one web process does with a second of processor time, measured over loopback.

A web process of its own, on a database of its own, is driven by keep-alive connections from here. Its processor time
is read from the kernel before and after, so the driver's and PostgreSQL's do not count, nor does what else runs on
the machine. The bare RSA-2048 rate is measured between the phases of the same run: the ratio of the two says how much
of a download is not the signature, whatever the machine.
"""

from __future__ import annotations

import base64
import http.client
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import mean
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from msgspec import Struct
from PIL import Image

CONNECTIONS = 4
SECONDS = 5.0
RSA_SECONDS = 0.8
WARM_UP = 100
PASSES = 50
READY_WITHIN = 60.0
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PKPASS = "application/vnd.apple.pkpass"

FIELDS: dict[str, list[dict[str, str]]] = {
    "header_fields": [{"key": "points", "label": "POINTS", "value": "240"}],
    "primary_fields": [{"key": "member", "label": "MEMBER"}],
    "secondary_fields": [{"key": "subtitle", "label": "MEMBER SINCE"}],
    "auxiliary_fields": [{"key": "level", "label": "LEVEL"}, {"key": "favorite", "label": "FAVORITE TOY"}],
    "back_fields": [{"key": f"back{number}", "label": f"Note {number}", "value": "Toys " * 12} for number in range(5)],
}
PASS: dict[str, Any] = {
    "primary_fields": [{"key": "member", "value": "Johnny Appleseed"}],
    "secondary_fields": [{"key": "subtitle", "value": "2012"}],
    "auxiliary_fields": [{"key": "level", "value": "Platinum"}, {"key": "favorite", "value": "Trucks"}],
}


class HttpResult(Struct, frozen=True, kw_only=True):
    """Rates are per second of processor time, latencies in milliseconds with `CONNECTIONS` connections at once."""

    signed_get_ratio: float
    signed_get_per_cpu_s: float
    post_per_cpu_s: float
    get_per_cpu_s: float
    fetch_ratio: float
    fetch_per_cpu_s: float
    unchanged_per_cpu_s: float
    rsa_per_cpu_s: float
    signed_get_p99_ms: float
    post_p99_ms: float
    get_p99_ms: float
    fetch_p99_ms: float
    unchanged_p99_ms: float
    pkpass_bytes: int


class Request(Struct, frozen=True):
    """What the driver sends, and the answer that it insists on."""

    method: str
    path: str
    body: bytes | None
    headers: Mapping[str, str]
    status: int
    media_type: str


class Phase(Struct, frozen=True):
    per_cpu_s: float
    p99_ms: float


class BenchmarkFailed(Exception):
    """The platform did not do what is measured; without that, its speed means nothing."""


def run(seconds: float = SECONDS) -> HttpResult:
    """Start a platform of its own, drive it, stop it."""
    with platform() as server:
        campaign, passes = server.fill()
        downloads = [get(path_of(made["pkpass_url"]), PKPASS) for made in passes]
        base = f"/v2/generics/{campaign}/passes"
        reads = [get(f"{base}/{made['id']}", "application/json", server.login) for made in passes]
        body = json.dumps({"pass": PASS}).encode()
        creation = Request(
            "POST", base, body, {**server.login, "Content-Type": "application/json"}, 201, "application/json"
        )
        size = len(server.ask(downloads[0]))
        fetches = [fetch(server.ask(download)) for download in downloads]
        again = [unchanged(request, server.last_modified(request)) for request in fetches]
        rsa_rates = [rsa_rate()]
        phases = []
        for requests in (downloads, [creation], reads, fetches, again):
            phases.append(server.measure(requests, seconds))
            rsa_rates.append(rsa_rate())
    signed, post, read, fetched, same = phases
    return HttpResult(
        signed_get_ratio=signed.per_cpu_s / mean(rsa_rates[:2]),
        signed_get_per_cpu_s=signed.per_cpu_s,
        post_per_cpu_s=post.per_cpu_s,
        get_per_cpu_s=read.per_cpu_s,
        fetch_ratio=fetched.per_cpu_s / mean(rsa_rates[3:5]),
        fetch_per_cpu_s=fetched.per_cpu_s,
        unchanged_per_cpu_s=same.per_cpu_s,
        rsa_per_cpu_s=mean(rsa_rates),
        signed_get_p99_ms=signed.p99_ms,
        post_p99_ms=post.p99_ms,
        get_p99_ms=read.p99_ms,
        fetch_p99_ms=fetched.p99_ms,
        unchanged_p99_ms=same.p99_ms,
        pkpass_bytes=size,
    )


class Server:
    """A running web process and the credentials of the one organization on it."""

    def __init__(
        self, address: tuple[str, int], worker: int, credentials: Mapping[str, str], environment: Mapping[str, str]
    ) -> None:
        self.address = address
        self.worker = worker
        self.environment = environment
        pair = f"{credentials['api_username']}:{credentials['api_password']}".encode()
        self.login = {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(*self.address, timeout=30)

    def ask(self, request: Request) -> bytes:
        connection = self.connect()
        try:
            return answered(connection, request)
        finally:
            connection.close()

    def last_modified(self, request: Request) -> str:
        connection = self.connect()
        try:
            connection.request(request.method, request.path, headers=dict(request.headers))
            return connection.getresponse().headers["Last-Modified"]
        finally:
            connection.close()

    def post(self, path: str, content: Mapping[str, Any]) -> Any:
        headers = {**self.login, "Content-Type": "application/json"}
        request = Request("POST", path, json.dumps(content).encode(), headers, 201, "application/json")
        return json.loads(self.ask(request))

    def upload(self, asset_type: str, png: bytes) -> str:
        boundary = "passwright-bench"
        body = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="asset[asset_type]"\r\n\r\n{asset_type}\r\n'
            f'--{boundary}\r\nContent-Disposition: form-data; name="asset[file]"; filename="{asset_type}.png"\r\n'
            "Content-Type: image/png\r\n\r\n"
        ).encode()
        headers = {**self.login, "Content-Type": f"multipart/form-data; boundary={boundary}"}
        whole = body + png + f"\r\n--{boundary}--\r\n".encode()
        asset = json.loads(self.ask(Request("POST", "/v2/assets", whole, headers, 201, "application/json")))
        return str(asset["id"])

    def fill(self) -> tuple[str, list[dict[str, Any]]]:
        """A campaign with pictures of 120 KB in all and ten fields, and some passes of it."""
        pictures = {f"{kind}_id": self.upload(kind, picture(*size)) for kind, size in PICTURES.items()}
        look = {"background_color": "#c51f1f", "text_color": "#ffffff", "logo_text": "Toy Town"}
        content = {"name": "Toy Town", "barcode": {"format": "pdf417"}, **look, **FIELDS, **pictures}
        campaign = self.post("/v2/generics", {"generic": content})["id"]
        return campaign, [self.post(f"/v2/generics/{campaign}/passes", {"pass": PASS}) for _ in range(PASSES)]

    def measure(self, requests: list[Request], seconds: float) -> Phase:
        """Send the requests round and round from all connections at once."""
        for number in range(WARM_UP):
            self.ask(requests[number % len(requests)])
        latencies: list[list[float]] = [[] for _ in range(CONNECTIONS)]
        failures: list[Exception] = []
        until = time.monotonic() + seconds

        def drive(number: int) -> None:
            connection = self.connect()
            try:
                turn = number
                while time.monotonic() < until:
                    started = time.perf_counter()
                    answered(connection, requests[turn % len(requests)])
                    latencies[number].append(time.perf_counter() - started)
                    turn += CONNECTIONS
            except Exception as error:
                failures.append(error)
            finally:
                connection.close()

        before = processor_seconds(self.worker)
        threads = [threading.Thread(target=drive, args=(number,)) for number in range(CONNECTIONS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        used = processor_seconds(self.worker) - before
        if failures:
            raise BenchmarkFailed(str(failures[0])) from failures[0]
        taken = sorted(latency for each in latencies for latency in each)
        return Phase(len(taken) / used, taken[int(len(taken) * 0.99)] * 1000)


# Width, height and how many of 100 pixels are noise: together they make about 120 KB in three densities each.
PICTURES = {"icon": (114, 114, 12), "logo": (300, 90, 6), "thumbnail": (270, 270, 5)}


def picture(width: int, height: int, noise: int) -> bytes:
    """A picture that compresses as badly as photographs do."""
    base = Image.linear_gradient("L").resize((width, height))
    grain = Image.effect_noise((width, height), noise)
    image = Image.merge("RGB", (Image.blend(base, grain, 0.3), base, base))
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def get(path: str, media_type: str, headers: Mapping[str, str] | None = None) -> Request:
    return Request("GET", path, None, headers or {}, 200, media_type)


def fetch(pkpass: bytes) -> Request:
    """What a phone that has the pass asks."""
    with zipfile.ZipFile(io.BytesIO(pkpass)) as archive:
        said = json.loads(archive.read("pass.json"))
    path = f"{path_of(said['webServiceURL'])}/v1/passes/{said['passTypeIdentifier']}/{said['serialNumber']}"
    return get(path, PKPASS, {"Authorization": f"ApplePass {said['authenticationToken']}"})


def unchanged(request: Request, last_modified: str) -> Request:
    """The same once more, by a phone that has the pass as it is."""
    headers = {**request.headers, "If-Modified-Since": last_modified}
    return Request("GET", request.path, None, headers, 304, "")


def path_of(url: str) -> str:
    return urlsplit(url).path


def answered(connection: http.client.HTTPConnection, request: Request) -> bytes:
    """The answer's body.

    Raises:
        BenchmarkFailed: if it is another answer than the request insists on.
    """
    connection.request(request.method, request.path, request.body, dict(request.headers))
    response = connection.getresponse()
    body = response.read()
    kind = response.headers.get("Content-Type", "")
    if response.status != request.status or not kind.startswith(request.media_type):
        raise BenchmarkFailed(f"{request.method} {request.path} answered {response.status} {kind}: {body[:300]!r}")
    return body


def processor_seconds(process: int) -> float:
    """User and system time of a process with all its threads (proc(5): fields 14 and 15, after the name)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


def rsa_rate(seconds: float = RSA_SECONDS) -> float:
    """Bare RSA-2048 signatures per second of this thread's processor time."""
    key = rsa_key()
    method, digest = padding.PKCS1v15(), SHA256()
    done, started = 0, time.thread_time()
    while (used := time.thread_time() - started) < seconds:
        key.sign(b"the attributes of one pass", method, digest)
        done += 1
    return done / used


def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@contextmanager
def platform(options: Mapping[str, str] | None = None) -> Iterator[Server]:
    """A database, an organization and one web process with one worker, all gone afterwards. ``options`` are settings
    of PostgreSQL."""
    from passwright.embedded import postgres

    folder = Path(tempfile.mkdtemp(prefix="passwright-bench-"))
    folder.chmod(0o711)  # root's PostgreSQL runs as somebody else, who has to pass
    try:
        with postgres.running(folder, options=options, ephemeral=True) as database:
            environment = environment_of(folder, database.url)
            command([*PASSWRIGHT, "migrate"], environment)
            created = command([*PASSWRIGHT, "organization", "create", "Bench", "--json"], environment)
            with web_process(environment) as (address, worker):
                yield Server(address, worker, json.loads(created), environment)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


PASSWRIGHT = (sys.executable, "-m", "passwright")


def environment_of(folder: Path, database_url: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PASSWRIGHT_")}
    return {
        **kept,
        "DATABASE_URL": database_url,
        "PASSWRIGHT_HOME": str(folder / "home"),
        "PASSWRIGHT_LISTEN": f"127.0.0.1:{free_port()}",
        "PASSWRIGHT_PROCESSES": "1",
        "PASSWRIGHT_THREADS": str(CONNECTIONS),
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def command(arguments: list[str], environment: Mapping[str, str]) -> str:
    done = subprocess.run(arguments, env=dict(environment), capture_output=True, text=True)  # noqa: S603 - ourselves
    if done.returncode:
        raise BenchmarkFailed(f"{' '.join(arguments[1:])}: {done.stderr.strip()}")
    return done.stdout


@contextmanager
def web_process(environment: Mapping[str, str]) -> Iterator[tuple[tuple[str, int], int]]:
    """The address and the process id of the worker, once it answers."""
    host, _, port = environment["PASSWRIGHT_LISTEN"].rpartition(":")
    address = host, int(port)
    process = subprocess.Popen([*PASSWRIGHT, "web"], env=dict(environment))  # noqa: S603 - ourselves
    try:
        wait_until(lambda: answers(address), process)
        yield address, worker_of(process.pid)
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise BenchmarkFailed("the web process did not start")
        time.sleep(0.05)


def answers(address: tuple[str, int]) -> bool:
    connection = http.client.HTTPConnection(*address, timeout=5)
    try:
        connection.request("GET", "/v2/ping")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def worker_of(parent: int) -> int:
    """The one child of gunicorn's arbiter."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    if len(children) != 1:
        raise BenchmarkFailed(f"one worker was expected, {len(children)} run")
    return int(children[0])
