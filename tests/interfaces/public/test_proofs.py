"""The proof that a browser has worked: right, of this link, of the last ten minutes, and once."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from altcha import create_challenge_v1, solve_challenge_v1

from passwright.data.models import Campaign, Distribution, Organization, Pass
from passwright.interfaces.public import proofs
from passwright.metrics import REFUSED_CLAIMS
from tests import public_ground as ground
from tests.interfaces.public.browsers import browser

pytestmark = pytest.mark.django_db

FEW = 300


@pytest.fixture(autouse=True)
def small_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proofs, "MOST_NUMBER", FEW)


@pytest.fixture
def guarded(owner: Organization) -> Campaign:
    made = ground.campaign(owner, ground.ASKED)
    Distribution.objects.update(captcha=True)
    return made


def path_of(campaign: Campaign) -> str:
    return f"/p/{ground.link_of(campaign)}"


def asked_in(page: bytes) -> dict[str, Any]:
    found = re.search(r'data-proof="([^"]+)"', page.decode())
    assert found
    asked: dict[str, Any] = json.loads(html.unescape(found[1]))
    return asked


def solved(asked: dict[str, Any]) -> dict[str, Any]:
    found = solve_challenge_v1(asked["challenge"], asked["salt"], "SHA-256", asked["maxNumber"])
    assert found
    return {name: asked[name] for name in ("algorithm", "challenge", "salt", "signature")} | {"number": found.number}


def packed(proof: Any) -> str:
    return base64.b64encode(json.dumps(proof).encode()).decode()


def form_with(proof: Any, **more: str) -> dict[str, str]:
    return {"field-member": "Ada", "altcha": proof if isinstance(proof, str) else packed(proof), **more}


def test_a_form_with_a_proof_makes_a_pass(guarded: Campaign) -> None:
    asked = asked_in(browser().get(path_of(guarded)).content)
    assert browser().post(path_of(guarded), form_with(solved(asked))).status_code == 303
    assert Pass.objects.count() == 1


def test_a_proof_counts_once(guarded: Campaign) -> None:
    proof = solved(asked_in(browser().get(path_of(guarded)).content))
    assert browser().post(path_of(guarded), form_with(proof)).status_code == 303
    assert browser().post(path_of(guarded), form_with(proof)).status_code == 403
    assert browser().post(path_of(guarded), form_with({**proof, "salt": proof["salt"].rstrip("&")})).status_code == 403
    assert Pass.objects.count() == 1


def test_a_double_click_needs_one_proof(guarded: Campaign) -> None:
    page = browser().get(path_of(guarded)).content
    visit = re.search(rb'name="visit" value="([^"]+)"', page)
    assert visit
    form = form_with(solved(asked_in(page)), visit=visit[1].decode())
    first, second = browser().post(path_of(guarded), form), browser().post(path_of(guarded), form)
    assert first.status_code == second.status_code == 303
    assert first["Location"] == second["Location"]


def forged(proof: dict[str, Any]) -> dict[str, Any]:
    made = create_challenge_v1(
        algorithm="SHA-256", max_number=FEW, salt_length=16, hmac_key="guessed", salt=proof["salt"], number=None,
        expires=None, params=None,
    )  # fmt: skip
    return solved(made.to_dict())


SPOILED: dict[str, Callable[[dict[str, Any]], Any]] = {
    "absent": lambda proof: "",
    "forged": forged,
    "wrong number": lambda proof: {**proof, "number": proof["number"] + 1},
    "wrong signature": lambda proof: {**proof, "signature": "0" * 64},
    "weaker digest": lambda proof: {**proof, "algorithm": "SHA-1"},
    "later end": lambda proof: {**proof, "salt": re.sub(r"expires=\d+", "expires=99999999999", proof["salt"])},
    "number of another type": lambda proof: {**proof, "number": True},
    "huge number": lambda proof: {**proof, "number": 10**900},
    "no salt": lambda proof: {name: value for name, value in proof.items() if name != "salt"},
    "salt of another type": lambda proof: {**proof, "salt": 7},
    "another shape": lambda proof: [proof],
    "nothing": lambda proof: None,
    "no JSON": lambda proof: "bm90aGluZw==",
    "no base64": lambda proof: "%%%",
    "not ASCII": lambda proof: "é" * 40,
    "too long": lambda proof: {**proof, "more": "x" * 3000},
    "deep": lambda proof: base64.b64encode(b"[" * 1400).decode(),
}


@pytest.mark.parametrize("name", SPOILED)
def test_no_other_proof_counts(guarded: Campaign, name: str) -> None:
    proof = solved(asked_in(browser().get(path_of(guarded)).content))
    before = REFUSED_CLAIMS.labels("proof")._value.get()
    answer = browser().post(path_of(guarded), form_with(SPOILED[name](proof)))
    assert answer.status_code == 403
    assert not Pass.objects.exists()
    assert REFUSED_CLAIMS.labels("proof")._value.get() == before + 1
    assert browser().post(path_of(guarded), form_with(proof)).status_code == 303


def test_a_proof_for_another_link_does_not_count(guarded: Campaign, owner: Organization) -> None:
    other = ground.campaign(owner, name="Other")
    Distribution.objects.update(captcha=True)
    proof = solved(asked_in(browser().get(path_of(other)).content))
    assert browser().post(path_of(guarded), form_with(proof)).status_code == 403
    assert not Pass.objects.exists()


def test_an_old_proof_does_not_count(guarded: Campaign) -> None:
    link, now = ground.link_of(guarded), ground.now()
    for age, status in ((timedelta(minutes=10, seconds=1), 403), (timedelta(minutes=9), 303)):
        proof = solved(json.loads(proofs.challenge(link, now - age)))
        assert browser().post(path_of(guarded), form_with(proof)).status_code == status


def test_without_a_proof_the_answers_are_kept_for_another_try(guarded: Campaign) -> None:
    answer = browser().post(f"{path_of(guarded)}?a=b", form_with("", **{"field-member": '"><script>alert(1)</script>'}))
    page = answer.content.decode()
    assert "Please send it once more" in page
    assert '<input type="hidden" name="field-member" value="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;">' in page
    assert "<script>" not in page
    assert page.count('name="altcha"') == page.count('name="homepage"') == 1
    again = form_with(solved(asked_in(answer.content)), **{"field-member": "Ada"})
    assert browser().post(f"{path_of(guarded)}?a=b", again).status_code == 303


def test_the_page_says_what_to_do_without_javascript(guarded: Campaign) -> None:
    page = browser().get(path_of(guarded)).content.decode()
    found = re.search(r'<p class="help" role="status"[^>]*>(.*?)</p>', page)
    assert found
    assert "Turn it on for this page" in found[1]


def test_the_script_is_the_only_one_that_may_run(guarded: Campaign) -> None:
    answer = browser().get(path_of(guarded))
    nonce = re.search(r'<script src="/static/[^"]+/proof\.js" nonce="([^"]+)" defer></script>', answer.content.decode())
    assert nonce
    assert f"script-src 'nonce-{nonce[1]}'" in answer["Content-Security-Policy"]
    assert "worker-src" not in answer["Content-Security-Policy"]  # none: default-src
    assert browser().get(path_of(guarded))["Content-Security-Policy"] != answer["Content-Security-Policy"]


def test_links_without_it_have_no_script(owner: Organization) -> None:
    answer = browser().get(path_of(ground.campaign(owner)))
    assert b"proof.js" not in answer.content
    assert re.findall(rb"<script[^>]* src=\"[^\"]*/([^/\"]*)\"", answer.content) == [b"form.js"]


def test_the_file_cannot_be_had_past_it(owner: Organization) -> None:
    plain = ground.campaign(owner)
    Distribution.objects.update(captcha=True)
    answer = browser().get(f"{path_of(plain)}.pkpass")
    assert (answer.status_code, answer["Location"]) == (303, path_of(plain))
    assert not Pass.objects.exists()
