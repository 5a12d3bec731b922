"""What reports count, a day at a time."""

from __future__ import annotations

from enum import StrEnum


class Counter(StrEnum):
    """A counter of the reports of the v2 contract, spelled as there without ``_count``.

    Installs and uninstalls are counted by operating system: ``installs.ios``.
    """

    CREATES = "creates"
    UPDATES = "updates"
    DOWNLOADS = "downloads"
    VIEWS = "views"
    FETCHES = "fetches"
    REDEEMS = "redeems"
    EXPIRES = "expires"
    PUSHES = "pushes"
    WEBHOOKS = "webhooks"
    API_CALLS = "api_calls"
    DISTRIBUTION_UPDATES = "distribution_updates"
    INSTALLS_IOS = "installs.ios"
    INSTALLS_ANDROID = "installs.android"
    INSTALLS_WP = "installs.wp"
    UNINSTALLS_IOS = "uninstalls.ios"
    UNINSTALLS_ANDROID = "uninstalls.android"
    UNINSTALLS_WP = "uninstalls.wp"


class LinkCounter(StrEnum):
    """What is counted of one link; the passes made through it are counted in its own row, with its limit."""

    VIEWS = "views"
    FORMS = "forms"
    DOWNLOADS = "downloads"
    INSTALLS = "installs"
