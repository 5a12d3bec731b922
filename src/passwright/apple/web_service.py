"""What devices say to the web service of a pass (PassKit Web Service, version 1), and what they are answered.

Apple's Wallet and the wallets for Android that read ``.pkpass`` files ask the same addresses. They differ in the word
before the token in ``Authorization``, in a header of their own, and in the form of their push tokens; `client_of` tells
them apart. Bodies are read strictly: what is wrong is said by the name of its key.

>>> authorization = read_authorization("ApplePass 3fb1c7a0d2e94b58")
>>> authorization.scheme, authorization.token
(<Scheme.APPLE_PASS: 'ApplePass'>, '3fb1c7a0d2e94b58')
>>> client_of(authorization.scheme).wallet
<Wallet.PASSBOOK: 'passbook'>
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

MOST_REGISTRATION_BYTES = 8 * 1024
MOST_LOG_BYTES = 256 * 1024
MOST_SIGN_UP_BYTES = 16 * 1024
MOST_LOG_LINES = 20
"""Of one request; what follows is dropped."""
LONGEST_LOG_LINE = 2_000
"""Characters; what follows is cut off."""
LONGEST_TOKEN = 256
LONGEST_PUSH_TOKEN = 1_024
LONGEST_PUSH_SERVICE = 500
LONGEST_ANSWER = 500
"""Characters of one thing that a holder tells of himself."""

FIRST_VERSION = 2
"""The version of a pass as it was issued, for `last_modified`."""


class Scheme(StrEnum):
    """The word before the token in ``Authorization``."""

    APPLE_PASS = "ApplePass"
    ANDROID_PASS = "AndroidPass"
    WALLET_UNION_PASS = "WalletUnionPass"
    WALLET_UNION_HMS_PASS = "WalletUnionHMSPass"
    ATTIDO_PASS = "AttidoPass"


class Wallet(StrEnum):
    """A wallet that holds passes. ``google_wallet`` never speaks this protocol; it is here to complete the list."""

    PASSBOOK = "passbook"
    GOOGLE_WALLET = "google_wallet"
    WALLET_PASSES = "wallet_passes"
    PASSWORKS_WALLET = "passworks_wallet"
    PASS2U = "pass2u"
    PASSWALLET = "passwallet"
    WALLETUNION = "walletunion"
    WALLETUNION_HMS = "walletunion_hms"


class DeviceOS(StrEnum):
    IOS = "ios"
    ANDROID = "android"
    WINDOWS_PHONE = "wp"


class Authorization(Struct, frozen=True):
    """A read ``Authorization`` header. Its repr does not show the token."""

    scheme: Scheme
    token: str

    def __repr__(self) -> str:
        return f"Authorization({self.scheme.value!r})"


class Client(Struct, frozen=True):
    """Who asks."""

    wallet: Wallet
    device_os: DeviceOS


class Registration(Struct, frozen=True):
    """The body of a registration. Its repr shows no token. ``push_service``: see `read_registration`."""

    push_token: str
    push_service: str | None = None

    def __repr__(self) -> str:
        return "Registration()"


class SignUp(Struct, frozen=True):
    """The body of a personalization: the token to sign, and what the holder told of himself by Apple's keys."""

    token: str
    answers: dict[str, str]

    def __repr__(self) -> str:
        return f"SignUp({sorted(self.answers)})"


class UnusableBody(Exception):
    """A body that cannot be used. The text is a sentence that names the key at fault and holds nothing of its value."""


SCHEMES = {scheme.lower(): scheme for scheme in Scheme}
AUTHORIZATION = re.compile(rf"([A-Za-z]+) +([!-~]{{1,{LONGEST_TOKEN}}})", re.ASCII)


def read_authorization(header: str | None) -> Authorization | None:
    """The scheme and token of an ``Authorization`` header; None if it is none of a wallet's.

    The scheme's case does not count (RFC 9110 section 11.1), the token's does.
    """
    match = AUTHORIZATION.fullmatch((header or "").strip(" \t"))
    scheme = SCHEMES.get(match[1].lower()) if match else None
    return Authorization(scheme, match[2]) if match and scheme else None


