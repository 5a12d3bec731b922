"""The addresses below ``webServiceURL``, which is ``/apple``. A serial number is whatever stands there."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import re_path

from passwright.interfaces.apple.answers import UNKNOWN, Answer, answered
from passwright.interfaces.apple.device_logs import log
from passwright.interfaces.apple.devices import registration, registrations
from passwright.interfaces.apple.passes import latest_pass, sign_up

DEVICE = r"(?P<device>[^/]+)"
IDENTIFIER = r"(?P<pass_type_identifier>[^/]+)"
SERIAL = r"(?P<serial_number>[\s\S]+)"


@answered
def unknown(request: HttpRequest) -> Answer:
    """Any other address below ours."""
    return UNKNOWN


urlpatterns = [
    re_path(rf"^apple/v1/devices/{DEVICE}/registrations/{IDENTIFIER}/?\Z", registrations),
    re_path(rf"^apple/v1/devices/{DEVICE}/registrations/{IDENTIFIER}/{SERIAL}\Z", registration),
    re_path(rf"^apple/v1/passes/{IDENTIFIER}/{SERIAL}/personalize\Z", sign_up),
    re_path(rf"^apple/v1/passes/{IDENTIFIER}/{SERIAL}\Z", latest_pass),
    re_path(r"^apple/v1/log/?\Z", log),
    re_path(r"^apple(?:/[\s\S]*)?\Z", unknown),
]
