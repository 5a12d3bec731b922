"""The next message is always a change, whoever spoke before."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from passwright.passes.messages import INVISIBLE, campaign_message, pass_message

TEXTS = st.sampled_from(["Hello!", "Bye", "Hello!" + INVISIBLE])


@given(st.lists(st.tuples(st.booleans(), TEXTS), max_size=12))
def test_no_message_equals_the_one_shown_before(said: list[tuple[bool, str]]) -> None:
    of_campaign = shown = ""
    for to_all, text in said:
        if to_all:
            of_campaign = new = campaign_message(text, of_campaign)
        else:
            new = pass_message(text, shown)
        assert new != shown
        assert new.rstrip(INVISIBLE) == text.rstrip(INVISIBLE)
        shown = new


def test_the_first_message_to_all_is_plain() -> None:
    assert campaign_message("Hello!", "") == "Hello!"
