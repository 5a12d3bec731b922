from __future__ import annotations

import os
import stat
import string
import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passwright import secrets
from passwright.environment import WrongSetting

URL_SAFE = set(string.ascii_letters + string.digits + "-_")


@given(st.uuids())
def test_a_page_token_leads_back_to_its_pass(pass_id: uuid.UUID) -> None:
    token = secrets.page_token(pass_id)
    assert len(token) == 22
    assert set(token) <= URL_SAFE
    assert secrets.read_page_token(token) == pass_id


def test_a_page_token_tells_nothing_of_the_id() -> None:
    first, second = uuid.UUID(int=1), uuid.UUID(int=2)
    same = sum(a == b for a, b in zip(secrets.page_token(first), secrets.page_token(second), strict=True))
    assert same < 6


@given(st.text(max_size=40))
def test_no_text_makes_reading_a_page_token_fail(text: str) -> None:
    found = secrets.read_page_token(text)
    assert found is None or secrets.page_token(found) == text


def test_only_one_spelling_opens_a_page() -> None:
    """The last character of 22 carries four unused bits: they must be zero."""
    token = secrets.page_token(uuid.uuid4())
    others = [token[:-1] + last for last in URL_SAFE - {token[-1]}]
    opened = [other for other in others if secrets.read_page_token(other) == secrets.read_page_token(token)]
    assert opened == []


def test_authentication_tokens_differ_and_are_long_enough_for_apple() -> None:
    serial = uuid.uuid4()
    token = secrets.authentication_token(serial)
    assert len(token) == 32
    assert token == secrets.authentication_token(serial)
    assert token != secrets.authentication_token(uuid.uuid4())
    assert token not in {secrets.page_token(serial), serial.hex}


def test_what_is_encrypted_reads_only_under_its_label() -> None:
    cipher = secrets.encrypt(b"a private key", label="certificate-key")
    assert b"private" not in cipher
    assert secrets.decrypt(cipher, label="certificate-key") == b"a private key"
    assert cipher != secrets.encrypt(b"a private key", label="certificate-key")
    with pytest.raises(secrets.WrongSecret):
        secrets.decrypt(cipher, label="something else")
    with pytest.raises(secrets.WrongSecret):
        secrets.decrypt(cipher[:-1] + bytes([cipher[-1] ^ 1]), label="certificate-key")
    with pytest.raises(secrets.WrongSecret):
        secrets.decrypt(b"short", label="certificate-key")


def test_api_passwords_are_compared_by_hash() -> None:
    username, password = secrets.new_api_credentials()
    kept = secrets.hash_api_password(password)
    assert password.encode() not in kept
    assert len(password) >= 43
    assert username != secrets.new_api_credentials()[0]
    assert secrets.same_api_password(password, kept)
    assert secrets.same_api_password(password, memoryview(kept))
    assert not secrets.same_api_password(password + "x", kept)
    assert not secrets.same_api_password("", kept)


def test_the_key_file_is_made_once_by_many(tmp_path: Path) -> None:
    path = tmp_path / "home" / "secret.key"
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(lambda _: secrets.create_key_file(path), range(16)))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(bytes.fromhex(path.read_text().strip())) == 32
    assert [entry.name for entry in path.parent.iterdir()] == ["secret.key"]


def secret_of(home: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    code = "from passwright import secrets; print(secrets.installation_secret().hex())"
    env = {**os.environ, "PASSWRIGHT_HOME": str(home), **variables}
    return subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)


def test_the_secret_stays_and_the_environment_overrides_it(tmp_path: Path) -> None:
    first, second = secret_of(tmp_path), secret_of(tmp_path)
    assert first.stdout == second.stdout
    assert secret_of(tmp_path, PASSWRIGHT_SECRET_KEY="ab" * 32).stdout.strip() == "ab" * 32


@pytest.mark.parametrize("content", ["", "abc", "zz" * 32, "ab" * 31])
def test_a_damaged_key_is_one_clear_line(tmp_path: Path, content: str) -> None:
    (tmp_path / "secret.key").write_text(content)
    run = secret_of(tmp_path)
    assert run.returncode == 1
    assert run.stderr.strip().endswith("does not hold 64 hex digits. Restore it from your backup.")
    assert "Traceback" not in run.stderr
    run = secret_of(tmp_path, PASSWRIGHT_SECRET_KEY=content or "short")
    assert run.stderr == "passwright: PASSWRIGHT_SECRET_KEY: write 64 hex digits (32 bytes).\n"


def test_wrong_setting_is_an_exit() -> None:
    assert issubclass(WrongSetting, SystemExit)


def test_each_holder_has_a_token_of_his_own_that_says_whose_it_is() -> None:
    serial, link = uuid.uuid4(), uuid.uuid4()
    tokens = [secrets.authentication_token(serial, each) for each in (None, link, uuid.uuid4())]
    assert len({token[-32:] for token in tokens}) == 3
    assert secrets.link_id_of(tokens[1]) == link
    for text in (tokens[0], "", "z" * 64, tokens[1] + "\n", tokens[1].upper()):
        assert secrets.link_id_of(text) is None
    assert secrets.read_edit_token(secrets.edit_token(link)) == link
    assert secrets.read_page_token(secrets.edit_token(link)) != link
