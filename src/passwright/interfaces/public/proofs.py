"""A small sum that a browser does before it may send a form: dear to whoever sends many, unnoticed by who sends one.

The ALTCHA protocol (version 1): which number, written after the salt, has this SHA-256? The salt says until when the
question counts and for which link; the signature says that we asked. No other server is told of it.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from datetime import datetime, timedelta
from typing import Any, Literal, cast

import msgspec
from altcha.v1 import create_challenge, extract_params, verify_solution
from msgspec import Struct

from passwright import secrets
from passwright.operations.attempts import attempt

NAME = "altcha"
"""Of the form's input."""
LIFETIME = timedelta(minutes=10)
MOST_NUMBER = 150_000
"""On average half of them are tried: a tenth of a second on a computer, one second on an old phone."""
LONGEST_PROOF = 2048


class Proof(Struct, frozen=True):
    algorithm: Literal["SHA-256"]
    challenge: str
    number: int
    salt: str
    signature: str


def key() -> bytes:
    return secrets.derived_key("proof of work")


def challenge(link: str, at: datetime) -> str:
    """A question for the form of this link, as JSON."""
    made = create_challenge(
        algorithm="SHA-256",
        max_number=MOST_NUMBER,
        salt_length=16,
        hmac_key=key(),
        salt="",
        number=None,
        expires=at + LIFETIME,
        params={"link": link},
    )
    return msgspec.json.encode(made.to_dict()).decode()


def take(text: str, link: str, at: datetime) -> bool:
    """Whether it answers a question that we asked for this link in the last ten minutes. It does so once."""
    proof = read(text)
    if proof is None:
        return False
    said = cast(Any, msgspec.to_builtins(proof))
    right, _ = verify_solution(said, key(), check_expires=False)
    if not right:
        return False
    params = extract_params(said)
    if params.get("link") != [link] or int(params["expires"][0]) <= at.timestamp():
        return False
    return attempt(who=f"proof {proof.challenge}".encode(), limit=1, within=2 * LIFETIME, now=at)


def read(text: str) -> Proof | None:
    if len(text) > LONGEST_PROOF:
        return None
    try:
        return msgspec.json.decode(b64decode(text, validate=True), type=Proof)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        return None
