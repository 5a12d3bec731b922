"""The pages of a pass's holder, under ``/e/{edit token}``: he changes what he said, lets go of the pass, hands it on.

Who has the address may do that, so it is told to nobody: no referrer, no cache, no search engine, and no script of the
campaign runs here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from msgspec import Struct
from msgspec.structs import replace

from passwright import secrets
from passwright.data.models import Pass
from passwright.interfaces.public import addresses, refusals
from passwright.interfaces.public.answers import Refusal, page, redirect, refused, unscripted_host_of, wrong_method
from passwright.interfaces.public.bodies import refusal_of_body
from passwright.interfaces.public.passwords import asks_for_password
from passwright.interfaces.public.questions import errors_heading, input_name, questions, shown_value
from passwright.interfaces.public.visitors import comes_from_elsewhere
from passwright.interfaces.public.words import _, said
from passwright.operations.attempts import attempt
from passwright.operations.change_by_holder import ChangedMeanwhile, change_by_holder, editable
from passwright.operations.delete_by_holder import delete_by_holder
from passwright.operations.distribute import WrongAnswers, typed_fields
from passwright.operations.held_pass import HolderMayNot, May, Why, why_not
from passwright.operations.leave_mail import is_written_to
from passwright.operations.refusals import NotFound, ValidationFailed
from passwright.operations.transfer_pass import transfer_pass
from passwright.passes.answers import Fault, mail_address
from passwright.passes.content import Field, Style
from passwright.passes.preview import accessible_name
from passwright.queries.answers import answers_of, seen
from passwright.queries.distributions import PublicCampaign, campaign_of_any_link, campaign_of_pass, link_token
from passwright.queries.passes import by_edit_token, content_of, shown_revision
from passwright.settings import ENVIRONMENT

MOST_CHANGES = 60
WITHIN = timedelta(hours=1)
MOST_TYPED = 300
"""Characters of an address that are looked at."""
UNREACHABLE = _(
    "No e-mail can be sent to this address now. Type another one, or leave this empty and hand on the links yourself."
)

DONE = {
    "saved": _("Saved. Phones that have the {noun} show it in a moment."),
    "same": _("Nothing has changed: that is what the {noun} said before."),
}


class Held(Struct, frozen=True):
    """A pass whose holder has come, its campaign through the link it was made at, and the token he came with."""

    row: Pass
    campaign: PublicCampaign
    token: str

    def __repr__(self) -> str:
        return "Held()"

    @property
    def style(self) -> Style:
        return self.campaign.revision.style

    def why_not(self, what: May, at: datetime) -> Why | None:
        return why_not(self.row.campaign, self.row, what, at)


def edit_page(request: HttpRequest, token: str) -> HttpResponse:
    """``/e/{token}``: what the holder said, to be changed where the campaign lets him."""
    held = held_by(request, token)
    if isinstance(held, HttpResponse):
        return held
    at = timezone.now()
    if why := held.why_not(May.UPDATE, at):
        return quiet(read_only(held, why, at, status=200 if request.method != "POST" else 403))
    return quiet(change(request, held, at) if request.method == "POST" else show(request, held, at))


def delete_page(request: HttpRequest, token: str) -> HttpResponse:
    """``/e/{token}/delete``: asks once more, and deletes on POST alone."""
    held = held_by(request, token)
    if isinstance(held, HttpResponse):
        return held
    at = timezone.now()
    if why := held.why_not(May.DELETE, at):
        return quiet(refuse(held, may_not(held, May.DELETE, why)))
    if request.method != "POST":
        return quiet(confirm(held, "public/holder_delete.html", said(_("Delete this {noun}?"), held.style)))
    try:
        delete_by_holder(opened_by=held.row.opened_by, now=at)
    except NotFound:
        return quiet(refused(refusals.UNKNOWN))
    except HolderMayNot as refusal:
        return quiet(refuse(held, may_not(held, May.DELETE, refusal.why)))
    return quiet(redirect(addresses.edit_page(token), 303))


def transfer_page(request: HttpRequest, token: str) -> HttpResponse:
    """``/e/{token}/transfer``: gives the pass to somebody else, on POST alone."""
    held = held_by(request, token)
    if isinstance(held, HttpResponse):
        return held
    at = timezone.now()
    if why := held.why_not(May.TRANSFER, at):
        return quiet(refuse(held, may_not(held, May.TRANSFER, why)))
    return quiet(transfer(request, held, at) if request.method == "POST" else offer_transfer(held))


def links_page(request: HttpRequest, token: str) -> HttpResponse:
    """``/e/{token}/links``: both links of a pass that was given away, to be handed to whom it was given."""
    held = held_by(request, token)
    if isinstance(held, HttpResponse):
        return held
    if request.method == "POST":
        return wrong_method("GET", "HEAD")
    if held.row.link_id is None:
        return quiet(redirect(addresses.edit_page(token), 302))
    view = addresses.pass_page(held.campaign.distribution_token, secrets.page_token(held.row.opened_by))
    return quiet(
        confirm(
            held,
            "public/holder_links.html",
            said(_("This {noun} is given away"), held.style),
            view_link=addresses.absolute(view),
            edit_link=addresses.absolute(addresses.edit_page(token)),
        )
    )


def held_by(request: HttpRequest, token: str) -> Held | HttpResponse:
    """The pass that the token lets its holder change; or a response: there is none, or a password is asked for."""
    if request.method not in ("GET", "HEAD", "POST"):
        return wrong_method("GET", "HEAD", "POST")
    row = by_edit_token(token)
    campaign = campaign_of_holder(row) if row else None
    if row is None or campaign is None:
        return quiet(refused(refusals.UNKNOWN))
    held = Held(row, campaign, token)
    if row.given_up:
        return quiet(refuse(held, refusals.given_up(campaign)))
    if request.method == "POST" and (refusal := refusal_of_post(request)):
        return quiet(refuse(held, refusal))
    asked = asks_for_password(request, campaign, timezone.now(), addresses.edit_page(token))
    return quiet(asked) if asked else held


def campaign_of_holder(row: Pass) -> PublicCampaign | None:
    """The campaign through the link at which the pass was made, whose password is asked for here too, also once it was
    deleted; through its first link where there is none."""
    made_at = link_token(row.distribution_id) if row.distribution_id else None
    return (campaign_of_any_link(made_at) if made_at else None) or campaign_of_pass(row.id)


def refusal_of_post(request: HttpRequest) -> Refusal | None:
    """No page without an origin either: scripts of campaigns run in such."""
    if comes_from_elsewhere(request, sandboxed=False):
        return refusals.ELSEWHERE
    return refusal_of_body(request)


def show(
    request: HttpRequest,
    held: Held,
    at: datetime,
    *,
    answers: Mapping[str, str] | None = None,
    faults: Mapping[str, tuple[Fault, ...]] | None = None,
    typed: list[tuple[str, str]] | None = None,
) -> HttpResponse:
    """The form: with the answers that hold, or with those that he sent and what is wrong with them. ``typed``: what he
    sent when somebody else had changed them; the form has what holds now."""
    fields = asked_of(held)
    now_said = editable(fields, answers_of(held.row.campaign, held.row))
    asked = questions(fields, now_said if answers is None else answers, faults)
    wrong = [question for question in asked if question.error]
    done = DONE.get(request.GET.get("done", "")) if not (wrong or typed) else None
    heading = said(_("Change your {noun}"), held.style)
    return holder_page(
        held,
        "public/holder_edit.html",
        heading,
        {
            "lead": said(_("What you change here stands on the {noun} in your phone a moment later."), held.style),
            "questions": asked,
            "errors": wrong,
            "errors_heading": errors_heading(len(wrong)),
            "done": said(done, held.style) if done else None,
            "typed": typed,
            "saw": seen(now_said),
            "delete": addresses.edit_page(held.token, "delete") if held.why_not(May.DELETE, at) is None else None,
            "transfer": addresses.edit_page(held.token, "transfer") if held.why_not(May.TRANSFER, at) is None else None,
        },
        status=422 if wrong else 409 if typed else 200,
    )


def change(request: HttpRequest, held: Held, at: datetime) -> HttpResponse:
    fields = asked_of(held)
    answers = {field.key: request.POST.get(input_name(field.key), "") for field in fields}
    if not attempt(who=b"edit " + held.row.id.bytes, limit=MOST_CHANGES, within=WITHIN, now=at):
        return refuse(held, refusals.too_many_changes(held.campaign))
    try:
        _row, changed = change_by_holder(
            opened_by=held.row.opened_by, answers=answers, saw=request.POST.get("saw"), now=at
        )
    except WrongAnswers as wrong:
        return show(request, held, at, answers=answers, faults=wrong.faults)
    except ChangedMeanwhile:
        return show_newer(request, held.token, fields, answers, at)
    except NotFound:
        return refused(refusals.UNKNOWN)
    except HolderMayNot as refusal:
        return read_only(held, refusal.why, at, status=403)
    except ValidationFailed:
        return refuse(held, refusals.changed(held.campaign))
    return redirect(f"{addresses.edit_page(held.token)}?done={'saved' if changed else 'same'}", 303)


def show_newer(
    request: HttpRequest, token: str, fields: tuple[Field, ...], answers: Mapping[str, str], at: datetime
) -> HttpResponse:
    """The form again, with what somebody else has made of the answers meanwhile, and with what was typed beside it."""
    held = held_by(request, token)
    if isinstance(held, HttpResponse):
        return held
    now_said = answers_of(held.row.campaign, held.row)
    typed = [
        ((field.label or "").strip() or field.key, answers[field.key].strip())
        for field in fields
        if answers[field.key].strip() != now_said.get(field.key, "")
    ]
    return show(request, held, at, typed=typed)


def asked_of(held: Held) -> tuple[Field, ...]:
    """What this pass asks its holder for: it may show an older revision than its campaign's link."""
    return typed_fields(shown_revision(held.row.campaign, held.row))


