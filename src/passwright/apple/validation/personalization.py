"""personalization.json: signing up for a reward card by holding the phone to a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from passwright.apple.validation.document import Document, mapping
from passwright.apple.validation.issue import Issue, Severity, rules_about
from passwright.apple.validation.json_text import read_json
from passwright.apple.validation.shapes import list_of, object_of, one_of, text

rule = rules_about("Personalization")

NEEDS_NFC = rule(
    "personalization_without_nfc",
    Severity.HIDDEN,
    "Phones offer the sign-up at an NFC terminal only, and the pass has no nfc.",
    "Add nfc, or leave personalization.json out.",
)
NEEDS_WEB_SERVICE = rule(
    "personalization_without_web_service",
    Severity.HIDDEN,
    "Phones send the sign-up to the web service, and the pass has none.",
    "Add webServiceURL and authenticationToken, or leave personalization.json out.",
)
NEEDS_STORE_CARD = rule(
    "personalization_style",
    Severity.HIDDEN,
    "Phones offer the sign-up on reward cards only; this pass is a {style}.",
    "Make it a storeCard, or leave personalization.json out.",
)
NO_FIELDS = rule(
    "personalization_asks_nothing",
    Severity.HIDDEN,
    "requiredPersonalizationFields is empty, so there is nothing to sign up with.",
    "Ask for at least one of: {words}.",
)
LOGO_MISSING = rule(
    "personalization_logo_missing",
    Severity.HIDDEN,
    "personalizationLogo@2x.png is missing; the sign-up shows no logo.",
    "Add personalizationLogo@2x.png with 300 × 80 pixels.",
)

NAME = "personalization.json"
FIELDS = tuple(f"PKPassPersonalizationField{name}" for name in ("Name", "PostalCode", "EmailAddress", "PhoneNumber"))
PERSONALIZATION = object_of(
    {
        "description": text,
        "requiredPersonalizationFields": list_of(one_of(FIELDS)),
        "termsAndConditions": text,
    },
    required=("description", "requiredPersonalizationFields"),
)


def check_personalization(document: Document, files: Mapping[str, bytes]) -> Iterator[Issue]:
    data = files.get(NAME)
    if data is None:
        return
    reading = read_json(data, NAME)
    yield from reading.issues
    if reading.understood:
        yield from PERSONALIZATION(reading.value, NAME)
        if mapping(reading.value).get("requiredPersonalizationFields") == []:
            yield NO_FIELDS.at(f"{NAME}/requiredPersonalizationFields", words=FIELDS)
    if "personalizationLogo@2x.png" not in files:
        yield LOGO_MISSING.at("personalizationLogo@2x.png")
    yield from condition_issues(document)


def condition_issues(document: Document) -> Iterator[Issue]:
    if "nfc" not in document.keys:
        yield NEEDS_NFC.at(NAME)
    if not {"webServiceURL", "authenticationToken"} <= document.keys.keys():
        yield NEEDS_WEB_SERVICE.at(NAME)
    if document.style not in (None, "storeCard"):
        yield NEEDS_STORE_CARD.at(NAME, style=document.style)
