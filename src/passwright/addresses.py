"""The addresses of public pages, for whoever writes one down: a pass, an e-mail, an answer, a page itself."""

from __future__ import annotations

from passwright.settings import PUBLIC_URL


def from_outside(path: str) -> str:
    return PUBLIC_URL + path


def link_page(link: str) -> str:
    return f"/p/{link}"


def short_link_page(link: str) -> str:
    return f"/d/{link}"


def smart_link_page(link: str, sealed: str) -> str:
    return f"/p/{link}/t/{sealed}"


def pass_page(link: str, page_token: str) -> str:
    return f"/p/{link}/{page_token}"


def short_pass_page(page_token: str) -> str:
    return f"/p/{page_token}"


def edit_page(edit_token: str, part: str = "") -> str:
    """Where a holder changes his pass: whoever has the address can. ``part``: ``delete``, ``transfer`` or ``links``."""
    return f"/e/{edit_token}" + (f"/{part}" if part else "")
