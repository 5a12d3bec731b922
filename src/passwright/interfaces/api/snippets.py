"""What an organization puts on its own pages: a badge that leads to a link, and a form in a frame.

The badge is of our own design and needs nothing from here: its style stands in it. Apple's and Google's own badges may
be used by those alone who keep to their rules for them.
"""

from __future__ import annotations

from django.utils.html import escape

from passwright.passes.words import tongue_of

BADGE = (
    '<a href="{}" style="display:inline-flex;align-items:center;gap:10px;box-sizing:border-box;min-height:44px;'
    "padding:10px 18px;border-radius:10px;background:#17191d;color:#ffffff;font:600 16px/1.25 system-ui,sans-serif;"
    'text-decoration:none"><svg viewBox="0 0 30 30" width="24" height="24" fill="none" stroke="currentColor" '
    'stroke-width="2" stroke-linejoin="round" aria-hidden="true" focusable="false"><path d="M6 6h6a3 3 0 0 0 6 0h6a2 2 '
    '0 0 1 2 2v14a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V8a2 2 0 0 1 2-2z"/><path d="M15 12v7m-3.5-3.5h7" '
    'stroke-linecap="round"/></svg><span>{}<span style="position:absolute;width:1px;height:1px;'
    'overflow:hidden;clip-path:inset(50%);white-space:nowrap">: {}</span></span></a>'
)
SCRIPT = '<script src="{}/embed.js" async></script>'


def badge_html(page: str, name: str, language: str) -> str:
    """A link for any page, in the language of the campaign. Those who hear it hear also what goes into the wallet."""
    return BADGE.format(escape(page), tongue_of(language).badge, escape(name))


def embed_html(page: str) -> str:
    """The script that puts the form where it stands."""
    return SCRIPT.format(escape(page))