WALLET_OF_HEADER = {"passworks": Wallet.PASSWORKS_WALLET, "passes": Wallet.PASS2U}
"""By ``X-Pass-Client``, in lower case."""
WALLET_OF_SCHEME = {
    Scheme.ANDROID_PASS: Wallet.WALLET_PASSES,
    Scheme.WALLET_UNION_PASS: Wallet.WALLETUNION,
    Scheme.WALLET_UNION_HMS_PASS: Wallet.WALLETUNION_HMS,
    Scheme.ATTIDO_PASS: Wallet.PASSWALLET,
}
WALLET_OF_AGENT = {
    "walletunionhms": Wallet.WALLETUNION_HMS,
    "walletunion": Wallet.WALLETUNION,
    "walletpasses": Wallet.WALLET_PASSES,
    "passwallet": Wallet.PASSWALLET,
}
"""By the first product in ``User-Agent``, in lower case, for those that say ``ApplePass`` nevertheless."""


def client_of(scheme: Scheme, pass_client: str | None = None, user_agent: str | None = None) -> Client:
    """Who asks: by ``X-Pass-Client`` before the scheme of ``Authorization`` before ``User-Agent``.

    Who says ``ApplePass`` and nothing that is known is Apple's Wallet.
    """
    agent = (user_agent or "").lower()
    wallet = (
        WALLET_OF_HEADER.get((pass_client or "").strip().lower())
        or WALLET_OF_SCHEME.get(scheme)
        or WALLET_OF_AGENT.get(re.split(r"[/ (]", agent, maxsplit=1)[0], Wallet.PASSBOOK)
    )
    return Client(wallet, device_os_of(wallet, agent))


def device_os_of(wallet: Wallet, agent: str) -> DeviceOS:
    if "windows phone" in agent:
        return DeviceOS.WINDOWS_PHONE
    return DeviceOS.IOS if wallet is Wallet.PASSBOOK and "android" not in agent else DeviceOS.ANDROID


HEX_TOKEN = re.compile(r"(?:[0-9a-fA-F]{2}){16,128}", re.ASCII)
VISIBLE_TOKEN = re.compile(rf"[!-~]{{1,{LONGEST_PUSH_TOKEN}}}", re.ASCII)


class SentRegistration(Struct):
    push_token: str = msgspec.field(name="pushToken", default="")
    push_service_url: str | None = msgspec.field(name="pushServiceUrl", default=None)


class SentLogs(Struct):
    logs: list[str]


class SentAnswers(Struct, omit_defaults=True):
    full_name: str = msgspec.field(name="fullName", default="")
    given_name: str = msgspec.field(name="givenName", default="")
    family_name: str = msgspec.field(name="familyName", default="")
    email_address: str = msgspec.field(name="emailAddress", default="")
    postal_code: str = msgspec.field(name="postalCode", default="")
    phone_number: str = msgspec.field(name="phoneNumber", default="")
    iso_country_code: str = msgspec.field(name="ISOCountryCode", default="")


class SentSignUp(Struct):
    token: str = msgspec.field(name="personalizationToken")
    answers: SentAnswers = msgspec.field(name="requiredPersonalizationInfo")


def read_registration(body: bytes, wallet: Wallet) -> Registration:
    """The body of ``POST …/registrations/…``.

    Apple's push tokens are hex digits and come back in lower case; those of others are kept as they are. PassWallet
    alone names the push service to use: an https address, kept without a slash at its end. Whoever calls it has to
    make sure that it is a service he knows.

    Raises:
        UnusableBody: if it is no JSON object of that kind, or too long.
    """
    sent = decoded(body, SentRegistration, MOST_REGISTRATION_BYTES)
    if not sent.push_token:
        raise UnusableBody("pushToken is missing: send the token under which the device is pushed.")
    if wallet is Wallet.PASSBOOK:
        if not HEX_TOKEN.fullmatch(sent.push_token):
            raise UnusableBody("pushToken is not a push token of Apple's: send 32 to 256 hex digits.")
        return Registration(sent.push_token.lower())
    if not VISIBLE_TOKEN.fullmatch(sent.push_token):
        raise UnusableBody(f"pushToken is not a push token: send up to {LONGEST_PUSH_TOKEN} letters, digits and signs.")
    named = sent.push_service_url if wallet is Wallet.PASSWALLET else None
    return Registration(sent.push_token, push_service(named) if named else None)


