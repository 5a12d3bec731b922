"""What a request can say about a pass, and the overrides that come of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
from django.db import IntegrityError
from msgspec import UNSET, Struct, UnsetType, structs

from passwright.operations.campaign_content import violated
from passwright.operations.field_pictures import field_pictures
from passwright.operations.pass_values import (
    ValueReader,
    Wrong,
    error_name,
    generated_for,
    given_back,
    missing_values,
    refuse_obstacles,
)
from passwright.operations.pictures import KnownAsset, chosen_pictures
from passwright.operations.places import check_beacons, check_distance, check_locations, clamped_distance
from passwright.operations.refusals import Faults, ValidationFailed, WrongValues
from passwright.operations.sizes import check_number, check_overrides_size
from passwright.passes.answers import rules_of
from passwright.passes.changes import DuplicateKey, SentField, override_fields
from passwright.passes.codes import AskedBarcode, digest_of, first_message, formatted, shown_barcodes
from passwright.passes.content import (
    BarcodesOverride,
    Beacon,
    BeaconsOverride,
    CodeType,
    Content,
    DistanceOverride,
    FieldOverride,
    ImageOverride,
    ImageSlot,
    Location,
    LocationsOverride,
    Overrides,
    PassState,
    Position,
    Revision,
)
from passwright.passes.lay import laid_fields
from passwright.passes.substitution import Words, filled_codes, filled_fields, plan_of


class Who(StrEnum):
    """Who asks: the organization, which may say everything, or the pass's holder, who may say what he is asked for."""

    ISSUER = "issuer"
    HOLDER = "holder"


class PassWanted(Struct, frozen=True, kw_only=True):
    """The attributes of a pass that a request sends, typed. What it does not mention is ``UNSET``.

    None (``null``) gives a part back to the campaign; of a date it means that there is none.
    """

    fields: tuple[SentField, ...] = ()
    lists: frozenset[Position] = frozenset()
    """The field lists that were sent, empty ones too: those that ``merge: false`` replaces."""
    merge: bool = True
    """False: the lists sent take the place of the pass's."""
    push: bool = True
    """False: the devices that hold the pass are not told. The one that asks is answered."""
    barcode: AskedBarcode | UnsetType | None = UNSET
    barcodes: tuple[AskedBarcode, ...] | UnsetType | None = UNSET
    locations: tuple[Location, ...] | UnsetType | None = UNSET
    beacons: tuple[Beacon, ...] | UnsetType | None = UNSET
    max_distance: int | UnsetType | None = UNSET
    expiration_date: datetime | UnsetType | None = UNSET
    relevant_date: datetime | UnsetType | None = UNSET
    user_info: dict[str, Any] | UnsetType | None = UNSET
    voided: bool | UnsetType = UNSET
    external_id: str | UnsetType | None = UNSET
    images: dict[ImageSlot, UUID | None] = msgspec.field(default_factory=dict)
    """``thumbnail_id`` and so on, by slot."""
    values: dict[str, Any] | UnsetType = UNSET
    """By key, what is sent for fields of the campaign: a text, a number, a switch, places; None gives a field back to
    the campaign."""
    values_name: str = "values."
    """What stands before a key in the name of an error about one of ``values``."""
    who: Who = Who.ISSUER
    granted: frozenset[str] = frozenset()
    """Keys of ``values`` that the issuer has said, though a holder asks: in the smart link that he opened."""

    @property
    def by_holder(self) -> bool:
        return self.who is Who.HOLDER


NOTHING_WANTED = PassWanted()

LONGEST_OWN_CODE = 2_500
"""Bytes of a code that a pass brings as its redeem code: an index entry must hold it, and no QR code holds more than
2,953."""


