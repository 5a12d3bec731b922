"""What strangers send: bodies that are never read, origins and hosts that are none, addresses of remote forms."""

from __future__ import annotations

import io
from typing import Any

import pytest
from msgspec.structs import replace

from passwright.data.models import Campaign, Organization, Pass
from passwright.interfaces.public.bodies import MOST_BYTES
from passwright.interfaces.public.distribution import remote_form
from passwright.operations.refusals import ValidationFailed
from passwright.passes.changes import SentField
from passwright.passes.content import Behaviour, CodeType, Position
from passwright.queries.distributions import campaign_of_link
from tests import public_ground as ground
from tests.interfaces.public.browsers import FORM, browser

pytestmark = pytest.mark.django_db

MULTIPART = "multipart/form-data; boundary=x"


class Unread(io.RawIOBase):
    """A body that fails the test when somebody reads it."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        raise AssertionError("the body was read")


@pytest.fixture
def link(owner: Organization) -> str:
    return f"/p/{ground.link_of(ground.campaign(owner))}"


@pytest.mark.parametrize(
    ("media_type", "length", "status"),
    [
        (MULTIPART, str(40 * 1024 * 1024), 413),
        (FORM, str(40 * 1024 * 1024), 413),
        (FORM, str(MOST_BYTES + 1), 413),
        (FORM, "9" * 5000, 413),
        (MULTIPART, "100", 415),
        ("text/plain", "1", 415),
        ("application/json", "2", 415),
        ("", "2", 415),
        (FORM, "", 411),
        (FORM, "-1", 411),
        (FORM, "1_0", 411),
        (FORM, "１２", 411),
        (FORM, "12, 12", 411),
    ],
)
def test_a_body_that_is_no_form_of_ours_is_refused_unread(link: str, media_type: str, length: str, status: int) -> None:
    environ: dict[str, Any] = {"wsgi.input": Unread(), "CONTENT_TYPE": media_type, "CONTENT_LENGTH": length}
    answer = browser().generic("POST", link, **environ)
    assert answer.status_code == status
    assert b"What you can do" in answer.content
    assert not Pass.objects.exists()


def test_a_body_without_any_length_is_refused(link: str) -> None:
    answer = browser().generic("POST", link, **{"wsgi.input": Unread(), "HTTP_TRANSFER_ENCODING": "chunked"})
    assert answer.status_code == 411


def test_a_form_at_the_limit_is_read(link: str) -> None:
    body = "a=" + "x" * (MOST_BYTES - 2)
    assert browser().generic("POST", link, body, FORM).status_code == 303


@pytest.mark.parametrize(
    ("body", "media_type"), [("&".join(f"f{n}=1" for n in range(6_001)), FORM), ("a=b", f"{FORM}; charset=iso-8859-1")]
)
def test_a_form_that_cannot_be_read_is_told_so(link: str, body: str, media_type: str) -> None:
    answer = browser().generic("POST", link, body, media_type)
    assert answer.status_code == 400
    assert b"This could not be read" in answer.content


@pytest.mark.parametrize(
    "origin", ["http://[", "http://[::1", "http://a]", "//", "\x00", "null", "http://testserver:x"]
)
def test_an_origin_that_is_no_address_is_elsewhere(link: str, origin: str) -> None:
    answer = browser().post(link, headers={"origin": origin})
    assert answer.status_code == 403
    assert b"Nothing was created" in answer.content


@pytest.mark.parametrize("path", ["/", "/nothing", "/p/zzzzzzzzzz", "/static/x.css"])
def test_whatever_is_not_there_has_the_same_page(db: None, path: str) -> None:
    answer = browser().get(path)
    assert answer.status_code == 404
    assert b"This link leads nowhere" in answer.content


def test_browsers_find_an_icon(link: str, owner: Organization) -> None:
    answer = browser().get("/favicon.ico")
    assert answer.status_code == 302
    assert browser().get(answer["Location"])["Content-Type"] == "image/svg+xml"
    assert b'<link rel="icon" type="image/png" href="/uploads/asset/' in browser().get(link).content
    assert b'<link rel="icon" type="image/svg+xml" href="/static/' in browser().get("/p/zzzzzzzzzz").content


@pytest.mark.parametrize(
    ("given", "location"),
    [
        ("https://a.example", "https://a.example?campaign_id={}"),
        ("https://a.example/join?x=1", "https://a.example/join?x=1&campaign_id={}"),
        ("https://a.example/#f", "https://a.example/?campaign_id={}#f"),
        ("https://a.example/?x=1#f?y", "https://a.example/?x=1&campaign_id={}#f?y"),
        ("https://例え.jp/é", "https://xn--r8jz45g.jp/%C3%A9?campaign_id={}"),
        ("https://Müller.example:8443/?a=ü#ß", "https://xn--mller-kva.example:8443/?a=%C3%BC&campaign_id={}#%C3%9F"),
        ("https://a.example/100%/b%20c", "https://a.example/100%/b%20c?campaign_id={}"),
        ("http://[::1]:8080/x", "http://[::1]:8080/x?campaign_id={}"),
        ("https://user@a.example/", "https://user@a.example/?campaign_id={}"),
        ("https://a.example/\r\nSet-Cookie: a=b", "https://a.example/Set-Cookie:%20a=b?campaign_id={}"),
    ],
)
def test_a_remote_form_is_told_its_campaign_in_the_query(owner: Organization, given: str, location: str) -> None:
    remote = ground.campaign(owner)
    Campaign.objects.update(remote_form_url=given)
    answer = browser().get(f"/p/{ground.link_of(remote)}")
    assert answer.status_code == 302
    assert answer["Location"] == location.format(remote.id)


@pytest.mark.parametrize(
    "given", ["http://[", "https://", "javascript:alert(1)", "https://a.example:x/", "https://a..b/"]
)
def test_an_address_that_leads_nowhere_is_explained(owner: Organization, given: str) -> None:
    remote = ground.campaign(owner)
    Campaign.objects.update(remote_form_url=given)
    answer = browser().get(f"/p/{ground.link_of(remote)}")
    assert answer.status_code == 503
    assert b"its address is written wrong" in answer.content
    seen = campaign_of_link(ground.link_of(remote))
    assert seen is not None
    assert remote_form(seen, given) is None


def test_a_campaign_that_changes_between_reading_and_making_explains(
    owner: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the page's point of view the campaign numbers its passes; in the table it does not any more."""
    link = ground.link_of(ground.campaign(owner, code_type=CodeType.PER_PASS))
    now = campaign_of_link(link)
    assert now is not None
    before = replace(now, revision=replace(now.revision, code_type=CodeType.SEQUENCIAL))
    answers = iter([before, now])
    monkeypatch.setattr("passwright.interfaces.public.distribution.campaign_of_link", lambda token: next(answers))
    answer = browser().post(f"/p/{link}")
    assert answer.status_code == 403
    assert b"are given out personally" in answer.content
    assert not Pass.objects.exists()


