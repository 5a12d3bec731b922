"""A simulated iPhone: it holds passes, registers them, is pushed, fetches what changed and shows it.

>>> with PushService(client_authorities=root_pem) as service:  # doctest: +SKIP
...     phone = Phone(push_service=service, trusted_roots=[root])
...     johnny = phone.add("http://127.0.0.1:8000/passes/….pkpass")
...     phone.wait_for(lambda: phone.banners, within=10)

Everything it says to the platform goes over HTTP, in the order in which iOS says it. What is odd about an answer is
written to the web service's log in iOS's phrases. Its methods may be called from any thread.
"""

from __future__ import annotations

import secrets
import threading
import time
import uuid
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from cryptography import x509
from msgspec import Struct, field
from msgspec.structs import replace

from passwright.apple.lock_screen import lock_screen
from passwright.phone.habits import APPLE as APPLE_WALLET
from passwright.phone.habits import LATE_SECONDS, STORM, Habit, Wallet
from passwright.phone.held import HTTP_ALLOWED, HeldPass, Refused, read_pass, same_manifest
from passwright.phone.moments import Banner, Happening, Moment
from passwright.phone.push_service import Push, PushService
from passwright.phone.web_service import Fetched, Line, Listed, NotAnswered, WebService, download

RETRY_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
"""Pauses before what failed is tried again; then the phone waits for the next push."""

QUIET_SECONDS = 300.0
"""iOS complains of a needless request only when the pass has been as it is for so long."""

WAITING = 8
"""Threads of a phone that was given no pool."""


class Account(Struct, kw_only=True):
    """What a phone is to one web service for one pass type: another device, with another push token, for each.

    ``tag`` is what the web service called the state of its last list. None of the secrets is in the repr.
    """

    web_service_url: str
    pass_type_identifier: str
    device: str
    push_token: str
    tag: str | None = None
    updating: bool = False
    """Something of the pool is asking, or is about to."""
    asked_again: bool = False
    turn: threading.RLock = field(default_factory=threading.RLock)
    """One update at a time: of two answers the older must not come last."""

    def __repr__(self) -> str:
        return f"Account({self.pass_type_identifier!r})"


class Unhandled(RuntimeError):
    """Something that a test waited for did not happen; the text is the phone's timeline."""


