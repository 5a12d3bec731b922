"""Tell the devices of Android's wallets. Their push services take many devices at once and one request at a time, so
there are neither lines nor turns: a batch is taken, asked and recorded. A lane whose service fails rests."""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from passwright import secrets
from passwright.apple.apns import Outcome, Reply
from passwright.operations.forget_devices import LostDevice
from passwright.operations.lease_pushes import OTHER_LANES, DueDevice, lanes_due, lease_pushes
from passwright.operations.record_pushes import Sent, record_pushes
from passwright.settings import ENVIRONMENT
from passwright.transport import Said, Unreachable, post_json, roots_with
from passwright.wallets.pushes import (
    MOST_TOKENS,
    Announcement,
    NotSent,
    PushServices,
    announce,
    is_too_large,
    read_reply,
)

SECONDS = 10.0
"""What one request may take."""

LANES, DEVICES = 20, 1_000
"""How many are taken at a time."""

TURN_SECONDS = 20.0
"""For the devices of one lane, so that a slow service does not keep the others waiting for long: what is not asked by
then is due again at once."""

LEASE = timedelta(minutes=2)
"""More than a turn with its last request."""

FIRST_WAIT, KEY_WAIT = 5.0, 300.0
"""Seconds until the second attempt, doubling: after a failure, and after a key that was refused."""

REST, LONGEST_REST = 5.0, 900.0

LEFT = Reply(Outcome.RETRY, "its turn was over")
"""Of a device that nobody was asked about, which says nothing of its service."""

Post = Callable[[Announcement], Said]


class Waiting(Struct):
    """A device that is to be told, and its token."""

    device: DueDevice
    token: str

    def __repr__(self) -> str:
        return f"Waiting({self.device!r})"


class OtherPushSender:
    """Of one thread."""

    def __init__(
        self,
        *,
        services: PushServices,
        post: Post,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
        chance: random.Random | None = None,
    ) -> None:
        self.services = services
        self.post = post
        self.clock = clock
        self.monotonic = monotonic
        self.chance = chance or random.SystemRandom()
        self.rests: dict[int, tuple[float, int]] = {}
        """Until when (monotonic), and how often in a row."""
        self.last = OTHER_LANES[0]
        """The lane that had its turn last: with many, those behind it are next."""

    def step(self) -> bool:
        """Take a batch, one lane after the other; says whether there was anything."""
        now, at = self.clock(), self.monotonic()
        lanes = lanes_due(now=now, lanes=OTHER_LANES)
        awake = [lane for lane in lanes if self.rests.get(lane, (0.0, 0))[0] <= at]
        awake.sort(key=lambda lane: (lane <= self.last, lane))
        found = False
        for lane in awake[:LANES]:
            found |= self.tell_lane(lane)
            self.last = lane
        return found

    def tell_lane(self, lane: int) -> bool:
        now, until = self.clock(), self.monotonic() + TURN_SECONDS
        lease = now + LEASE + timedelta(microseconds=self.chance.randrange(1_000_000))
        devices = lease_pushes(limits={lane: DEVICES}, lease=lease, now=now)
        by_service: dict[tuple[str, str, str], list[DueDevice]] = defaultdict(list)
        for device in devices:
            by_service[device.wallet, device.pass_type_identifier, device.push_service or ""].append(device)
        for (wallet, identifier, push_service), some in by_service.items():
            replies = self.tell(wallet, identifier, push_service, some, until)
            self.record(lane, lease.isoformat(), replies)
        return bool(devices)

    def tell(
        self, wallet: str, identifier: str, push_service: str, devices: Sequence[DueDevice], until: float
    ) -> Iterator[tuple[DueDevice, Reply]]:
        """Request after request; after one that failed nobody else is asked, for they would fail too, nor after
        ``until`` (monotonic)."""
        waiting = []
        for device in devices:
            try:
                token = secrets.decrypt(device.token_encrypted, label=secrets.PUSH_TOKEN_LABEL).decode()
                waiting.append(Waiting(device, token))
            except secrets.WrongSecret:
                reason = "its push token cannot be read with this installation's secret key"
                yield device, Reply(Outcome.REFUSED, reason)
        most, failed = MOST_TOKENS.get(wallet, DEVICES), None
        while waiting:
            if self.monotonic() > until:
                failed = LEFT
            some, waiting = waiting[:most], waiting[most:]
            if failed is not None:
                yield from ((each.device, failed) for each in some)
                continue
            tokens = [each.token for each in some]
            try:
                request = announce(wallet, identifier, tokens, self.services, push_service=push_service)
                said = self.post(request)
            except NotSent as error:
                replies = [Reply(Outcome.REFUSED, str(error))] * len(some)
            except Unreachable as error:
                failed = Reply(Outcome.RETRY, f"no answer ({error})")
                replies = [failed] * len(some)
            else:
                if is_too_large(said.status, tokens):
                    most, waiting = len(some) // 2, some + waiting
                    continue
                replies = read_reply(wallet, said.status, said.body, tokens)
                if said.status in (401, 403, 429) or said.status >= 500:
                    failed = replies[0]
            yield from zip([each.device for each in some], replies, strict=True)

    def record(self, lane: int, lease: str, replies: Iterator[tuple[DueDevice, Reply]]) -> None:
        sent, lost, failed = [], [], False
        for device, reply in replies:
            key_refused = reply.outcome is Outcome.CERTIFICATE
            failed |= key_refused or (reply.outcome is Outcome.RETRY and reply is not LEFT)
            wait = 0.0 if reply is LEFT else KEY_WAIT if key_refused else FIRST_WAIT
            jitter = self.chance.uniform(0.5, 1.0)
            sent.append(Sent(device.device_id, lease, reply.outcome, None, reply.reason, wait, jitter))
            if reply.outcome is Outcome.GONE:
                lost.append(LostDevice(device.device_id, device.token_encrypted, None, reply.reason or "gone"))
        record_pushes(sent=sent, lost=lost, now=self.clock())
        if failed:
            times = self.rests.get(lane, (0.0, 0))[1]
            self.rests[lane] = self.monotonic() + min(REST * 2 ** min(times, 20), LONGEST_REST), times + 1
        else:
            self.rests.pop(lane, None)


def other_push_sender() -> OtherPushSender:
    """As the settings say."""
    services = PushServices(
        walletpasses_url=ENVIRONMENT.walletpasses_url,
        walletpasses_key=ENVIRONMENT.walletpasses_key,
        walletunion_url=ENVIRONMENT.walletunion_url,
        walletunion_key=ENVIRONMENT.walletunion_key,
        pass2u_url=ENVIRONMENT.pass2u_url,
        pass2u_key=ENVIRONMENT.pass2u_key,
        passworks_wallet_url=ENVIRONMENT.passworks_wallet_url,
        passworks_wallet_key=ENVIRONMENT.passworks_wallet_key,
        hosts=frozenset(ENVIRONMENT.push_hosts.split(",")) - {""},
    )
    return OtherPushSender(services=services, post=post)


def post(request: Announcement) -> Said:
    return post_json(
        request.url, body=request.body, headers=request.headers, roots=roots_with(ENVIRONMENT.apns_ca), seconds=SECONDS
    )
