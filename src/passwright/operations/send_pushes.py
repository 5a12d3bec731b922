"""Tell the devices: take those that are due, push each once, write down what came of it.

A worker has one `PushSender`, whose connections stay. Everything else lies in the ledger, so a worker may be killed at
any time: what it had taken is due again when its lease is over.

Certificates do not wait for each other. Each has a line of its own (`transport.Http2Line`), and devices are taken lane
by lane (`operations.spread_pushes.LANE`), as many as their line has room for. A line that nobody answers or whose
certificate is refused rests: for seconds, or for minutes; then one push tries whether it is well again.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import structlog
from django.db.models import QuerySet
from msgspec import Struct

from passwright import secrets
from passwright.apple import apns
from passwright.apple.apns import Outcome
from passwright.data.models import Certificate
from passwright.operations.forget_devices import LostDevice
from passwright.operations.lease_pushes import APPLE_LANES, DueDevice, lanes_due, lease_pushes
from passwright.operations.make_development_certificates import KEY_LABEL
from passwright.operations.record_pushes import Sent, record_pushes
from passwright.queries.development_authority import NoDevelopmentAuthority, root_pem
from passwright.queries.push_certificates import push_certificate
from passwright.settings import ENVIRONMENT
from passwright.transport import STREAMS, Answer, ClientCertificate, Failure, Http2Line, roots_in, roots_with, wait_for

log = structlog.get_logger(__name__)

BATCH = 1_000
"""Devices that are taken at a time."""

FEWEST = 20
"""Of a lane, however many there are."""

LEASE = timedelta(seconds=30)
"""More than a push can take: as long as it may wait for its turn, and as long again for its answer."""

TURN_SECONDS = 0.2
"""How long what has come is kept from being written down by what has not."""

LEAVE_SECONDS = 5.0
"""How long the last answers are waited for."""

ROUTE_SECONDS = 5.0
"""For how long a certificate is known without asking the database again."""

IDLE_SECONDS = 900.0
"""A line that was not used for so long is closed."""

BROKEN_WAIT, BUSY_WAIT, CERTIFICATE_WAIT = 2.0, 30.0, 60.0
"""Seconds until the second attempt, doubling after that: a service that did not answer or failed, one that has had too
many pushes for the device, one that refuses the certificate."""

UNREACHABLE_REST, CERTIFICATE_REST, LONGEST_REST = 1.0, 60.0, 900.0
"""Seconds that a line rests, doubling."""

LONGEST_PHONE_REST = 4.0
"""Of a line to a simulated phone: when one is switched on, it is not to wait."""


class Route(Struct, eq=False):
    """How devices of one pass type identifier are reached for a campaign, or (``refusal``) why they are not."""

    line: Http2Line | None
    certificate_id: UUID | None
    asked_at: float
    refusal: str = ""
    flagged: bool = False
    """The database says that the certificate is refused."""


class Ticket(NamedTuple):
    """Of a push on its way."""

    device_id: int
    lane: int
    lease: str
    token_encrypted: bytes
    route: Route

    def __repr__(self) -> str:
        return f"Ticket({self.device_id})"


class Rest(Struct):
    """Of a lane, until a moment of the monotonic clock."""

    until: float
    times: int


class PushSender:
    """Of one thread. ``url``: the push service; ``roots``: a file with those who may vouch for it.

    ``phone_url``: where development certificates push to while ``url`` is Apple's, to a service that their own root
    vouches for; without it they are refused. They never push to Apple.
    """

    def __init__(
        self,
        *,
        url: str,
        roots: str,
        phone_url: str = "",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
        chance: random.Random | None = None,
    ) -> None:
        self.url = url
        self.roots = roots
        self.phone_url = phone_url if apns.is_apples(url) else ""
        self.clock = clock
        self.monotonic = monotonic
        self.chance = chance or random.SystemRandom()
        self.lines: dict[str, Http2Line] = {}
        self.routes: dict[tuple[UUID, str], Route] = {}
        self.rests: dict[int, Rest] = {}
        self.under_way: dict[int, int] = {}
        """Pushes of each lane."""
        self.refused: list[Sent] = []

    def __repr__(self) -> str:
        return f"PushSender({self.url!r})"

    def step(self) -> bool:
        """Take what is due and there is room for, send for a moment, record what has been answered. Says whether
        there was anything. With nothing due it is one look at an index."""
        taken = self.take()
        if not taken and not self.under_way:
            self.close_idle()
            return False
        try:
            answers = self.carry()
        except BaseException:
            self.close()  # what was under way is due again when its lease is over
            raise
        self.record(answers)
        return True

    def finish(self) -> None:
        """Wait a little for what is under way, and close. What has no answer by then is sent again when its lease is
        over."""
        until = self.monotonic() + LEAVE_SECONDS
        try:
            while self.under_way and self.monotonic() < until:
                self.record(self.carry())
        finally:
            self.close()

    def close(self) -> None:
        for line in self.lines.values():
            line.close()
        self.lines.clear()
        self.routes.clear()
        self.under_way.clear()

    # Taking

    def take(self) -> bool:
        now = self.clock()
        limits = self.room(lanes_due(now=now, lanes=APPLE_LANES))
        if not limits:
            return False
        # Its microseconds tell leases apart that several take at the same time.
        lease = now + LEASE + timedelta(microseconds=self.chance.randrange(1_000_000))
        devices = lease_pushes(limits=limits, lease=lease, now=now)
        self.send(devices, lease.isoformat())
        return bool(devices)

    def room(self, lanes: list[int]) -> dict[int, int]:
        """How many of each lane may be taken now."""
        share = max(FEWEST, BATCH // max(1, len(lanes)))
        limits = {}
        for lane in lanes:
            under_way = self.under_way.get(lane, 0)
            rest = self.rests.get(lane)
            if rest is None:
                most = share if not under_way else min(share, STREAMS - under_way)
            else:
                most = 1 if rest.until <= self.monotonic() and not under_way else 0
            if most > 0:
                limits[lane] = most
        return limits

    def send(self, devices: Iterable[DueDevice], lease: str) -> None:
        """Put them on their lines."""
        decrypt, path, under_way = secrets.decrypt, apns.path, self.under_way
        at = self.monotonic()
        for device_id, lane, campaign_id, _, identifier, _, encrypted in devices:
            route = self.routes.get((campaign_id, identifier))
            if route is None or route.asked_at + ROUTE_SECONDS < at:
                route = self.find_route(campaign_id, identifier)
            if route.line is None:
                self.refused.append(Sent(device_id, lease, Outcome.REFUSED, reason=route.refusal))
                continue
            try:
                token = decrypt(encrypted, label=secrets.PUSH_TOKEN_LABEL).decode()
            except secrets.WrongSecret:
                reason = "its push token cannot be read with this installation's secret key"
                self.refused.append(Sent(device_id, lease, Outcome.REFUSED, reason=reason))
                continue
            under_way[lane] = under_way.get(lane, 0) + 1
            route.line.post(Ticket(device_id, lane, lease, encrypted, route), path(token))

    def find_route(self, campaign_id: UUID, identifier: str) -> Route:
        certificate = push_certificate(campaign_id, identifier)
        refusal, line = self.why_not(certificate, identifier), None
        if certificate and not refusal:
            try:
                line = self.line_of(certificate)
            except NoDevelopmentAuthority:
                refusal = "its development authority is not there any more"
            except secrets.WrongSecret:
                refusal = "the certificate's key cannot be read with this installation's secret key"
        route = Route(
            line=line,
            certificate_id=certificate.id if certificate else None,
            asked_at=self.monotonic(),
            refusal=refusal,
            flagged=bool(certificate and certificate.pushes_refused_at),
        )
        if len(self.routes) > BATCH:
            self.routes.clear()
        self.routes[campaign_id, identifier] = route
        return route

    def why_not(self, certificate: Certificate | None, identifier: str) -> str:
        if certificate is None:
            return f"there is no certificate for {identifier} any more: import one"
        if certificate.expires_at <= self.clock():
            return f"the certificate for {identifier} expired at {certificate.expires_at:%Y-%m-%d}: import a new one"
        if certificate.development and apns.is_apples(self.url) and not self.phone_url:
            return "it is a development certificate, of which Apple's push service knows nothing"
        return ""

    def line_of(self, certificate: Certificate) -> Http2Line:
        """The one of this certificate; renewed in place, it is another one."""
        name = f"{certificate.id} {hashlib.sha256(certificate.leaf_pem.encode()).hexdigest()}"
        line = self.lines.get(name)
        if line is None:
            url, roots = self.service_of(certificate)
            line = self.lines[name] = Http2Line(
                url=url,
                certificate=ClientCertificate(
                    chain_pem=(certificate.leaf_pem + certificate.intermediate_pem).encode(),
                    key_pem=secrets.decrypt(bytes(certificate.key_encrypted), label=KEY_LABEL),
                ),
                headers=apns.headers(certificate.pass_type_identifier),
                body=apns.BODY,
                named_by=apns.NAMED_BY,
                roots=roots,
                clock=self.monotonic,
            )
        return line

    def service_of(self, certificate: Certificate) -> tuple[str, str]:
        """Address and roots. A simulated phone's push service is known by the installation's development root."""
        if certificate.development and self.phone_url:
            return self.phone_url, roots_in(root_pem())
        return self.url, self.roots

    # Carrying

    def carry(self) -> list[Answer]:
        """Send and receive until all is answered, or for a moment longer than the first answers need."""
        answers: list[Answer] = []
        until = self.monotonic() + TURN_SECONDS
        while True:
            busy = [line for line in self.lines.values() if line.waiting]
            for line in busy:
                answers += line.turn()
            busy = [line for line in busy if line.waiting]
            left = until - self.monotonic()
            if not busy or left <= 0:
                return answers
            wait_for(busy, left)

    def close_idle(self) -> None:
        """Lines that were not used for long, those of replaced certificates among them."""
        for name, line in list(self.lines.items()):
            if line.used_at < self.monotonic() - IDLE_SECONDS:
                line.close()
                del self.lines[name]
                self.routes.clear()

    # Recording

    def record(self, answers: list[Answer]) -> None:
        sent, lost = self.refused, []
        self.refused = []
        accepted = Outcome.ACCEPTED
        for answer in answers:
            ticket = answer.ticket
            self.land(ticket.lane)
            name = answer.name if apns.is_name(answer.name) else None
            if answer.status == 200:
                sent.append(Sent(ticket.device_id, ticket.lease, accepted, name))
                if ticket.lane in self.rests or ticket.route.flagged:
                    self.recovered(ticket)
                continue
            reply, wait = self.read(answer)
            jitter = self.chance.uniform(0.5, 1.0)
            sent.append(Sent(ticket.device_id, ticket.lease, reply.outcome, name, reply.reason, wait, jitter))
            if reply.outcome is Outcome.GONE:
                reason = reply.reason or "gone"
                lost.append(LostDevice(ticket.device_id, ticket.token_encrypted, reply.gone_at, reason))
        if sent:
            record_pushes(sent=sent, lost=lost, now=self.clock())

    def land(self, lane: int) -> None:
        left = self.under_way[lane] - 1
        if left:
            self.under_way[lane] = left
        else:
            del self.under_way[lane]

    def read(self, answer: Answer) -> tuple[apns.Reply, float]:
        """What an answer means, or that there is none; and the seconds until the second attempt. What concerns the
        whole line makes its lane rest."""
        if answer.failure is None:
            reply = apns.read_reply(answer.status, answer.body)
        elif answer.failure is Failure.CERTIFICATE:
            reply = apns.Reply(Outcome.CERTIFICATE, "the push service refused the certificate")
        else:
            reply = apns.Reply(Outcome.RETRY, f"no answer: {answer.failure.value} ({answer.explanation})")
        if reply.outcome is Outcome.CERTIFICATE:
            self.certificate_refused(answer.ticket, reply.reason or "")
            return reply, CERTIFICATE_WAIT
        if answer.failure in (Failure.UNREACHABLE, Failure.LATE):
            simulated = answer.ticket.route.line.url == self.phone_url
            self.rest(answer.ticket.lane, UNREACHABLE_REST, LONGEST_PHONE_REST if simulated else LONGEST_REST)
        return reply, BUSY_WAIT if answer.status == apns.TOO_MANY else BROKEN_WAIT

    def rest(self, lane: int, seconds: float, longest: float = LONGEST_REST) -> bool:
        """False if it rests already: what was under way with the first that failed says nothing new."""
        at = self.monotonic()
        rest = self.rests.get(lane)
        if rest and rest.until > at:
            return False
        times = rest.times + 1 if rest else 1
        self.rests[lane] = Rest(at + min(seconds * 2 ** min(times - 1, 20), longest), times)
        return True

    def certificate_refused(self, ticket: Ticket, reason: str) -> None:
        if not self.rest(ticket.lane, CERTIFICATE_REST):
            return
        log.warning("push_certificate_refused", certificate=str(ticket.route.certificate_id), reason=reason)
        certificate_of(ticket).update(pushes_refused_at=self.clock(), pushes_refused_reason=reason)
        ticket.route.flagged = True

    def recovered(self, ticket: Ticket) -> None:
        self.rests.pop(ticket.lane, None)
        if ticket.route.flagged:
            ticket.route.flagged = False
            certificate_of(ticket).update(pushes_refused_at=None, pushes_refused_reason=None)


def certificate_of(ticket: Ticket) -> QuerySet[Certificate]:
    assert ticket.route.certificate_id
    return Certificate.objects.filter(id=ticket.route.certificate_id)


def push_sender() -> PushSender:
    """As the settings say."""
    return PushSender(
        url=ENVIRONMENT.apns_url,
        roots=roots_with(ENVIRONMENT.apns_ca),
        phone_url=apns.SIMULATED if ENVIRONMENT.development_ca else "",
    )
