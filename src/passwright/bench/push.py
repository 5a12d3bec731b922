"""What it costs to tell a hundred thousand devices, from queued rows to recorded outcomes.

Everything is real but the push service's patience: PostgreSQL of its own, HTTP/2 over TLS with a client certificate to
a server in a process of its own (`passwright.bench.apns_server`). Processor time is that of the sending process, so
neither the server's nor PostgreSQL's counts (the latter is shown beside it). The bare client sends the same requests
without a row before or after, in the same run and before and after the other: the ratio of the two says what the rest
costs, whatever the machine and whatever else it does.
"""

from __future__ import annotations

import secrets as random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pycurl
from msgspec import Struct

from passwright.bench.apart import measured_apart
from passwright.bench.http import TICKS_PER_SECOND, BenchmarkFailed
from passwright.bench.merge import make_organization

if TYPE_CHECKING:
    from passwright.apple.development import DevelopmentCertificate
    from passwright.data.models import Campaign
    from passwright.operations.send_pushes import PushSender

DEVICES = 100_000
BARE = 30_000
"""Pushes of the bare client, each of the two times."""

IDENTIFIER = "pass.org.passwright.bench"
TEAM = "PASSWRIGHT"
READY_WITHIN = 20.0
SENT_WITHIN = 300.0


class PushResult(Struct, frozen=True, kw_only=True):
    """Rates are of devices whose outcome is recorded. ``…_per_cpu_s``: a second of the sending process's processor
    time; ``…_with_postgres``: of its time and that of PostgreSQL's process for it. To spread is in none of them: see
    ``spread_per_s``. Of a hundred pushes one is answered 410, and one 503 the first time."""

    pushes_per_cpu_s: float
    bare_pushes_per_cpu_s: float
    ratio_to_bare: float
    pushes_per_cpu_s_with_postgres: float
    pushes_per_s: float
    postgres_cpu_us_per_push: float
    spread_per_s: float
    spread_s: float
    accepted: int
    gone: int
    tried_again: int


def run() -> PushResult:
    """Measure in a process and a database of their own."""
    return msgspec.json.decode(measured_apart("passwright.bench.push"), type=PushResult)


def measure(devices: int = DEVICES, bare: int = BARE) -> PushResult:
    """Fill the database that Django knows, and measure."""
    from passwright.apple.development import development_authority
    from passwright.operations.send_pushes import PushSender

    authority = development_authority(now())
    certificate = authority.issue(IDENTIFIER, TEAM, "Bench", now())
    campaign = filled(certificate, devices)
    spread_s = spread(campaign)
    busy = (devices + bare) // 100  # the bare client, which goes first, has its share of them
    with serving(authority.root_pem, busy) as (url, roots):
        before = bare_rate(url, roots, certificate, bare)
        sender = PushSender(url=url, roots=roots)
        cpu_s, wall_s, postgres_s = sent(sender)
        after = bare_rate(url, roots, certificate, bare)
    accepted, gone, tried_again = outcomes(devices)
    rate, bare_per_cpu_s = devices / cpu_s, 2 / (1 / before + 1 / after)
    return PushResult(
        pushes_per_cpu_s=round(rate),
        bare_pushes_per_cpu_s=round(bare_per_cpu_s),
        ratio_to_bare=round(rate / bare_per_cpu_s, 3),
        pushes_per_cpu_s_with_postgres=round(devices / (cpu_s + postgres_s)),
        pushes_per_s=round(devices / wall_s),
        postgres_cpu_us_per_push=round(postgres_s * 1_000_000 / devices, 1),
        spread_per_s=round(devices / spread_s),
        spread_s=round(spread_s, 2),
        accepted=accepted,
        gone=gone,
        tried_again=tried_again,
    )


def now() -> datetime:
    return datetime.now(UTC)


FILL = """
INSERT INTO pass (id, campaign_id, serial_number, redeem_code, epoch, version, voided, redeemed_count,
                  created_at, updated_at)
SELECT gen_random_uuid(), %(campaign)s, gen_random_uuid(), lpad(number::text, 7, '0'), 1, 1, false, 0,
       %(at)s::timestamptz + number * interval '1 microsecond', %(at)s::timestamptz
FROM generate_series(1, %(size)s) AS number
"""
REGISTER = """
INSERT INTO registration (id, campaign_id, pass_id, device_id, update_tag, wallet, device_os, created_at)
SELECT gen_random_uuid(), %(campaign)s, pass.id, device.id, nextval('update_tag'), 'passbook', 'ios', %(at)s
FROM (SELECT id, row_number() OVER (ORDER BY created_at) AS place FROM pass) AS pass
JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place FROM device) AS device USING (place)
"""
TABLES = "pass", "device", "registration"


