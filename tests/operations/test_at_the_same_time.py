"""Operations that wait for each other, against committed rows; and what happens when one has to give way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError, connection, transaction
from msgspec import UNSET
from psycopg.errors import DeadlockDetected, LockNotAvailable

from passwright.data.models import Campaign, Organization, Template
from passwright.operations.create_template import SentTemplate, create_template
from passwright.operations.retrying import ATTEMPTS, retried
from passwright.operations.update_template import update_template
from passwright.passes.content import ImageSlot, Style
from passwright.queries.campaigns import newest_revision
from tests.operations.toys import LATER, NOW, change, picture, toy_maker, toy_town

pytestmark = pytest.mark.django_db(transaction=True)

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture
def organization() -> Organization:
    return toy_maker()


@pytest.fixture
def template(organization: Organization) -> Template:
    images = {ImageSlot.ICON: picture(organization)}
    sent = SentTemplate(name="Shared", pass_type=Style.GENERIC, logo_text="OLD", images=images)
    return create_template(organization=organization, sent=sent, now=NOW)


@pytest.fixture
def threads() -> Iterator[Callable[[Callable[[], Any]], Future[Any]]]:
    """Start a call in a thread and on a connection of its own."""

    def own(call: Callable[[], Any]) -> Any:
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        yield lambda call: pool.submit(own, call)


def wait_until_waiting(number: int) -> None:
    """So many connections stand before a lock."""
    for _ in range(500):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # kept for as long as the transaction otherwise
            cursor.execute(WAITING)
            if cursor.fetchone()[0] >= number:
                return
        time.sleep(0.01)
    raise AssertionError(f"{number} connections do not wait")


@contextmanager
def held(model: type[Template] | type[Campaign], row_id: UUID) -> Iterator[None]:
    with transaction.atomic():
        model.objects.select_for_update().get(id=row_id)
        yield


def renamed(organization: Organization, template: Template) -> Template:
    sent = SentTemplate(logo_text="NEW")
    return update_template(organization=organization, template_id=template.id, sent=sent, now=LATER)


def shown_logo(campaign: Campaign) -> str | None:
    campaign.refresh_from_db()
    return newest_revision(campaign).look.logo_text


def test_a_campaign_made_while_its_template_changes_shows_the_change(
    organization: Organization, template: Template, threads: Any
) -> None:
    """Both wait for the template; the campaign comes first and is not among those that the update saw."""
    with held(Template, template.id):
        made = threads(lambda: toy_town(organization, template_id=template.id, barcode=UNSET))
        wait_until_waiting(1)
        changed = threads(lambda: renamed(organization, template))
        wait_until_waiting(2)
    assert changed.result(30).logo_text == "NEW"
    assert shown_logo(made.result(30)) == "NEW"


def test_a_campaign_that_takes_up_a_template_while_it_changes_shows_the_change(
    organization: Organization, template: Template, threads: Any
) -> None:
    campaign = toy_town(organization)
    with held(Template, template.id):
        moved = threads(lambda: change(campaign, template_id=template.id))
        wait_until_waiting(1)
        changed = threads(lambda: renamed(organization, template))
        wait_until_waiting(2)
    assert changed.result(30).logo_text == "NEW"
    assert moved.result(30).template_id == template.id
    assert shown_logo(campaign) == "NEW"


def test_a_campaign_that_leaves_a_template_while_it_changes_is_left_alone(
    organization: Organization, template: Template, threads: Any
) -> None:
    campaign = toy_town(organization, template_id=template.id, barcode=UNSET)
    other = create_template(
        organization=organization,
        sent=SentTemplate(
            name="Other", pass_type=Style.GENERIC, logo_text="OTHER", images={ImageSlot.ICON: picture(organization)}
        ),
        now=NOW,
    )
    with held(Template, other.id):
        moved = threads(lambda: change(campaign, template_id=other.id))
        wait_until_waiting(1)
        changed = threads(lambda: renamed(organization, template))
        wait_until_waiting(2)
    assert moved.result(30).template_id == other.id
    assert changed.result(30).logo_text == "NEW"
    assert shown_logo(campaign) == "OTHER"


def test_campaigns_that_swap_templates_while_both_change(
    organization: Organization, template: Template, threads: Any
) -> None:
    icon = picture(organization)
    sent = SentTemplate(name="Second", pass_type=Style.GENERIC, logo_text="OLD", images={ImageSlot.ICON: icon})
    second = create_template(organization=organization, sent=sent, now=NOW)
    one = toy_town(organization, name="One", template_id=template.id, barcode=UNSET)
    two = toy_town(organization, name="Two", template_id=second.id, barcode=UNSET)
    for here, there in [(template, second), (second, template)] * 3:
        start = threading.Barrier(4)
        calls: list[Callable[[], Any]] = [
            partial(change, one, template_id=there.id),
            partial(change, two, template_id=here.id),
            partial(renamed, organization, here),
            partial(renamed, organization, there),
        ]
        for future in [threads(partial(at_once, start, call)) for call in calls]:
            future.result(60)
        assert (shown_logo(one), shown_logo(two)) == ("NEW", "NEW")
        Template.objects.filter(id__in=[here.id, there.id]).update(logo_text="OLD")


def at_once(start: threading.Barrier, call: Callable[[], Any]) -> Any:
    start.wait(30)
    return call()


def test_of_two_in_a_deadlock_one_runs_again(organization: Organization, template: Template, threads: Any) -> None:
    campaign = toy_town(organization)
    meeting = threading.Barrier(2)
    runs: list[str] = []

    @retried
    @transaction.atomic
    def both(first: Callable[[], Any], second: Callable[[], Any], name: str) -> str:
        runs.append(name)
        first()
        if runs.count(name) == 1:
            meeting.wait(30)
        second()
        return name

    def of_template() -> None:
        Template.objects.select_for_update().get(id=template.id)

    def of_campaign() -> None:
        Campaign.objects.select_for_update().get(id=campaign.id)

    there, back = (
        threads(lambda: both(of_template, of_campaign, "a")),
        threads(lambda: both(of_campaign, of_template, "b")),
    )
    assert (there.result(30), back.result(30)) == ("a", "b")
    assert len(runs) == 3


def test_a_lock_that_is_not_waited_for_is_tried_again(template: Template, threads: Any) -> None:
    tried = threading.Event()

    @retried
    @transaction.atomic
    def touch() -> str:
        try:
            return Template.objects.select_for_update(nowait=True).get(id=template.id).name
        finally:
            tried.set()

    with held(Template, template.id):
        name = threads(touch)
        assert tried.wait(30)
    assert name.result(30) == "Shared"


def failing(cause: Exception) -> tuple[Callable[[], None], list[int]]:
    runs: list[int] = []

    @retried
    def operation() -> None:
        runs.append(1)
        raise OperationalError from cause

    return operation, runs


def test_who_never_gets_through_is_told() -> None:
    operation, runs = failing(LockNotAvailable())
    with pytest.raises(OperationalError):
        operation()
    assert len(runs) == ATTEMPTS


def test_other_failures_are_not_tried_again() -> None:
    operation, runs = failing(ConnectionError())
    with pytest.raises(OperationalError):
        operation()
    assert len(runs) == 1


def test_within_a_transaction_nothing_is_tried_again() -> None:
    """PostgreSQL has ended it: only as a whole can it run once more."""
    operation, runs = failing(DeadlockDetected())
    with pytest.raises(OperationalError), transaction.atomic():
        operation()
    assert len(runs) == 1