def read_only(held: Held, why: Why, at: datetime, *, status: int) -> HttpResponse:
    """What the holder said, and who changes it if he may not."""
    if why is Why.GIVEN_UP:
        return refuse(held, refusals.given_up(held.campaign))
    now_said = answers_of(held.row.campaign, held.row)
    refusal = may_not(held, May.UPDATE, why)
    return holder_page(
        held,
        "public/holder_read.html",
        refusal.heading,
        {
            "lead": refusal.text,
            "acts": refusal.acts,
            "answers": [
                ((field.label or "").strip() or field.key, shown_value(field, now_said.get(field.key, "")))
                for field in asked_of(held)
            ],
            "delete": addresses.edit_page(held.token, "delete") if held.why_not(May.DELETE, at) is None else None,
            "transfer": addresses.edit_page(held.token, "transfer") if held.why_not(May.TRANSFER, at) is None else None,
        },
        status=status,
    )


def may_not(held: Held, what: May, why: Why) -> Refusal:
    if why is Why.GIVEN_UP:
        return refusals.given_up(held.campaign)
    if why is Why.NOT_ALLOWED:
        return refusals.not_by_holders(held.campaign, what)
    return refusals.counts_no_more(held.campaign, expired=why is Why.EXPIRED)


def offer_transfer(held: Held, *, error: str | None = None, to: str = "") -> HttpResponse:
    return confirm(
        held,
        "public/holder_transfer.html",
        said(_("Give this {noun} to somebody else?"), held.style),
        mails=ENVIRONMENT.sends_mail,
        error=error,
        to=to,
        status=422 if error else 200,
    )


