"""pass.strings: one table of texts a language."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping

from passwright.apple import strings
from passwright.apple.validation.issue import Issue, Severity, rules_about

rule = rules_about("Translations")

STRINGS_SYNTAX = rule(
    "strings_syntax",
    Severity.HIDDEN,
    "{name} cannot be read ({reason}), so phones show the keys themselves.",
    'Write lines like "key" = "value"; with \\" and \\\\ before quotes and backslashes.',
)
STRINGS_ENCODING = rule(
    "strings_encoding",
    Severity.ADVICE,
    "{name} is written in {encoding}, which some readers of passes do not know.",
    "Save it as UTF-16 big-endian with a byte order mark.",
)
STRINGS_KEY_MISSING = rule(
    "strings_key_missing",
    Severity.HIDDEN,
    "{name} has no translation for “{key}”, so phones of that language show the key itself.",
    "Add a line for it; every language needs the same keys.",
)
LANGUAGE_FOLDER = rule(
    "language_folder_name",
    Severity.HIDDEN,
    "Phones know no language called {language}.",
    "Name the folder by a language code such as pt-BR.lproj.",
)

LANGUAGE = re.compile(r"Base|[a-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*", re.ASCII)

Tables = Mapping[str, Mapping[str, str]]


def read_translations(files: Mapping[str, bytes]) -> tuple[Tables, list[Issue]]:
    """Every language's table, and what is wrong with the files."""
    tables: dict[str, Mapping[str, str]] = {}
    issues = list(language_issues(files))
    for name, content in files.items():
        if not name.endswith(f".lproj/{strings.FILE_NAME}"):
            continue
        try:
            tables[name.partition(".lproj/")[0]] = strings.parse(content)
        except strings.MalformedStrings as problem:
            issues.append(STRINGS_SYNTAX.at(name, name=name, reason=problem))
            continue
        if encoding := doubtful_encoding(content):
            issues.append(STRINGS_ENCODING.at(name, name=name, encoding=encoding))
    return tables, [*issues, *missing_keys(tables)]


def doubtful_encoding(content: bytes) -> str | None:
    """Encodings in which KDE's reader of passes was seen to fail."""
    if content.startswith(codecs.BOM_UTF16_BE):
        return None
    if content.startswith(codecs.BOM_UTF8):
        return "UTF-8 with a byte order mark"
    if content.startswith(codecs.BOM_UTF16_LE):
        return "UTF-16 little-endian"
    return "UTF-16 without a byte order mark" if b"\0" in content[:2] else None


def missing_keys(tables: Tables) -> Iterator[Issue]:
    everything = sorted(set().union(*tables.values()))
    for language, table in tables.items():
        name = strings.path(language)
        for key in everything:
            if key not in table:
                yield STRINGS_KEY_MISSING.at(name, name=name, key=key)


def language_issues(files: Mapping[str, bytes]) -> Iterator[Issue]:
    folders = {name.partition("/")[0] for name in files if ".lproj/" in name}
    for folder in sorted(folders):
        language = folder.removesuffix(".lproj")
        if not LANGUAGE.fullmatch(language):
            yield LANGUAGE_FOLDER.at(folder, language=language)
