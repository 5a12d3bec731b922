"""What no phone minds, the linter does not mind either."""

from __future__ import annotations

import pytest

from passwright.apple.archive import bundle, prepare
from passwright.apple.validation import lint_archive, lint_bundle, lint_file, lint_pass_json
from tests.apple.validation.good import AT, STYLES, authority, files_of, signed, signer, zipped


@pytest.mark.parametrize("style", STYLES)
def test_a_good_pass_has_no_issue_at_all(style: str) -> None:
    assert lint_archive(zipped(signed(files_of(style))), trusted_roots=[authority().root], at=AT) == []


@pytest.mark.parametrize("style", STYLES)
def test_a_good_document_has_no_issue_at_all(style: str) -> None:
    assert lint_pass_json(STYLES[style](), files=files_of(style), at=AT) == []
    assert lint_pass_json(STYLES[style](), at=AT) == []


@pytest.mark.parametrize("style", STYLES)
def test_what_this_library_builds_has_no_issue_at_all(style: str) -> None:
    files = files_of(style)
    pass_json = files.pop("pass.json")
    built = prepare(files).build(pass_json, signer(), AT)
    assert lint_archive(built, trusted_roots=[authority().root], at=AT) == []


def test_a_bundle_of_good_passes_has_no_issue_at_all() -> None:
    first, second = (zipped(signed(files_of(style))) for style in ("generic", "coupon"))
    different = files_of("coupon")
    different["pass.json"] = different["pass.json"].replace(b"8f14e45f", b"00000000")
    data = bundle({"1.pkpass": first, "2.pkpass": zipped(signed(different))})
    assert lint_bundle(data, trusted_roots=[authority().root], at=AT) == []
    assert lint_file(data, trusted_roots=[authority().root], at=AT) == []
    twice = lint_file(bundle({"1.pkpass": first, "2.pkpass": second}), trusted_roots=[authority().root], at=AT)
    assert [(issue.code, issue.path) for issue in twice] == [("bundle_same_serial_number", "2.pkpass")]


def test_directory_entries_are_what_zip_writes_and_harmless() -> None:
    files = {"en.lproj/": b"", **signed(files_of("generic"))}
    assert lint_archive(zipped(files), trusted_roots=[authority().root], at=AT) == []


def test_the_three_kinds_of_file_are_told_apart() -> None:
    files = files_of("generic")
    assert lint_file(files["pass.json"], at=AT) == []
    assert lint_file(zipped(signed(files)), trusted_roots=[authority().root], at=AT) == []
    assert [issue.code for issue in lint_file(b"[]", at=AT)] == ["wrong_type"]