def push_service(address: str) -> str:
    """Raises: UnusableBody: if it is no https address."""
    try:
        parts = urlsplit(address)
        usable = parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        usable = False
    if not usable or len(address) > LONGEST_PUSH_SERVICE or not re.fullmatch(r"[!-~]+", address):
        raise UnusableBody(f"pushServiceUrl is not an https address of at most {LONGEST_PUSH_SERVICE} characters.")
    return address.rstrip("/")


def read_logs(body: bytes) -> tuple[str, ...]:
    """The lines of ``POST …/log``, at most `MOST_LOG_LINES` of at most `LONGEST_LOG_LINE` characters.

    Raises:
        UnusableBody: if it is no JSON object with a list of texts, or too long.
    """
    lines = decoded(body, SentLogs, MOST_LOG_BYTES).logs[:MOST_LOG_LINES]
    return tuple(line[:LONGEST_LOG_LINE] for line in map(printable, lines) if line)


UNSHOWN = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")
"""Control characters, line ends, and what turns the direction of what follows."""


def printable(text: str) -> str:
    """On one line and without control characters: it is read in terminals, and the database keeps no NUL."""
    return UNSHOWN.sub(" ", text).strip()


# A signature over a manifest makes a pass, and this is the same kind of signature. A manifest is a JSON object: what
# is signed here must never be able to be one, or whoever holds a pass could have others signed.
SIGNABLE = re.compile(r"[A-Za-z0-9+/=_.:~-]{1,1024}", re.ASCII)


def read_sign_up(body: bytes) -> SignUp:
    """The body of ``POST …/personalize``. Answers that were not given are left out.

    Raises:
        UnusableBody: if it is no JSON object of that kind, too long, or its token holds more than letters, digits and
            ``+/=_.:~-``.
    """
    sent = decoded(body, SentSignUp, MOST_SIGN_UP_BYTES)
    if not SIGNABLE.fullmatch(sent.token):
        raise UnusableBody("personalizationToken is not a token: send letters, digits and + / = _ . : ~ - alone.")
    answers: dict[str, str] = msgspec.to_builtins(sent.answers)
    for key, answer in answers.items():
        if len(answer) > LONGEST_ANSWER:
            raise UnusableBody(f"{key} is too long: send at most {LONGEST_ANSWER} characters.")
    return SignUp(sent.token, {key: printable(answer) for key, answer in answers.items()})


def decoded(body: bytes, kind: type[Any], most_bytes: int) -> Any:
    """Raises: UnusableBody."""
    if len(body) > most_bytes:
        raise UnusableBody(f"The body is too long: send at most {most_bytes} bytes.")
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise UnusableBody(f"The body is not as it should be: {error}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise UnusableBody("The body is not JSON.") from None


def last_modified(created_at: datetime, version: int) -> datetime:
    """``Last-Modified`` of a pass: it moves by a second with each version, never with the clock.

    The header has whole seconds. Derived from the time of the change, two changes within a second would have the same,
    and the second one would be missed. ``version`` is `FIRST_VERSION` on a new pass.
    """
    return created_at.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=version - FIRST_VERSION)


def http_date(moment: datetime) -> str:
    """As HTTP writes it (RFC 9110 section 5.6.7), in whole seconds.

    >>> http_date(datetime(2026, 12, 24, 18, tzinfo=UTC))
    'Thu, 24 Dec 2026 18:00:00 GMT'

    Raises:
        ValueError: if the moment has no zone.
    """
    return format_datetime(moment.astimezone(UTC) if moment.tzinfo else moment, usegmt=True)


MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
HTTP_DATE = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT", re.ASCII
)


