"""The environment variables the platform reads, checked; every one is described in docs/operating/settings.md."""

from __future__ import annotations

import os
import re
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import unquote, urlsplit

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from pydantic import Field as Setting
from pydantic import ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class WrongSetting(SystemExit):
    """One clear line about a setting that cannot be used."""


def default_home() -> Path:
    """In the folder that the XDG base directory specification names; it wants relative ones ignored."""
    data = Path(os.environ.get("XDG_DATA_HOME", ""))
    return (data if data.is_absolute() else Path("~/.local/share")) / "passwright"


def is_understood(url: str) -> bool:
    """Whether libpq reads this URL, and no half of a password as host, port or database.

    What libpq says about it is kept back: it quotes the URL, and the password with it.
    """
    try:
        parts = conninfo_to_dict(url)
    except ProgrammingError:
        return False
    ports = str(parts.get("port", "")).split(",")
    return all(re.fullmatch(r"\d*", port) for port in ports) and "@" not in f"{parts.get('host')}{parts.get('dbname')}"


def is_base_url(url: str) -> bool:
    """Whether it is one of HTTP to which a path can be added."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    return usable and not (parts.query or parts.fragment or re.search(r"\s", url))


@cache
def networks_of(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Raises: ValueError: if one is none, or has bits beyond its mask."""
    return tuple(ip_network(part.strip()) for part in text.split(",")) if text else ()


APNS_URL = "https://api.push.apple.com"


CONSOLE = "console"
"""Instead of a mail server: e-mails are printed."""


class MailServer(NamedTuple):
    """How a mail server is reached; without ``user`` nobody signs in."""

    host: str
    port: int
    user: str
    password: str
    tls: Literal["", "starttls", "always"]

    def __repr__(self) -> str:
        return f"MailServer({self.host}:{self.port})"


