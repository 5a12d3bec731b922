"""All routes of the API below ``/v2``. The door resolves evened addresses here."""

from __future__ import annotations

import importlib
from typing import NoReturn

from django.http import Http404, HttpRequest
from django.urls import path
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from passwright.interfaces.api.credentials import Credentials, unauthorized

MODULES = (
    "campaigns",
    "states",
    "stores",
    "distributions",
    "bulk",
    "passes",
    "pushes",
    "forecasts",
    "scheduled_pushes",
    "ledger",
    "redeems",
    "registrations",
    "reports",
    "assets",
    "templates",
    "certificates",
    "notices",
    "organizations",
    "webhooks",
    "remote_forms",
    "ping",
)
"""Modules of this package with a ``router`` each, in the order of the documentation.

``bulk`` comes before ``passes``, where it would be taken for the id of a pass."""


def raise_on(request: HttpRequest, error: Exception | type[Exception]) -> NoReturn:
    """The door answers everything that is raised."""
    if isinstance(error, HttpError) and error.status_code == 401:
        raise unauthorized()
    raise error


def build_api() -> NinjaAPI:
    api = NinjaAPI(
        title="Passwright API", version="2", auth=Credentials(), openapi_url=None, docs_url=None, urls_namespace="api"
    )
    for kind in (Exception, Http404, HttpError, ValidationError):
        api.add_exception_handler(kind, raise_on)
    for module in MODULES:
        api.add_router("", importlib.import_module(f"passwright.interfaces.api.{module}").router)
    return api


api = build_api()
urlpatterns = [path("v2/", api.urls)]
