"""Certificates are warned of in time, once a step."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from passwright.data.models import Certificate, Notice
from passwright.operations.warn_of_certificates import warn_of_certificates
from tests.operations.toys import NOW, certificate, toy_maker

ENDS = datetime(2027, 6, 1, 12, tzinfo=NOW.tzinfo)


def steps() -> list[str]:
    return [subject.rpartition(":")[2] for subject in Notice.objects.order_by("id").values_list("subject", flat=True)]


@pytest.fixture
def row(db: None) -> Certificate:
    organization = toy_maker()
    Certificate.objects.all().delete()
    return certificate(organization, expires_at=ENDS)


@pytest.mark.parametrize(
    ("before", "step"),
    [
        (timedelta(days=60, seconds=1), []),
        (timedelta(days=60), ["60"]),
        (timedelta(days=31), ["60"]),
        (timedelta(days=30), ["30"]),
        (timedelta(days=7), ["7"]),
        (timedelta(seconds=1), ["7"]),
        (timedelta(0), ["0"]),
        (timedelta(days=-400), ["0"]),
    ],
)
def test_when(row: Certificate, before: timedelta, step: list[str]) -> None:
    assert warn_of_certificates(now=ENDS - before) == len(step)
    assert steps() == step


def test_each_step_once(row: Certificate) -> None:
    for days in range(70, -5, -1):
        warn_of_certificates(now=ENDS - timedelta(days=days))
        warn_of_certificates(now=ENDS - timedelta(days=days))
    assert steps() == ["60", "30", "7", "0"]
    assert {notice.organization for notice in Notice.objects.all()} == {row.organization}
    assert [notice.text.partition(". ")[0] for notice in Notice.objects.order_by("id")] == [
        "The certificate of pass.example.toys expires on 1 Jun 2027, in 60 days",
        "The certificate of pass.example.toys expires on 1 Jun 2027, in 30 days",
        "The certificate of pass.example.toys expires on 1 Jun 2027, in 7 days",
        "The certificate of pass.example.toys expired on 1 Jun 2027",
    ]
    warn_of_certificates(now=ENDS - timedelta(hours=3))
    assert steps() == ["60", "30", "7", "0"]


def test_a_renewed_certificate_starts_anew(row: Certificate) -> None:
    warn_of_certificates(now=ENDS - timedelta(days=5))
    Certificate.objects.filter(id=row.id).update(expires_at=ENDS + timedelta(days=365))
    assert warn_of_certificates(now=ENDS - timedelta(days=5)) == 0
    assert warn_of_certificates(now=ENDS + timedelta(days=359)) == 1
    assert steps() == ["7", "7"]


def test_the_operator_is_told_of_public_ones_and_nobody_of_development_ones(db: None) -> None:
    toy_maker()
    public = Certificate.objects.filter(organization=None)
    public.update(expires_at=ENDS, development=True)
    assert warn_of_certificates(now=ENDS) == 0
    public.filter(pass_type="coupon").update(development=False)
    assert warn_of_certificates(now=ENDS) == 1
    assert [notice.organization for notice in Notice.objects.all()] == [None]


def test_it_is_logged(row: Certificate, capsys: pytest.CaptureFixture[str], caplog: Any) -> None:
    warn_of_certificates(now=ENDS - timedelta(hours=1))
    warn_of_certificates(now=ENDS - timedelta(hours=1))
    assert (capsys.readouterr().out + caplog.text).count("certificate_expires_soon") == 1


def test_the_last_day_is_one_day(row: Certificate) -> None:
    warn_of_certificates(now=ENDS - timedelta(hours=1))
    assert "in 1 day." in Notice.objects.get().text


@pytest.mark.django_db(transaction=True)
def test_several_at_once_write_one() -> None:
    organization = toy_maker()
    Certificate.objects.all().delete()
    certificate(organization, expires_at=ENDS)
    start = threading.Barrier(4)

    def warn() -> int:
        start.wait(30)
        try:
            return warn_of_certificates(now=ENDS)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        assert sum(each.result(30) for each in [threads.submit(warn) for _ in range(4)]) == 1
    assert steps() == ["0"]
