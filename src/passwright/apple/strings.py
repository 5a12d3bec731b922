"""``pass.strings``: the translations of one language, ``"key" = "value";`` a line."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping

FILE_NAME = "pass.strings"

ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
ESCAPE = re.compile("[" + re.escape("".join(ESCAPES)) + "]")
MEANINGS = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}

SKIPPED = re.compile(r"(?:\s|/\*.*?\*/|//[^\n]*(?:\n|\Z))*", re.DOTALL)
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
BARE = re.compile(r"[A-Za-z0-9_.$/:-]+")
ESCAPED = re.compile(r"\\(U[0-9A-Fa-f]{4}|u[0-9A-Fa-f]{4}|[0-7]{3}|.)", re.DOTALL)


class MalformedStrings(ValueError):
    """The file does not read as ``"key" = "value";`` lines."""


def path(language: str) -> str:
    """``pt-BR`` -> ``pt-BR.lproj/pass.strings``."""
    return f"{language}.lproj/{FILE_NAME}"


def encode(translations: Mapping[str, str]) -> bytes:
    """UTF-16, big-endian, with byte order mark: the one form that every known reader takes."""
    lines = (f'"{escaped(key)}" = "{escaped(value)}";\n' for key, value in translations.items())
    return codecs.BOM_UTF16_BE + "".join(lines).encode("utf-16-be")


def escaped(text: str) -> str:
    return ESCAPE.sub(lambda match: ESCAPES[match.group()], text)


def parse(data: bytes) -> dict[str, str]:
    """The translations of any ``pass.strings``: UTF-16 with mark, UTF-8 with or without; comments are skipped.

    Raises:
        MalformedStrings: naming the line, if it does not read as such a file.
    """
    text = decode(data)
    translations, at = {}, end_of(SKIPPED, text, 0)
    while at < len(text):
        key, at = token(text, at)
        at = end_of(SKIPPED, text, at)
        if text[at : at + 1] == "=":
            value, at = token(text, end_of(SKIPPED, text, at + 1))
            at = end_of(SKIPPED, text, at)
        else:
            value = key  # a key alone stands for itself
        if text[at : at + 1] != ";":
            raise MalformedStrings(f"line {line(text, at)}: a semicolon is missing")
        translations[key] = value
        at = end_of(SKIPPED, text, at + 1)
    return translations


def decode(data: bytes) -> str:
    """The text of the file, by its byte order mark.

    Raises:
        MalformedStrings: if the bytes are no text in that encoding.
    """
    if data.startswith((codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE)):
        encoding = "utf-16"
    elif data[:1] == b"\0" and data[1:2]:
        encoding = "utf-16-be"
    elif data[1:2] == b"\0" and data[:1]:
        encoding = "utf-16-le"
    else:
        encoding = "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise MalformedStrings(f"the bytes at {error.start} are not {encoding.upper()}") from None


def token(text: str, at: int) -> tuple[str, int]:
    if match := QUOTED.match(text, at):
        return joined(ESCAPED.sub(meaning, match.group(1))), match.end()
    if match := BARE.match(text, at):
        return match.group(), match.end()
    raise MalformedStrings(f"line {line(text, at)}: a quoted text is missing or does not end")


def meaning(match: re.Match[str]) -> str:
    escape = match.group(1)
    if len(escape) == 5:
        return chr(int(escape[1:], 16))
    if len(escape) == 3:
        return chr(int(escape, 8))
    return MEANINGS.get(escape, escape)


def joined(text: str) -> str:
    """Two escapes that stand for the halves of one character become that character."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def end_of(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


def line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1
