"""What visitors read, in the language of the campaign: nothing is left in English, nothing is said of somebody else."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import pytest
from babel.messages.catalog import Message
from django.utils.translation import gettext, ngettext, override

from passwright.data.models import Campaign, Organization
from passwright.interfaces.public.words import (
    DATE_FORMAT,
    FORMS_OF_A_NOUN,
    NOUNS,
    day,
    filled,
    forms_of,
    noun_forms,
    said,
)
from passwright.passes.changes import SentField
from passwright.passes.content import AfterCreate, Behaviour, DataType, Language, Position, Style
from passwright.settings import MAIL, PUBLIC
from tests import messages
from tests import public_ground as ground
from tests.interfaces.public.browsers import browser

LANGUAGES = [language for language in Language if language is not Language.ENGLISH]
NOUN = {"noun", "nouns", "Noun", "Nouns"}
TRANSLATED = {*messages.KEYWORDS, "left", "allowed", "derived_key", "compile", "get_logger"}
"""Functions whose texts are translated, or go into the log, a key, a pattern."""
PROSE = re.compile(r"[A-Za-z“][^<>]* \w")
NO_PROSE = re.compile(r"[;=%]|'self'|^(?:private|noindex), no")
"""Headers, styles and statements, which have spaces too."""
SPEAKING = [path for folder in (PUBLIC, MAIL) for path in sorted(folder.glob("*.py"))]
TEMPLATES = [
    path for folder in (PUBLIC, MAIL) for path in sorted(folder.rglob("*.html")) if path.name != "_states.html"
]
"""Without the one that holds attributes alone."""
NO_SENTENCES = {*NOUNS.values(), FORMS_OF_A_NOUN, DATE_FORMAT, "j M Y", "proof of work", "visitor's pass"}
"""Names in the catalogs, and of keys."""
DYNAMIC = {"position": Position.BACK, "behaviour": Behaviour.DYNAMIC}


def catalogs() -> list[Path]:
    return messages.files()


def name_of(path: Path) -> str:
    return f"{path.parents[3].name}-{messages.language_of(path)}"


def names(text: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name}


def everything() -> Iterator[Message]:
    for locale in messages.FOLDERS:
        yield from messages.wanted(locale)


def singular(identity: str | tuple[str, ...] | list[str]) -> str:
    return identity if isinstance(identity, str) else identity[0]


def test_there_is_a_catalog_for_every_language() -> None:
    for locale in messages.FOLDERS:
        of_this = {messages.language_of(path) for path in catalogs() if path.parents[2] == locale}
        assert of_this == {str(language) for language in LANGUAGES}


@pytest.mark.parametrize("path", catalogs(), ids=name_of)
def test_every_text_of_the_sources_is_translated(path: Path) -> None:
    assert messages.as_text(messages.updated(path)) == path.read_bytes(), "run ./dev messages and translate what is new"
    for message in messages.written(path):
        texts = [message.string] if isinstance(message.string, str) else list(message.string)
        assert all(texts), message.id
        assert not message.fuzzy or not message.id, message.id


@pytest.mark.parametrize("path", catalogs(), ids=name_of)
def test_the_compiled_catalog_says_what_the_written_one_does(path: Path) -> None:
    assert path.with_suffix(".mo").read_bytes() == messages.compiled(messages.written(path))


@pytest.mark.parametrize("path", catalogs(), ids=name_of)
def test_translations_have_the_words_of_their_sentence_and_forms_of_the_noun(path: Path) -> None:
    catalog = messages.written(path)
    forms = [forms_of(str(message.string)) for message in catalog if message.context == FORMS_OF_A_NOUN]
    assert len({frozenset(each) for each in forms}) <= 1, "a noun lacks a form that another has"
    own = set(forms[0]) if forms else set()
    known = NOUN | own | {name[:1].upper() + name[1:] for name in own}
    for message in catalog:
        if not message.id or message.context:
            continue
        wanted = set().union(*(names(text) for text in ([message.id] if isinstance(message.id, str) else message.id)))
        for text in [message.string] if isinstance(message.string, str) else message.string:
            if isinstance(message.id, str):
                assert wanted - NOUN <= names(text), message.id
            assert names(text) <= wanted | (known if wanted & NOUN else set()), message.id


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("style", Style)
def test_every_sentence_can_be_said_of_every_noun(language: Language, style: Style) -> None:
    with override(language):
        for message in everything():
            if message.id and not message.context:
                identity = singular(message.id)
                words = dict.fromkeys(names(identity), "x") | {"number": 2}
                words = {name: word for name, word in words.items() if name not in noun_forms(style, language)}
                assert "{" not in filled(gettext(identity), style, words)


def bare_words(template: str) -> list[str]:
    """What a template says without ``{% say %}``: words of its text, and of attributes that are read aloud or shown."""
    shown = re.sub(r"<style.*?</style>|<!--.*?-->|\{#.*?#\}", " ", template, flags=re.DOTALL)
    shown = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", " ", shown, flags=re.DOTALL)
    read = re.findall(r'(?:alt|title|placeholder|aria-label|content)="([^"]*)"', re.sub(r"<meta[^>]*>", " ", shown))
    return re.findall(r"[^\W\d_]{2,}", " ".join([re.sub(r"<[^>]*>", " ", shown), *read]))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_says_anything_that_is_not_translated(path: Path) -> None:
    assert bare_words(path.read_text()) == []


def test_bare_words_are_found() -> None:
    assert bare_words('<p class="help">{% say "Yes" %} really</p><img alt="A pass">') == ["really", "pass"]


def unsaid(source: str) -> list[str]:
    """Texts of a module of two words or more that nothing translates and nobody but programmers reads."""
    tree = ast.parse(source)
    nobody_reads: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr | ast.Raise) or (isinstance(node, ast.Call) and called(node) in TRANSLATED):
            nobody_reads.update(ast.walk(node.value if isinstance(node, ast.Expr) else node))
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and node not in nobody_reads]
    return [text for text in texts if isinstance(text, str) and PROSE.match(text) and not NO_PROSE.search(text)]


def called(node: ast.Call) -> str:
    return getattr(node.func, "id", "") or getattr(node.func, "attr", "")


@pytest.mark.parametrize("path", SPEAKING, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_no_module_says_anything_that_is_not_translated(path: Path) -> None:
    assert [text for text in unsaid(path.read_text()) if text not in NO_SENTENCES] == []


def test_sentences_that_nothing_translates_are_found() -> None:
    assert unsaid('"""A docstring."""\nheading = "Too many at once"\ntext = _("One moment")\n') == ["Too many at once"]


def test_a_sentence_is_said_in_the_language_of_the_page_not_of_the_one_who_wrote_it() -> None:
    sentence = said("Your {noun} is ready", Style.COUPON)
    heard = []
    for language in Language:
        with override(language):
            heard.append(str(said(gettext("Your {noun} is ready"), Style.COUPON)))
    assert str(sentence) == "Your coupon is ready"
    assert heard == [
        "Your coupon is ready",
        "O seu cupão está pronto",
        "Ihr Gutschein ist fertig",
        "Su cupón está listo",
        "Votre coupon est prêt",
    ]


def test_articles_and_endings_follow_the_noun() -> None:
    with override("de"):
        assert filled(gettext("Create the {noun}"), Style.COUPON, {}) == "Den Gutschein erstellen"
        assert filled(gettext("Create the {noun}"), Style.STORE_CARD, {}) == "Die Karte erstellen"
        assert filled(gettext("Create the {noun}"), Style.EVENT_TICKET, {}) == "Das Ticket erstellen"
    with override("fr"):
        assert (
            filled(gettext("Your {noun} is ready"), Style.BOARDING_PASS, {}) == "Votre carte d’embarquement est prête"
        )


def test_dates_and_numbers_are_written_as_the_language_writes_them() -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    written = {}
    for language in Language:
        with override(language):
            written[str(language)] = str(day(at))
    assert written == {
        "en": "2 Mar 2026",
        "pt": "2 de Março de 2026",
        "de": "2. März 2026",
        "es": "2 de marzo de 2026",
        "fr": "2 mars 2026",
    }
    with override("de"):
        assert filled("{number:,}", None, {"number": 2000}) == "2.000"
        several = ngettext("One answer needs a look.", "{number} answers need a look.", 3)
        assert filled(several, None, {"number": 3}) == "3 Antworten sind noch anzusehen."
    assert DATE_FORMAT


def test_threads_do_not_hear_each_other() -> None:
    together = Barrier(2)

    def hear(language: str) -> set[str]:
        heard = set()
        for _ in range(50):
            with override(language):
                together.wait(timeout=10)
                heard.add(gettext("Yes"))
        return heard

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(hear, ["de", "fr"])) == [{"Ja"}, {"Oui"}]


# ------------------------------------------------------------------------------------------------------------ pages

FIELDS = (
    ground.ASKED,
    SentField(key="choice", data_type=DataType.CHOICE, choices=("eins", "zwei"), **DYNAMIC),
    SentField(key="list", data_type=DataType.CHOICE, choices=tuple("abcdefgh"), required=False, **DYNAMIC),
    SentField(key="consent", data_type=DataType.BOOLEAN, format="checkbox", **DYNAMIC),
    SentField(key="switch", data_type=DataType.BOOLEAN, required=False, **DYNAMIC),
    SentField(key="picture", data_type=DataType.IMAGE, required=False, **DYNAMIC),
    SentField(key="place", data_type=DataType.LOCATIONS, required=False, **DYNAMIC),
    *(
        SentField(key=kind, data_type=DataType(kind), **DYNAMIC)
        for kind in ("number", "currency", "date", "datetime", "email", "phone", "url", "multiline")
    ),
)


def english_in(page: str, language: Language) -> list[str]:
    """Sentences of ours that stand in the page in English, though the language has its own."""
    text = re.sub(r"\s+", " ", page.replace("&#x27;", "'").replace("&quot;", '"').replace("&amp;", "&"))
    found = []
    with override(language):
        for message in everything():
            if not message.id or message.context:
                continue
            parts = re.split(r"\{[^}]*\}", singular(message.id))
            longest = max(parts, key=len).strip(" .:")
            if len(longest) > 8 and longest not in gettext(singular(message.id)) and longest in text:
                found.append(longest)
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("language", [Language.GERMAN, Language.FRENCH])
def test_no_english_is_left_on_any_page(owner: Organization, language: Language) -> None:
    asking = ground.campaign(owner, *FIELDS, name="Zug", language=language, style=Style.STORE_CARD)
    plain = ground.campaign(owner, name="Bus", language=language, style=Style.COUPON, after_create=AfterCreate.DOWNLOAD)
    paused = ground.campaign(owner, name="Rad", language=language)
    Campaign.objects.filter(id=paused.id).update(state="paused")
    archived = ground.campaign(owner, name="Boot", language=language)
    Campaign.objects.filter(id=archived.id).update(state="archived")
    form = f"/p/{ground.link_of(asking)}"
    made = browser().post(f"/p/{ground.link_of(plain)}")
    wrong = {f"field-{field.key}": "?" for field in FIELDS}
    answers = [
        browser().get(form),
        browser().post(form),
        browser().post(form, wrong),
        browser().get(f"/p/{ground.link_of(plain)}"),
        *(browser(agent).get(made["Location"]) for agent in (ground.IPHONE, ground.ANDROID, ground.DESKTOP)),
        browser().get(ground.page_of(ground.issued(plain, voided=True))),
        browser().get(ground.page_of(ground.issued(plain, expiration_date=ground.LONG_AGO))),
        browser().get(f"/p/{ground.link_of(paused)}"),
        browser().get(f"/p/{ground.link_of(archived)}"),
        browser().post(form, headers={"origin": "https://elsewhere.example"}),
        browser().get("/p/zzzzzzzzzz", headers={"accept-language": str(language)}),
    ]
    for answer in answers:
        page = answer.content.decode()
        assert f'<html lang="{language}"' in page
        assert english_in(page, language) == []


@pytest.mark.django_db
def test_a_page_without_a_campaign_speaks_as_the_browser_asks(db: None) -> None:
    def heard(accepted: str) -> str:
        page = browser().get("/p/zzzzzzzzzz", headers={"accept-language": accepted}).content.decode()
        return re.findall(r'<html lang="(\w+)"', page)[0]

    assert heard("pt-BR,pt;q=0.9,en;q=0.5") == "pt"
    assert heard("nl,fr;q=0.5") == "fr"
    assert heard("nl") == "en"
    assert heard("x" * 9000) == "en"