def read_http_date(text: str | None) -> datetime | None:
    """The moment; None for everything else than what `http_date` writes. Devices send it back letter by letter."""
    match = HTTP_DATE.fullmatch((text or "").strip())
    if not match or match[2] not in MONTHS:
        return None
    day, month, year, hour, minute, second = match.groups()
    try:
        return datetime(int(year), MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    except ValueError:
        return None


class Complaint(StrEnum):
    """What iOS complains of in the log."""

    UNCHANGED = "unchanged"
    """It was told that the pass had changed, and the pass had not."""
    NO_LAST_MODIFIED = "no_last_modified"
    IGNORED_IF_MODIFIED_SINCE = "ignored_if_modified_since"
    SPURIOUS_PUSH = "spurious_push"
    """It was pushed, asked what had changed, and heard of nothing."""
    UNREGISTERED = "unregistered"
    """It was told of a pass that it does not hold."""
    NO_TAG = "no_tag"
    SAME_TAG = "same_tag"
    INVALID_PASS = "invalid_pass"
    """What it fetched is no pass that it accepts."""
    NOT_AUTHORIZED = "not_authorized"
    UNEXPECTED_ANSWER = "unexpected_answer"
    """A status, or an answer, that the protocol does not know."""


COMPLAINTS = (
    (Complaint.UNCHANGED, re.compile(r"but the pass was unchanged")),
    (Complaint.NO_LAST_MODIFIED, re.compile(r"did not provide a 'last-modified' header")),
    (Complaint.IGNORED_IF_MODIFIED_SINCE, re.compile(r"ignored the 'if-modified-since' header")),
    (Complaint.SPURIOUS_PUSH, re.compile(r"spurious push")),
    (Complaint.UNREGISTERED, re.compile(r"update requested for unregistered serial")),
    (Complaint.NO_TAG, re.compile(r"omitted a lastupdated tag")),
    (Complaint.SAME_TAG, re.compile(r"but the lastupdated tag .{0,200}remained the same")),
    (Complaint.INVALID_PASS, re.compile(r"received invalid pass data")),
    (Complaint.NOT_AUTHORIZED, re.compile(r"authentication failure")),
    (Complaint.UNEXPECTED_ANSWER, re.compile(r"unexpected response code|response was malformed")),
)


class LogLine(Struct, frozen=True):
    """What a line of the log is about, as far as it says so. ``device`` is a secret: whoever knows it may ask what is
    in the wallet."""

    complaint: Complaint | None = None
    pass_type_identifier: str | None = None
    serial_number: str | None = None
    device: str | None = None

    def __repr__(self) -> str:
        return f"LogLine({self.complaint}, {self.pass_type_identifier!r}, {self.serial_number!r})"


TYPE = re.compile(
    r"\bpass type ([^\s,;)]{1,255})|\bWeb service (?:error|warning) for ([^\s,;()]{1,255})", re.IGNORECASE
)
SERIAL = re.compile(r"\bserial number (?:'([^']{1,255})'|([^\s,;'()]{1,255}))", re.IGNORECASE)
DEVICE = re.compile(r"(\(for device |\(Device = )([^\s,;)]{1,255})", re.IGNORECASE)


def read_log_line(line: str) -> LogLine:
    """What the line is about. A line is anybody's: what it names has to be looked up before it is believed."""
    lower = line.lower()
    complaint = next((complaint for complaint, phrase in COMPLAINTS if phrase.search(lower)), None)
    identifier, serial, device = TYPE.search(line), SERIAL.search(line), DEVICE.search(line)
    return LogLine(
        complaint,
        (identifier[1] or identifier[2]).rstrip(":") if identifier else None,
        (serial[1] or serial[2].rstrip(".")) if serial else None,
        device[2] if device else None,
    )


HIDDEN = "[hidden]"
TOKENS = re.compile(rf"(\b(?:{'|'.join(Scheme)})(?::? +|%20))[^\s'\",;)\]}}\\]+", re.IGNORECASE)
KEYS = re.compile(
    r"""((?:authenticationToken|pushToken|personalizationToken)["']?\s*[:=]\s*["']?)[^\s"',;)\]}\\]+""", re.IGNORECASE
)
ADDRESSES = re.compile(r"(/v1/devices/)[^/\s\"'<>\\]+")
LONG_HEX = re.compile(r"(?<![0-9A-Za-z-])[0-9a-fA-F]{32,}(?![0-9A-Za-z-])")


def hide_tokens(line: str) -> str:
    """The line without tokens and without the names of devices, in whatever form they stand in it.

    >>> hide_tokens("Register task (for device 4f3b, pass type pass.example.toys) sent ApplePass 3fb1c7a0d2e94b58")
    'Register task (for device [hidden], pass type pass.example.toys) sent ApplePass [hidden]'
    """
    for secret in (TOKENS, KEYS, DEVICE, ADDRESSES):
        line = secret.sub(rf"\1{HIDDEN}", line)
    return LONG_HEX.sub(HIDDEN, line)
