"""The API's addresses among the others: whatever starts with ``/v2`` or ``/v1``, with any number of slashes before."""

from __future__ import annotations

from django.urls import path, re_path

from passwright.interfaces.api.docs import docs
from passwright.interfaces.api.door import door
from passwright.interfaces.api.openapi import openapi_json
from passwright.interfaces.api.uploads import original

urlpatterns = [
    re_path(r"^/*v[12](?:/|\.json|$)", door),
    path("uploads/asset/<uuid:asset_id>/original.png", original),
    re_path(r"^docs/?$", docs),
    re_path(r"^openapi\.json/?$", openapi_json),
]
