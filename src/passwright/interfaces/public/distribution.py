"""The page of a link: it shows what one gets, asks what has to be asked, and is safe to look at."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import SplitResult, urlencode, urlsplit, urlunsplit
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.encoding import iri_to_uri, punycode

from passwright import secrets
from passwright.apple.archive import MEDIA_TYPE
from passwright.interfaces.public import (
    addresses,
    form,
    frames,
    guards,
    link_refusals,
    makers,
    passwords,
    pictures,
    prefills,
    refusals,
    returning,
    visits,
)
from passwright.interfaces.public.answers import (
    Refusal,
    host_of,
    own_file,
    picture,
    redirect,
    refused,
    wrong_method,
)
from passwright.interfaces.public.bodies import answer_of, number_of_pictures, refusal_of_body, uploads_of
from passwright.interfaces.public.passes import signed_file
from passwright.interfaces.public.questions import questions
from passwright.interfaces.public.visitors import asks_for_a_file, comes_from_elsewhere, is_person, metadata_of
from passwright.operations.distribute import WrongAnswers, asked_fields, claim_pass, was_made_by
from passwright.operations.distribution_rules import Returning
from passwright.operations.make_smart_links import text_of
from passwright.operations.one_per_answer import AnswerHasPass
from passwright.operations.record_form import record_form
from passwright.operations.record_view import record_view
from passwright.operations.refusals import NotFound, PreconditionFailed, ValidationFailed
from passwright.operations.smart_links import SmartLink
from passwright.queries.distributions import PublicCampaign, campaign_of_link

SHORT_LIVED = "public, max-age=300"


def link_page(request: HttpRequest, link: str) -> HttpResponse:
    """``/p/{link}``: GET shows, POST makes a pass and leads to its page."""
    if request.method not in ("GET", "HEAD", "POST"):
        return wrong_method("GET", "HEAD", "POST")
    at = timezone.now()
    if flooded := guards.answer_to_flood(request, link, at):
        return flooded
    campaign = campaign_of_link(link)
    if campaign is None:
        return refused(refusals.UNKNOWN)
    return frames.framed(request, campaign, answered(request, campaign, at))


def answered(request: HttpRequest, campaign: PublicCampaign, at: datetime) -> HttpResponse:
    """Through the gates, in this order: does he have a pass, does the link give out any, who asks, the password."""
    if known := returning.answer_to_known(request, campaign):
        return known
    if refusal := link_refusals.refusal_of(campaign, at):
        return refuse(campaign, refusal)
    if campaign.remote_form_url:
        address = remote_form(campaign, campaign.remote_form_url)
        return redirect(address, 302) if address else refuse(campaign, refusals.remote_form_unreadable(campaign))
    if request.method == "POST":
        if refusal := refusal_of_post(request, campaign):
            return refuse(campaign, refusal)
        return passwords.behind_password(
            request,
            campaign,
            at,
            lambda: submit(request, campaign, at),
            lambda hidden: look(request, campaign, at, hidden=hidden),
        )
    if is_person(request):
        record_view(campaign_id=campaign.campaign_id, distribution_id=campaign.distribution_id, at=at)
    return passwords.behind_password(
        request, campaign, at, lambda: look(request, campaign, at), lambda _: look(request, campaign, at)
    )


def short_link(request: HttpRequest, link: str) -> HttpResponse:
    """``/d/{link}``: leads to the page, or is the page where the campaign wants it so."""
    if request.method not in ("GET", "HEAD"):
        return wrong_method("GET", "HEAD")
    campaign = campaign_of_link(link)
    if campaign is None:
        return refused(refusals.UNKNOWN)
    if campaign.render_on_short_url:
        return link_page(request, link)
    return redirect(addresses.link_page(link, metadata_of(request)), 302)


def link_pass_file(request: HttpRequest, link: str) -> HttpResponse:
    """``/p/{link}.pkpass``: a pass at once, when there is nothing to ask. HEAD makes none, and no program that looks at
    links for others; they see the page."""
    if request.method not in ("GET", "HEAD"):
        return wrong_method("GET", "HEAD")
    campaign = campaign_of_link(link)
    if campaign is None:
        return refused(refusals.UNKNOWN)
    at = timezone.now()
    his = visits.his_pass(request, campaign) if campaign.link.returning == Returning.PER_VISITOR else None
    if his is not None and request.method == "GET":
        return signed_file(his.opened_by, link, at)
    if refusal := link_refusals.refusal_of(campaign, at):
        return refuse(campaign, refusal)
    metadata = prefills.metadata(request, campaign)
    if campaign.remote_form_url or needs_page(campaign) or not passwords.is_let_in(request, campaign, at):
        return redirect(addresses.same_query(request, addresses.link_page(link)), 303)
    if request.method == "HEAD":
        return HttpResponse(content_type=MEDIA_TYPE)
    if not asks_for_a_file(request):
        return redirect(addresses.link_page(link, metadata), 303)
    if refusal := guards.refusal_of_sender(request, campaign, at):
        return refuse(campaign, refusal)
    return hand_out(request, campaign, metadata, at)


def needs_page(campaign: PublicCampaign) -> bool:
    """Whether there is something to ask before a pass is made."""
    choosing = campaign.link.returning == Returning.ASK
    return bool(asked_fields(campaign.revision)) or campaign.link.captcha or choosing


def begun(request: HttpRequest, link: str) -> HttpResponse:
    """``POST /p/{link}/begun?visit=…``: the form's script says once that somebody fills it in. A form that is
    sent says so by itself, so nothing is lost without scripts."""
    if request.method != "POST":
        return wrong_method("POST")
    campaign = campaign_of_link(link)
    if campaign is None:
        return refused(refusals.UNKNOWN)
    if refusal := refusal_of_post(request, campaign):
        return refuse(campaign, refusal)
    at = timezone.now()
    if visit := visits.opened(request.GET.get("visit", ""), link, at):
        record_form(distribution_id=campaign.distribution_id, number=visit.number, at=at)
    return HttpResponse(status=204)


def link_picture(request: HttpRequest, link: str) -> HttpResponse:
    """``/p/{link}.png`` (and ``.svg``): what a pass of the campaign looks like, with defaults and samples."""
    if request.method not in ("GET", "HEAD"):
        return wrong_method("GET", "HEAD")
    campaign = campaign_of_link(link)
    if campaign is None:
        return refused(refusals.UNKNOWN)
    svg = pictures.sample_front(campaign, timezone.now())
    if request.path.endswith(".svg"):
        return picture(request, svg.encode(), "image/svg+xml", cache=SHORT_LIVED)
    return picture(request, pictures.as_png(svg), "image/png", cache=SHORT_LIVED)


def link_qrcode(request: HttpRequest, link: str) -> HttpResponse:
    """``/p/{link}.qrcode``: the page's address as a code, PNG or (when asked for by ``Accept``) SVG."""
    if request.method not in ("GET", "HEAD"):
        return wrong_method("GET", "HEAD")
    if campaign_of_link(link) is None:
        return refused(refusals.UNKNOWN)
    return pictures.qrcode(request, addresses.absolute(addresses.link_page(link)), cache=SHORT_LIVED)


