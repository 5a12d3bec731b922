from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("passwright.interfaces.api.urls")),
    path("", include("passwright.interfaces.apple.urls")),
    path("", include("passwright.interfaces.public.urls")),
]
handler400 = "passwright.interfaces.public.faults.malformed"
handler404 = "passwright.interfaces.public.faults.unknown"
handler500 = "passwright.interfaces.public.faults.failed"
