"""The catalogs of e-mails and holders' pages: whole, and compiled from what is written."""

from __future__ import annotations

import gettext
import io
import re
from pathlib import Path
from typing import IO

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from passwright.passes.content import Language
from passwright.settings import MAIL

PUBLIC = MAIL.parent / "public"
OTHERS = [language.value for language in Language if language is not Language.ENGLISH]
SAID = re.compile(r"(?:\b_\(|\{% say )\s*\"([^\"]+)\"")
SOURCES = [
    MAIL / "letters.py",
    PUBLIC / "holder.py",
    *(PUBLIC / "templates" / "public").glob("*holder*.html"),
]


def catalog(language: str) -> Path:
    return MAIL / "locale" / language / "LC_MESSAGES" / "django.po"


def sentences() -> set[str]:
    return {sentence for source in SOURCES for sentence in SAID.findall(source.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_is_translated(language: str) -> None:
    with catalog(language).open("rb") as file:
        read = read_po(file, locale=language)
    missing = [sentence for sentence in sentences() if not read.get(sentence) or not read.get(sentence).string]
    assert sentences()
    assert missing == []
    for message in read:
        assert set(re.findall(r"\{\w+\}", message.string)) <= set(re.findall(r"\{\w+\}", message.id)), message.id


@pytest.mark.parametrize("language", OTHERS)
def test_what_is_read_is_what_is_written(language: str) -> None:
    with catalog(language).open("rb") as file:
        written = io.BytesIO()
        write_mo(written, read_po(file, locale=language))
    with catalog(language).with_suffix(".mo").open("rb") as file:
        assert texts(file) == texts(io.BytesIO(written.getvalue()))


def texts(file: IO[bytes]) -> dict[str, str]:
    """Without the head, which has the time of the compilation."""
    catalog: dict[str, str] = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined,arg-type]
    return {sentence: text for sentence, text in catalog.items() if sentence}
