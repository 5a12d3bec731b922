from __future__ import annotations

import json
from typing import Any

import pytest

from passwright.apple import cms, personalization
from passwright.apple.pass_json import NFC, Pass
from passwright.apple.personalization import Personalization, PersonalizationField, PersonalizationProblem
from tests.apple.chain import NOW, authority, signer

ASKED = Personalization(
    description="Join Toy Town",
    required_personalization_fields=(PersonalizationField.NAME, PersonalizationField.EMAIL_ADDRESS),
    terms_and_conditions="<a href='https://example.org'>Terms</a>",
)
LOGO = frozenset({"personalizationLogo@2x.png"})


def card(**more: Any) -> Pass:
    known: dict[str, Any] = {
        "pass_type_identifier": "pass.x", "serial_number": "1", "team_identifier": "T", "organization_name": "O",
        "description": "D", "web_service_url": "https://example.org", "authentication_token": "0123456789abcdef",
        "nfc": NFC(message="1", encryption_public_key="MDkw"),
    }  # fmt: skip
    return Pass(**(known | more))


def test_the_file() -> None:
    assert json.loads(personalization.encode(ASKED)) == {
        "description": "Join Toy Town",
        "requiredPersonalizationFields": ["PKPassPersonalizationFieldName", "PKPassPersonalizationFieldEmailAddress"],
        "termsAndConditions": "<a href='https://example.org'>Terms</a>",
    }


def test_nothing_is_wrong_with_a_complete_one() -> None:
    assert personalization.problems(ASKED, card(), LOGO) == []


@pytest.mark.parametrize(
    ("asked", "more", "names", "expected"),
    [
        ({"description": " "}, {}, LOGO, PersonalizationProblem.NO_DESCRIPTION),
        ({"requiredPersonalizationFields": []}, {}, LOGO, PersonalizationProblem.NO_FIELDS),
        ({"requiredPersonalizationFields": "Name"}, {}, LOGO, PersonalizationProblem.NO_FIELDS),
        ({"requiredPersonalizationFields": ["Shoe size"]}, {}, LOGO, PersonalizationProblem.UNKNOWN_FIELD),
        (
            {"requiredPersonalizationFields": ["PKPassPersonalizationFieldName"] * 2},
            {},
            LOGO,
            PersonalizationProblem.REPEATED_FIELD,
        ),
        ({}, {"nfc": None}, LOGO, PersonalizationProblem.NO_NFC),
        ({}, {"authenticationToken": None}, LOGO, PersonalizationProblem.NO_WEB_SERVICE),
        ({}, {}, frozenset(), PersonalizationProblem.NO_LOGO),
    ],
)
def test_each_rule(
    asked: dict[str, Any], more: dict[str, Any], names: frozenset[str], expected: PersonalizationProblem
) -> None:
    whole = json.loads(personalization.encode(ASKED)) | asked
    pass_ = {"nfc": {"message": "1"}, "webServiceURL": "https://example.org", "authenticationToken": "0" * 16} | more
    assert personalization.problems_in_json(whole, pass_, names) == [expected]


def test_the_token_is_signed_detached() -> None:
    written = personalization.sign_token(b"token", signer(), NOW)
    assert cms.verify(written, b"token", [authority().root], NOW) == []


def test_the_next_pass_does_not_ask_again() -> None:
    files = {"personalization.json": b"", "de.lproj/personalization.json": b"", "icon.png": b"1"}
    assert personalization.after_sign_up(files) == {"icon.png": b"1"}