def new_overrides(
    before: Overrides,
    revision: Revision,
    wanted: PassWanted,
    *,
    epoch: int,
    organization_id: UUID,
    assets: Mapping[UUID, KnownAsset] | None = None,
    creating: bool = False,
    shown: Content | None = None,
) -> Overrides:
    """What is particular to a pass that shows ``revision``, after a request written at ``epoch``.

    ``assets``: what is known of the pictures that are asked for, where many passes are looked at together.
    ``creating``: the pass is being made; all values that are needed have to be there. ``shown``: what a pass that is
    there says, without which it is taken to say what its campaign does.

    Raises:
        WrongValues: naming what is wrong with values of fields, and every other attribute that is.
        ValidationFailed: naming every attribute that cannot be as asked for.
        PreconditionFailed: if a holder cannot make a pass of this campaign, whatever he says.
    """
    ruled = rules_of(revision.fields).ruled
    if wanted == NOTHING_WANTED and revision.code_type is not CodeType.PER_PASS and not (creating and ruled):
        return before
    faults = Faults()
    wrong: Wrong = {}
    if ruled or wanted.by_holder or wanted.values is not UNSET:
        fields = new_ruled_fields(before, revision, wanted, epoch, faults, wrong, creating=creating, shown=shown)
    else:
        fields = new_fields(before, revision, wanted, wanted.fields, epoch, faults)
    after = structs.replace(
        before,
        fields=fields,
        locations=new_locations(before, wanted, epoch, faults),
        beacons=new_beacons(before, wanted, epoch, faults),
        max_distance=new_distance(before, revision, wanted, epoch, faults),
        images=new_images(before, revision, wanted, epoch, organization_id, assets, faults),
        barcodes=new_barcodes(before, revision, wanted, epoch),
    )
    pictures = field_pictures(
        before,
        after,
        revision,
        sent=wanted.images.keys(),
        epoch=epoch,
        organization_id=organization_id,
        assets=assets,
        wrong=wrong,
    )
    after = structs.replace(after, images=pictures)
    if revision.code_type is CodeType.PER_PASS:
        check_own_code(own_message(after), faults)
    if wrong:
        of_campaign = {field.key: field for field in revision.fields}
        for key, found in wrong.items():
            for each in found:
                faults.add(error_name(key, of_campaign, wanted), str(each))
        raise WrongValues(faults.errors, wrong)
    faults.check()
    check_overrides_size(after)
    return after


def new_ruled_fields(
    before: Overrides,
    revision: Revision,
    wanted: PassWanted,
    epoch: int,
    faults: Faults,
    wrong: Wrong,
    *,
    creating: bool,
    shown: Content | None,
) -> tuple[FieldOverride, ...]:
    """The same where values are read by types and rules; what is wrong with them goes to ``wrong``."""
    if creating and wanted.by_holder:
        refuse_obstacles(revision, wanted.granted)
    read = ValueReader(revision, wanted, shown).read()
    made = generated_for(revision, read) if creating else ()
    after = new_fields(before, revision, wanted, read.fields, epoch, faults)
    if faults.errors:
        after = before.fields
    elif read.values or made or read.given_back:
        laid = override_fields(
            structs.replace(before, fields=after), revision, (*read.values, *made), epoch=epoch, replace=False
        )
        after = given_back(laid.fields, read.given_back - {sent.key for sent in made})
    wrong |= read.wrong
    for key, fault in () if faults.errors else missing_values(revision, wanted, after, creating=creating).items():
        wrong.setdefault(key, (fault,))
    return after


def check_own_code(message: str | None, faults: Faults) -> None:
    if message is None:
        faults.add("barcode", "needs a message: every pass of this campaign brings its own code")
    elif len(message.encode()) > LONGEST_OWN_CODE:
        faults.add("barcode", f"has a message that is too long (at most {LONGEST_OWN_CODE} bytes)")


def new_fields(
    before: Overrides,
    revision: Revision,
    wanted: PassWanted,
    sent: tuple[SentField, ...],
    epoch: int,
    faults: Faults,
) -> tuple[FieldOverride, ...]:
    """``sent``: what stood in lists, with the values that are kept."""
    try:
        after = override_fields(before, revision, sent, epoch=epoch, replace=not wanted.merge, lists=wanted.lists)
    except DuplicateKey as error:
        faults.add(f"{error.lists[1]}_fields", str(error))
        return before.fields
    for field in wanted.fields:
        if not field.key.strip():
            faults.add(f"{field.position}_fields", "has a field without a key")
    check_number(after.fields, faults, whose="pass")
    return after.fields


def new_locations(before: Overrides, wanted: PassWanted, epoch: int, faults: Faults) -> LocationsOverride | None:
    if wanted.locations is UNSET:
        return before.locations
    if wanted.locations is None:
        return None
    check_locations(wanted.locations, faults)
    return LocationsOverride(at=epoch, locations=wanted.locations)