def transfer(request: HttpRequest, held: Held, at: datetime) -> HttpResponse:
    typed = request.POST.get("to", "").strip()[:MOST_TYPED] if ENVIRONMENT.sends_mail else ""
    to = mail_address(typed) if typed else ""
    if not isinstance(to, str):
        return offer_transfer(held, error=" ".join(map(str, to)), to=typed)
    if not attempt(who=b"edit " + held.row.id.bytes, limit=MOST_CHANGES, within=WITHIN, now=at):
        return refuse(held, refusals.too_many_changes(held.campaign))
    # Asked before the former holder's links are gone: afterwards nobody would have any.
    if to and not is_written_to(to, at):
        return offer_transfer(held, error=UNREACHABLE, to=typed)
    try:
        row = transfer_pass(opened_by=held.row.opened_by, to=to or None, now=at)
    except NotFound:
        return refused(refusals.UNKNOWN)
    except HolderMayNot as refusal:
        return refuse(held, may_not(held, May.TRANSFER, refusal.why))
    if to:
        return confirm(held, "public/holder_sent.html", said(_("This {noun} is given away"), held.style), to=to)
    return redirect(addresses.edit_page(secrets.edit_token(row.opened_by), "links"), 303)


def confirm(held: Held, template: str, heading: str, *, status: int = 200, **context: Any) -> HttpResponse:
    return holder_page(held, template, heading, context, status=status)


def holder_page(
    held: Held, template: str, heading: str, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    path = addresses.pass_page(held.campaign.distribution_token, secrets.page_token(held.row.opened_by))
    version = f"updated_at={int(held.row.updated_at.timestamp())}.{held.row.version}.{held.row.campaign.version}"
    return page(
        template,
        {
            "title": said("{heading} · {issuer}", heading=heading, issuer=held.campaign.issuer),
            "private": True,
            "host": unscripted_host_of(held.campaign),
            "style": held.style,
            "heading": heading,
            "issuer": held.campaign.issuer,
            "picture": {
                "src": f"{path}.svg?{version}",
                "alt": accessible_name(content_of(held.row.campaign, held.row)),
            },
            "action": addresses.edit_page(held.token),
            "view": path,
            **context,
        },
        status=status,
    )


def refuse(held: Held, refusal: Refusal) -> HttpResponse:
    return refused(refusal, without_script(held.campaign))


def without_script(campaign: PublicCampaign) -> PublicCampaign:
    return replace(campaign, javascript=None)


def quiet(response: HttpResponse) -> HttpResponse:
    """An answer that leaves its address nowhere. The next page hears the host alone; were it not told that, forms would
    be sent from the origin ``null``, as scripts of campaigns send them."""
    response["Referrer-Policy"] = "strict-origin"
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
