"""Webhook endpoints of an organization, what was sent to them and what came of it: our own addition to the contract,
which knows the organization's one ``webhook_url``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from msgspec import UNSET, Meta, Struct, UnsetType

from passwright.data.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from passwright.interfaces.api.content_shapes import Moment, milliseconds
from passwright.interfaces.api.frame import (
    Attribute,
    Kind,
    Router,
    answer,
    body_of,
    documented,
    filtered,
    found,
    gone,
    id_of,
    organization_of,
    paginated,
)
from passwright.interfaces.api.schemas import Gone, webhook_body
from passwright.operations.create_webhook import create_webhook
from passwright.operations.delete_webhook import delete_webhook
from passwright.operations.enable_webhook import enable_webhook
from passwright.operations.new_webhook_secret import NewSecret
from passwright.operations.replay_webhook import replay_webhook
from passwright.operations.rotate_webhook_secret import rotate_webhook_secret
from passwright.operations.try_webhook import try_webhook
from passwright.operations.update_webhook import update_webhook
from passwright.passes.webhooks import OF_THE_CONTRACT, WebhookEvent
from passwright.payloads.values import Sent, given
from passwright.queries.webhooks import deliveries_of, delivery_of, log_of, webhook_body_of, webhook_of, webhooks_of

router = Router(tags=["Webhooks"])

ATTRIBUTES = {
    "url": Attribute(Kind.TEXT),
    "description": Attribute(Kind.TEXT),
    "of_organization": Attribute(Kind.BOOLEAN),
    "disabled_at": Attribute(Kind.MOMENT),
    "created_at": Attribute(Kind.MOMENT),
}
OF_DELIVERIES = {
    "state": Attribute(Kind.TEXT),
    "event": Attribute(Kind.TEXT),
    "campaign_id": Attribute(Kind.UUID),
    "pass_id": Attribute(Kind.UUID),
    "status": Attribute(Kind.INTEGER),
    "event_at": Attribute(Kind.MOMENT, "at"),
}
MAX_DESCRIPTION = 500

SECRET = "In the answers that make one, and null in all others: `whsec_` and base64, as Standard Webhooks have it."
OF_ORGANIZATION = "It is the one that the organization's `webhook_url` names; both change together."
STATES = "`queued`: it waits or comes again; `delivered`; `failed`: it is not tried any more."
FAILING = "Since when it has accepted nothing; null while deliveries succeed."


class WebhookShape(Struct, frozen=True, kw_only=True):
    """An address that is told what happens to passes."""

    id: UUID
    url: str
    description: str
    events: list[WebhookEvent]
    send_api_key: Annotated[bool, Meta(description="Whether `Authorization` carries the organization's API key.")]
    of_organization: Annotated[bool, Meta(description=OF_ORGANIZATION)]
    secret: Annotated[str, Meta(description=SECRET)] | None
    failing_since: Annotated[Moment, Meta(description=FAILING)] | None
    disabled_at: Moment | None
    disabled_reason: str | None
    created_at: Moment
    updated_at: Moment


class DeliveryShape(Struct, frozen=True, kw_only=True):
    """One event for one webhook. ``id`` is what the header `webhook-id` says."""

    id: UUID
    event: str
    campaign_id: UUID
    pass_id: UUID
    event_at: Moment
    state: Annotated[str, Meta(description=STATES, extra_json_schema={"enum": WebhookDelivery.State.values})]
    attempts: int
    status: Annotated[int, Meta(description="Of the last answer; null if there was none.")] | None
    error: str | None
    due_at: Annotated[Moment, Meta(description="When it is sent next; null if it is not.")] | None
    finished_at: Moment | None


class AttemptShape(Struct, frozen=True, kw_only=True):
    """One try to send a delivery."""

    at: Moment
    milliseconds: int
    status: int | None
    error: str | None
    answer: Annotated[str, Meta(description="The first KiB of the answer's body.")] | None


class DeliveryWithLog(DeliveryShape, frozen=True, kw_only=True):
    """One event for one webhook, what is sent, and every attempt."""

    body: dict[str, Any]
    log: list[AttemptShape]


def shape(endpoint: WebhookEndpoint, secret: str | None = None) -> WebhookShape:
    return WebhookShape(
        id=endpoint.id,
        url=endpoint.url,
        description=endpoint.description,
        events=[WebhookEvent(event) for event in endpoint.events],
        send_api_key=endpoint.send_api_key,
        of_organization=endpoint.of_organization,
        secret=secret,
        failing_since=milliseconds(endpoint.failing_since) if endpoint.failing_since else None,
        disabled_at=milliseconds(endpoint.disabled_at) if endpoint.disabled_at else None,
        disabled_reason=endpoint.disabled_reason,
        created_at=milliseconds(endpoint.created_at),
        updated_at=milliseconds(endpoint.updated_at),
    )


def with_secret(new: NewSecret) -> WebhookShape:
    return shape(new.endpoint, new.secret)


def of_delivery(row: WebhookDelivery) -> dict[str, Any]:
    return {
        "id": row.id,
        "event": row.event,
        "campaign_id": row.campaign_id,
        "pass_id": row.pass_id,
        "event_at": milliseconds(row.at),
        "state": row.state,
        "attempts": row.attempts,
        "status": row.status,
        "error": row.error,
        "due_at": milliseconds(row.due_at) if row.due_at else None,
        "finished_at": milliseconds(row.finished_at) if row.finished_at else None,
    }


def delivery_shape(row: WebhookDelivery) -> DeliveryShape:
    return DeliveryShape(**of_delivery(row))


def attempt_shape(row: WebhookAttempt) -> AttemptShape:
    return AttemptShape(
        at=milliseconds(row.at), milliseconds=row.milliseconds, status=row.status, error=row.error, answer=row.answer
    )


@router.get(
    "/webhooks",
    summary="List webhooks",
    **documented(name="list_webhooks", answer=list[WebhookShape], paged=True, attributes=ATTRIBUTES),
)
def list_webhooks(request: HttpRequest) -> HttpResponse:
    """The organization's own, at most 20."""
    return paginated(request, filtered(request, webhooks_of(organization_of(request)), ATTRIBUTES), shape)


