"""The examples of the documentation are what the API reads and answers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from passwright.data.models import Certificate, Delivery, Device, DeviceLog, Organization, Push, Registration
from passwright.interfaces import jobs
from passwright.interfaces.api.docs import page
from passwright.interfaces.api.examples import PLACE, conversations
from passwright.interfaces.api.openapi import document
from passwright.operations.send_webhooks import WebhookSender
from passwright.operations.warn_of_certificates import warn_of_certificates
from passwright.outgoing import Answer
from passwright.passes.content import Style
from passwright.settings import PUBLIC_URL
from tests.devices import device
from tests.interfaces.api.conftest import NOW, Api
from tests.interfaces.api.toy_town import certificate

JSON = "application/json"
NDJSON = "application/x-ndjson"
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
OF_THE_DAY = {
    ID.pattern: "id",
    r"\d{1,2} [A-Z][a-z]{2} \d{4}": "day",
    r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)": "time",
    r'"\d{4}-\d\d-\d\d"': '"day"',
    r"(?<=updated_at=)\d+": "time",
    r"(?<=/[pd]/)[A-Za-z0-9_-]{10,22}(?:/[A-Za-z0-9_-]{22})?": "page",
    r"(?<=/t/)[A-Za-z0-9_-]+": "sealed",
    r'(?<="api_username": ")[0-9a-f]+': "name",
    r'(?<="api_password": ")[^"]+': "word",
    r'(?<="api_calls_count": )\d+': "0",
    r'(?<="id": )\d+': "0",
    r'(?<="push_id": )\d+': "0",
    r'whsec_[^"]+': "secret",
    r'(?<="milliseconds": )\d+': "0",
}
"""What is another one each time the same is said."""
DUE = "2027-01-31T18:30:00Z"
"""A time in the future, once."""


def operations() -> dict[str, dict[str, Any]]:
    return {each["operationId"]: each for path in document()["paths"].values() for each in path.values()}


def address_of(operation: str) -> tuple[str, str]:
    """Method and path."""
    found = (
        (method.upper(), path)
        for path, methods in document()["paths"].items()
        for method, each in methods.items()
        if each["operationId"] == operation
    )
    return next(found)


class Teller:
    """Says to this API what the examples say to theirs, with today's ids in the place of the printed ones."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.today: dict[str, str] = {DUE: f"{datetime.now(UTC) + timedelta(days=60):%Y-%m-%dT%H:%M:%SZ}"}
        self.push_today = ""
        sent = conversations()["create_generic"]["request"]["generic"]
        thumbnail = conversations()["create_generic_pass"]["request"]["pass"]["thumbnail_id"]
        for slot, printed in (("icon", sent["icon_id"]), ("logo", sent["logo_id"]), ("thumbnail", thumbnail)):
            self.today[printed] = api.upload(slot)

    def say(self, operation: str, **made_by: str) -> tuple[Any, Any]:
        """What is answered, and what the example says that it is. ``made_by``: whose answer has the parameter."""
        talk, (method, path) = conversations()[operation], address_of(operation)
        for name, source in made_by.items():
            path = path.replace(f"{{{name}}}", self.push_today if name == "push_id" else self.printed(source, name))
        request = json.dumps(talk["request"]) if "request" in talk else ""
        answer = self.api.raw(method, self.now(path), self.now(request).encode())
        (status,) = (int(code) for code in operations()[operation]["responses"] if code[0] == "2")
        assert answer.status_code == status, answer.content
        lines = answer.headers["Content-Type"] == NDJSON
        shown = [json.loads(line) for line in answer.content.splitlines()] if lines else json.loads(answer.content)
        self.today.update(zip(ids_in(talk["answer"]), ids_in(shown), strict=True))
        return shown, talk["answer"]

    def printed(self, operation: str, name: str) -> str:
        """The attribute of that name in the example's answer, or its id."""
        answer = conversations()[operation]["answer"]
        first = answer[0] if isinstance(answer, list) else answer
        return str(first.get(name) or first["id"])

    def now(self, text: str) -> str:
        return ID.sub(lambda each: self.today.get(each[0], each[0]), text.replace(DUE, self.today[DUE]))

    def id_of(self, operation: str) -> str:
        return self.now(self.printed(operation, "id"))


def ids_in(value: Any) -> list[str]:
    """In the order in which they stand."""
    return ID.findall(json.dumps(value))


