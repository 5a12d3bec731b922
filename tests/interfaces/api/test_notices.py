"""What an organization should do something about."""

from __future__ import annotations

from datetime import timedelta

from passwright.data.models import Certificate, Notice
from passwright.operations.warn_of_certificates import warn_of_certificates
from tests.interfaces.api.conftest import NOW, Api
from tests.interfaces.api.toy_town import certificate, ok, public_certificates


def test_each_reads_its_own(api: Api, stranger: Api) -> None:
    public_certificates(NOW)
    Certificate.objects.update(expires_at=NOW)
    certificate(None, NOW, organization=api.organization, days=30)
    assert ok(api.get("/v2/notices")) == []
    warn_of_certificates(now=NOW)
    warn_of_certificates(now=NOW + timedelta(days=25))
    listed = ok(api.get("/v2/notices"))
    assert listed[1] == {
        "id": listed[1]["id"],
        "kind": "certificate_expires",
        "text": listed[1]["text"],
        "created_at": "2026-11-22T09:30:00.000Z",
    }
    words = "The certificate of pass.org.example.own expires on 22 Dec 2026, in"
    assert [notice["text"].partition(". ")[0] for notice in listed] == [f"{words} 5 days", f"{words} 30 days"]
    assert ok(stranger.get("/v2/notices")) == []
    assert ok(api.get("/v1/notices/")) == listed
    assert Notice.objects.filter(organization=None).count() == 5


def test_pages_and_conditions(api: Api) -> None:
    for number in range(30):
        Notice.objects.create(
            organization=api.organization,
            kind="one" if number % 3 else "two",
            subject=str(number),
            text=str(number),
            created_at=NOW + timedelta(minutes=number // 2),
        )
    pages = [api.get(f"/v2/notices?page={page}") for page in (1, 2)]
    assert [row["text"] for page in pages for row in ok(page)] == [str(number) for number in reversed(range(30))]
    assert api.get("/v2/notices?q[kind_eq]=two&q[s]=created_at asc")["X-Total"] == "10"
    assert api.get("/v2/notices?q[created_at_lt]=2026-11-22T09:35:00Z&q[subject_eq]=1")["X-Total"] == "10"
