"""What a pass says: its campaign's revision with the pass's own parts laid over it.

Nothing is rewritten when a campaign is merged or reset: one mark is set, and every part of a pass that is older
than the mark no longer counts. Epochs are the campaign's counter, which moves at every content update, merge and
reset; what is written after one of them carries an epoch that is not smaller.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from passwright.passes.codes import shown_barcodes
from passwright.passes.content import (
    Behaviour,
    Content,
    Field,
    FieldOverride,
    Location,
    Look,
    Marks,
    Overrides,
    PassState,
    Position,
    Reset,
    Revision,
    Stamped,
)
from passwright.passes.places import MOST_PLACES, read_places
from passwright.passes.substitution import (
    Words,
    filled_beacons,
    filled_codes,
    filled_fields,
    filled_locations,
    filled_look,
    plan_of,
)

Kept = TypeVar("Kept", bound=Stamped)

READING_ORDER = {position: place for place, position in enumerate(Position)}


MOST_RESETS = 50
"""That can be undone one after the other: every look at a pass reads them all, and only the last one rules."""


class ShownEpochs(Struct, frozen=True):
    """Of which epoch a pass shows each part of its campaign: the newest revision made at or before it.

    The three differ only after a merge that left the passes' places alone.
    """

    content: int
    locations: int
    beacons: int


def shown_epochs(made_at: int, marks: Marks) -> ShownEpochs:
    base = max(made_at, reset_epoch(made_at, marks))
    return ShownEpochs(
        content=max(base, marks.merge),
        locations=max(base, marks.locations_merge),
        beacons=max(base, marks.beacons_merge),
    )


def shown_epoch(made_at: int, marks: Marks) -> int:
    """The epoch whose newest revision at or before it a pass made at ``made_at`` shows (but see `ShownEpochs`)."""
    return max(made_at, marks.merge, reset_epoch(made_at, marks))


def least_shown(marks: Marks) -> int:
    """The epoch before which no pass shows a revision, however early it was made."""
    return shown_epoch(0, marks)


def reset_epoch(made_at: int, marks: Marks) -> int:
    """When the last reset that touched a pass made at ``made_at`` happened; 0 if none did."""
    if not marks.resets or marks.resets[-1].before <= made_at:
        return 0  # the resets before the last one reach back less far
    return marks.resets[-1].epoch


def merged(marks: Marks, epoch: int, *, locations: bool, beacons: bool, at: datetime) -> Marks:
    """After a merge that became ``epoch``; the flags say whether it brings the places to the passes too."""
    return replace(
        marks,
        merge=epoch,
        locations_merge=epoch if locations else marks.locations_merge,
        beacons_merge=epoch if beacons else marks.beacons_merge,
        at=at,
    )


def reset(marks: Marks, epoch: int, revision_epoch: int, *, at: datetime) -> Marks:
    """After a reset to revision ``revision_epoch`` that became ``epoch``.

    The same marks come back when no content update came since the last merge or reset: no pass is older than
    the campaign then.
    """
    last = max(marks.merge, marks.resets[-1].epoch if marks.resets else 0)
    if revision_epoch <= last:
        return marks
    resets = (*marks.resets, Reset(epoch=epoch, before=revision_epoch))
    if len(resets) > MOST_RESETS:
        resets = (replace(resets[-MOST_RESETS], final=True), *resets[1 - MOST_RESETS :])
    return replace(marks, resets=resets, at=at)


def undo_reset(marks: Marks, *, at: datetime) -> Marks:
    """As if the last reset had not been: what it masked counts again. The same marks if there is none to undo."""
    if not marks.resets or marks.resets[-1].final:
        return marks
    return replace(marks, resets=marks.resets[:-1], at=at)


def lay(
    revision: Revision,
    overrides: Overrides,
    marks: Marks,
    state: PassState,
    *,
    push_message: str = "",
    push_message_epoch: int = 0,
    locations_of: Revision | None = None,
    beacons_of: Revision | None = None,
) -> Content:
    """What the pass says, completely: ``${key}`` in texts of the campaign is filled in (`passes.substitution`).

    ``push_message``: the campaign's, said at ``push_message_epoch``; one that the pass was told by itself since then
    goes before it. ``revision`` is the one of `shown_epoch`. ``locations_of`` and ``beacons_of`` are those of
    `shown_epochs` where they differ, after a merge without ``sync_locations_on_merge`` or ``sync_beacons_on_merge``.
    """
    reset_at = reset_epoch(state.made_at, marks)
    fields = laid_fields(revision, overrides, marks.merge, reset_at)
    # A reset takes nothing from the code: the field that gives it still does, though it is masked on the face.
    scanned = laid_fields(revision, overrides, marks.merge, 0) if reset_at else fields
    look, coded = laid_look(revision, overrides, reset_at), revision
    places, signals = locations_of or revision, beacons_of or revision
    locations, beacons = places.locations, signals.beacons
    plan = plan_of(revision)
    placed = plan if places is revision else plan_of(places)
    signalled = plan if signals is revision else plan_of(signals)
    if plan or placed or signalled:
        words = Words(fields, state, revision.language)
        if placed and placed.locations:
            locations = filled_locations(locations, words)
        if signalled and signalled.beacons:
            beacons = filled_beacons(beacons, words)
        if plan:
            locations = places_in_fields(plan.places, fields, overrides, words) or locations
            coded_words = Words(scanned, state, revision.language) if reset_at else words
            scanned = filled_fields(plan, scanned, coded_words)
            fields = filled_fields(plan, fields, words) if reset_at else scanned
            coded = filled_codes(revision, coded_words) if plan.codes else revision
            look = filled_look(look, words) if plan.look else look
    barcodes = shown_barcodes(coded, overrides, state.redeem_code, scanned)
    locations_since = max(marks.locations_merge, reset_at)
    beacons_since = max(marks.beacons_merge, reset_at)
    own_locations = valid(overrides.locations, locations_since)
    own_distance = valid(overrides.max_distance, locations_since)
    own_beacons = valid(overrides.beacons, beacons_since)
    own_message = valid(overrides.message, push_message_epoch)
    return Content(
        style=revision.style,
        serial_number=state.serial_number,
        organization_name=revision.organization_name,
        description=revision.description,
        look=look,
        fields=fields,
        barcode=barcodes[0],
        barcodes=barcodes,
        locations=own_locations.locations if own_locations else locations,
        beacons=own_beacons.beacons if own_beacons else beacons,
        max_distance=own_distance.max_distance if own_distance else places.max_distance,
        expiration_date=state.expiration_date,
        relevant_date=state.relevant_date,
        voided=state.voided,
        user_info=state.user_info,
        associated_store_identifiers=revision.associated_store_identifiers,
        language=revision.language,
        edit_link=revision.edit_link,
        push_message=own_message.text if own_message else push_message,
    )


def places_in_fields(
    keys: frozenset[str], fields: tuple[Field, ...], overrides: Overrides, words: Words
) -> tuple[Location, ...]:
    """What fields of type ``locations`` say, the first ten; nothing where none of them says anything.

    Of a point that the pass gave they are the stores that were found near it; what those say is the campaign's.
    """
    found = [place for field in fields if field.key in keys for place in places_of(field, overrides, words)]
    return tuple(found[:MOST_PLACES])


def places_of(field: Field, overrides: Overrides, words: Words) -> tuple[Location, ...]:
    places = read_places(field.value)
    if places.near is None:
        return places.locations
    own = next((own for own in overrides.fields if own.key == field.key and own.value == field.value), None)
    return filled_locations(own.stores, words) if own else ()


def valid(part: Kept | None, since: int) -> Kept | None:
    """A part that a pass keeps whole, if it was written at or after ``since``."""
    return part if part is not None and part.at >= since else None


def laid_look(revision: Revision, overrides: Overrides, reset_at: int) -> Look:
    """The pass's pictures survive merges, not resets."""
    own = {slot: kept.image for slot, kept in overrides.images.items() if kept.at >= reset_at}
    return replace(revision.look, images=revision.look.images | own) if own else revision.look


