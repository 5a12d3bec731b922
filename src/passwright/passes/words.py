"""Typed values in the language of a campaign, for texts that no phone formats: what stands within a sentence, and the
answers of switches.

Numbers, amounts and dates that stand alone are formatted by the phone in its owner's language (`wallets.apple`).
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from passwright.passes.content import DataType, Field

NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,12})?", re.ASCII)
"""As JSON writes one, with no more digits than a phone keeps."""
CURRENCY_CODE = re.compile(r"[A-Z]{3}")
SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹", "BRL": "R$", "KRW": "₩", "ILS": "₪"}
WITHOUT_CENTS = frozenset({"JPY", "KRW", "VND", "CLP", "ISK"})
NARROW_SPACE, SPACE = "\u202f", "\u00a0"
NOT_TEXT = frozenset({DataType.IMAGE, DataType.LOCATIONS})
"""Filled in like fields, but shown as a picture and as places, never as words."""


class Tongue(Struct, frozen=True, kw_only=True):
    """How a language writes. ``day`` and ``short_day`` are filled in with day, month and year. On the back stand
    ``latest_news`` above what was said to lock screens, and ``your_details`` and ``manage`` above the link with which a
    holder changes what he said and as its words. ``badge`` is the button of other websites."""

    yes: str
    no: str
    latest_news: str
    your_details: str
    manage: str
    badge: str
    months: str
    day: str
    short_day: str = "{0:02}/{1:02}/{2:04}"
    group: str
    point: str
    amount: str = "{number}\u00a0{sign}"


TONGUES = {
    "en": Tongue(
        yes="Yes",
        no="No",
        latest_news="Latest news",
        your_details="Your details",
        manage="Manage this pass",
        badge="Add to your wallet",
        months="January February March April May June July August September October November December",
        day="{0} {1} {2}",
        group=",",
        point=".",
        amount="{sign}{number}",
    ),
    "pt": Tongue(
        yes="Sim",
        no="Não",
        latest_news="Novidades",
        your_details="Os seus dados",
        manage="Gerir este passe",
        badge="Adicionar à carteira",
        months="janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        day="{0} de {1} de {2}",
        group=".",
        point=",",
    ),
    "de": Tongue(
        yes="Ja",
        no="Nein",
        latest_news="Neuigkeiten",
        your_details="Ihre Angaben",
        manage="Diesen Pass verwalten",
        badge="Zum Wallet hinzufügen",
        months="Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
        day="{0}. {1} {2}",
        short_day="{0:02}.{1:02}.{2:04}",
        group=".",
        point=",",
    ),
    "es": Tongue(
        yes="Sí",
        no="No",
        latest_news="Novedades",
        your_details="Sus datos",
        manage="Gestionar este pase",
        badge="Añadir a la cartera",
        months="enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        day="{0} de {1} de {2}",
        group=".",
        point=",",
    ),
    "fr": Tongue(
        yes="Oui",
        no="Non",
        latest_news="Dernières nouvelles",
        your_details="Vos informations",
        manage="Gérer ce pass",
        badge="Ajouter au portefeuille",
        months="janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        day="{0} {1} {2}",
        group=NARROW_SPACE,
        point=",",
    ),
}
ENGLISH = TONGUES["en"]
BOOLEAN = DataType.BOOLEAN
MOST_UNGROUPED = 4
"""Digits that stand together: years and numbers of houses are numbers too."""


def spoken(field: Field, language: str) -> str:
    """The value as a sentence of the language says it; what does not read as its type as it was written, and nothing
    for pictures and places.

    >>> from passwright.passes.content import Position
    >>> member = Field(key="since", position=Position.BACK, data_type=DataType.DATE, value="2026-11-22")
    >>> spoken(member, "de")
    '22. November 2026'
    """
    write = WRITERS.get(field.data_type)
    if write is None:
        return field.value or ""
    value, tongue = (field.value or "").strip(), tongue_of(language)
    return write(value, (field.format or "").strip(), tongue) or (field.value or "")


def tongue_of(language: str) -> Tongue:
    """English where nobody has said how a language writes."""
    return TONGUES.get(language, ENGLISH)


def worded(field: Field, language: str) -> Field:
    """The field as a face shows it: the answer of a switch in the language, all others as they are."""
    if field.data_type is not BOOLEAN or not field.value or tongue_of(language) is ENGLISH:
        return field
    return replace(field, value=answer(field.value.strip(), tongue_of(language)))


def answer(value: str, tongue: Tongue) -> str:
    """Of a switch, which is kept in English."""
    return {"Yes": tongue.yes, "No": tongue.no}.get(value, value)


def number(value: str, style: str, tongue: Tongue) -> str:
    if not NUMBER.fullmatch(value):
        return ""
    if style.lower() == "percent":
        return digits(f"{Decimal(value) * 100:f}", tongue) + "%"
    return digits(value, tongue)


def digits(text: str, tongue: Tongue) -> str:
    whole, _, fraction = text.partition(".")
    if len(whole.lstrip("-")) > MOST_UNGROUPED:
        whole = f"{int(whole):,}".replace(",", tongue.group)
    kept = fraction.rstrip("0") if "." in text else ""
    return f"{whole}{tongue.point}{kept}" if kept else whole


def amount(value: str, code: str, tongue: Tongue) -> str:
    """Without a currency it is as it was written: nobody should guess one."""
    code = code.upper()
    if not NUMBER.fullmatch(value) or not CURRENCY_CODE.fullmatch(code):
        return ""
    plain = f"{abs(Decimal(value)):,.{0 if code in WITHOUT_CENTS else 2}f}"
    written = plain.translate({ord(","): tongue.group, ord("."): tongue.point})
    sign = SIGNS.get(code, code if tongue is not ENGLISH else code + SPACE)
    return ("-" if value.startswith("-") else "") + tongue.amount.format(number=written, sign=sign)


def day(value: str, style: str, tongue: Tongue) -> str:
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return ""
    if style.lower().startswith("short"):
        return tongue.short_day.format(found.day, found.month, found.year)
    return tongue.day.format(found.day, tongue.months.split()[found.month - 1], found.year)


def moment(value: str, style: str, tongue: Tongue) -> str:
    """In the zone in which it was written."""
    date = day(value, style, tongue)
    return f"{date}, {datetime.fromisoformat(value):%H:%M}" if date and len(value) > len("2026-11-22") else date


WRITERS = {
    DataType.BOOLEAN: lambda value, _, tongue: answer(value, tongue),
    DataType.NUMBER: number,
    DataType.CURRENCY: amount,
    DataType.DATE: day,
    DataType.DATETIME: moment,
    DataType.IMAGE: lambda *_: "",
    DataType.LOCATIONS: lambda *_: "",
}
