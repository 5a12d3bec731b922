from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import click

from passwright.interfaces.cli.installation import installation, quiet
from passwright.interfaces.cli.tables import printable, show_table
from passwright.passes.webhooks import OF_THE_CONTRACT, WebhookEvent

if TYPE_CHECKING:
    from passwright.data.models import Organization, WebhookEndpoint

ORGANIZATION = click.argument("organization_id", metavar="ORGANIZATION", type=click.UUID)
WEBHOOK = click.argument("webhook_id", metavar="WEBHOOK", type=click.UUID)
EVENTS = click.Choice([event.value for event in WebhookEvent])


@click.group(short_help="Webhooks: who is told what happens to passes.")
def webhook() -> None:
    """Webhooks: who is told what happens to an organization's passes."""


@webhook.command()
@ORGANIZATION
@click.argument("url")
@click.option("--event", "events", multiple=True, type=EVENTS, help="Which; several times for several.")
@click.option("--description", default="", help="For those who read the list.")
@click.option("--no-api-key", is_flag=True, help="Do not send the organization's API key along.")
def add(organization_id: UUID, url: str, events: tuple[str, ...], description: str, no_api_key: bool) -> None:
    """Tell URL of events and show the signing secret, once. Without --event: the events of the contract."""
    with installation(say=quiet), understood():
        from passwright.operations.create_webhook import create_webhook

        new = create_webhook(
            organization=named(organization_id),
            url=url,
            events=[WebhookEvent(event) for event in events] or OF_THE_CONTRACT,
            description=description,
            send_api_key=not no_api_key,
            now=datetime.now(UTC),
        )
    click.echo(f"Webhook  {new.endpoint.id}\nSecret   {new.secret}")
    click.echo("Store the secret now: it is shown once.")


@webhook.command("list", short_help="Show the organization's webhooks and how they are.")
@ORGANIZATION
def list_(organization_id: UUID) -> None:
    """Show the organization's webhooks, what they ask for and how they are."""
    with installation(say=quiet), understood():
        from passwright.queries.webhooks import webhooks_of

        rows = [
            (str(row.id), printable(row.url), " ".join(row.events), how_it_is(row))
            for row in webhooks_of(named(organization_id)).order_by("created_at", "id")
        ]
    show_table(("id", "address", "events", "state"), rows)


@webhook.command()
@ORGANIZATION
@WEBHOOK
def remove(organization_id: UUID, webhook_id: UUID) -> None:
    """Forget a webhook, what waits for it and its log."""
    with installation(say=quiet), understood():
        from passwright.operations.delete_webhook import delete_webhook

        delete_webhook(organization=named(organization_id), webhook_id=webhook_id, now=datetime.now(UTC))
    click.echo("The webhook is removed.")


@webhook.command()
@ORGANIZATION
@WEBHOOK
def enable(organization_id: UUID, webhook_id: UUID) -> None:
    """Call a webhook again that was disabled."""
    with installation(say=quiet), understood():
        from passwright.operations.enable_webhook import enable_webhook

        enable_webhook(organization=named(organization_id), webhook_id=webhook_id, now=datetime.now(UTC))
    click.echo("The webhook is enabled; what waited for it is sent now.")


@webhook.command(short_help="Show what was sent to a webhook and what came of it.")
@ORGANIZATION
@WEBHOOK
@click.option("--state", type=click.Choice(["queued", "delivered", "failed"]), help="Only these.")
@click.option("--last", default=25, show_default=True, type=click.IntRange(1, 1000), help="How many.")
def deliveries(organization_id: UUID, webhook_id: UUID, state: str | None, last: int) -> None:
    """Show what was sent to a webhook and what came of it, the newest first."""
    with installation(say=quiet), understood():
        from passwright.operations.refusals import NotFound
        from passwright.queries.webhooks import deliveries_of, webhook_of

        endpoint = webhook_of(named(organization_id), webhook_id)
        if endpoint is None:
            raise NotFound("Webhook")
        found = deliveries_of(endpoint)
        rows = [
            (
                str(row.id),
                f"{row.at:%Y-%m-%d %H:%M:%S}",
                row.event,
                row.state,
                str(row.attempts),
                printable(row.error or str(row.status or "-")),
            )
            for row in (found.filter(state=state) if state else found)[:last]
        ]
    show_table(("id", "happened (UTC)", "event", "state", "attempts", "answer"), rows)


@webhook.command()
@ORGANIZATION
@WEBHOOK
@click.argument("delivery_id", metavar="DELIVERY", type=click.UUID)
def replay(organization_id: UUID, webhook_id: UUID, delivery_id: UUID) -> None:
    """Send a delivery once more, whether it arrived before or not."""
    with installation(say=quiet), understood():
        from passwright.operations.replay_webhook import replay_webhook

        replay_webhook(
            organization=named(organization_id),
            webhook_id=webhook_id,
            delivery_id=delivery_id,
            now=datetime.now(UTC),
        )
    click.echo("A worker sends it now.")


def how_it_is(row: WebhookEndpoint) -> str:
    if row.disabled_at:
        return f"disabled since {row.disabled_at:%-d %b %Y}"
    return f"failing since {row.failing_since:%-d %b, %H:%M} UTC" if row.failing_since else "ok"


def named(organization_id: UUID) -> Organization:
    """Raises: NotFound: if there is no such organization."""
    from passwright.operations.refusals import NotFound
    from passwright.queries.organizations import organization_with_id

    row = organization_with_id(organization_id)
    if row is None:
        raise NotFound("Organization")
    return row


@contextmanager
def understood() -> Iterator[None]:
    """What cannot be done ends the command with a line that says why."""
    from passwright.operations.refusals import NotFound, PreconditionFailed, ValidationFailed

    try:
        yield
    except NotFound as error:
        raise click.BadParameter(f"no {error.what.lower()} has this id.", param_hint=error.what.upper()) from error
    except ValidationFailed as error:
        raise click.BadParameter(str(error), param_hint="URL") from error
    except PreconditionFailed as error:
        raise click.ClickException(str(error)) from error
