"""The installation's secret, and what is made from it.

One key of 32 bytes lies in ``PASSWRIGHT_HOME/secret.key`` (mode 0600) or comes as ``PASSWRIGHT_SECRET_KEY``
(64 hex digits), the same on every machine of an installation. From it come, each under its own label (HKDF, RFC 5869):

* the key that encrypts at rest the keys of certificates, push tokens, webhook secrets and API keys (AES-256-GCM, NIST
  SP 800-38D),
* every pass's page token: its id as one AES-256 block, so the token needs no column and no index and tells nothing,
* every pass's authentication token for Apple's web service (HMAC-SHA-256 of its serial number and, once it was given to
  somebody else, of its link id),
* the digests under which attempts are counted,
* the key of smart links (AES-256-GCM).

Losing the key loses signing keys, links and updates of installed passes: back it up with the database.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
import secrets as random
import uuid
from functools import cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from passwright.durable import sync_folder
from passwright.settings import ENVIRONMENT, WrongSetting

LINK_ID = re.compile(r"([0-9a-f]{32})[0-9a-f]{32}\Z", re.ASCII)
PUSH_TOKEN_LABEL = "push token"
"""Under which the push tokens of devices are encrypted."""


class WrongSecret(Exception):
    """What was encrypted with another installation secret cannot be read with this one."""


@cache
def installation_secret() -> bytes:
    """The 32 bytes everything else is derived from; made on first use.

    Raises:
        WrongSetting: if PASSWRIGHT_SECRET_KEY is not 64 hex digits, or the file is damaged.
    """
    if ENVIRONMENT.secret_key:
        try:
            secret = bytes.fromhex(ENVIRONMENT.secret_key)
        except ValueError:
            secret = b""
        if len(secret) != 32:
            raise WrongSetting("passwright: PASSWRIGHT_SECRET_KEY: write 64 hex digits (32 bytes).")
        return secret
    path = key_file()
    if not path.exists():
        create_key_file(path)
    try:
        secret = bytes.fromhex(path.read_text().strip())
    except ValueError:
        secret = b""
    if len(secret) != 32:
        raise WrongSetting(f"passwright: {path} does not hold 64 hex digits. Restore it from your backup.")
    return secret


def key_file() -> Path:
    return ENVIRONMENT.home / "secret.key"


def has_installation_secret() -> bool:
    """Whether there is one already; asking makes none."""
    return bool(ENVIRONMENT.secret_key) or key_file().exists()


def check_value() -> bytes:
    """What the database keeps to know the secret again. It tells nothing of it."""
    return derived_key("check value")


def create_key_file(path: Path) -> None:
    """Write a new key whole or not at all; of two processes at once one wins and both read the same."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f"{path.name}.{random.token_hex(8)}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(random.token_hex(32) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(part, path)
    except FileExistsError:
        pass
    finally:
        part.unlink()
        sync_folder(path.parent)


@cache
def derived_key(label: str) -> bytes:
    """32 bytes for one purpose (RFC 5869)."""
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=f"passwright {label}".encode()).derive(
        installation_secret()
    )


@cache
def encryption() -> AESGCM:
    """Kept: to set up its key costs more than to decrypt a token."""
    return AESGCM(derived_key("encryption"))


def encrypt(plain: bytes, *, label: str) -> bytes:
    """Nonce and AES-256-GCM cipher text; only `decrypt` with the same label reads it."""
    nonce = random.token_bytes(12)
    return nonce + encryption().encrypt(nonce, plain, label.encode())


def decrypt(cipher: bytes, *, label: str) -> bytes:
    """What `encrypt` was given.

    Raises:
        WrongSecret: if it was encrypted with another secret or label, or was changed.
    """
    try:
        return encryption().decrypt(cipher[:12], cipher[12:], label.encode())
    except (InvalidTag, ValueError):
        raise WrongSecret(f"{label} cannot be decrypted with this installation's secret key") from None


def page_token(pass_id: uuid.UUID) -> str:
    """The 22 url-safe characters that open one pass's page."""
    return sealed_id(pass_id, "page token")


def read_page_token(token: str) -> uuid.UUID | None:
    """The pass a page token stands for; None if it cannot be one. A guess gives the id of no pass."""
    return opened_id(token, "page token")


def edit_token(pass_id: uuid.UUID) -> str:
    """The 22 url-safe characters with which a holder changes his pass. Who can look at a pass does not know them."""
    return sealed_id(pass_id, "edit token")


def read_edit_token(token: str) -> uuid.UUID | None:
    """As `read_page_token`."""
    return opened_id(token, "edit token")


def sealed_id(id_: uuid.UUID, purpose: str) -> str:
    encryptor = Cipher(algorithms.AES(derived_key(purpose)), modes.ECB()).encryptor()  # noqa: S305 - one block, a permutation
    return base64.urlsafe_b64encode(encryptor.update(id_.bytes)).rstrip(b"=").decode()


def opened_id(token: str, purpose: str) -> uuid.UUID | None:
    if len(token) != 22:
        return None
    try:
        block = base64.b64decode(token + "==", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(block) != 16 or base64.urlsafe_b64encode(block).rstrip(b"=").decode() != token:
        return None
    decryptor = Cipher(algorithms.AES(derived_key(purpose)), modes.ECB()).decryptor()  # noqa: S305 - as above
    return uuid.UUID(bytes=decryptor.update(block))


def authentication_token(serial_number: uuid.UUID, link_id: uuid.UUID | None = None) -> str:
    """What a phone shows to Apple's web service for this pass: 32 hex digits, never in a listing or a log.

    Of a pass that was given to somebody else there are 64: its ``link_id`` before them, so that also such a token is
    known to be ours, and for which holder it was made, before anything is read.
    """
    told = link_id.bytes if link_id else b""
    code = hmac.digest(derived_key("authentication token"), serial_number.bytes + told, hashlib.sha256)[:16]
    return (told + code).hex()


def link_id_of(authentication_token: str) -> uuid.UUID | None:
    """What a token says of the link id, true or not; None if it says nothing of any."""
    said = LINK_ID.match(authentication_token)
    return uuid.UUID(said[1]) if said else None


def attempt_digest(who: bytes) -> bytes:
    """Under which the attempts of somebody are counted. Without the key nobody finds out who it is by trying."""
    return hmac.digest(derived_key("attempts"), who, hashlib.sha256)


def new_api_credentials() -> tuple[str, str]:
    """A user name and a password of 256 random bits."""
    return random.token_hex(12), random.token_urlsafe(32)


def hash_api_password(password: str) -> bytes:
    """SHA-256: enough for 256 random bits, and fast enough for every request (see docs/decisions)."""
    return hashlib.sha256(password.encode()).digest()


def same_api_password(password: str, password_hash: bytes) -> bool:
    """In constant time."""
    return hmac.compare_digest(hash_api_password(password), bytes(password_hash))
