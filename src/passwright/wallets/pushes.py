"""How Android's wallets of Apple passes are told that passes have changed: what to ask their push services, and what
the answers mean. Sources: the pages for developers of each wallet; WalletUnion's is of 2024, the others' are older.

A wallet translates, it never calls: `announce` says what to send, whoever asks sends it, `read_reply` reads the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote, urlsplit

import msgspec
from msgspec import Struct

from passwright.apple.apns import Outcome, Reply

WALLET_PASSES, WALLETUNION, WALLETUNION_HMS = "wallet_passes", "walletunion", "walletunion_hms"
PASS2U, PASSWORKS_WALLET, PASSWALLET, GOOGLE_WALLET = "pass2u", "passworks_wallet", "passwallet", "google_wallet"

MOST_TOKENS = {
    WALLET_PASSES: 1_000,
    WALLETUNION: 50,
    WALLETUNION_HMS: 1_000,
    PASS2U: 1_000,
    PASSWORKS_WALLET: 1_000,
    PASSWALLET: 1,
}
"""In one request. WalletUnion takes 50 for phones with Google's services and 1,000 for Huawei's."""


class PushServices(Struct, frozen=True):
    """Where the wallets' push services are and the keys to them, as the operator set them. Empty: not configured.
    ``hosts``: those that a device itself may name."""

    walletpasses_url: str = ""
    walletpasses_key: str = ""
    walletunion_url: str = ""
    walletunion_key: str = ""
    pass2u_url: str = ""
    pass2u_key: str = ""
    passworks_wallet_url: str = ""
    passworks_wallet_key: str = ""
    hosts: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return "PushServices()"


class Announcement(Struct, frozen=True):
    """A request ``POST`` with a JSON body."""

    url: str
    body: bytes
    headers: dict[str, str] = {}

    def __repr__(self) -> str:
        return "Announcement()"


class NotSent(Exception):
    """Devices with this wallet cannot be told. The text says why."""


class UnionAnswer(Struct, frozen=True):
    """WalletUnion's. ``status``: ``OK``, ``ERROR`` or ``FCM_FAILED``."""

    status: str = ""
    unknown_push_tokens: list[str] = []
    expired_push_tokens: list[str] = []


ACCEPTED = Reply(Outcome.ACCEPTED)
TOO_LARGE, TOO_MANY = 413, 429

read_union_answer = msgspec.json.Decoder(UnionAnswer).decode


def announce(
    wallet: str, pass_type_identifier: str, tokens: Sequence[str], services: PushServices, *, push_service: str = ""
) -> Announcement:
    """What to ask so that these devices, no more than `MOST_TOKENS`, fetch their passes of this identifier.

    ``push_service``: the base URL that the device itself named.

    Raises:
        NotSent: if the wallet has no push service, or it is not configured.
    """
    if wallet == WALLET_PASSES:
        key = {"Authorization": services.walletpasses_key} if services.walletpasses_key else {}
        return asked(services.walletpasses_url, key, passTypeIdentifier=pass_type_identifier, pushTokens=tokens)
    if wallet in (WALLETUNION, WALLETUNION_HMS):
        key = {"Authorization": required(services.walletunion_key, "WALLETUNION_KEY")}
        hms = wallet == WALLETUNION_HMS
        url = required(services.walletunion_url, "WALLETUNION_URL")
        return asked(url, key, passTypeIdentifier=pass_type_identifier, pushTokens=tokens, hms=hms)
    if wallet == PASS2U:
        key = {"x-api-key": required(services.pass2u_key, "PASS2U_KEY")}
        path = f"/v2/registrations/{quote(pass_type_identifier, safe='')}/push"
        return asked(services.pass2u_url + path, key, registrationIds=tokens)
    if wallet == PASSWORKS_WALLET:
        key = {"Authorization": required(services.passworks_wallet_key, "PASSWORKS_WALLET_KEY")}
        return asked(services.passworks_wallet_url, key, passTypeIdentifier=pass_type_identifier, pushTokens=tokens)
    if wallet == PASSWALLET:
        url = allowed(push_service, services.hosts) + "/v1/pushUpdate"
        return asked(url, {}, passTypeID=pass_type_identifier, pushToken=tokens[0])
    raise NotSent("this wallet takes no pushes for passes of Apple's kind")


def asked(url: str, headers: dict[str, str], **body: object) -> Announcement:
    return Announcement(url=url, body=msgspec.json.encode(body), headers=headers)


def required(value: str, name: str) -> str:
    if not value:
        raise NotSent(f"not configured: set PASSWRIGHT_{name}")
    return value


def allowed(push_service: str, hosts: frozenset[str]) -> str:
    """The URL without what hangs behind its path. A device could name any address, one of our own network too."""
    try:
        parts = urlsplit(push_service)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https") or parts.username is not None or host not in hosts:
        raise NotSent("the push service that the device named is not among PASSWRIGHT_PUSH_HOSTS")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def read_reply(wallet: str, status: int, body: bytes, tokens: Sequence[str]) -> list[Reply]:
    """What becomes of each token. A request that was too large is none of this: see `is_too_large`."""
    if status == 401 or status == 403:
        return [Reply(Outcome.CERTIFICATE, f"status {status}: the key is refused")] * len(tokens)
    if status in (408, TOO_MANY) or status >= 500 or status < 200 or 300 <= status < 400:
        return [Reply(Outcome.RETRY, f"status {status}")] * len(tokens)
    if status >= 400:
        return [Reply(Outcome.REFUSED, f"status {status}")] * len(tokens)
    if wallet in (WALLETUNION, WALLETUNION_HMS):
        return union_replies(body, tokens)
    return [ACCEPTED] * len(tokens)


def union_replies(body: bytes, tokens: Sequence[str]) -> list[Reply]:
    """WalletUnion names those that are gone, whatever became of the others."""
    try:
        answer = read_union_answer(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return [Reply(Outcome.RETRY, "an answer that cannot be read")] * len(tokens)
    unknown, expired = set(answer.unknown_push_tokens), set(answer.expired_push_tokens)
    rest = ACCEPTED if answer.status == "OK" else Reply(Outcome.RETRY, answer.status[:100] or "no status")
    gone = {token: Reply(Outcome.GONE, "unknown_push_token") for token in unknown}
    gone |= {token: Reply(Outcome.GONE, "expired_push_token") for token in expired}
    return [gone.get(token, rest) for token in tokens]


def is_too_large(status: int, tokens: Sequence[str]) -> bool:
    """Whether half as many may be taken. One alone that is too large is refused."""
    return status == TOO_LARGE and len(tokens) > 1
