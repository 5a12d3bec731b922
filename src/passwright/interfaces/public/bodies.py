"""What the form may send. Decided by its headers: a body that is refused is never read, and nothing of it kept."""

from __future__ import annotations

from django.http import HttpRequest

from passwright.interfaces.public import refusals
from passwright.interfaces.public.answers import Refusal

FORM = "application/x-www-form-urlencoded"
MOST_BYTES = 256 * 1024


def refusal_of_body(request: HttpRequest) -> Refusal | None:
    """Why the body is not read; None if it is a form of a size that people fill in."""
    length = str(request.META.get("CONTENT_LENGTH") or "")
    if not (length.isascii() and length.isdigit()):
        return refusals.WITHOUT_LENGTH
    if len(length) > len(str(MOST_BYTES)) or int(length) > MOST_BYTES:
        return refusals.TOO_LONG
    return refusals.NOT_A_FORM if int(length) and request.content_type != FORM else None