def link_stylesheet(request: HttpRequest, link: str) -> HttpResponse:
    """``/p/{link}.css``: the campaign's own stylesheet."""
    if request.method not in ("GET", "HEAD"):
        return wrong_method("GET", "HEAD")
    campaign = campaign_of_link(link)
    if campaign is None or not campaign.stylesheet:
        return refused(refusals.UNKNOWN)
    return own_file(campaign.stylesheet, "text/css")


def link_javascript(request: HttpRequest, link: str) -> HttpResponse:
    """``/p/{link}.js``: the campaign's own script."""
    if request.method not in ("GET", "HEAD"):
        return wrong_method("GET", "HEAD")
    campaign = campaign_of_link(link)
    if campaign is None or not campaign.javascript:
        return refused(refusals.UNKNOWN)
    return own_file(campaign.javascript, "text/javascript")


def look(
    request: HttpRequest,
    campaign: PublicCampaign,
    at: datetime,
    smart_link: SmartLink | None = None,
    sealed: str = "",
    *,
    hidden: dict[str, str] | None = None,
) -> HttpResponse:
    """The form, with what the address says of the answers filled in."""
    fields = asked_fields(campaign.revision, smart_link.values if smart_link else ())
    if smart_link and is_person(request):
        record_view(campaign_id=campaign.campaign_id, distribution_id=campaign.distribution_id, at=at)
    found = prefills.prefilled(request, fields)
    answers = {field.key: field.value or "" for field in fields} | found if found else None
    visit = visits.new_visit(at)
    return form.show(
        request, campaign, visit, questions(fields, answers), at, beside(campaign, smart_link, sealed, hidden or {})
    )


def beside(campaign: PublicCampaign, smart_link: SmartLink | None, sealed: str, hidden: dict[str, str]) -> form.Beside:
    if smart_link is None:
        return form.Beside(hidden=hidden)
    return form.Beside(
        given=given_answers(campaign, smart_link),
        action=addresses.smart_link_page(campaign.distribution_token, sealed),
    )


def given_answers(campaign: PublicCampaign, smart_link: SmartLink) -> tuple[tuple[str, str], ...]:
    """What the smart link says in fields that the form would ask for. What staff alone may know is not shown."""
    return tuple(
        ((field.label or "").strip() or field.key, text_of(campaign.revision, field, smart_link.values[field.key]))
        for field in asked_fields(campaign.revision)
        if field.key in smart_link.values
    )


def refusal_of_post(request: HttpRequest, campaign: PublicCampaign) -> Refusal | None:
    """Why a form is not even read."""
    if comes_from_elsewhere(request, sandboxed=host_of(campaign).javascript is not None):
        return refusals.ELSEWHERE
    return refusal_of_body(request, number_of_pictures(asked_fields(campaign.revision)))


