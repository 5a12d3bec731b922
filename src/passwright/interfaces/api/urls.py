"""The API's addresses among the others: whatever starts with ``/v2`` or ``/v1``, with any number of slashes before."""

from __future__ import annotations

from django.urls import re_path

from passwright.interfaces.api.door import door

urlpatterns = [re_path(r"^/*v[12](?:/|\.json|$)", door)]
