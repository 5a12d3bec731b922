"""The links of a campaign, as clients make, change and look at them."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.hashers import check_password

from passwright.data.models import Campaign, Distribution, DistributionTally, Pass
from passwright.interfaces.api.campaign_types import TYPES, CampaignType
from passwright.operations import create_distribution
from passwright.operations.roll_up_link_counts import roll_up_link_counts
from tests.interfaces.api.conftest import NOW, Api, make_api
from tests.interfaces.api.test_pass_concurrency import together
from tests.interfaces.api.test_redeems import campaign
from tests.interfaces.api.toy_town import ok, public_certificates, refused

V2_KEYS = [
    "id", "distribution_type", "state", "page_url", "pkpass_url", "preview_url", "page_short_url", "pkpass_short_url",
    "preview_short_url", "created_at", "updated_at", "published_at",
]  # fmt: skip
UNKNOWN = {"distribution": "Distribution not found."}
GENERIC = next(kind for kind in TYPES if kind.root == "generic")


@pytest.fixture
def path(api: Api, certificates: None) -> str:
    return made_campaign(api)


def made_campaign(api: Api, **attributes: Any) -> str:
    fields = {
        "primary_fields": [{"key": "member", "behaviour": "dynamic"}],
        "auxiliary_fields": [
            {"key": "mail", "data_type": "email", "behaviour": "dynamic", "required": False},
            {"key": "level", "behaviour": "dynamic", "admin_only": True},
            {"key": "club", "value": "Toys"},
        ],
    }
    body = {"generic": {"name": "Members", "icon_id": api.upload("icon"), **fields, **attributes}}
    return f"/v2/generics/{ok(api.post('/v2/generics', body), 201)['id']}"


@pytest.mark.usefixtures("certificates")
@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.root)
def test_made_looked_at_changed_and_deleted(api: Api, kind: CampaignType) -> None:
    path = campaign(api, kind)
    many = f"{path}/distributions"
    (first,) = ok(api.get(many))
    made = ok(api.post(many, {"name": "Poster", "pass_limit": 100}), 201)
    assert list(made)[: len(V2_KEYS)] == V2_KEYS
    assert (made["name"], made["pass_limit"], made["state"], made["has_password"]) == (
        "Poster",
        100,
        "published",
        False,
    )
    assert ok(api.get(f"{many}/{made['id']}")) == made
    assert ok(api.get(many)) == [first, made]
    assert ok(api.get(f"{many}?q[name_eq]=Poster")) == [made]
    changed = ok(api.patch(f"{many}/{made['id']}", {"distribution": {"name": "Flyer"}}))
    assert (changed["name"], changed["pass_limit"]) == ("Flyer", 100)
    assert ok(api.put(f"{many}/{made['id']}", {"pass_limit": None}))["pass_limit"] is None
    assert ok(api.delete(f"{many}/{made['id']}")) == {"errors": []}
    assert refused(api.get(f"{many}/{made['id']}"), 404) == UNKNOWN
    assert ok(api.get(many)) == [first]


def test_the_campaign_lists_all_its_links_and_keeps_the_address_of_the_first(api: Api, path: str) -> None:
    before = ok(api.get(path))
    made = ok(api.post(f"{path}/distributions", {}), 201)
    after = ok(api.get(path))
    assert [link["id"] for link in after["distributions"]] == [before["distributions"][0]["id"], made["id"]]
    assert all(list(link)[: len(V2_KEYS)] == V2_KEYS for link in after["distributions"])
    for name in ("page_url", "pkpass_url", "page_short_url", "pkpass_short_url"):
        assert after[name] == before[name] != made[name]
    shown = ok(api.post(f"{path}/passes"), 201)
    assert shown["page_url"].startswith(f"{before['page_url']}/")


def test_the_first_stays_the_first_also_when_a_clock_is_behind(api: Api, path: str) -> None:
    Distribution.objects.update(created_at="2099-01-01T00:00:00Z")
    first = ok(api.get(path))["distributions"][0]
    ok(api.post(f"{path}/distributions"), 201)
    assert ok(api.get(path))["distributions"][0]["id"] == first["id"]


def test_the_first_can_be_paused_and_not_deleted(api: Api, path: str) -> None:
    (first,) = ok(api.get(f"{path}/distributions"))
    one = f"{path}/distributions/{first['id']}"
    assert "stays" in refused(api.delete(one), 412)["distribution"]
    assert ok(api.post(f"{one}/pause"))["state"] == "paused"
    assert ok(api.get(path))["state"] == "published"
    assert ok(api.post(f"{one}/resume"))["state"] == "published"


def test_states_and_what_cannot_be(api: Api, path: str) -> None:
    one = f"{path}/distributions/{ok(api.post(f'{path}/distributions', {'state': 'paused'}), 201)['id']}"
    assert ok(api.get(one))["published_at"] is None
    assert ok(api.patch(one, {"state": "published"}))["published_at"] is not None
    assert ok(api.post(f"{one}/resume"), 412)["errors"] == ["Can't resume from published to publish"]
    assert ok(api.post(f"{one}/archive"))["state"] == "archived"
    assert list(refused(api.patch(one, {"state": "published"}))) == ["state"]
    assert ok(api.post(f"{one}/pause"), 412)["errors"] == ["Can't pause from archived to pause"]


def test_a_campaign_that_pauses_leaves_the_other_links_their_state(api: Api, path: str) -> None:
    other = ok(api.post(f"{path}/distributions", {"state": "paused"}), 201)
    ok(api.post(f"{path}/pause"))
    ok(api.post(f"{path}/resume"))
    assert [link["state"] for link in ok(api.get(path))["distributions"]] == ["published", "paused"]
    assert ok(api.get(f"{path}/distributions/{other['id']}"))["state"] == "paused"


def test_times_are_read_in_the_campaigns_time_zone(api: Api, certificates: None) -> None:
    path = made_campaign(api, time_zone="Europe/Lisbon")
    made = ok(
        api.post(f"{path}/distributions", {"starts_at": "2027-07-01 10:00", "ends_at": "2027-07-02T00:00:00Z"}), 201
    )
    assert made["starts_at"] == "2027-07-01T09:00:00.000+00:00"
    assert made["ends_at"] == "2027-07-02T00:00:00.000+00:00"


def test_a_password_is_hashed_and_never_shown(api: Api, path: str) -> None:
    made = ok(api.post(f"{path}/distributions", {"password": "sesame street"}), 201)
    kept = Distribution.objects.get(id=made["id"]).password_hash
    assert made["has_password"] is True
    assert kept is not None
    assert "sesame" not in kept
    assert check_password("sesame street", kept)
    assert "password" not in made
    one = f"{path}/distributions/{made['id']}"
    assert ok(api.patch(one, {"name": "x"}))["has_password"] is True
    assert ok(api.patch(one, {"password": ""}))["has_password"] is False


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        ({"name": "x" * 256}, "name"),
        ({"name": {}}, "name"),
        ({"state": "open"}, "state"),
        ({"pass_limit": 0}, "pass_limit"),
        ({"pass_limit": "many"}, "pass_limit"),
        ({"pass_limit": 2**60}, "pass_limit"),
        ({"starts_at": "soon"}, "starts_at"),
        ({"starts_at": "2027-01-02", "ends_at": "2027-01-01"}, "ends_at"),
        ({"password": "x" * 201}, "password"),
        ({"password": []}, "password"),
        ({"returning": "sometimes"}, "returning"),
        ({"returning": "per_field"}, "distinct_key"),
        ({"returning": "per_field", "distinct_key": "club"}, "distinct_key"),
        ({"distinct_key": "nobody"}, "distinct_key"),
        ({"captcha": "perhaps"}, "captcha"),
        ({"claims_per_hour": 0}, "claims_per_hour"),
        ({"embed_origins": "https://shop.example"}, "embed_origins"),
        ({"embed_origins": ["shop.example"]}, "embed_origins"),
        ({"embed_origins": ["https://shop.example/path"]}, "embed_origins"),
        ({"embed_origins": ["https://a.example; script-src *"]}, "embed_origins"),
        ({"embed_origins": ["https://a.example"] * 51}, "embed_origins"),
        ({"embed_origins": [7]}, "embed_origins"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_and_nothing_is_made(api: Api, path: str, sent: dict[str, Any], named: str) -> None:
    assert list(refused(api.post(f"{path}/distributions", sent))) == [named]
    assert Distribution.objects.count() == 1


def test_everything_that_is_wrong_is_named_at_once(api: Api, path: str) -> None:
    wrong = {"pass_limit": -1, "captcha": "x", "state": "x"}
    assert set(refused(api.post(f"{path}/distributions", wrong))) == set(wrong)


def test_origins_are_kept_as_policies_name_them(api: Api, path: str) -> None:
    sent = ["https://Shop.example/", "https://shop.example", "http://localhost:3000", "*"]
    made = ok(api.post(f"{path}/distributions", {"embed_origins": sent}), 201)
    assert made["embed_origins"] == ["https://shop.example", "http://localhost:3000", "*"]
    assert made["embed_html"] == f'<script src="{made["page_url"]}/embed.js" async></script>'


def test_the_badge_escapes_the_name_of_the_campaign(api: Api, certificates: None) -> None:
    path = made_campaign(api, name='<b>"Toys"</b>')
    (link,) = ok(api.get(f"{path}/distributions"))
    assert "&lt;b&gt;&quot;Toys&quot;&lt;/b&gt;" in link["badge_html"]
    assert f'<a href="{link["page_url"]}"' in link["badge_html"]
    assert "<b>" not in link["badge_html"]
    assert link["embed_html"] is None


@pytest.mark.parametrize(("language", "said"), [("en", "Add to your wallet"), ("de", "Zum Wallet hinzufügen")])
@pytest.mark.usefixtures("certificates")
def test_the_badge_speaks_the_language_of_the_campaign(api: Api, language: str, said: str) -> None:
    (link,) = ok(api.get(f"{made_campaign(api, language=language)}/distributions"))
    assert f"<span>{said}<span" in link["badge_html"]


@pytest.mark.usefixtures("certificates")
def test_somebody_elses_link_is_unknown(api: Api, stranger: Api, path: str) -> None:
    (first,) = ok(api.get(f"{path}/distributions"))
    other = made_campaign(stranger)
    for where in (f"{path}/distributions/{first['id']}", f"{other}/distributions/{first['id']}"):
        for answer in (
            stranger.get(where), stranger.patch(where, {"name": "x"}), stranger.delete(where),
            stranger.post(f"{where}/pause"), stranger.post(f"{where}/links", {"values": {}}),
        ):  # fmt: skip
            assert answer.status_code == 404
    assert refused(api.get(f"{path}/distributions/{uuid4()}"), 404) == UNKNOWN
    assert refused(api.get(f"{path}/distributions/x"), 404) == UNKNOWN
    assert Distribution.objects.get(id=first["id"]).name == ""


def test_a_thousand_links_are_enough(api: Api, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(create_distribution, "MOST_LINKS", 2)
    second = ok(api.post(f"{path}/distributions"), 201)
    assert "Delete one" in refused(api.post(f"{path}/distributions"), 412)["distribution"]
    ok(api.delete(f"{path}/distributions/{second['id']}"))
    ok(api.post(f"{path}/distributions"), 201)


def test_a_pass_made_by_the_api_counts_for_the_link_that_it_names(api: Api, path: str) -> None:
    link = ok(api.post(f"{path}/distributions", {"pass_limit": 1}), 201)
    one = f"{path}/distributions/{link['id']}"
    free = ok(api.post(f"{path}/passes"), 201)
    assert free["distribution_id"] is None
    made = ok(api.post(f"{path}/passes", {"pass": {"distribution_id": link["id"]}}), 201)
    assert made["distribution_id"] == link["id"]
    assert (ok(api.get(one))["issued_count"], ok(api.get(one))["created_count"]) == (1, 1)
    full = refused(api.post(f"{path}/passes", {"pass": {"distribution_id": link["id"]}}), 412)
    assert "has given out all of its 1 passes" in full["distribution"]
    assert ok(api.get(f"{path}/passes?q[distribution_id_eq]={link['id']}")) == [made]
    ok(api.delete(f"{path}/passes/{made['id']}"))
    assert refused(api.post(f"{path}/passes", {"pass": {"distribution_id": link["id"]}}), 412)
    assert Pass.objects.count() == 1


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        ({"state": "paused"}, "is paused"),
        ({"starts_at": "2099-01-01T00:00:00Z"}, "opens at 2099-01-01T00:00:00Z"),
        ({"ends_at": "2020-01-01T00:00:00Z"}, "ended at 2020-01-01T00:00:00Z"),
    ],
)
def test_the_rules_of_the_link_hold_for_the_api(api: Api, path: str, rules: dict[str, Any], why: str) -> None:
    link = ok(api.post(f"{path}/distributions", rules), 201)
    assert why in refused(api.post(f"{path}/passes", {"pass": {"distribution_id": link["id"]}}), 412)["distribution"]
    assert not Pass.objects.exists()


@pytest.mark.usefixtures("certificates")
def test_another_campaigns_link_is_refused_by_name(api: Api, path: str) -> None:
    other = made_campaign(api, name="Others")
    (link,) = ok(api.get(f"{other}/distributions"))
    for wrong in (link["id"], str(uuid4()), "x"):
        assert list(refused(api.post(f"{path}/passes", {"pass": {"distribution_id": wrong}}))) == ["distribution_id"]
    assert not Pass.objects.exists()


def test_counters_are_the_same_before_and_after_they_are_summed_up(api: Api, path: str) -> None:
    (link,) = ok(api.get(f"{path}/distributions"))
    for counter, times in (("views", 3), ("forms", 2), ("downloads", 1), ("installs", 1)):
        for _ in range(times):
            DistributionTally.objects.create(distribution_id=link["id"], counter=counter, amount=1)
    DistributionTally.objects.create(distribution_id=uuid4(), counter="views", amount=9)
    names = ("views_count", "forms_begun_count", "created_count", "downloaded_count", "installed_count")

    def counted() -> list[int]:
        shown = ok(api.get(f"{path}/distributions/{link['id']}"))
        return [shown[name] for name in names]

    assert counted() == [3, 2, 0, 1, 1]
    assert roll_up_link_counts(chunk=3) == 8
    assert not DistributionTally.objects.exists()
    assert counted() == [3, 2, 0, 1, 1]


@pytest.mark.django_db(transaction=True)
def test_two_changes_at_once_both_survive() -> None:
    public_certificates(NOW)
    api = make_api("your company")
    path = made_campaign(api)
    one = f"{path}/distributions/{ok(api.get(f'{path}/distributions'))[0]['id']}"
    for number in range(5):
        answers = together(
            [
                partial(api.patch, one, {"name": f"Link {number}"}),
                partial(api.patch, one, {"pass_limit": 100 + number}),
                partial(api.patch, one, {"claims_per_hour": 1 + number}),
            ]
        )
        assert [answer.status_code for answer in answers] == [200] * 3
        shown = ok(api.get(one))
        assert (shown["name"], shown["pass_limit"], shown["claims_per_hour"]) == (
            f"Link {number}",
            100 + number,
            1 + number,
        )


@pytest.mark.django_db(transaction=True)
def test_links_change_while_the_campaign_does_and_passes_are_made() -> None:
    """Whoever locks a link and its campaign does so in one order."""
    public_certificates(NOW)
    api = make_api("your company")
    path = made_campaign(api)
    (link,) = ok(api.get(f"{path}/distributions"))
    one = f"{path}/distributions/{link['id']}"
    for number in range(3):
        calls = [partial(api.post, f"{path}/passes", {"pass": {"distribution_id": link["id"]}})] * 6
        changes = [
            partial(api.patch, one, {"name": str(number)}), partial(api.post, f"{path}/pause"),
            partial(api.patch, path, {"generic": {"description": str(number)}}),
            partial(api.post, f"{path}/distributions"),
        ]  # fmt: skip
        answers = together([*calls, *changes])
        assert {answer.status_code for answer in answers} <= {200, 201, 412}
        api.post(f"{path}/resume")
    assert Distribution.objects.get(id=link["id"]).issued_count == Pass.objects.count()
    assert Campaign.objects.get().pass_count == Pass.objects.count()