def submit(
    request: HttpRequest,
    campaign: PublicCampaign,
    at: datetime,
    smart_link: SmartLink | None = None,
    sealed: str = "",
) -> HttpResponse:
    """A form that was sent, and whose sender may. A smart link was made for somebody: he is no crowd."""
    visit = visits.form_of(request, campaign.distribution_token, at)
    if smart_link is None and (refusal := guards.refusal_of_sender(request, campaign, at)):
        return refuse(campaign, refusal)
    # Not before: it is two rows for each form that somebody invents.
    record_form(distribution_id=campaign.distribution_id, number=visit.number, at=at)
    fields = asked_fields(campaign.revision, smart_link.values if smart_link else ())
    uploads = uploads_of(request, fields)
    answers = {field.key: answer_of(request, field, uploads) for field in fields}
    own = visits.pass_id_of(visit, campaign.distribution_id, answers)
    pass_id = smart_link.pass_id if smart_link else own
    proof = passwords.proof_of(request, campaign, at)
    try:
        made = claim_pass(
            campaign=campaign,
            pass_id=pass_id,
            answers=answers,
            metadata=prefills.metadata(request, campaign),
            smart_link=smart_link,
            form=visit.number,
            at=at,
            pictures=uploads.pictures,
            unusable=bool(uploads.faults),
        )
    except WrongAnswers as wrong:
        hidden = {passwords.PROOF: proof} if proof else {}
        around = beside(campaign, smart_link, sealed, hidden)
        faults = wrong.faults | uploads.faults
        return form.show(request, campaign, visit, questions(fields, answers, faults), at, around)
    except AnswerHasPass as taken:
        return returning.answer_has_pass(request, campaign, taken.pass_id, at)
    except (NotFound, PreconditionFailed, ValidationFailed):
        return refuse_now(campaign.distribution_token, at)
    if smart_link and not made and smart_link.single_use and not was_made_by(pass_id, visit.number):
        return refuse(campaign, link_refusals.used(campaign))
    path = addresses.pass_page(campaign.distribution_token, secrets.page_token(pass_id))
    response = redirect(form.after_create(request, campaign, path), 303)
    if made:
        makers.remember(response, path=path, opened_by=pass_id, at=at)
        remember(response, visit, campaign, pass_id, at, by_smart_link=smart_link is not None)
    return response


def remember(
    response: HttpResponse,
    visit: visits.Visit,
    campaign: PublicCampaign,
    pass_id: UUID,
    at: datetime,
    *,
    by_smart_link: bool = False,
) -> None:
    """Who comes again is known by this."""
    link = campaign.distribution_token
    if by_smart_link:
        visits.remember_pass(response, pass_id, visits.of_smart_link(link, pass_id))
        return
    visits.remember(response, visit, link, at)
    if returning.knows_visitors(campaign):
        visits.remember_pass(response, pass_id, link)


def hand_out(request: HttpRequest, campaign: PublicCampaign, metadata: dict[str, str], at: datetime) -> HttpResponse:
    """The visitor's pass as a file, made now if he has none from the last 24 hours."""
    visit = visits.visit_of(request, campaign.distribution_token, at)
    pass_id = visits.pass_id_of(visit, campaign.distribution_id, {})
    try:
        made = claim_pass(campaign=campaign, pass_id=pass_id, answers={}, metadata=metadata, at=at)
    except AnswerHasPass as taken:
        return returning.answer_has_pass(request, campaign, taken.pass_id, at)
    except (NotFound, PreconditionFailed, ValidationFailed):
        return refuse_now(campaign.distribution_token, at)
    response = signed_file(pass_id, campaign.distribution_token, at)
    if made:
        remember(response, visit, campaign, pass_id, at)
    return response


def remote_form(campaign: PublicCampaign, address: str) -> str | None:
    """The organization's own form, told which campaign it serves; it issues the pass through the API. None if no
    browser could go there."""
    try:
        parts = urlsplit(address)
        host = ascii_host(parts)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    query = "&".join(part for part in (parts.query, urlencode({"campaign_id": str(campaign.campaign_id)})) if part)
    return iri_to_uri(urlunsplit(parts._replace(netloc=host, query=query)))


def ascii_host(parts: SplitResult) -> str:
    """Host and port as a header can carry them (IDNA). Raises ValueError if there is no such host or port."""
    name, (user, at, _) = parts.hostname or "", parts.netloc.rpartition("@")
    host = f"[{name}]" if ":" in name else punycode(name)
    return user + at + (host if parts.port is None else f"{host}:{parts.port}")


def refuse(campaign: PublicCampaign, refusal: Refusal) -> HttpResponse:
    return refused(refusal, campaign, form.sample_address(campaign, "svg"))


def refuse_now(link: str, at: datetime) -> HttpResponse:
    """The campaign was stopped between reading and making: say what is true now."""
    campaign = campaign_of_link(link)
    if campaign is None:
        return refused(refusals.UNKNOWN)
    return refuse(campaign, link_refusals.refusal_of(campaign, at) or refusals.changed(campaign))