@router.post(
    "/webhooks",
    summary="Create a webhook",
    **documented(
        name="create_webhook",
        answer=WebhookShape,
        status=201,
        body=webhook_body(required=("url",)),
        refusals=(412, 422),
    ),
)
def post_webhook(request: HttpRequest) -> HttpResponse:
    """Tell an address of events from now on: those of the contract, unless `events` says which. The answer has the
    secret that deliveries are signed with; it is shown here and nowhere again. 412 when there are 20."""
    sent = sent_attributes(request)
    sent.require("url")
    url, events, description, send_api_key = read(sent)
    sent.check()
    new = create_webhook(
        organization=organization_of(request),
        url=given(url, ""),
        events=given(events, OF_THE_CONTRACT),
        description=given(description, ""),
        send_api_key=given(send_api_key, True),
        now=timezone.now(),
    )
    return answer(with_secret(new), status=201)


@router.get(
    "/webhooks/{webhook_id}",
    summary="Get a webhook",
    **documented(name="get_webhook", answer=WebhookShape, refusals=(404,)),
)
def get_webhook(request: HttpRequest, webhook_id: str) -> HttpResponse:
    return answer(shape(one(request, webhook_id)))


@router.api_operation(
    ["PATCH", "PUT"],
    "/webhooks/{webhook_id}",
    summary="Update a webhook",
    **documented(name="update_webhook", answer=WebhookShape, body=webhook_body(), refusals=(404, 422)),
)
def patch_webhook(request: HttpRequest, webhook_id: str) -> HttpResponse:
    """What is not sent stays. What waits already goes to the new address."""
    endpoint = one(request, webhook_id)
    sent = sent_attributes(request)
    if "url" in sent:
        sent.require("url")
    url, events, description, send_api_key = read(sent)
    sent.check()
    changed = update_webhook(
        organization=organization_of(request),
        webhook_id=endpoint.id,
        url=given(url, UNSET),
        events=given(events, UNSET),
        description="" if description is None else description,
        send_api_key=given(send_api_key, UNSET),
        now=timezone.now(),
    )
    return answer(shape(changed))


@router.delete(
    "/webhooks/{webhook_id}",
    summary="Delete a webhook",
    **documented(name="delete_webhook", answer=Gone, refusals=(404,)),
)
def remove_webhook(request: HttpRequest, webhook_id: str) -> HttpResponse:
    """What waits for it is not sent any more, and its log is gone. If it is the organization's, `webhook_url` is null
    from now on."""
    delete_webhook(organization=organization_of(request), webhook_id=id_of(webhook_id, "Webhook"), now=timezone.now())
    return gone()


@router.post(
    "/webhooks/{webhook_id}/rotate_secret",
    summary="Give a webhook another secret",
    **documented(name="rotate_webhook_secret", answer=WebhookShape, refusals=(404,)),
)
def rotate(request: HttpRequest, webhook_id: str) -> HttpResponse:
    """The answer has the new secret. For 24 hours deliveries are signed with both, so that the receiver can learn it
    in peace."""
    new = rotate_webhook_secret(
        organization=organization_of(request), webhook_id=id_of(webhook_id, "Webhook"), now=timezone.now()
    )
    return answer(with_secret(new))


