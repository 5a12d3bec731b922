from __future__ import annotations

import io
import json
import shutil
import subprocess
import tracemalloc
import zipfile
from datetime import datetime, timedelta
from hashlib import sha1
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from passwright.apple import archive, cms
from tests.apple.chain import NOW, authority, signer

FILES = {"icon.png": b"\x89PNG" * 500, "icon@2x.png": b"2", "de.lproj/pass.strings": b"\xfe\xff", "logo.png": b""}
PASS = b'{"formatVersion":1}'


class Unsigned:
    """Stands in for a signer where the signature is not looked at."""

    def sign(self, manifest: bytes, signed_at: datetime) -> bytes:
        return b"signed " + sha1(manifest).hexdigest().encode()


def opened(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert file.testzip() is None
        names = file.namelist()
        assert len(names) == len(set(names))
        return {name: file.read(name) for name in names}


def test_every_file_is_there_and_in_the_manifest() -> None:
    files = opened(archive.prepare(FILES).build(PASS, signer(), NOW))
    assert set(files) == {*FILES, "pass.json", "manifest.json", "signature"}
    assert {name: files[name] for name in FILES} == FILES
    assert files["pass.json"] == PASS
    listed = json.loads(files["manifest.json"])
    assert listed == {name: sha1(data).hexdigest() for name, data in {**FILES, "pass.json": PASS}.items()}
    assert cms.verify(files["signature"], files["manifest.json"], [authority().root], NOW) == []


def test_two_builds_of_one_instant_are_equal() -> None:
    one, other = archive.prepare(FILES), archive.prepare(FILES)
    assert one.build(PASS, signer(), NOW) == other.build(PASS, signer(), NOW)
    assert one.build(PASS, signer(), NOW) != one.build(PASS, signer(), NOW + timedelta(seconds=1))


def test_files_of_one_pass_are_added() -> None:
    files = opened(archive.prepare(FILES).build(PASS, signer(), NOW, {"fr.lproj/pass.strings": b"bonjour"}))
    assert files["fr.lproj/pass.strings"] == b"bonjour"
    assert json.loads(files["manifest.json"])["fr.lproj/pass.strings"] == sha1(b"bonjour").hexdigest()


def test_no_files_at_all() -> None:
    assert set(opened(archive.prepare({}).build(PASS, Unsigned(), NOW))) == {"pass.json", "manifest.json", "signature"}


@pytest.mark.parametrize(
    "name",
    ["pass.json", "manifest.json", "signature", "", "/icon", "../icon.png", "a/../b.png", "a//b.png", "folder/", ".",
     "a\\b.png", "a\0b", "a\nb", "\ud800", "x" * 70_000],
)  # fmt: skip
def test_names_that_unpack_elsewhere_or_not_are_refused(name: str) -> None:
    with pytest.raises(archive.WrongFileName):
        archive.prepare({name: b"x"})
    with pytest.raises(archive.WrongFileName):
        archive.prepare({}).build(PASS, Unsigned(), NOW, {name: b"x"})


def test_a_file_cannot_be_there_twice() -> None:
    with pytest.raises(archive.WrongFileName, match="already"):
        archive.prepare(FILES).build(PASS, Unsigned(), NOW, {"icon.png": b"other"})


names = st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=3).map("/".join)


@given(st.dictionaries(names, st.binary(max_size=50), max_size=6), st.binary(max_size=100))
def test_any_files_are_read_back_by_zipfile(files: dict[str, bytes], pass_json: bytes) -> None:
    assume(not any(archive.wrong_name(name) for name in files))
    read = opened(archive.prepare(files).build(pass_json, Unsigned(), NOW))
    assert {name: read[name] for name in files} == files
    assert json.loads(read["manifest.json"]) == {
        name: sha1(data).hexdigest() for name, data in {**files, "pass.json": pass_json}.items()
    }


@pytest.mark.skipif(not shutil.which("unzip"), reason="unzip is not installed")
def test_unzip_finds_nothing_wrong(tmp_path: Path) -> None:
    (tmp_path / "a.pkpass").write_bytes(archive.prepare({**FILES, "größe.png": b"1"}).build(PASS, signer(), NOW))
    finished = subprocess.run(
        ["unzip", "-t", "a.pkpass"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "No errors detected" in finished.stdout


def test_members_are_plain_files_without_a_date_of_their_own() -> None:
    with zipfile.ZipFile(io.BytesIO(archive.prepare(FILES).build(PASS, Unsigned(), NOW))) as file:
        for member in file.infolist():
            assert member.date_time == (1980, 1, 1, 0, 0, 0)
            assert member.external_attr >> 16 == 0o100644
            assert member.compress_type == zipfile.ZIP_STORED


def test_pictures_come_first() -> None:
    assert list(opened(archive.prepare(FILES).build(PASS, Unsigned(), NOW)))[: len(FILES)] == list(FILES)


def test_a_bundle_holds_whole_passes() -> None:
    passes = {f"{place}.pkpass": archive.prepare(FILES).build(PASS, Unsigned(), NOW) for place in range(10)}
    bundled = archive.bundle(passes)
    assert opened(bundled) == passes
    assert bundled == archive.bundle(passes)


@pytest.mark.parametrize("count", [0, 11])
def test_a_bundle_has_one_to_ten_passes(count: int) -> None:
    with pytest.raises(archive.BundleTooLarge, match="1 to 10"):
        archive.bundle({f"{place}.pkpass": b"x" for place in range(count)})


def test_a_bundle_has_at_most_150_mb() -> None:
    half = bytes(75_000_001)
    with pytest.raises(archive.BundleTooLarge, match="150 MB"):
        archive.bundle({"a.pkpass": half, "b.pkpass": half})


def test_building_many_passes_keeps_nothing() -> None:
    prepared = archive.prepare(FILES)

    def build(count: int) -> None:
        for serial in range(count):
            prepared.build(b'{"serialNumber":"%d"}' % serial, Unsigned(), NOW)
            archive.prepare({f"picture{serial}.png": bytes(2_000)})

    build(50)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        build(1_000)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 50_000


def test_signing_at_many_instants_keeps_nothing() -> None:
    from passwright.apple.signature import Signer
    from tests.apple.chain import leaf

    own = Signer(leaf().certificate, leaf().key, leaf().intermediate)
    for second in range(20):
        own.sign(b"x", NOW + timedelta(seconds=second))
        own.sign(b"x", NOW.replace(year=2060) + timedelta(seconds=second))
    assert len(own._around) == 2