def test_a_pass_that_cannot_be_as_asked_for_is_refused_with_a_page(
    owner: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> bool:
        raise ValidationFailed({"barcode": ["has a message that another pass of this campaign has"]})

    monkeypatch.setattr("passwright.interfaces.public.distribution.claim_pass", refuse)
    for call in (browser().post, browser().get):
        suffix = ".pkpass" if call.__name__ == "get" else ""
        answer = call(f"/p/{ground.link_of(ground.campaign(owner, name=call.__name__))}{suffix}")
        assert answer.status_code == 409
        assert b"The pass was not created" in answer.content


def test_answers_of_the_wrong_type_are_told_what_to_type(owner: Organization) -> None:
    asked = {"position": Position.BACK, "behaviour": Behaviour.DYNAMIC}
    asking = ground.campaign(owner, *(SentField(key=data_type, data_type=data_type, **asked) for data_type in TYPED))
    link = f"/p/{ground.link_of(asking)}"
    page = browser().get(link).content.decode()
    for data_type, attributes in TYPED.items():
        assert f'name="field-{data_type}" {attributes}' in page
    wrong = browser().post(link, {f"field-{data_type}": "What?" for data_type in TYPED})
    assert wrong.status_code == 422
    assert wrong.content.decode().count('aria-invalid="true"') == len(TYPED)
    assert "“What?” is not a date. Type year, month and day: 2026-11-22." in wrong.content.decode()
    assert not Pass.objects.exists()


TYPED = {
    "number": 'type="text" inputmode="decimal" value=',
    "currency": 'type="text" inputmode="decimal" value=',
    "date": 'type="date" value=',
    "datetime": 'type="datetime-local" value=',
    "email": 'type="email" autocomplete="email" value=',
    "phone": 'type="tel" autocomplete="tel" value=',
    "url": 'type="url" autocomplete="url" value=',
}
