"""The public addresses. None of them redirects to add or drop a slash."""

from __future__ import annotations

from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse
from django.urls import re_path

from passwright.interfaces.public import distribution, frames, holder, passes, refusals, smart
from passwright.interfaces.public.answers import redirect, refused, wrong_method
from passwright.interfaces.public.words import in_visitors_language

LINK = r"(?P<link>[A-Za-z0-9_-]{10})"
TOKEN = r"(?P<token>[A-Za-z0-9_-]{22})"
SEALED = r"(?P<sealed>[A-Za-z0-9_=.-]{1,4000})"


def unknown(request: HttpRequest) -> HttpResponse:
    """Any other address below ours."""
    return refused(refusals.UNKNOWN)


def favicon(request: HttpRequest) -> HttpResponse:
    """Browsers ask for it beside files that name no icon of their own."""
    if request.method not in ("GET", "HEAD"):
        return wrong_method("GET", "HEAD")
    return redirect(staticfiles_storage.url("public/icon.svg"), 302)


urlpatterns = [
    re_path(r"^favicon\.ico\Z", favicon),
    re_path(rf"^p/{LINK}/{TOKEN}\.pkpass\Z", passes.pass_pkpass),
    re_path(rf"^p/{LINK}/{TOKEN}/?\Z", passes.pass_page),
    re_path(rf"^p/{LINK}/{TOKEN}\.(?:png|svg)\Z", passes.pass_picture),
    re_path(rf"^p/{LINK}/{TOKEN}\.qrcode\Z", passes.pass_qrcode),
    re_path(rf"^p/{LINK}/?\Z", distribution.link_page),
    re_path(rf"^p/{LINK}/embed\.js\Z", frames.embed_script),
    re_path(rf"^p/{LINK}/begun\Z", distribution.begun),
    re_path(rf"^p/{LINK}/t/{SEALED}/?\Z", smart.smart_page),
    re_path(rf"^[pd]/{LINK}\.pkpass\Z", distribution.link_pass_file),
    re_path(rf"^[pd]/{LINK}\.(?:png|svg)\Z", distribution.link_picture),
    re_path(rf"^[pd]/{LINK}\.qrcode\Z", distribution.link_qrcode),
    re_path(rf"^p/{LINK}\.css\Z", distribution.link_stylesheet),
    re_path(rf"^p/{LINK}\.js\Z", distribution.link_javascript),
    re_path(rf"^d/{LINK}/?\Z", distribution.short_link),
    re_path(rf"^p/{TOKEN}/?\Z", passes.short_pass_page),
    re_path(rf"^p/{TOKEN}\.pkpass\Z", passes.pass_pkpass),
    re_path(rf"^p/{TOKEN}\.(?:png|svg)\Z", passes.pass_picture),
    re_path(rf"^p/{TOKEN}\.qrcode\Z", passes.pass_qrcode),
    re_path(rf"^e/{TOKEN}/?\Z", holder.edit_page),
    re_path(rf"^e/{TOKEN}/delete\Z", holder.delete_page),
    re_path(rf"^e/{TOKEN}/transfer\Z", holder.transfer_page),
    re_path(rf"^e/{TOKEN}/links\Z", holder.links_page),
    re_path(r"^[pde](?:/[\s\S]*)?\Z", unknown),
]
for address in urlpatterns:
    address.callback = in_visitors_language(address.callback)