def plain(value: Any) -> Any:
    """The same without what changes from day to day."""
    text = json.dumps(value)
    for pattern, word in OF_THE_DAY.items():
        text = re.sub(pattern, word, text)
    return json.loads(text)


def register(teller: Teller) -> None:
    """As a phone does."""
    Registration.objects.create(
        campaign_id=teller.id_of("create_generic"),
        pass_row_id=teller.id_of("create_generic_pass"),
        device=device(),
        update_tag=0,
        wallet="passbook",
        device_os="ios",
        created_at=NOW,
    )


def deliver(teller: Teller) -> None:
    """As the worker and the phone do after the pushes of the campaign."""
    (phone,) = Device.objects.all()
    for push in Push.objects.filter(pass_id=None):
        push.spread_at = push.created_at
        push.save()
        Delivery.objects.create(
            push=push,
            pass_id=teller.id_of("create_generic_pass"),
            device_id=phone.id,
            state="accepted",
            attempts=1,
            apns_id=uuid4(),
            queued_at=push.created_at,
            answered_at=push.created_at,
            listed_at=push.created_at,
            fetched_at=push.created_at,
            fetched_version=7,
        )
        teller.push_today = str(push.id)


def complain(teller: Teller) -> None:
    DeviceLog.objects.create(
        campaign_id=teller.id_of("create_generic"),
        pass_id=teller.id_of("create_generic_pass"),
        line="Web service error for pass.org.example.generic: the request timed out",
        at=NOW,
    )


def warn(teller: Teller) -> None:
    own = certificate(None, datetime.now(UTC), organization=teller.api.organization, days=20)
    Certificate.objects.filter(id=own.id).update(pass_type_identifier="pass.org.example.members")
    warn_of_certificates(now=datetime.now(UTC))


def work(teller: Teller) -> None:
    jobs.import_rows(teller.id_of("create_generic_bulk_import"))


def certify(teller: Teller) -> None:
    certificate(Style.STORE_CARD, NOW)


def allow(teller: Teller) -> None:
    Organization.objects.filter(id=teller.api.organization.id).update(children_allowed=10)


def send(teller: Teller) -> None:
    sender = WebhookSender(
        clock=lambda: datetime.now(UTC), chance=lambda: 0.0, post=lambda *_, **__: Answer(status=200, text="ok")
    )
    sender.step()
    sender.close()


