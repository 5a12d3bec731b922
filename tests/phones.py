"""Simulated phones and their push service, for walks and for tests of the phone itself.

A walk with real processes lets them trust the push service by its environment:

>>> def test_a_patch_reaches_the_phone(installation, push_service_of, phone_of): ...  # doctest: +SKIP
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography import x509

from passwright.apple import certificate as certificates
from passwright.phone.habits import Habit
from passwright.phone.phone import Phone
from passwright.phone.push_service import PushService
from passwright.phone.web_service import Line

MOST_THREADS = 16


def apns_environment(service: PushService, folder: Path) -> dict[str, str]:
    """What the platform's processes need to push to this service instead of Apple's."""
    return {
        "PASSWRIGHT_APNS_URL": service.url,
        "PASSWRIGHT_APNS_CA": str(service.write_root(folder / "apns-root.pem")),
    }


@contextmanager
def phone(service: PushService, root_pem: bytes, habits: Collection[Habit] = (), **options: Any) -> Iterator[Phone]:
    """One that verifies all it gets under ``root_pem``."""
    roots = certificates.load_certificates(root_pem)
    with Phone(push_service=service, trusted_roots=roots, habits=habits, **options) as made:
        yield made


class Phones:
    """Many phones in one process: they share push service, threads and connections. All but the first ten take what
    they get without looking, because verifying takes longer than all else together."""

    def __init__(self, count: int, service: PushService, roots: Sequence[x509.Certificate], pool: Executor) -> None:
        self.pool = pool
        line = Line()
        self.phones = [
            Phone(push_service=service, trusted_roots=roots, verifies=number < 10, pool=pool, line=line)
            for number in range(count)
        ]

    def add(self, urls: Sequence[str]) -> None:
        """One link for each phone, many at once. What one phone refuses fails the test."""
        list(self.pool.map(lambda pair: pair[0].add(pair[1]), zip(self.phones, urls, strict=True)))

    def wait_for(self, true: Callable[[Phone], object], *, within: float) -> None:
        """For all of them. The time is for all together."""
        ended = threading.Event()
        timer = threading.Timer(within, ended.set)
        timer.start()
        try:
            for each in self.phones:
                each.wait_for(lambda each=each: true(each) or ended.is_set(), within=within + 1)  # type: ignore[misc]
                assert true(each), each.told()
        finally:
            timer.cancel()

    @property
    def complaints(self) -> list[str]:
        return [line for each in self.phones for line in each.complaints]


@contextmanager
def many_phones(count: int, service: PushService, root_pem: bytes) -> Iterator[Phones]:
    with ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="phones") as pool:
        phones = Phones(count, service, certificates.load_certificates(root_pem), pool)
        try:
            yield phones
        finally:
            for each in phones.phones:
                each.switch_off()
