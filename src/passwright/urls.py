from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("passwright.interfaces.api.urls")),
    path("", include("passwright.interfaces.public.urls")),
]