Step = tuple[str, dict[str, str]] | Callable[[Teller], None]
TEMPLATE = {"template_id": "create_template"}
CAMPAIGN = {"campaign_id": "create_generic"}
PASS = {**CAMPAIGN, "pass_id": "create_generic_pass"}
BULK = {**CAMPAIGN, "bulk_id": "create_generic_bulk_import"}
LINK = {**CAMPAIGN, "distribution_id": "create_generic_distribution"}
CLUB = {"campaign_id": "create_store_card"}
CHILD = {"organization_id": "create_organization"}
HOOK = {"webhook_id": "create_webhook"}
SENT = {**HOOK, "delivery_id": "test_webhook"}
STORY: tuple[Step, ...] = (
    ("list_assets", {}),
    ("get_asset", {"asset_id": "create_asset"}),
    ("create_template", {}),
    ("list_templates", {}),
    ("update_template", TEMPLATE),
    ("get_template", TEMPLATE),
    ("list_certificates", {}),
    ("get_certificate", {"certificate_id": "list_certificates"}),
    ("create_generic", {}),
    ("list_generics", {}),
    ("create_generic_pass", CAMPAIGN),
    ("update_generic_pass", PASS),
    ("get_generic_pass", PASS),
    ("list_generic_passes", CAMPAIGN),
    ("find_generic_pass", {**CAMPAIGN, "redeem_code": "create_generic_pass"}),
    ("redeem_code_of_generic_pass", CAMPAIGN),
    ("reset_redeem_of_generic_pass", PASS),
    ("redeem_generic_pass", PASS),
    ("list_generic_redeems", CAMPAIGN),
    ("list_generic_pass_redeems", PASS),
    register,
    ("list_generic_registrations", CAMPAIGN),
    ("list_generic_pass_registrations", PASS),
    ("create_generic_bulk_import", CAMPAIGN),
    work,
    ("list_generic_bulk_imports", CAMPAIGN),
    ("get_generic_bulk_import", BULK),
    ("get_generic_bulk_import_result", BULK),
    ("push_generic_pass", PASS),
    ("update_generic", CAMPAIGN),
    ("get_generic", CAMPAIGN),
    ("push_generic", CAMPAIGN),
    ("undo_generic_reset", CAMPAIGN),
    ("merge_generic", CAMPAIGN),
    deliver,
    ("list_generic_pushes", CAMPAIGN),
    ("get_generic_push", {**CAMPAIGN, "push_id": "list_generic_pushes"}),
    ("list_generic_pass_deliveries", PASS),
    complain,
    ("list_generic_device_logs", CAMPAIGN),
    ("list_generic_pass_device_logs", PASS),
    ("create_scheduled_generic_push", CAMPAIGN),
    ("list_scheduled_generic_pushes", CAMPAIGN),
    ("get_scheduled_generic_push", {**CAMPAIGN, "scheduled_push_id": "create_scheduled_generic_push"}),
    ("pause_generic", CAMPAIGN),
    ("resume_generic", CAMPAIGN),
    ("archive_generic", CAMPAIGN),
    ("report_generic", CAMPAIGN),
    ("report_generic_totals", CAMPAIGN),
    ("create_generic_distribution", CAMPAIGN),
    ("list_generic_distributions", CAMPAIGN),
    ("get_generic_distribution", LINK),
    ("update_generic_distribution", LINK),
    ("pause_generic_distribution", LINK),
    ("resume_generic_distribution", LINK),
    ("create_generic_smart_links", LINK),
    certify,
    warn,
    ("list_notices", {}),
    ("create_store_card", {}),
    ("list_remote_form_fields", CLUB),
    ("submit_remote_form", CLUB),
    allow,
    ("create_organization", {}),
    ("list_organizations", {}),
    ("update_organization", CHILD),
    ("get_organization", CHILD),
    ("refresh_api_password", CHILD),
    ("create_webhook", {}),
    ("list_webhooks", {}),
    ("update_webhook", HOOK),
    ("get_webhook", HOOK),
    ("rotate_webhook_secret", HOOK),
    ("test_webhook", HOOK),
    send,
    ("list_webhook_deliveries", HOOK),
    ("get_webhook_delivery", SENT),
    ("replay_webhook_delivery", SENT),
    ("enable_webhook", HOOK),
)


def test_the_examples_belong_to_routes_and_are_all_told() -> None:
    assert set(conversations()) <= set(operations())
    told = {step[0] for step in STORY if isinstance(step, tuple)}
    assert told | {"create_asset"} == set(conversations())
    assert conversations()["create_asset"] == conversations()["get_asset"]


def test_the_document_has_the_examples() -> None:
    for name, talk in conversations().items():
        if "request" in talk:
            content = operations()[name]["requestBody"]["content"][JSON]
            assert content["examples"]["toy_town"]["value"] == talk["request"]
    (rows,) = operations()["get_generic_bulk_import_result"]["responses"]["200"]["content"].values()
    shown = [each["value"] for each in rows["examples"].values()]
    assert shown == conversations()["get_generic_bulk_import_result"]["answer"]


def test_the_api_answers_today_as_it_did_in_the_examples(api: Api) -> None:
    certificate(Style.GENERIC, NOW)
    teller = Teller(api)
    for step in STORY:
        if callable(step):
            step(teller)
            continue
        operation, made_by = step
        shown, printed = teller.say(operation, **made_by)
        assert plain(shown) == plain(printed), operation


def test_the_page_shows_real_dates_and_this_installations_addresses() -> None:
    html, _ = page()
    assert "Johnny Appleseed" in html
    assert f"{PUBLIC_URL}/p/" in html
    assert PLACE not in html
    assert "X-Request-Id" not in html


def test_ids_addresses_and_times_have_their_formats() -> None:
    schemas = document()["components"]["schemas"]
    for name in ("CampaignShape", "PassShape"):
        shown = schemas[name]["properties"]
        assert shown["id"]["format"] == "uuid"
        assert shown["page_url"]["format"] == "uri"
        assert shown["created_at"]["format"] == "date-time"
        assert {"type": "null"} in shown["expiration_date"]["anyOf"]


@pytest.mark.parametrize("path", ["/docs", "/docs/", "/openapi.json", "/openapi.json/"])
def test_documentation_is_read_with_or_without_a_slash(path: str) -> None:
    assert Client().get(path).status_code == 200
    assert Client().head(path).status_code == 200
    answer = Client().post(path)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD"
