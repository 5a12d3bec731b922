"""The catalogs of the public pages and of e-mails: what there is to translate, and what is translated, compiled.

``./dev messages`` reads the sentences from the sources into every ``locale/*/LC_MESSAGES/django.po``, keeps what is
translated already, and compiles it. A new language is a new folder (docs/languages.md).
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from passwright.interfaces.public.words import DATE_FORMAT, FORMS_OF_A_NOUN, NOUNS
from passwright.settings import LOCALE_PATHS, MAIL, PUBLIC

SOURCES = PUBLIC.parent.parent
LOCALE, MAIL_LOCALE = PUBLIC / "locale", MAIL / "locale"
FOLDERS = {LOCALE: ("interfaces/public", "operations", "passes"), MAIL_LOCALE: ("interfaces/mail",)}
"""Whose sentences stand in which catalogs. What pages and e-mails both say stands in those of the pages."""
OF_WHAT = {LOCALE: "the public pages", MAIL_LOCALE: "e-mails to holders"}
HEADER = """\
# The words of {what}. Sentences are read from the sources by ./dev messages; see docs/languages.md.
#"""
KEYWORDS: dict[str, tuple[int, ...] | None] = {"_": None, "several": (1, 2), "Fault": None}
"""Of functions whose first arguments are sentences (`passwright.interfaces.public.words`, `passes.answers`)."""
NO_DATE = datetime(2026, 1, 1, tzinfo=UTC)
SAY = re.compile(r'\{%\s*say\s+"([^"]+)"')

assert set(FOLDERS) == {Path(path) for path in LOCALE_PATHS}


@cache
def sentences(locale: Path) -> tuple[tuple[str | tuple[str, str], str], ...]:
    """Every text of the sources with the file that it stands in, without the root."""
    return tuple(found(locale))


def found(locale: Path) -> Iterator[tuple[str | tuple[str, str], str]]:
    folders = [SOURCES / folder for folder in FOLDERS[locale]]
    for path in sorted(path for folder in folders for path in folder.rglob("*.py")):
        with path.open("rb") as file:
            for _line, message, _comments, _context in extract("python", file, keywords=KEYWORDS):
                yield message, str(path.relative_to(SOURCES))
    for path in sorted(path for folder in folders for path in folder.rglob("*.html")):
        for text in SAY.findall(path.read_text()):
            yield text, str(path.relative_to(SOURCES))


def wanted(locale: Path) -> Catalog:
    """All that there is to translate here, without translations."""
    catalog = Catalog(charset="utf-8", header_comment=HEADER.format(what=OF_WHAT[locale]))
    elsewhere = {message for message, _ in sentences(LOCALE)} if locale != LOCALE else set()
    for message, where in sentences(locale):
        if message not in elsewhere:
            catalog.add(message, locations=[(where, None)])
    if locale == LOCALE:
        for noun in NOUNS.values():
            catalog.add(noun, context=FORMS_OF_A_NOUN)
        catalog.add("j M Y", context=DATE_FORMAT)
    return catalog


def written(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=language_of(path))


def language_of(path: Path) -> str:
    """Of a catalog at ``locale/{language}/LC_MESSAGES/django.po``."""
    return path.parents[1].name


def updated(path: Path) -> Catalog:
    """What is translated already, with what is new, without what is no longer there."""
    catalog = written(path)
    catalog.update(wanted(path.parents[2]), no_fuzzy_matching=True, update_header_comment=True)
    catalog.obsolete.clear()
    return catalog


def as_text(catalog: Catalog) -> bytes:
    file = io.BytesIO()
    write_po(file, catalog, width=110, sort_output=True, include_lineno=False, omit_header=False)
    return re.sub(rb'"(POT-Creation-Date|PO-Revision-Date|Generated-By|Last-Translator|Language-Team|Project-Id-Version'
                  rb'|Report-Msgid-Bugs-To):[^\n]*\n', b"", file.getvalue())  # fmt: skip


def compiled(catalog: Catalog) -> bytes:
    """The same bytes for the same texts, whenever it is done."""
    catalog.creation_date = catalog.revision_date = NO_DATE
    file = io.BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


def files() -> list[Path]:
    return sorted(path for locale in FOLDERS for path in locale.glob("*/LC_MESSAGES/django.po"))


def main() -> None:
    for path in files():
        path.write_bytes(as_text(updated(path)))
        catalog = written(path)
        path.with_suffix(".mo").write_bytes(compiled(catalog))
        open_ones = sum(not message.string for message in catalog if message.id)
        print(f"{OF_WHAT[path.parents[2]]}, {language_of(path)}: {len(catalog)} texts, {open_ones} to translate")


if __name__ == "__main__":
    main()
