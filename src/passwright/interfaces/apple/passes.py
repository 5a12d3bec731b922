"""``/v1/passes/…``: the pass as it is now, and the sign-up of its holder."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest

from passwright.apple.web_service import MOST_SIGN_UP_BYTES, read_http_date, read_sign_up
from passwright.interfaces.apple.answers import Answer, answered, pass_answer, wrong_method
from passwright.interfaces.apple.requests import authorization_of, body_of, now
from passwright.operations.deliver_to_phone import deliver_to_phone, look_for_phone
from passwright.operations.open_pass import serial_number_opened
from passwright.operations.personalize import personalize

SIGNATURE = "application/octet-stream"


@answered
def latest_pass(request: HttpRequest, pass_type_identifier: str, serial_number: str) -> Answer:
    if request.method not in ("GET", "HEAD"):
        return wrong_method("GET", "HEAD")
    return fetched(
        request.method,
        pass_type_identifier,
        serial_number,
        request.headers.get("Authorization"),
        request.headers.get("If-Modified-Since"),
        now(),
    )


def fetched(
    method: str,
    pass_type_identifier: str,
    serial_number: str,
    authorization: str | None,
    since: str | None,
    at: datetime,
) -> Answer:
    """The pass, or that it is as it was; for HEAD without signing it.

    Raises:
        NotAuthorized: if the token does not open it.
    """
    ask = deliver_to_phone if method == "GET" else look_for_phone
    delivery = ask(
        pass_type_identifier=pass_type_identifier,
        serial_number=serial_number,
        token=authorization_of(authorization).token,
        since=read_http_date(since),
        at=at,
    )
    return pass_answer(delivery)


@answered
def sign_up(request: HttpRequest, pass_type_identifier: str, serial_number: str) -> Answer:
    """``…/personalize``: answered with the token's signature."""
    if request.method != "POST":
        return wrong_method("POST")
    token = authorization_of(request.headers.get("Authorization")).token
    serial_number_opened(serial_number, token)
    signature = personalize(
        pass_type_identifier=pass_type_identifier,
        serial_number=serial_number,
        token=token,
        sign_up=read_sign_up(body_of(request, MOST_SIGN_UP_BYTES)),
        now=now(),
    )
    return Answer(200, (("Content-Type", SIGNATURE),), signature)