def new_beacons(before: Overrides, wanted: PassWanted, epoch: int, faults: Faults) -> BeaconsOverride | None:
    if wanted.beacons is UNSET:
        return before.beacons
    if wanted.beacons is None:
        return None
    check_beacons(wanted.beacons, faults)
    return BeaconsOverride(at=epoch, beacons=wanted.beacons)


def new_distance(
    before: Overrides, revision: Revision, wanted: PassWanted, epoch: int, faults: Faults
) -> DistanceOverride | None:
    if wanted.max_distance is UNSET:
        return before.max_distance
    if wanted.max_distance is None:
        return None
    check_distance(wanted.max_distance, faults)
    return DistanceOverride(at=epoch, max_distance=clamped_distance(revision.style, wanted.max_distance))


def new_images(
    before: Overrides,
    revision: Revision,
    wanted: PassWanted,
    epoch: int,
    organization_id: UUID,
    assets: Mapping[UUID, KnownAsset] | None,
    faults: Faults,
) -> dict[ImageSlot, ImageOverride]:
    """A picture that the pass has already may be sent again, though its asset was deleted since: it is still shown."""
    had = revision.look.images | {slot: own.image for slot, own in before.images.items()}
    asked = {slot: asset_id for slot, asset_id in wanted.images.items() if asset_id}
    again = {slot: had[slot] for slot, asset_id in asked.items() if slot in had and had[slot].asset_id == str(asset_id)}
    others = {slot: asset_id for slot, asset_id in asked.items() if slot not in again}
    chosen = again | chosen_pictures(organization_id, others, faults, known=assets)
    kept = {slot: image for slot, image in before.images.items() if slot not in wanted.images}
    return kept | {slot: ImageOverride(at=epoch, image=image) for slot, image in chosen.items()}


def new_barcodes(before: Overrides, revision: Revision, wanted: PassWanted, epoch: int) -> BarcodesOverride | None:
    """``barcodes`` rule over ``barcode`` when both are sent. One without a format has that of the code it replaces."""
    current = before.barcodes.barcodes[0] if before.barcodes else revision.barcode
    if asked := wanted.barcodes or ((wanted.barcode,) if wanted.barcode else ()):
        return BarcodesOverride(at=epoch, barcodes=tuple(formatted(code, current) for code in asked))
    return before.barcodes if wanted.barcode is UNSET and wanted.barcodes is UNSET else None


def barcode_digest(overrides: Overrides, revision: Revision) -> bytes | None:
    """By which a scanner finds the pass whose code says something of its own; None if it says what all others say.

    A merge can change what is shown without this: who finds a pass by it compares what the pass shows.
    """
    message = own_message(overrides) or told_message(overrides, revision)
    return digest_of(message) if message else None


def told_message(overrides: Overrides, revision: Revision) -> str | None:
    """What a field or a text that is filled in makes of the pass's code, as long as nothing but fields is asked for."""
    plan = plan_of(revision)
    if plan is not None and plan.scanned:
        words = Words(laid_fields(revision, overrides, 0, 0), UNKNOWN, revision.language)
        (shown, *_) = shown_barcodes(
            filled_codes(revision, words), Overrides(), "", filled_fields(plan, words.of, words)
        )
        return None if UNKNOWN_CODE in shown.message else shown.message or None
    scanned = {field.key for field in revision.fields if field.use_as_barcode}
    return next((field.value for field in overrides.fields if field.key in scanned and field.value), None)


UNKNOWN_CODE = "\ufffe"
"""In the place of a serial number or redeem code, which a pass gets after this."""
UNKNOWN = PassState(serial_number=UNKNOWN_CODE, made_at=0, redeem_code=UNKNOWN_CODE)


def taken(error: IntegrityError) -> ValidationFailed | None:
    """What the database refused because another pass of the campaign has it already."""
    faults = TAKEN.get(violated(error) or "")
    return ValidationFailed(faults) if faults else None  # a new one each time: an exception keeps what raised it


TAKEN = {
    "pass_redeem_code": {"barcode": ["has a message that another pass of this campaign has"]},
    "pass_external_id": {"external_id": ["has already been taken in this campaign"]},
    "distinct_value_of_campaign": {"base": ["has a value that has already been taken in this campaign"]},
}


def own_message(overrides: Overrides) -> str | None:
    """The message of the pass's own codes, by which scanners find a pass whose campaign asks each for its own."""
    return first_message(overrides.barcodes.barcodes) if overrides.barcodes else None
