"""The page of a link: it shows what one gets, asks what has to be asked, and is safe to look at."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import SplitResult, urlencode, urlsplit, urlunsplit

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.encoding import iri_to_uri, punycode

from passwright.apple.archive import MEDIA_TYPE
from passwright.interfaces.public import addresses, form, pictures, refusals, visits
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
from passwright.interfaces.public.visitors import comes_from_elsewhere, is_person, metadata_of
from passwright.operations.distribute import WrongAnswers, asked_fields, claim_pass
from passwright.operations.record_view import record_view
from passwright.operations.refusals import NotFound, PreconditionFailed, ValidationFailed
from passwright.queries.distributions import PublicCampaign, campaign_of_link

SHORT_LIVED = "public, max-age=300"


def link_page(request: HttpRequest, link: str) -> HttpResponse:
    """``/p/{link}``: GET shows, POST makes a pass and leads to its page."""
    if request.method not in ("GET", "HEAD", "POST"):
        return wrong_method("GET", "HEAD", "POST")
    campaign = campaign_of_link(link)
    if campaign is None:
        return refused(refusals.UNKNOWN)
    at = timezone.now()
    if refusal := refusals.refusal_of(campaign, at):
        return refuse(campaign, refusal)
    if campaign.remote_form_url:
        address = remote_form(campaign, campaign.remote_form_url)
        return redirect(address, 302) if address else refuse(campaign, refusals.remote_form_unreadable(campaign))
    return submit(request, campaign, at) if request.method == "POST" else look(request, campaign, at)


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
    """``/p/{link}.pkpass``: a pass at once, when there is nothing to ask. HEAD makes none."""
    if request.method not in ("GET", "HEAD"):
        return wrong_method("GET", "HEAD")
    campaign = campaign_of_link(link)
    if campaign is None:
        return refused(refusals.UNKNOWN)
    at = timezone.now()
    if refusal := refusals.refusal_of(campaign, at):
        return refuse(campaign, refusal)
    metadata = metadata_of(request)
    if campaign.remote_form_url or asked_fields(campaign.revision):
        return redirect(addresses.link_page(link, metadata), 303)
    if request.method == "HEAD":
        return HttpResponse(content_type=MEDIA_TYPE)
    return hand_out(request, campaign, metadata, at)


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
    campaign = campaign_of_link(link)
    if campaign is None or not campaign.stylesheet:
        return refused(refusals.UNKNOWN)
    return own_file(campaign.stylesheet, "text/css")


def link_javascript(request: HttpRequest, link: str) -> HttpResponse:
    """``/p/{link}.js``: the campaign's own script."""
    campaign = campaign_of_link(link)
    if campaign is None or not campaign.javascript:
        return refused(refusals.UNKNOWN)
    return own_file(campaign.javascript, "text/javascript")


def look(request: HttpRequest, campaign: PublicCampaign, at: datetime) -> HttpResponse:
    if is_person(request):
        record_view(campaign_id=campaign.campaign_id, at=at)
    visit = visits.visit_of(request, campaign.distribution_token, at)
    return form.show(request, campaign, visit, questions(asked_fields(campaign.revision)), at)


def submit(request: HttpRequest, campaign: PublicCampaign, at: datetime) -> HttpResponse:
    if comes_from_elsewhere(request, sandboxed=host_of(campaign).javascript is not None):
        return refuse(campaign, refusals.ELSEWHERE)
    fields = asked_fields(campaign.revision)
    if refusal := refusal_of_body(request, number_of_pictures(fields)):
        return refuse(campaign, refusal)
    uploads = uploads_of(request, fields)
    answers = {field.key: answer_of(request, field, uploads) for field in fields}
    visit = visits.visit_of(request, campaign.distribution_token, at)
    pass_id = visits.pass_id_of(visit, campaign.distribution_id, answers)
    try:
        made = claim_pass(
            campaign=campaign,
            pass_id=pass_id,
            answers=answers,
            metadata=metadata_of(request),
            at=at,
            pictures=uploads.pictures,
            unusable=bool(uploads.faults),
        )
    except WrongAnswers as wrong:
        faults = form.faults_of(wrong) | uploads.faults
        return form.show(request, campaign, visit, questions(fields, answers, faults), at)
    except (NotFound, PreconditionFailed, ValidationFailed):
        return refuse_now(campaign.distribution_token, at)
    response = redirect(form.after_create(request, campaign, pass_id), 303)
    if made:
        visits.remember(response, visit, campaign.distribution_token, at)
    return response


def hand_out(request: HttpRequest, campaign: PublicCampaign, metadata: dict[str, str], at: datetime) -> HttpResponse:
    """The visitor's pass as a file, made now if he has none from the last 24 hours."""
    visit = visits.visit_of(request, campaign.distribution_token, at)
    pass_id = visits.pass_id_of(visit, campaign.distribution_id, {})
    try:
        made = claim_pass(campaign=campaign, pass_id=pass_id, answers={}, metadata=metadata, at=at)
    except (NotFound, PreconditionFailed, ValidationFailed):
        return refuse_now(campaign.distribution_token, at)
    response = signed_file(pass_id, campaign.distribution_token, at)
    if made:
        visits.remember(response, visit, campaign.distribution_token, at)
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
    return refuse(campaign, refusals.refusal_of(campaign, at) or refusals.changed(campaign))
