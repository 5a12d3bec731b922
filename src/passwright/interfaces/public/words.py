"""The words of the public pages, in the language of their campaign.

Every sentence is written in English, as its own name, and translated when a page is rendered (`answers.page` says in
which language), never before: what `_`, `said` and `several` return is not a text yet but becomes one there. The noun
of a campaign's style stands in the sentence as ``{noun}``, ``{nouns}`` and ``{Noun}``; the catalogs under ``locale``
have as many forms of each as their language needs, under names of their own (docs/languages.md).
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from django.template import Context, Library
from django.utils.functional import lazy
from django.utils.translation import get_language, gettext, gettext_lazy, ngettext, pgettext

from passwright.passes.content import Style

NOUNS = {
    Style.BOARDING_PASS: "boarding pass",
    Style.COUPON: "coupon",
    Style.EVENT_TICKET: "ticket",
    Style.GENERIC: "pass",
    Style.STORE_CARD: "card",
}
NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")

register = Library()
"""Templates have `say` without loading anything (settings)."""


def _(text: str) -> str:
    """A text of our own, in the language of the page that shows it."""
    return cast(str, gettext_lazy(text))


def said(template: str, style: Style | None = None, /, **words: object) -> str:
    """A sentence with its words filled in: ``said(_("{issuer} has paused this link."), issuer=…)``. With a style, the
    forms of its noun are among the words: ``said(_("The {noun} was not created"), style)``."""
    return _filled(template, style, words)


def several(one: str, other: str, number: int, style: Style | None = None, /, **words: object) -> str:
    """``said`` of a number, as ``{number}``: ``several("One pass is left.", "{number} passes are left.", left)``. Not
    wrapped in `_`: the two sentences are one entry of the catalogs."""
    return _counted(one, other, number, style, words)


@register.simple_tag(takes_context=True)
def say(context: Context, text: str, **words: object) -> str:
    """``{% say "You see the {noun} before anything is added to your phone." %}``: `said`, with the style that the page
    has in its context."""
    return filled(gettext(text), context.get("style"), words)


def filled(template: str, style: Style | None, words: dict[str, Any]) -> str:
    return str(template).format(**(noun_forms(style, get_language() or "en") if style else {}), **words)


def counted_and_filled(one: str, other: str, number: int, style: Style | None, words: dict[str, Any]) -> str:
    return filled(ngettext(one, other, number), style, {"number": number, **words})


_filled = lazy(filled, str)
_counted = lazy(counted_and_filled, str)


@lru_cache(maxsize=256)
def noun_forms(style: Style, language: str) -> dict[str, str]:
    """The forms of a noun in the active language: of a catalog's ``noun=Karte; nouns=Karten; die=die Karte``, each with
    a capital letter too (``{Die}``)."""
    noun = NOUNS[style]
    forms = {"noun": noun, "nouns": plural(noun)}
    written = pgettext("forms of a noun", noun)
    if written != noun:
        pairs = (pair.partition("=") for pair in written.split(";"))
        forms |= {name.strip(): form.strip() for name, _sign, form in pairs}
    return forms | {capital(name): capital(form) for name, form in forms.items()}


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def plural(noun: str) -> str:
    return f"{noun}es" if noun.endswith("s") else f"{noun}s"


def counted(number: int) -> str:
    return NUMBERS[number] if number < len(NUMBERS) else str(number)


def day(at: datetime) -> str:
    """22 Nov 2026"""
    return f"{at.day} {at:%b %Y}"
