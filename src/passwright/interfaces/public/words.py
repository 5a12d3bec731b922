"""The words of the public pages, in the language of their campaign.

Every sentence is written in English, as its own name, and translated when a page is rendered (`answers.page` says in
which language), never before: what `_`, `said` and `several` return is not a text yet but becomes one there. The noun
of a campaign's style stands in the sentence as ``{noun}``, ``{nouns}`` and ``{Noun}``; the catalogs under ``locale``
have as many forms of each as their language needs, under names of their own (docs/languages.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache, wraps
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.template import Context, Library
from django.utils.dateformat import format as formatted
from django.utils.formats import number_format
from django.utils.functional import lazy
from django.utils.translation import (
    get_language,
    get_language_from_request,
    gettext,
    gettext_lazy,
    ngettext,
    override,
    pgettext,
)

from passwright.passes.content import Style

NOUNS = {
    Style.BOARDING_PASS: "boarding pass",
    Style.COUPON: "coupon",
    Style.EVENT_TICKET: "ticket",
    Style.GENERIC: "pass",
    Style.STORE_CARD: "card",
}
FORMS_OF_A_NOUN = "forms of a noun"
DATE_FORMAT = "date format"
"""Contexts of entries in the catalogs that are no sentences."""

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


def first_sentence(template: str, **words: object) -> str:
    """What is wrong, without what to do: the rest of a line that begins with what it is about."""
    return _first(template, words)


@register.simple_tag(takes_context=True)
def say(context: Context, text: str, **words: object) -> str:
    """``{% say "You see the {noun} before anything is added to your phone." %}``: `said`, with the style that the page
    has in its context."""
    return filled(gettext(text), context.get("style"), words)


def filled(template: str, style: Style | None, words: Mapping[str, Any]) -> str:
    nouns = noun_forms(style, get_language() or "en") if style else {}
    return str(template).format(**nouns, **{name: written(word) for name, word in words.items()})


def filled_first(template: str, words: Mapping[str, Any]) -> str:
    return filled(str(template).partition(". ")[0].removesuffix("."), None, words)


def counted(one: str, other: str, number: int, style: Style | None, words: Mapping[str, Any]) -> str:
    return filled(ngettext(one, other, number), style, {"number": number, **words})


_filled = lazy(filled, str)
_first = lazy(filled_first, str)
_counted = lazy(counted, str)


class Count(int):
    """A number as the page's language groups its digits, whatever the sentence asks for."""

    def __format__(self, _specification: str) -> str:
        return number_format(int(self), use_l10n=True, force_grouping=True)


def written(word: object) -> object:
    return Count(word) if isinstance(word, int) and not isinstance(word, bool) else word


@lru_cache(maxsize=256)
def noun_forms(style: Style, language: str) -> dict[str, str]:
    """The forms of a noun in the active language: of a catalog's ``noun=Karte; nouns=Karten; die=die Karte``, each with
    a capital letter too (``{Die}``)."""
    noun = NOUNS[style]
    forms = {"noun": noun, "nouns": plural(noun)} | forms_of(pgettext(FORMS_OF_A_NOUN, noun))
    return forms | {capital(name): capital(form) for name, form in forms.items()}


def forms_of(text: str) -> dict[str, str]:
    """Nothing where there is no translation: the noun alone has no sign of equality."""
    pairs = (pair.partition("=") for pair in text.split(";") if "=" in pair)
    return {name.strip(): form.strip() for name, _sign, form in pairs}


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def plural(noun: str) -> str:
    return f"{noun}es" if noun.endswith("s") else f"{noun}s"


def day(at: datetime) -> str:
    """22 Nov 2026, as the page's language writes it."""
    return _day(at)


def day_now(at: datetime) -> str:
    return formatted(at, pgettext(DATE_FORMAT, "j M Y"))


_day = lazy(day_now, str)


def in_visitors_language(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A view whose pages without a campaign speak the language that the browser asks for."""

    @wraps(view)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with override(get_language_from_request(request)):
            return view(request, *args, **kwargs)

    return run
