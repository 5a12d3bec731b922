"""Reward sign-up: ``personalization.json``, its rules, and the signed token that answers a sign-up.

A store card with NFC asks its holder for a name or an address when it is added. The device posts the answers with a
token; the server signs the token, and the device fetches the pass again, now without ``personalization.json``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from passwright.apple import json_object
from passwright.apple.json_object import AppleObject, apple_key
from passwright.apple.pass_json import Pass

FILE_NAME = "personalization.json"
LOGO = "personalizationLogo"
LOGO_FILE_NAME = "personalizationLogo@2x.png"


class PersonalizationField(StrEnum):
    """What may be asked for."""

    NAME = "PKPassPersonalizationFieldName"
    POSTAL_CODE = "PKPassPersonalizationFieldPostalCode"
    EMAIL_ADDRESS = "PKPassPersonalizationFieldEmailAddress"
    PHONE_NUMBER = "PKPassPersonalizationFieldPhoneNumber"


class Personalization(AppleObject, frozen=True, kw_only=True, omit_defaults=True, rename=apple_key):
    """The whole of personalization.json."""

    description: str
    required_personalization_fields: tuple[PersonalizationField, ...]
    terms_and_conditions: str | None = None
    """May contain ``<a href='…'>``."""


class Signs(Protocol):
    """What `passwright.apple.signature.Signer` does."""

    def sign(self, manifest: bytes, signed_at: datetime) -> bytes: ...


class PersonalizationProblem(StrEnum):
    """Why a phone does not offer the sign-up; the value is the sentence to show."""

    NO_DESCRIPTION = "personalization.json has no description: say what the holder signs up for."
    NO_FIELDS = "personalization.json asks for nothing: name at least one field in requiredPersonalizationFields."
    UNKNOWN_FIELD = "requiredPersonalizationFields names something else than name, postal code, e-mail and telephone."
    REPEATED_FIELD = "requiredPersonalizationFields names a field twice."
    NO_NFC = "Only passes with an nfc key can be personalized."
    NO_WEB_SERVICE = "The pass needs webServiceURL and authenticationToken: the answers are posted there."
    NO_LOGO = "The file personalizationLogo@2x.png is missing."


def encode(personalization: Personalization) -> bytes:
    """Compact JSON in UTF-8."""
    return json_object.encode(personalization)


def problems(personalization: Personalization, pass_: Pass, file_names: frozenset[str]) -> list[PersonalizationProblem]:
    """What is wrong with a personalizable pass made of these files; empty if nothing is."""
    fields = [str(field) for field in personalization.required_personalization_fields]
    return found(
        described=bool(personalization.description.strip()),
        fields=fields,
        nfc=pass_.nfc is not None,
        updated=bool(pass_.web_service_url and pass_.authentication_token),
        file_names=file_names,
    )


def problems_in_json(
    personalization: Mapping[str, Any], pass_: Mapping[str, Any], file_names: frozenset[str]
) -> list[PersonalizationProblem]:
    """The same for the decoded JSON of any pass, whatever it holds."""
    fields = personalization.get("requiredPersonalizationFields")
    description = personalization.get("description")
    return found(
        described=isinstance(description, str) and bool(description.strip()),
        fields=[str(field) for field in fields] if isinstance(fields, list) else [],
        nfc=isinstance(pass_.get("nfc"), Mapping),
        updated=bool(pass_.get("webServiceURL") and pass_.get("authenticationToken")),
        file_names=file_names,
    )


def found(
    *, described: bool, fields: list[str], nfc: bool, updated: bool, file_names: frozenset[str]
) -> list[PersonalizationProblem]:
    known = {field.value for field in PersonalizationField}
    rules = (
        (PersonalizationProblem.NO_DESCRIPTION, described),
        (PersonalizationProblem.NO_FIELDS, bool(fields)),
        (PersonalizationProblem.UNKNOWN_FIELD, known.issuperset(fields)),
        (PersonalizationProblem.REPEATED_FIELD, len(set(fields)) == len(fields)),
        (PersonalizationProblem.NO_NFC, nfc),
        (PersonalizationProblem.NO_WEB_SERVICE, updated),
        (PersonalizationProblem.NO_LOGO, LOGO_FILE_NAME in file_names),
    )
    return [problem for problem, kept in rules if not kept]


def sign_token(token: bytes, signer: Signs, signed_at: datetime) -> bytes:
    """The body of the answer to a sign-up: the ``personalizationToken``, signed detached by the pass's certificate.

    Raises:
        ValueError: if ``signed_at`` has no zone.
    """
    return signer.sign(token, signed_at)


def after_sign_up(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of the pass that replaces a personalized one: a phone must not be asked again."""
    return {name: data for name, data in files.items() if name.rpartition("/")[2] != FILE_NAME}