@router.post(
    "/webhooks/{webhook_id}/enable",
    summary="Enable a webhook",
    **documented(name="enable_webhook", answer=WebhookShape, refusals=(404,)),
)
def enable(request: HttpRequest, webhook_id: str) -> HttpResponse:
    """Call it again after it was disabled. What waited for it when it was is sent now; what happened while it was
    disabled is not told."""
    endpoint = enable_webhook(
        organization=organization_of(request), webhook_id=id_of(webhook_id, "Webhook"), now=timezone.now()
    )
    return answer(shape(endpoint))


@router.post(
    "/webhooks/{webhook_id}/test",
    summary="Send a test to a webhook",
    **documented(name="test_webhook", answer=DeliveryShape, status=202, refusals=(404, 412)),
)
def post_test(request: HttpRequest, webhook_id: str) -> HttpResponse:
    """Sends the event `test`, which is about no pass: its ids are all zero. What came of it is in the delivery's log.
    412 while the webhook is disabled."""
    delivery = try_webhook(
        organization=organization_of(request), webhook_id=id_of(webhook_id, "Webhook"), now=timezone.now()
    )
    return answer(delivery_shape(delivery), status=202)


@router.get(
    "/webhooks/{webhook_id}/deliveries",
    summary="List the deliveries of a webhook",
    **documented(
        name="list_webhook_deliveries",
        answer=list[DeliveryShape],
        paged=True,
        attributes=OF_DELIVERIES,
        refusals=(404,),
    ),
)
def list_deliveries(request: HttpRequest, webhook_id: str) -> HttpResponse:
    """The newest first; `q[state_eq]=failed` shows what did not arrive. They are kept for 30 days."""
    rows = filtered(request, deliveries_of(one(request, webhook_id)), OF_DELIVERIES, ties=("-at", "-id"))
    return paginated(request, rows, delivery_shape)


@router.get(
    "/webhooks/{webhook_id}/deliveries/{delivery_id}",
    summary="Get a delivery of a webhook",
    **documented(name="get_webhook_delivery", answer=DeliveryWithLog, refusals=(404,)),
)
def get_delivery(request: HttpRequest, webhook_id: str, delivery_id: str) -> HttpResponse:
    """With the body that is sent and the log of all attempts, the oldest first."""
    row = found(delivery_of(one(request, webhook_id), id_of(delivery_id, "Delivery")), "Delivery")
    body = msgspec.json.decode(webhook_body_of(row), type=dict[str, Any])
    return answer(DeliveryWithLog(**of_delivery(row), body=body, log=[attempt_shape(each) for each in log_of(row)]))


@router.post(
    "/webhooks/{webhook_id}/deliveries/{delivery_id}/replay",
    summary="Send a delivery of a webhook again",
    **documented(name="replay_webhook_delivery", answer=DeliveryShape, status=202, refusals=(404, 412)),
)
def replay(request: HttpRequest, webhook_id: str, delivery_id: str) -> HttpResponse:
    """Now, with the same `webhook-id` and the same body, whether it arrived before or not. 412 while the webhook is
    disabled."""
    row = replay_webhook(
        organization=organization_of(request),
        webhook_id=id_of(webhook_id, "Webhook"),
        delivery_id=id_of(delivery_id, "Delivery"),
        now=timezone.now(),
    )
    return answer(delivery_shape(row), status=202)


def one(request: HttpRequest, text: str) -> WebhookEndpoint:
    return found(webhook_of(organization_of(request), id_of(text, "Webhook")), "Webhook")


def sent_attributes(request: HttpRequest) -> Sent:
    body = body_of(request, roots=("webhook",))
    return Sent({**body.beside, **body.attributes})


def read(sent: Sent) -> tuple[Any, Any, Any, Any]:
    """Address, events, description and whether the API key is sent, as far as they were sent."""
    return (
        sent.url("url"),
        sent_events(sent),
        sent.text("description", most=MAX_DESCRIPTION),
        sent.boolean("send_api_key"),
    )


def sent_events(sent: Sent) -> Sequence[WebhookEvent] | UnsetType | None:
    """Names of events, each once."""
    value = sent.raw("events")
    if value is UNSET or value is None:
        return value
    known = set(WebhookEvent)
    if not isinstance(value, list) or not value or not all(isinstance(each, str) and each in known for each in value):
        sent.refuse("events", f"must be a list of {', '.join(WebhookEvent)}")
        return UNSET
    return [event for event in WebhookEvent if event in value]
