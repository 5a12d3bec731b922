from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passwright.apple import strings

text = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.dictionaries(text, text, max_size=6))
def test_what_is_written_is_read(translations: dict[str, str]) -> None:
    assert strings.parse(strings.encode(translations)) == translations


def test_the_exact_bytes() -> None:
    written = strings.encode({"gate": 'Gate "A"\nor \\ B', "größe": "😀"})
    assert written.startswith(codecs.BOM_UTF16_BE)
    assert written[2:].decode("utf-16-be") == '"gate" = "Gate \\"A\\"\\nor \\\\ B";\n"größe" = "😀";\n'


@pytest.mark.parametrize(
    "encoded",
    [
        '"a" = "ä";'.encode(),
        codecs.BOM_UTF8 + '"a" = "ä";'.encode(),
        codecs.BOM_UTF16_LE + '"a" = "ä";'.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + '"a" = "ä";'.encode("utf-16-be"),
        '"a" = "ä";'.encode("utf-16-le"),
        '"a" = "ä";'.encode("utf-16-be"),
    ],
)
def test_all_encodings_in_the_wild_are_read(encoded: bytes) -> None:
    assert strings.parse(encoded) == {"a": "ä"}


def test_comments_bare_keys_and_escapes() -> None:
    source = b"""/* title
    */ "a" = "x\\ty";  // why
    b.c = "\\U00e9 \\uD83D\\uDE00"; "alone"; // end"""
    assert strings.parse(source) == {"a": "x\ty", "b.c": "é 😀", "alone": "alone"}


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (b'"a" = "b"', "line 1: a semicolon"),
        (b'"a" = "b";\n"c" = ;', "line 2: a quoted text"),
        (b'"a" = "b', "line 1: a quoted text"),
        (b'{"a": "b"}', "line 1"),
        (b'"\xff\xff" = "b";', "not UTF-8"),
        (b"\xfe\xff\x00", "not UTF-16"),
    ],
)
def test_what_does_not_read_names_the_line(source: bytes, reason: str) -> None:
    with pytest.raises(strings.MalformedStrings, match=reason):
        strings.parse(source)


def test_paths() -> None:
    assert strings.path("pt-BR") == "pt-BR.lproj/pass.strings"
