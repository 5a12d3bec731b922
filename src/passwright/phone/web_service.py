"""How a phone speaks to the web service of a pass: Apple's five routes, and a download."""

from __future__ import annotations

import threading
from typing import Any
from urllib.parse import quote

import requests
from msgspec import Struct
from requests.adapters import HTTPAdapter

from passwright.apple.archive import MEDIA_TYPE
from passwright.phone.habits import APPLE, Wallet

TIMEOUT_SECONDS = 30.0


class NotAnswered(Exception):
    """The web service could not be reached, or answered with a status that the request cannot have."""

    def __init__(self, reason: str, status: int = 0) -> None:
        super().__init__(reason)
        self.status = status


class Listed(Struct, frozen=True):
    """``tag`` is None where the answer has none."""

    serial_numbers: tuple[str, ...]
    tag: str | None


class Fetched(Struct, frozen=True):
    """``archive`` is None for a 304."""

    archive: bytes | None
    last_modified: str
    media_type: str = ""


class Line(threading.local):
    """Connections, kept; each thread has its own. Phones may share one. The environment's proxies are not asked."""

    def __init__(self) -> None:
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.mount("http://", HTTPAdapter(pool_connections=4, pool_maxsize=4))


class WebService:
    """What one account of a phone asks. ``base`` is the pass's webServiceURL."""

    def __init__(self, line: Line, base: str, pass_type_identifier: str, wallet: Wallet = APPLE) -> None:
        self.line = line
        self.base = base
        self.wallet = wallet
        self.pass_type = quote(pass_type_identifier, safe="")

    def register(self, device: str, push_token: str, serial_number: str, token: str) -> int:
        """201 for a new registration, 200 for one that was there.

        Raises:
            NotAnswered: at any other answer.
        """
        body = {"pushToken": push_token}
        return self.ask("POST", self.registration(device, serial_number), token, (200, 201), json=body).status_code

    def unregister(self, device: str, serial_number: str, token: str) -> None:
        """
        Raises:
            NotAnswered: at any answer but 200 and 201.
        """
        self.ask("DELETE", self.registration(device, serial_number), token, (200, 201))

    def updatable(self, device: str, tag: str | None) -> Listed | None:
        """The passes that changed since the tag, which is sent back as it came; None if there is none (204).

        Raises:
            NotAnswered: at any other answer, and if the body is none.
        """
        since = "" if tag is None else f"?passesUpdatedSince={quote(tag, safe='')}"
        answer = self.ask("GET", f"/v1/devices/{quote(device, safe='')}/registrations/{self.pass_type}{since}")
        if answer.status_code == 204:
            return None
        try:
            body = answer.json()
            serials, last_updated = body["serialNumbers"], body.get("lastUpdated")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise NotAnswered("the list of changed passes cannot be read") from error
        if not isinstance(serials, list) or not all(isinstance(serial, str) for serial in serials):
            raise NotAnswered("the list of changed passes cannot be read")
        return Listed(tuple(serials), last_updated if isinstance(last_updated, str) else None)

    def latest(self, serial_number: str, token: str, since: str) -> Fetched:
        """The pass as it is now.

        Raises:
            NotAnswered: at any answer but 200 and 304.
        """
        headers = {"If-Modified-Since": since} if since else {}
        answer = self.ask("GET", self.pass_path(serial_number), token, (200, 304), headers=headers)
        return Fetched(
            answer.content if answer.status_code == 200 else None,
            answer.headers.get("Last-Modified", ""),
            answer.headers.get("Content-Type", ""),
        )

    def headers_of_latest(self, serial_number: str, token: str) -> str:
        """Last-Modified by HEAD, empty if it has none.

        Raises:
            NotAnswered: at any answer but 200.
        """
        return self.ask("HEAD", self.pass_path(serial_number), token, (200,)).headers.get("Last-Modified", "")

    def log(self, lines: list[str]) -> None:
        """
        Raises:
            NotAnswered: at any answer but 200.
        """
        self.ask("POST", "/v1/log", None, (200,), json={"logs": lines})

    def registration(self, device: str, serial_number: str) -> str:
        serial = quote(serial_number, safe="")
        return f"/v1/devices/{quote(device, safe='')}/registrations/{self.pass_type}/{serial}"

    def pass_path(self, serial_number: str) -> str:
        return f"/v1/passes/{self.pass_type}/{quote(serial_number, safe='')}"

    def ask(
        self, method: str, path: str, token: str | None = None, wanted: tuple[int, ...] = (200, 204), **arguments: Any
    ) -> requests.Response:
        headers = {"User-Agent": self.wallet.agent, **arguments.pop("headers", {})}
        if token is not None:
            headers["Authorization"] = f"{self.wallet.word} {token}"
        if self.wallet.client:
            headers["X-Pass-Client"] = self.wallet.client
        try:
            answer = self.line.session.request(
                method, f"{self.base}{path}", headers=headers, timeout=TIMEOUT_SECONDS, **arguments
            )
        except requests.RequestException as error:
            raise NotAnswered(f"the web service cannot be reached ({type(error).__name__})") from error
        if answer.status_code == 401:
            raise NotAnswered("Authentication failure", 401)
        if answer.status_code not in wanted:
            raise NotAnswered(f"Unexpected response code {answer.status_code}", answer.status_code)
        return answer


def download(line: Line, url: str) -> Fetched:
    """What a browser on the phone gets from a link.

    Raises:
        NotAnswered: if it cannot be reached, answers anything but 200, or with something that is no pass.
    """
    try:
        answer = line.session.get(url, timeout=TIMEOUT_SECONDS, headers={"Accept": f"{MEDIA_TYPE}, */*"})
    except requests.RequestException as error:
        raise NotAnswered(f"{url} cannot be reached ({type(error).__name__})") from error
    media_type = answer.headers.get("Content-Type", "")
    if answer.status_code != 200:
        raise NotAnswered(f"{url} answered {answer.status_code}", answer.status_code)
    if media_type.partition(";")[0].strip().lower() != MEDIA_TYPE:
        raise NotAnswered(
            f"{url} answered with the type {media_type or 'of nothing'}, "
            f"which a phone does not take for a pass. It has to be {MEDIA_TYPE}"
        )
    return Fetched(answer.content, answer.headers.get("Last-Modified", ""), media_type)