def laid_fields(revision: Revision, overrides: Overrides, merge: int, reset_at: int) -> tuple[Field, ...]:
    """The campaign's fields in its order, those of the pass alone at the end of their list."""
    if not overrides.fields:
        return revision.fields
    written = {override.key: override for override in overrides.fields}
    laid = [*over_campaign(revision, written, merge, reset_at), *of_the_pass(revision, overrides, reset_at)]
    return tuple(sorted(laid, key=lambda field: READING_ORDER[field.position]))


def over_campaign(revision: Revision, written: dict[str, FieldOverride], merge: int, reset_at: int) -> Iterator[Field]:
    for field in revision.fields:
        override = written.get(field.key)
        laid = field if override is None else laid_field(field, override, merge, reset_at)
        if laid is not None:
            yield laid


def laid_field(field: Field, override: FieldOverride, merge: int, reset_at: int) -> Field | None:
    """A field of the campaign as the pass shows it; None where the pass has removed it."""
    since = max(merge, reset_at)
    if counts(override.removed_at, since):
        return None
    own_value = counts(override.value_at, max(reset_at, overwritten_at(field, merge)))
    own_label = counts(override.label_at, since)
    return replace(
        field,
        value=override.value if own_value else field.value,
        label=override.label if own_label else field.label,
    )


def overwritten_at(field: Field, merge: int) -> int:
    """The last merge that gave every pass the campaign's value: none, while a field was dynamic."""
    return merge if field.behaviour is Behaviour.FIXED else field.overwritten_at


def of_the_pass(revision: Revision, overrides: Overrides, reset_at: int) -> Iterator[Field]:
    """Fields that the campaign does not have: no merge touches them."""
    keys = {field.key for field in revision.fields}
    for own in overrides.fields:
        own_value, own_label = counts(own.value_at, reset_at), counts(own.label_at, reset_at)
        if own.behaviour is not None and own.key not in keys and (own_value or own_label):
            yield Field(
                key=own.key,
                position=own.position,
                value=own.value if own_value else None,
                label=own.label if own_label else None,
                behaviour=own.behaviour,
            )


def counts(written_at: int | None, since: int) -> bool:
    return written_at is not None and written_at >= since