def filled(certificate: DevelopmentCertificate, devices: int) -> Campaign:
    """A campaign with so many passes, each on a device of its own."""
    from django.db import connection

    from passwright.data.models import Asset, Certificate
    from passwright.operations.campaign_content import CampaignWanted
    from passwright.operations.create_campaign import create_campaign
    from passwright.passes.content import ImageSlot, Style

    organization = make_organization()
    own = Certificate.objects.create(
        organization=organization,
        pass_type_identifier=IDENTIFIER,
        team_identifier=TEAM,
        issued_to="Bench",
        not_before=certificate.certificate.not_valid_before_utc,
        expires_at=certificate.certificate.not_valid_after_utc,
        leaf_pem=certificate.certificate_pem.decode(),
        intermediate_pem=certificate.intermediate_pem.decode(),
        key_encrypted=encrypted_key(certificate),
        created_at=now(),
    )
    icon = Asset.objects.create(
        organization=organization, asset_type="icon", digest="00", width=87, height=87, created_at=now()
    )
    wanted = CampaignWanted(name="Bench", images={ImageSlot.ICON: icon.id}, certificate_id=own.id)
    campaign = create_campaign(organization=organization, style=Style.GENERIC, wanted=wanted, now=now())
    with connection.cursor() as cursor:
        cursor.execute(FILL, {"campaign": campaign.id, "size": devices, "at": now()})
        fill_devices(devices)
        cursor.execute(REGISTER, {"campaign": campaign.id, "at": now()})
        for table in TABLES:
            cursor.execute(f"ANALYZE {table}")
    return campaign


def encrypted_key(certificate: DevelopmentCertificate) -> bytes:
    from passwright import secrets
    from passwright.operations.make_development_certificates import KEY_LABEL

    return secrets.encrypt(certificate.key_pem, label=KEY_LABEL)


def fill_devices(devices: int) -> None:
    from django.db import connection

    from passwright import secrets

    names = (
        "pass_type_identifier, identifier_digest, push_token_encrypted, push_token_digest, wallet, device_os, "
        "token_at, created_at"
    )
    at = now()
    with connection.cursor() as cursor, cursor.copy(f"COPY device ({names}) FROM STDIN") as copy:
        for _ in range(devices):
            token = secrets.encrypt(random.token_hex(32).encode(), label=secrets.PUSH_TOKEN_LABEL)
            digests = random.token_bytes(32), random.token_bytes(32)
            copy.write_row((IDENTIFIER, digests[0], token, digests[1], "passbook", "ios", at, at))


def spread(campaign: Campaign) -> float:
    """Seconds until each device has its delivery."""
    from passwright.data.models import Event
    from passwright.operations.announce import announce_campaign
    from passwright.operations.spread_pushes import spread_pushes

    announce_campaign(campaign_id=campaign.id, kind=Event.Kind.CAMPAIGN_PUSHED, at=now())
    started = time.monotonic()
    while spread_pushes(now=now()):
        pass
    return time.monotonic() - started


@contextmanager
def serving(trusted: bytes, busy: int) -> Iterator[tuple[str, str]]:
    """The address of the push service, and the file with its root."""
    from passwright.phone.tls import own_identity

    identity = own_identity(now())
    with tempfile.TemporaryDirectory(prefix="passwright-bench-apns-") as name:
        folder = Path(name)
        (folder / "server.pem").write_bytes(identity.key_pem + identity.chain_pem)
        (folder / "trusted.pem").write_bytes(trusted)
        (folder / "root.pem").write_bytes(identity.root_pem)
        files = [str(folder / "port"), str(folder / "server.pem"), str(folder / "trusted.pem"), str(busy)]
        server = subprocess.Popen([sys.executable, "-m", "passwright.bench.apns_server", *files])  # noqa: S603 - ours
        try:
            yield f"https://127.0.0.1:{port_of(folder / 'port')}", str(folder / "root.pem")
        finally:
            server.kill()
            server.wait()


