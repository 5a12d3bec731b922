"""``/v1/devices/…``: which passes a device holds, and which of them have changed."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest

from passwright.apple.web_service import MOST_REGISTRATION_BYTES, UnusableBody, read_registration
from passwright.interfaces.apple.answers import DONE, NEW, Answer, answered, list_answer, wrong_method
from passwright.interfaces.apple.requests import authorization_of, body_of, client, now
from passwright.interfaces.client_address import client_address
from passwright.operations.note_delivery import note_listed
from passwright.operations.open_pass import serial_number_opened
from passwright.operations.register import Asking, register
from passwright.operations.unregister import unregister
from passwright.queries.updatable_passes import updatable_passes

LONGEST_DEVICE = 255


@answered
def registration(request: HttpRequest, device: str, pass_type_identifier: str, serial_number: str) -> Answer:
    """POST registers the pass on the device, DELETE takes it off."""
    if request.method == "POST":
        return registered(request, device, pass_type_identifier, serial_number)
    if request.method == "DELETE":
        token = authorization_of(request.headers.get("Authorization")).token
        unregister(
            pass_type_identifier=pass_type_identifier,
            serial_number=serial_number,
            token=token,
            device=device,
            now=now(),
        )
        return DONE
    return wrong_method("POST", "DELETE")


def registered(request: HttpRequest, device: str, pass_type_identifier: str, serial_number: str) -> Answer:
    authorization = authorization_of(request.headers.get("Authorization"))
    serial_number_opened(serial_number, authorization.token)  # nobody else is told what is wrong with his body
    if len(device) > LONGEST_DEVICE:
        raise UnusableBody(f"deviceLibraryIdentifier is too long: send at most {LONGEST_DEVICE} characters.")
    who = client(request, authorization)
    new = register(
        pass_type_identifier=pass_type_identifier,
        serial_number=serial_number,
        token=authorization.token,
        asking=Asking(device=device, client=who, ip=client_address(request.META)),
        registration=read_registration(body_of(request, MOST_REGISTRATION_BYTES), who.wallet),
        now=now(),
    )
    return NEW if new else DONE


@answered
def registrations(request: HttpRequest, device: str, pass_type_identifier: str) -> Answer:
    """The serial numbers of those of the device's passes that changed since ``passesUpdatedSince``."""
    if request.method != "GET":
        return wrong_method("GET")
    return updated(device, pass_type_identifier, request.GET.get("passesUpdatedSince"), now())


def updated(device: str, pass_type_identifier: str, tag: str | None, at: datetime) -> Answer:
    """Without a word on whether there is such a device."""
    found = updatable_passes(pass_type_identifier=pass_type_identifier, device=device, tag=tag)
    if found:
        note_listed(device_id=found.device_id, pass_ids=found.pass_ids, at=at)
    return list_answer(found)