def mail_server_of(url: str) -> MailServer | None:
    """None if the URL names no mail server, or would send a password in the clear to another machine."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    always = parts.scheme == "smtps"
    usable = parts.scheme in ("smtp", "smtps") and re.fullmatch(r"[A-Za-z0-9.:-]+", host) and not parts.fragment
    if not usable or parts.path not in ("", "/") or parts.query not in ("", "starttls") or (always and parts.query):
        return None
    tls: Literal["", "starttls", "always"] = "always" if always else "starttls" if parts.query else ""
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if user and not tls and host not in ("localhost", "127.0.0.1", "::1"):
        return None
    return MailServer(host, port or {"always": 465, "starttls": 587, "": 25}[tls], user, password, tls)


class Environment(BaseSettings):
    """The environment variables the platform reads."""

    model_config = SettingsConfigDict(env_prefix="PASSWRIGHT_", env_ignore_empty=True, extra="ignore")

    home: Path = Setting(default_factory=default_home, validate_default=True)
    listen: str = "127.0.0.1:8000"
    url: str = ""
    env: Literal["development", "production"] = "development"
    dev_ca: bool | None = None
    enforce_limits: bool = False
    secret_key: str = Setting(default="", repr=False)
    database_url: str = Setting(default="", validation_alias="DATABASE_URL", repr=False)
    threads: int = Setting(default=8, ge=1, le=256)
    processes: int = Setting(default=1, ge=1, le=256)
    metrics_listen: str = ""
    worker_listen: str = ""
    metrics_token: str = Setting(default="", repr=False)
    drain_seconds: int = Setting(default=0, ge=0, le=300)
    webhook_hosts: str = ""
    keep_deliveries: int = Setting(default=30, ge=1, le=3650)
    apns_url: str = APNS_URL
    apns_ca: Path | None = None
    walletpasses_url: str = "https://walletpasses.appspot.com/api/v1/push"
    walletpasses_key: str = Setting(default="", repr=False)
    walletunion_url: str = ""
    walletunion_key: str = Setting(default="", repr=False)
    pass2u_url: str = "https://api.passesalliance.com"
    pass2u_key: str = Setting(default="", repr=False)
    passworks_wallet_url: str = "https://wallet.passworks.io/v1/pushUpdate"
    passworks_wallet_key: str = Setting(default="", repr=False)
    push_hosts: str = ""
    smtp_url: str = Setting(default="", repr=False)
    smtp_ca: Path | None = None
    mail_from: str = ""
    trusted_proxies: str = ""
    proxy_header: Literal["X-Forwarded-For", "Forwarded"] = "X-Forwarded-For"
    claims_per_hour: int = Setting(default=60, ge=1, le=1_000_000)
    all_claims_per_hour: int = Setting(default=600, ge=1, le=10_000_000)

    @field_validator("apns_url")
    @classmethod
    def push_service(cls, value: str) -> str:
        if not re.fullmatch(r"https://[^/\s?#@]+/?", value) or not is_base_url(value):
            raise ValueError("write https:// and a host, such as https://api.push.apple.com:2197")
        return value.rstrip("/")

    @field_validator("apns_ca", "smtp_ca")
    @classmethod
    def certificates(cls, value: Path | None) -> Path | None:
        try:
            readable = value is None or b"-----BEGIN CERTIFICATE-----" in value.read_bytes()
        except OSError as error:
            raise ValueError(f"the file cannot be read ({error.strerror})") from error
        if not readable:
            raise ValueError("write the path of a file with certificates in PEM")
        return value

    @field_validator("walletpasses_url", "walletunion_url", "pass2u_url", "passworks_wallet_url")
    @classmethod
    def other_push_service(cls, value: str) -> str:
        if value and not is_base_url(value):
            raise ValueError("write a URL, such as https://push.example.org/v1")
        return value.rstrip("/")

    @field_validator("walletpasses_key", "walletunion_key", "pass2u_key", "passworks_wallet_key")
    @classmethod
    def header_value(cls, value: str) -> str:
        if not re.fullmatch(r"[\x21-\x7e]*", value):
            raise ValueError("a key has letters, digits and signs, and no space")
        return value

    @field_validator("push_hosts")
    @classmethod
    def host_names(cls, value: str) -> str:
        names = [name.strip().lower() for name in value.split(",")]
        if value and not all(re.fullmatch(r"[a-z0-9.-]+", name) for name in names):
            raise ValueError("write host names with commas between them, such as push.example.org,push.example.com")
        return ",".join(names)

    @field_validator("smtp_url")
    @classmethod
    def mail_server(cls, value: str) -> str:
        if value and value != CONSOLE and mail_server_of(value) is None:
            raise ValueError(
                "write smtps://user:password@host or smtp://user:password@host:587?starttls, with the signs @ : / ? of "
                "a name or password percent-encoded, or console. A password goes over TLS alone"
            )
        return value

    @field_validator("mail_from")
    @classmethod
    def mail_address(cls, value: str) -> str:
        if value and not re.fullmatch(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,189}", value):
            raise ValueError("write an e-mail address and nothing else, such as passes@example.org")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def networks(cls, value: str) -> str:
        try:
            networks_of(value)
        except ValueError as error:
            raise ValueError("write networks with commas between them, such as 10.0.0.0/8,127.0.0.1,::1") from error
        return value

    @field_validator("home")
    @classmethod
    def absolute(cls, value: Path) -> Path:
        try:
            return value.expanduser().resolve()
        except (OSError, RuntimeError) as error:
            raise ValueError("no folder can be found under it: write an absolute path") from error

    @field_validator("listen", "metrics_listen", "worker_listen")
    @classmethod
    def host_and_port(cls, value: str) -> str:
        if not value:
            return value
        match = re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[^:\s\[\]/]+):(\d{1,5})", value)
        if not match or not 0 < int(match[2]) < 65536:
            raise ValueError("write host:port, such as 127.0.0.1:8000")
        return value

    @field_validator("metrics_token")
    @classmethod
    def hard_to_guess(cls, value: str) -> str:
        if value and not re.fullmatch(r"[A-Za-z0-9._~+/=-]{16,}", value):
            raise ValueError("write 16 characters or more: letters, digits and - . _ ~ + / =")
        return value

    @field_validator("webhook_hosts")
    @classmethod
    def hosts(cls, value: str) -> str:
        for host in value.split(",") if value else ():
            match = re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[^:\s\[\]/@]+)(?::(\d{1,5}))?", host.strip())
            if not match or not 0 < int(match[2] or 1) < 65536:
                raise ValueError("write hosts with or without a port, such as hooks.internal,10.0.0.5:8080")
        return value

    @field_validator("url")
    @classmethod
    def base_url(cls, value: str) -> str:
        if value and not is_base_url(value):
            raise ValueError("write a base URL, such as https://passes.example.org")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def postgresql(cls, value: str) -> str:
        if value and not value.startswith(("postgresql://", "postgres://")):
            raise ValueError("write a PostgreSQL URL, such as postgresql://user:password@host/database")
        if value and not is_understood(value):
            raise ValueError(
                "PostgreSQL does not understand it. Write postgresql://user:password@host/database, "
                "with the signs @ : / [ ] % of a name or password percent-encoded"
            )
        return value

    @property
    def public_url(self) -> str:
        if self.url:
            return self.url
        host, _, port = self.listen.rpartition(":")
        host = {"0.0.0.0": "localhost", "[::]": "localhost"}.get(host, host)  # noqa: S104 - read, not bound
        return f"http://{host}:{port}"

    @property
    def sends_mail(self) -> bool:
        return bool(self.smtp_url)

    @property
    def counts(self) -> bool:
        """Whether anybody can ask for the metrics of a web process."""
        return bool(self.metrics_listen or self.metrics_token)

    @property
    def allowed_webhook_hosts(self) -> frozenset[str]:
        """Lower-case, IPv6 addresses without brackets."""
        hosts = (host.strip().lower().lstrip("[") for host in self.webhook_hosts.split(","))
        return frozenset(host.rstrip("]").replace("]:", ":") for host in hosts if host)

    @property
    def proxy_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Of the proxies whose word on a client's address counts."""
        return networks_of(self.trusted_proxies)

    @property
    def development_ca(self) -> bool:
        return self.env != "production" if self.dev_ca is None else self.dev_ca


def read_environment() -> Environment:
    """The environment, checked.

    Raises:
        WrongSetting: naming the variable, its value's fault and what to write instead.
    """
    try:
        environment = Environment()
    except ValidationError as error:
        lines = []
        for issue in error.errors():
            name = str(issue["loc"][0]) if issue["loc"] else "?"
            variable = name if name.isupper() else f"PASSWRIGHT_{name.upper()}"
            lines.append(f"passwright: {variable}: {issue['msg'].removeprefix('Value error, ')}.")
        raise WrongSetting("\n".join(lines)) from None
    if mail_server_of(environment.smtp_url) and not environment.mail_from:
        raise WrongSetting("passwright: PASSWRIGHT_MAIL_FROM: name the address that e-mails come from.")
    return environment
