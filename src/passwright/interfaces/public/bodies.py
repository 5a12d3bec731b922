"""What the form may send. Decided by its headers: a body that is refused is never read, and nothing of it kept."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest
from msgspec import Struct

from passwright.interfaces.public import refusals
from passwright.interfaces.public.answers import Refusal
from passwright.interfaces.public.questions import input_name
from passwright.operations.keep_holder_picture import MAX_BYTES, HolderPicture, UnusablePicture, readable_picture
from passwright.passes.answers import Fault
from passwright.passes.content import DataType, Field

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
MOST_BYTES = 256 * 1024
"""Of all that is typed."""
MOST_PICTURES = 10


class Uploads(Struct, frozen=True, kw_only=True):
    """The pictures of a form, by the key of their field, and what keeps others from being used."""

    pictures: dict[str, HolderPicture]
    faults: dict[str, tuple[Fault, ...]]


def refusal_of_body(request: HttpRequest, pictures: int = 0) -> Refusal | None:
    """Why the body is not read; None if it is a form of a size that people fill in, with as many ``pictures``."""
    most = MOST_BYTES + min(pictures, MOST_PICTURES) * MAX_BYTES
    length = str(request.META.get("CONTENT_LENGTH") or "")
    if not (length.isascii() and length.isdigit()):
        return refusals.WITHOUT_LENGTH
    if len(length) > len(str(most)) or int(length) > most:
        return refusals.PICTURES_TOO_LARGE if pictures else refusals.TOO_LONG
    return refusals.NOT_A_FORM if int(length) and not is_form(request, pictures) else None


def is_form(request: HttpRequest, pictures: int) -> bool:
    return request.content_type == FORM or (pictures > 0 and request.content_type == MULTIPART)


def number_of_pictures(fields: Iterable[Field]) -> int:
    return sum(field.data_type is DataType.IMAGE for field in fields)


def answer_of(request: HttpRequest, field: Field, uploads: Uploads) -> str:
    """What was typed or chosen; of a picture, under what it will be kept. A text is never the answer to a picture."""
    if field.data_type is DataType.IMAGE:
        picture = uploads.pictures.get(field.key)
        return picture.digest if picture else ""
    return str(request.POST.get(input_name(field.key), ""))


def uploads_of(request: HttpRequest, fields: Iterable[Field]) -> Uploads:
    """The file of each field that asks for a picture, read and written anew: nothing else of it is kept."""
    pictures: dict[str, HolderPicture] = {}
    faults: dict[str, tuple[Fault, ...]] = {}
    for field in fields:
        file = request.FILES.get(input_name(field.key)) if field.data_type is DataType.IMAGE else None
        if file is None or not file.size:
            continue
        try:
            pictures[field.key] = readable_picture(field, file.read(MAX_BYTES + 1))
        except UnusablePicture as error:
            faults[field.key] = (error.fault,)
    return Uploads(pictures=pictures, faults=faults)
