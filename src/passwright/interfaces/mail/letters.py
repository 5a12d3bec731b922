"""The e-mail with the links of a pass: HTML, a plain twin, and the picture of the pass within it."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from email.headerregistry import Address
from email.mime.image import MIMEImage

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import override
from msgspec import Struct

from passwright import secrets
from passwright.addresses import edit_page, from_outside, pass_page
from passwright.data.models import Pass
from passwright.operations.held_pass import May, why_not
from passwright.operations.leave_mail import Reason
from passwright.passes.content import Content, Language
from passwright.passes.preview import accessible_name
from passwright.queries.drawings import as_png, front

LONGEST_SUBJECT = 150
LONGEST_NAME = 70
PICTURE = "pass"
"""The content id of the picture, without what stands behind the @."""


class Links(Struct, frozen=True, kw_only=True):
    """Where the holder goes; None for what he may not do."""

    view: str
    change: str | None
    delete: str | None

    def __repr__(self) -> str:
        return "Links()"


class Letter(Struct, frozen=True, kw_only=True):
    """All the words of one e-mail, in the language of the campaign."""

    language: str
    issuer: str
    heading: str
    preview: str
    lead: str
    button: str
    change_heading: str
    change_link: str
    change_text: str
    stranger_heading: str
    stranger_text: str
    delete_link: str
    alt: str
    links: Links


class Related(EmailMultiAlternatives):
    """With a picture that belongs to the text, and is no file beside it."""

    mixed_subtype = "related"


def letter_to(
    *,
    row: Pass,
    content: Content,
    link: str,
    issuer: str,
    reason: Reason,
    to: str,
    sender: str,
    name: str,
    at: datetime,
) -> EmailMultiAlternatives:
    """To ``to``, from the organization ``issuer`` at the address ``sender``; ``link``: the distribution under which the
    page of the pass lies. ``name``: what the message is called, the same however often it is sent."""
    campaign = one_line(content_name(row), LONGEST_SUBJECT)
    with override(spoken(row.campaign.language)):
        words = letter(row, content, campaign, one_line(issuer, LONGEST_NAME), links_of(row, link, at), reason)
        plain = plain_text(words)
    domain = sender.partition("@")[2]
    picture = MIMEImage(as_png(front(content, at)), "png")
    picture.add_header("Content-ID", f"<{PICTURE}@{domain}>")
    picture.add_header("Content-Disposition", "inline", filename="pass.png")
    message = Related(
        subject=words.heading,
        body=plain,
        from_email=from_header(words.issuer, sender),
        to=[to],
        headers={
            "Message-ID": f"<{name}@{domain}>",
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
        },
    )
    html = render_to_string("mail/pass_links.html", {"letter": words, "picture": f"cid:{PICTURE}@{domain}"})
    message.attach_alternative(html, "text/html")
    message.attach(picture)
    return message


def content_name(row: Pass) -> str:
    return row.campaign.name


def from_header(name: str, address: str) -> str:
    """``"Toy Town" <passes@example.org>``; quoted, whatever the name holds. Without a name, the address."""
    user, _at, domain = address.partition("@")
    return str(Address(name, user, domain)) if name else address


def one_line(text: str, most: int) -> str:
    """What can stand in a header and is read as it is meant: no control characters, no signs that turn the direction of
    a line or cannot be seen, no space at either end."""
    visible = (
        " " if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") else character for character in text
    )
    return " ".join("".join(visible).split())[:most].strip()


def spoken(language: str) -> str:
    return language if language in set(Language) else Language.ENGLISH.value


def links_of(row: Pass, link: str, at: datetime) -> Links:
    token, page_token = secrets.edit_token(row.opened_by), secrets.page_token(row.opened_by)
    may = {what: why_not(row.campaign, row, what, at) is None for what in May}
    return Links(
        view=from_outside(pass_page(link, page_token)),
        change=from_outside(edit_page(token)) if may[May.UPDATE] else None,
        delete=from_outside(edit_page(token, "delete")) if may[May.DELETE] else None,
    )


def letter(row: Pass, content: Content, campaign: str, issuer: str, links: Links, reason: Reason) -> Letter:
    """In the active language."""
    if reason is Reason.TRANSFERRED:
        heading = _("{campaign} is yours now").format(campaign=campaign)
        stranger = _("Somebody has passed it on to this address.")
    else:
        heading = _("{campaign} is ready").format(campaign=campaign)
        stranger = _("Somebody typed your address at {issuer}.").format(issuer=issuer)
    return Letter(
        language=spoken(row.campaign.language),
        issuer=issuer,
        heading=heading,
        preview=_("Add it to your phone. The link also works later."),
        lead=_(
            "Open this e-mail on the phone that you carry and press the button. It then goes into the phone’s wallet."
        ),
        button=_("Open it on the phone"),
        change_heading=_("Need to change something?"),
        change_link=_("Change your answers"),
        change_text=_("This link is only for you: whoever has it can change what you said."),
        stranger_heading=_("Not you?"),
        stranger_text=stranger,
        delete_link=_("Delete it") if links.delete else _("You need not do anything."),
        alt=accessible_name(content),
        links=links,
    )


def plain_text(words: Letter) -> str:
    parts = [words.heading, words.lead, f"{words.button}:\n{words.links.view}"]
    if words.links.change:
        parts.append(f"{words.change_heading}\n{words.change_link}:\n{words.links.change}\n{words.change_text}")
    away = f"{words.delete_link}:\n{words.links.delete}" if words.links.delete else words.delete_link
    parts.append(f"{words.stranger_heading}\n{words.stranger_text} {away}")
    parts.append(f"-- \n{words.issuer}")
    return "\n\n".join(parts) + "\n"
