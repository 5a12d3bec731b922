"""What changes on a pass is pushed, once; what does not is not."""

from __future__ import annotations

from typing import Any

import pytest

from passwright.data.models import Campaign, Event, Pass, Push
from passwright.passes.content import Barcode, Behaviour, DataType, Position
from tests.operations.toys import issue, merge, patch, sent, shown, toy_maker, toy_town

pytestmark = pytest.mark.django_db

BACK = Position.BACK
VALUES = {
    DataType.TEXT: ("Trucks", "Boats"),
    DataType.MULTILINE: ("one\ntwo", "one\nthree"),
    DataType.NUMBER: ("5", "-5.25"),
    DataType.CURRENCY: ("12.40", "0.10"),
    DataType.DATE: ("2026-11-22", "1912-06-23"),
    DataType.DATETIME: ("2026-11-22T18:30", "2026-11-22T18:31"),
    DataType.EMAIL: ("ada@example.com", "grace@example.com"),
    DataType.PHONE: ("+33472001020", "+33472001021"),
    DataType.URL: ("https://example.com/a", "https://example.com/b"),
    DataType.CHOICE: ("Red", "Blue"),
    DataType.BOOLEAN: ("Yes", "No"),
    DataType.LOCATIONS: ('[{"latitude": 1.0, "longitude": 2.0}]', '[{"latitude": 1.5, "longitude": 2.0}]'),
}


def asked(key: str = "said", **parts: Any) -> Any:
    return sent(key, BACK, behaviour=Behaviour.DYNAMIC, required=False, **parts)


def said(value: str, key: str = "said") -> Any:
    return sent(key, BACK, value=value)


def town(*fields: Any, **parts: Any) -> Campaign:
    return toy_town(toy_maker(), fields=fields, **parts)


def versions_and_pushes(campaign: Campaign, row: Pass, *fields: Any) -> tuple[int, int, int]:
    """By how many an edit moves the version, and how many pushes and events come of it."""
    before, pushes, events = row.version, Push.objects.count(), Event.objects.filter(kind="updated").count()
    patch(campaign, row, fields=fields)
    row.refresh_from_db()
    return (
        row.version - before,
        Push.objects.count() - pushes,
        Event.objects.filter(kind="updated").count() - events,
    )


@pytest.mark.parametrize("data_type", list(VALUES))
def test_another_value_of_any_type_is_one_version_and_one_push_and_the_same_again_none(data_type: DataType) -> None:
    first, second = VALUES[data_type]
    campaign = town(asked(data_type=data_type, choices=("Red", "Blue") if data_type is DataType.CHOICE else ()))
    row = issue(campaign, fields=(said(first),))
    assert versions_and_pushes(campaign, row, said(second)) == (1, 1, 1)
    assert versions_and_pushes(campaign, row, said(second)) == (0, 0, 0)


def test_several_fields_in_one_edit_are_one_push() -> None:
    campaign = town(asked("a"), asked("b"), asked("c"))
    row = issue(campaign)
    assert versions_and_pushes(campaign, row, said("1", "a"), said("2", "b"), said("3", "c")) == (1, 1, 1)


def test_a_hidden_field_is_pushed_only_where_it_shows() -> None:
    campaign = town(asked(hidden=True))
    row = issue(campaign)
    assert versions_and_pushes(campaign, row, said("secret")) == (0, 0, 1)
    places = [
        {"fields": (asked(hidden=True), sent("dear", BACK, value="Dear ${said}"))},
        {"fields": (asked(hidden=True), sent("dear", BACK, label="For ${said}"))},
        {"fields": (asked(hidden=True, use_as_barcode=True),)},
        {"fields": (asked(hidden=True),), "barcode": Barcode(message="B-${said}")},
        {"fields": (asked(hidden=True),), "barcode": Barcode(alt_text="Of ${said}")},
        {"fields": (asked(hidden=True),), "logo_text": "${said}'s"},
    ]
    for number, parts in enumerate(places):
        campaign = toy_town(campaign.organization, name=f"Town {number}", **parts)
        row = issue(campaign)
        assert versions_and_pushes(campaign, row, said("Ada")) == (1, 1, 1), parts
        assert versions_and_pushes(campaign, row, said("Ada")) == (0, 0, 0), parts


def test_what_a_client_reads_and_sends_back_stays_the_campaign_s() -> None:
    """A text that is filled in, sent back as it was read beside another change, is not frozen."""
    campaign = town(asked(value="Ada"), sent("dear", BACK, value="Dear ${said}", label="For ${said}"))
    row = issue(campaign)
    read = shown(campaign, row)
    assert read["dear"] == "Dear Ada"
    patch(campaign, row, fields=(said("Grace"), sent("dear", BACK, value="Dear Ada", label="For Ada")))
    assert shown(campaign, row)["dear"] == "Dear Grace"


def test_what_is_sent_for_one_pass_and_is_no_echo_is_its_own() -> None:
    campaign = town(asked(value="Ada"), sent("dear", BACK, value="Dear ${said}"))
    row = issue(campaign)
    patch(campaign, row, fields=(sent("dear", BACK, value="My dear"),))
    patch(campaign, row, fields=(said("Grace"), sent("dear", BACK, value="My dear")))
    assert shown(campaign, row)["dear"] == "My dear"
    merge(campaign)
    assert shown(campaign, row)["dear"] == "Dear Grace"