class Phone:
    """``pool`` runs what the phone does by itself and may be shared. ``verifies`` false takes any pass unseen."""

    def __init__(
        self,
        *,
        push_service: PushService | None = None,
        trusted_roots: Sequence[x509.Certificate] = (),
        habits: Collection[Habit] = (),
        wallet: Wallet = APPLE_WALLET,
        verifies: bool = True,
        overlooked: Collection[str] = HTTP_ALLOWED,
        pool: Executor | None = None,
        line: Line | None = None,
        tell: Callable[[Moment], None] = lambda _moment: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        late_seconds: float = LATE_SECONDS,
        quiet_seconds: float = QUIET_SECONDS,
    ) -> None:
        self.push_service = push_service
        self.trusted_roots = tuple(trusted_roots)
        self.habits = frozenset(habits)
        self.wallet = wallet
        self.verifies = verifies
        self.overlooked = overlooked
        self.tell = tell
        self.now = now
        self.late_seconds = late_seconds
        self.quiet_seconds = quiet_seconds
        self.passes: dict[tuple[str, str], HeldPass] = {}
        self.accounts: dict[tuple[str, str], Account] = {}
        self.moments: list[Moment] = []
        self.banners: list[Banner] = []
        self._line = line or Line()
        self._pool = pool or ThreadPoolExecutor(WAITING, thread_name_prefix="simulated phone")
        self._owns_pool = pool is None
        self._changed = threading.Condition(threading.RLock())
        self._off = threading.Event()

    def __repr__(self) -> str:
        return f"Phone({len(self.passes)} passes)"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.switch_off()

    def switch_off(self) -> None:
        """It does nothing more. Its passes stay registered, as those of a phone without power."""
        self._off.set()
        if self._owns_pool:
            self._pool.shutdown(wait=True, cancel_futures=True)

    # Passes come and go

    def add(self, url: str) -> HeldPass:
        """Open a link to a pass and tap Add.

        Raises:
            Refused: if a phone does not take what comes.
            NotAnswered: if nothing comes, or no pass.
        """
        found = download(self._line, url)
        assert found.archive is not None
        return self.add_archive(found.archive, found.last_modified)

    def add_file(self, file: Path) -> HeldPass:
        """
        Raises:
            Refused: as `add`.
        """
        return self.add_archive(file.read_bytes())

    def add_archive(self, archive: bytes, last_modified: str = "") -> HeldPass:
        """Take a pass, register it, and ask what has changed since it was made.

        A registration that fails is tried again by itself.

        Raises:
            Refused: if a phone does not take it.
        """
        try:
            new = self._read(archive)
        except Refused as refused:
            self._note(Happening.REFUSED, str(refused))
            raise
        new.last_modified = last_modified
        account = self._account(new)
        if account is None:
            self._put(new)
            return new
        with account.turn:
            if self._put(new):
                account.tag = None  # what the pass has missed may lie before the last list
        self.register(new)
        return new

    def _put(self, new: HeldPass) -> bool:
        """Whether it took the place of another."""
        with self._changed:
            before = self.passes.get(new.name)
            self.passes[new.name] = new
        self._note(Happening.ADDED, f"{new.organization}: {new.keys.get('description', '')}", new)
        return before is not None

    def remove(self, held: HeldPass) -> None:
        """Throw a pass away and tell the web service, unless it `Habit.FORGETS`.

        Raises:
            NotAnswered: if the web service does not take it. The pass is gone all the same.
        """
        with self._changed:
            self.passes.pop(held.name, None)
        account = self._account(held)
        if account is None or Habit.FORGETS in self.habits:
            self._note(Happening.FORGOTTEN, "removed without a word", held)
            return
        try:
            self._service(account).unregister(account.device, held.serial_number, held.authentication_token)
        except NotAnswered as error:
            self._log(account, self._task("Unregister", account, held, error))
            raise
        finally:
            if self.push_service and not self._held_by(account):
                self.push_service.remove(account.push_token)
        self._note(Happening.REMOVED, "unregistered", held)

    def register(self, held: HeldPass) -> None:
        """As after adding, and again whenever the phone likes; then ask what has changed, as iOS does."""
        account = self._account(held)
        if account is None:
            return
        self._persist(lambda: self._register_once(account, held))
        if held.registered:
            self._persist(lambda: self._update(account))

    def change_push_token(self, account: Account | None = None) -> None:
        """A new token for one account or for all, as after restoring a phone. The old one is gone."""
        for each in list(self.accounts.values()) if account is None else [account]:
            old, each.push_token = each.push_token, new_push_token()
            self._listen(each)
            if self.push_service:
                self.push_service.remove(old)
            for held in self._held_by(each):
                self._persist(lambda held=held, each=each: self._register_once(each, held))  # type: ignore[misc]  # bound now

    def take_up(self, accounts: Sequence[Account], passes: Sequence[HeldPass]) -> None:
        """What the phone knew before it was switched off; then it asks what it missed."""
        with self._changed:
            self.accounts = {(each.web_service_url, each.pass_type_identifier): each for each in accounts}
            self.passes = {held.name: held for held in passes}
        for account in accounts:
            self._listen(account)
            self._soon(account)

    # It is pushed, and updates

    def be_pushed(self, push: Push) -> None:
        """A push came. What follows is done by the pool, once for pushes that come while it is being done."""
        with self._changed:
            account = next((each for each in self.accounts.values() if each.push_token == push.token), None)
        if account is None or self._off.is_set():
            return
        self._note(Happening.PUSHED, f"{push.topic}, apns-id {push.apns_id}")
        self._soon(account, pushed=True)

    def update(self) -> None:
        """Pull down to refresh: ask every web service now what has changed, and come back when all is fetched."""
        for account in list(self.accounts.values()):
            self._update(account)

    def wait_for(self, true: Callable[[], object], *, within: float, what: str = "what was waited for") -> None:
        """
        Raises:
            Unhandled: if it does not come true within so many seconds; with the timeline.
        """
        deadline = time.monotonic() + within
        with self._changed:
            while not true():
                left = deadline - time.monotonic()
                if left <= 0:
                    raise Unhandled(f"{what}: not within {within} seconds. The phone says:\n{self.told()}")
                self._changed.wait(min(left, 0.5))

    def told(self) -> str:
        return "\n".join(f"{moment.at:%H:%M:%S.%f} {moment.what} {moment.text}" for moment in self.moments)

    @property
    def complaints(self) -> list[str]:
        """What it wrote to web services' logs."""
        return [moment.text for moment in list(self.moments) if moment.what is Happening.COMPLAINT]

    # How

    def _soon(self, account: Account, *, pushed: bool = False) -> None:
        with self._changed:
            if account.updating:
                account.asked_again = True
                return
            account.updating = True
        try:
            self._pool.submit(self._update_until_quiet, account, pushed)
        except RuntimeError:  # the pool has ended
            account.updating = False

    def _update_until_quiet(self, account: Account, pushed: bool) -> None:
        if pushed and Habit.LATE in self.habits:
            self._off.wait(self.late_seconds)
        while not self._off.is_set():
            account.asked_again = False
            try:
                self._persist(lambda: self._update(account, pushed=pushed))
                if pushed and Habit.SWAPS_TOKEN in self.habits:
                    self.change_push_token(account)
            except Exception as error:
                self._note(Happening.FAILED, f"the phone itself failed: {error!r}")
            with self._changed:
                if not account.asked_again:
                    account.updating = False
                    return

    def _persist(self, attempt: Callable[[], None]) -> None:
        """Try, and try again after longer and longer pauses."""
        for pause in (*RETRY_SECONDS, None):
            try:
                attempt()
            except NotAnswered as error:
                self._note(Happening.FAILED, str(error))
                if pause is None or error.status == 401 or self._off.wait(pause):
                    return
            else:
                return

    def _account(self, held: HeldPass) -> Account | None:
        """None for a pass that is never updated."""
        if not held.web_service_url or not held.authentication_token:
            return None
        with self._changed:
            key = (held.web_service_url, held.pass_type_identifier)
            account = self.accounts.get(key)
            if account is None:
                account = self.accounts[key] = Account(
                    web_service_url=held.web_service_url,
                    pass_type_identifier=held.pass_type_identifier,
                    device=uuid.uuid4().hex,
                    push_token=new_push_token(),
                )
        return account

    def _listen(self, account: Account) -> None:
        if self.push_service is None:
            return
        self.push_service.add(account.push_token, topic=account.pass_type_identifier, receive=self.be_pushed)

    def _held_by(self, account: Account) -> list[HeldPass]:
        with self._changed:
            return [
                held
                for held in self.passes.values()
                if (held.web_service_url, held.pass_type_identifier)
                == (account.web_service_url, account.pass_type_identifier)
            ]

    def _service(self, account: Account) -> WebService:
        return WebService(self._line, account.web_service_url, account.pass_type_identifier, self.wallet)

    def _register_once(self, account: Account, held: HeldPass) -> None:
        def ask() -> int:
            return self._service(account).register(
                account.device, account.push_token, held.serial_number, held.authentication_token
            )

        self._listen(account)
        try:
            answered = self._at_once([ask] * (2 if Habit.REGISTERS_TWICE in self.habits else 1))
        except NotAnswered as error:
            self._log(account, self._task("Register", account, held, error))
            raise
        if answered.count(201) > 1:
            self._note(Happening.COMPLAINT, "registered twice at once, and both are said to be the first", held)
        held.registered = True
        if (
            self.push_service and Habit.GONE in self.habits
        ):  # since then: a push service does not forget who comes later
            self.push_service.remove(account.push_token)
        before = "" if 201 in answered else ", as before"
        self._note(Happening.REGISTERED, f"at {account.web_service_url}{before}", held)

    def _at_once(self, asks: Sequence[Callable[[], Any]]) -> list[Any]:
        """All answers; the failure of one is the failure of all."""
        if len(asks) == 1:
            return [asks[0]()]
        with ThreadPoolExecutor(len(asks)) as many:
            return [future.result() for future in [many.submit(ask) for ask in asks]]

    def _update(self, account: Account, *, pushed: bool = False) -> None:
        """Ask what has changed and fetch it. The new tag counts only when all of it has come.

        Raises:
            NotAnswered: if anything did not come; then all is asked for again.
        """
        with account.turn:
            self._update_in_turn(account, pushed)

    def _update_in_turn(self, account: Account, pushed: bool) -> None:
        service, sent = self._service(account), account.tag
        times = STORM if Habit.STORMS in self.habits else 1
        try:
            lists = self._at_once([lambda: service.updatable(account.device, sent)] * times)
        except NotAnswered as error:
            self._log(account, self._task("Get serial #s", account, None, error))
            raise
        listed = lists[-1]
        if listed is None:
            self._note(Happening.LISTED, "nothing has changed")
            if pushed and self._is_quiet(self._held_by(account)):
                spurious = f"Device received spurious push. Request for passesUpdatedSince '{sent}' returned no serials"
                self._complain(account, f"{spurious}. (Device = {account.device})")
            return
        self._note(Happening.LISTED, f"{len(listed.serial_numbers)} changed")
        self._fetch_all(account, listed)
        self._check_tag(account, sent, listed)
        if listed.tag is not None:
            account.tag = listed.tag

    def _check_tag(self, account: Account, sent: str | None, listed: Listed) -> None:
        if listed.tag is None:
            self._complain(account, "Response to 'What changed?' request omitted a lastUpdated tag")
        elif listed.tag == sent and listed.serial_numbers:
            self._complain(
                account,
                f"Response to 'What changed?' request included {len(listed.serial_numbers)} serial numbers "
                f"but the lastUpdated tag ({sent}) remained the same",
            )

    def _fetch_all(self, account: Account, listed: Listed) -> None:
        failed: NotAnswered | None = None
        for serial_number in dict.fromkeys(listed.serial_numbers):
            held = self.passes.get((account.pass_type_identifier, serial_number))
            if held is None:
                if Habit.FORGETS not in self.habits:
                    self._complain(account, f"Update requested for unregistered serial number '{serial_number}'")
                continue
            try:
                self._fetch(account, held)
            except NotAnswered as error:
                self._log(account, self._task("Get pass", account, held, error))
                failed = error
        if failed is not None:
            raise failed

    def _fetch(self, account: Account, held: HeldPass) -> None:
        service, since = self._service(account), held.last_modified
        told = None
        if Habit.HEAD in self.habits:
            told = service.headers_of_latest(held.serial_number, held.authentication_token)
        found = service.latest(held.serial_number, held.authentication_token, since)
        if told is not None and (told == "" or (told != since and found.archive is None)):
            self._note(Happening.COMPLAINT, f"HEAD said that it was last modified “{told}”, GET says otherwise", held)
        if found.archive is None:
            self._unchanged(account, held, "304")
        else:
            self._take(account, held, found, since)

    def _take(self, account: Account, held: HeldPass, found: Fetched, since: str) -> None:
        """Put a fetched pass in the place of the one that is there, and show what the lock screen shows."""
        assert found.archive is not None
        try:
            new = self._read(found.archive)
        except Refused as refused:
            self._complain(account, f"Received invalid pass data ({'; '.join(str(refused).splitlines())})", held)
            return
        if new.name != held.name:
            self._complain(account, "Received invalid pass data (it is another pass)", held)
            return
        if not found.last_modified:
            self._complain(
                account,
                f"Server did not provide a 'last-modified' header with serial number '{held.serial_number}'",
                held,
            )
        if same_manifest(held, new):
            held.last_modified = found.last_modified or held.last_modified
            self._unchanged(account, held, "200")
            if since and found.last_modified == since:
                self._complain(
                    account,
                    f"Server ignored the 'if-modified-since' header ({since}) and returned the full unchanged "
                    f"pass data for serial number '{held.serial_number}'",
                    held,
                )
            return
        new = replace(new, last_modified=found.last_modified, registered=held.registered)
        with self._changed:
            if self.passes.get(held.name) is not held:  # thrown away meanwhile
                return
            self.passes[held.name] = new
        self._note(Happening.FETCHED, f"{len(found.archive):,} bytes, last modified {found.last_modified}", new)
        self._show(held, new)

    def _unchanged(self, account: Account, held: HeldPass, status: str) -> None:
        self._note(Happening.UNCHANGED, status, held)
        if self._is_quiet([held]):
            self._complain(
                account,
                f"Server requested update to serial number '{held.serial_number}', but the pass was unchanged",
                held,
            )

    def _is_quiet(self, passes: Sequence[HeldPass]) -> bool:
        now = self.now()
        return all((now - held.changed_at).total_seconds() >= self.quiet_seconds for held in passes)

    def _show(self, before: HeldPass, after: HeldPass) -> None:
        shown = lock_screen(before.pass_json, after.pass_json, at=self.now(), translations=after.translations)
        if not shown:
            return
        banner = Banner(at=self.now(), title=shown.title, text=shown.text, serial_number=after.serial_number)
        with self._changed:
            self.banners.append(banner)
        self._note(Happening.BANNER, f"{shown.title}: {shown.text}", after)

    def _read(self, archive: bytes) -> HeldPass:
        return read_pass(
            archive,
            at=self.now(),
            trusted_roots=self.trusted_roots,
            overlooked=self.overlooked,
            verifies=self.verifies,
        )

    def _task(self, task: str, account: Account, held: HeldPass | None, error: NotAnswered) -> str:
        """iOS's own line for a request that failed."""
        serial = f", serial number {held.serial_number}" if held else f", last updated {account.tag}"
        return (
            f"[{self.now():%Y-%m-%d %H:%M:%S +0000}] {task} task (for device {account.device}, pass type "
            f"{account.pass_type_identifier}{serial}; with web service url {account.web_service_url}) "
            f"encountered error: {error}"
        )

    def _complain(self, account: Account, what: str, held: HeldPass | None = None) -> None:
        line = f"Web service error for {account.pass_type_identifier} ({account.web_service_url}): {what}."
        self._log(account, f"[{self.now():%Y-%m-%d %H:%M:%S +0000}] {line}", held)

    def _log(self, account: Account, line: str, held: HeldPass | None = None) -> None:
        self._note(Happening.COMPLAINT, line, held)
        try:
            self._service(account).log([line])
        except NotAnswered as error:
            self._note(Happening.FAILED, f"the log was not taken: {error}")

    def _note(self, what: Happening, text: str, held: HeldPass | None = None) -> None:
        moment = Moment(at=self.now(), what=what, text=text, serial_number=held.serial_number if held else "")
        with self._changed:
            self.moments.append(moment)
            self._changed.notify_all()
        self.tell(moment)


def new_push_token() -> str:
    return secrets.token_hex(32)