def port_of(file: Path) -> str:
    until = time.monotonic() + READY_WITHIN
    while not file.exists():
        if time.monotonic() > until:
            raise BenchmarkFailed("the push service did not start")
        time.sleep(0.05)
    return file.read_text()


def sent(sender: PushSender) -> tuple[float, float, float]:
    """Processor seconds, seconds, and those of PostgreSQL's process for us, until nothing waits any more."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
        before = cpu_of(backend)
        cpu, wall = time.process_time(), time.monotonic()
        last = wall
        while True:
            if sender.step():
                last = time.monotonic()
                continue
            cursor.execute("SELECT EXISTS (SELECT 1 FROM delivery WHERE state = 'queued')")
            if not cursor.fetchone()[0]:
                break
            if time.monotonic() - last > SENT_WITHIN:
                raise BenchmarkFailed("pushes wait and are not sent")
            time.sleep(0.05)
        sender.close()
        return time.process_time() - cpu, last - wall, cpu_of(backend) - before


def cpu_of(process: int) -> float:
    """Seconds; 0 where the database runs elsewhere."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


def outcomes(devices: int) -> tuple[int, int, int]:
    """How many were accepted, are gone, and needed a second attempt.

    Raises:
        BenchmarkFailed: if that is not what the push service answered.
    """
    from passwright.data.models import Delivery, Registration

    accepted, gone = (Delivery.objects.filter(state=state).count() for state in ("accepted", "gone"))
    again = Delivery.objects.filter(state="accepted", attempts__gt=0).count()
    if accepted + gone != devices or Registration.objects.count() != accepted or gone < devices // 200 or not again:
        raise BenchmarkFailed(f"of {devices} devices {accepted} were pushed, {gone} are gone")
    return accepted, gone, again


def bare_rate(url: str, roots: str, certificate: DevelopmentCertificate, pushes: int) -> float:
    """Requests a processor second of a loop around libcurl that does nothing else: addresses lie ready, and of answers
    the status alone is read."""
    from passwright.apple import apns
    from passwright.transport import STREAMS

    multi: Any = pycurl.CurlMulti()
    multi.setopt(pycurl.M_PIPELINING, pycurl.PIPE_MULTIPLEX)
    multi.setopt(pycurl.M_MAX_HOST_CONNECTIONS, 1)
    multi.setopt(pycurl.M_MAX_CONCURRENT_STREAMS, STREAMS)
    headers = [*apns.headers(IDENTIFIER), "Accept:", "Content-Type:"]
    free = [bare_handle(roots, certificate, headers) for _ in range(STREAMS)]
    asked = [f"{url}/3/device/{random.token_hex(32)}" for _ in range(pushes)]
    started = time.process_time()
    drive(multi, free, asked)
    took = time.process_time() - started
    multi.close()
    return pushes / took


def drive(multi: Any, free: list[Any], asked: Sequence[str]) -> None:
    left, done, at = len(asked), 0, 0
    while done < left:
        while free and at < left:
            handle = free.pop()
            handle.setopt(pycurl.URL, asked[at])
            multi.add_handle(handle)
            at += 1
        multi.perform()
        while True:
            more, good, bad = multi.info_read()
            if bad:
                raise BenchmarkFailed(f"the bare client failed: {bad[0][1:]}")
            for handle in good:
                handle.getinfo(pycurl.RESPONSE_CODE)
                multi.remove_handle(handle)
                free.append(handle)
                done += 1
            if not more:
                break
        if not free:
            multi.select(1.0)


def bare_handle(roots: str, certificate: DevelopmentCertificate, headers: list[str]) -> Any:
    handle = pycurl.Curl()
    options: dict[int, Any] = {
        pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_2TLS,
        pycurl.PIPEWAIT: 1,
        pycurl.SSLCERT_BLOB: certificate.certificate_pem + certificate.intermediate_pem,
        pycurl.SSLKEY_BLOB: certificate.key_pem,
        pycurl.CAINFO: roots,
        pycurl.POSTFIELDS: "{}",
        pycurl.HTTPHEADER: headers,
        pycurl.WRITEFUNCTION: [].append,
    }
    for option, value in options.items():
        handle.setopt(option, value)
    return handle


if __name__ == "__main__":
    import django

    django.setup()
    sys.stdout.write(msgspec.json.encode(measure()).decode())
