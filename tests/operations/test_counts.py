"""What reports say is exact at every moment: whatever is rolled up meanwhile, undone, or committed late."""

from __future__ import annotations

import random
import re
import threading
import time
from collections import Counter as Sums
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from passwright.data.models import Campaign, DailyCount, Event, Organization, Tally
from passwright.operations.count_api_calls import CalledCampaign, count_api_calls
from passwright.operations.delete_campaign import delete_campaign
from passwright.operations.purge_campaign import purge_campaign
from passwright.operations.record_event import append, count
from passwright.operations.record_view import record_view
from passwright.operations.roll_up_counts import roll_up_counts, roll_up_some
from passwright.passes.content import Style
from passwright.passes.counters import Counter
from passwright.queries import reports
from tests.operations.toys import NOW, toy_maker, toy_town

pytestmark = pytest.mark.django_db
committed_rows = pytest.mark.django_db(transaction=True)

DAYS = [NOW + timedelta(days=number) for number in range(3)]
COUNTERS = [Counter.VIEWS, Counter.DOWNLOADS, Counter.UPDATES, Counter.INSTALLS_IOS, Counter.UNINSTALLS_WP]
LAST = NOW.date() + timedelta(days=9)

Counted = tuple[UUID, date, Counter]


class Actor:
    """Somebody with a connection of his own, who may leave a transaction open between two steps."""

    def __init__(self) -> None:
        self.thread = ThreadPoolExecutor(1)
        self.open: list[Any] = []

    def start(self, call: Callable[[], Any]) -> Future[Any]:
        return self.thread.submit(call)

    def does(self, call: Callable[[], Any]) -> Any:
        return self.start(call).result(60)

    def begins(self) -> None:
        self.does(lambda: transaction.set_autocommit(False))

    def commits(self) -> None:
        self.does(lambda: transaction.commit())
        self.does(lambda: transaction.set_autocommit(True))

    def undoes(self) -> None:
        self.does(lambda: transaction.rollback())
        self.does(lambda: transaction.set_autocommit(True))

    def leaves(self) -> None:
        self.does(lambda: connection.close())
        self.thread.shutdown()


@pytest.fixture
def actors() -> Iterator[Callable[[], Actor]]:
    made: list[Actor] = []

    def another() -> Actor:
        made.append(Actor())
        return made[-1]

    yield another
    for actor in made:
        actor.leaves()


@pytest.fixture
def organization() -> Organization:
    return toy_maker()


@pytest.fixture
def campaigns(organization: Organization) -> list[Campaign]:
    made = [toy_town(organization, name=name) for name in ("one", "other")]
    Tally.objects.all().delete()
    return made


def reported(campaigns: list[Campaign]) -> dict[Counted, int]:
    """What the daily reports say, and that the totals say the same."""
    said: dict[Counted, int] = {}
    for campaign in campaigns:
        for day, counts in reports.daily(campaign, NOW.date(), LAST).items():
            said |= {(campaign.id, day, counter): amount for counter, amount in plain(counts).items() if amount}
    return said


def plain(counts: reports.Counts) -> dict[Counter, int]:
    return {counter: getattr(counts, counter.value.replace(".", "_")) for counter in Counter}


def in_all(counted: dict[Counted, int], campaign: Campaign) -> dict[Counter, int]:
    sums: Sums[Counter] = Sums()
    for (campaign_id, _, counter), amount in counted.items():
        if campaign_id == campaign.id:
            sums[counter] += amount
    return {counter: sums[counter] for counter in Counter}


def wait_until_waiting() -> None:
    for _ in range(1000):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # kept for as long as the transaction otherwise
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0]:
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits")


@committed_rows
@pytest.mark.parametrize("seed", range(4))
def test_any_order_of_counting_rolling_up_and_reading(
    campaigns: list[Campaign], actors: Callable[[], Actor], seed: int
) -> None:
    """Two who count and one who rolls up, each in transactions that stay open over steps of the others and are
    committed or undone at the end; another rolls up at once. Whoever reads sees what is committed, once."""
    chance = random.Random(seed)
    counting, rolling, also_rolling = [actors(), actors()], actors(), actors()
    committed: Sums[Counted] = Sums()
    pending: dict[Actor, Sums[Counted]] = {}
    rolls = False

    def tally(actor: Actor) -> None:
        if actor not in pending:
            actor.begins()
            pending[actor] = Sums()
        campaign, at = chance.choice(campaigns), chance.choice(DAYS)
        counter, amount = chance.choice(COUNTERS), chance.randint(1, 3)
        actor.does(partial(count, counter, campaign_id=campaign.id, at=at, amount=amount))
        pending[actor][campaign.id, at.date(), counter] += amount

    for _ in range(100):
        actor = chance.choice(counting)
        match chance.randrange(6):
            case 0 | 1:
                tally(actor)
            case 2 if actor in pending:
                actor.commits()
                committed += pending.pop(actor)
            case 3 if actor in pending:
                actor.undoes()
                del pending[actor]
            case 4 if not rolls:
                rolling.begins()
                rolling.does(partial(roll_up_some, chance.randint(1, 5)))
                rolls = True
            case 4:
                chance.choice([rolling.commits, rolling.undoes])()
                rolls = False
            case 5 if not rolls:  # otherwise it would wait for the days that the other one has added to
                also_rolling.does(partial(roll_up_counts, chunk=chance.randint(1, 5)))
        assert reported(campaigns) == committed
        assert [plain(reports.totals(each)) for each in campaigns] == [in_all(committed, each) for each in campaigns]
    for actor in pending:
        actor.commits()
        committed += pending[actor]
    if rolls:
        rolling.commits()
    roll_up_counts()
    assert not Tally.objects.exists()
    assert reported(campaigns) == committed
    rows = DailyCount.objects.values_list("campaign_id", "day", "counter", "amount")
    assert {(campaign_id, day, Counter(counter)): amount for campaign_id, day, counter, amount in rows} == committed


@committed_rows
def test_many_at_once(campaigns: list[Campaign]) -> None:
    """Three count, two roll up, one reads, none waits for a turn: nothing is lost, doubled or taken back."""
    done = threading.Event()
    seen: list[int] = []

    def own(call: Callable[[], Any]) -> Any:
        try:
            return call()
        finally:
            connection.close()

    def counts(seed: int) -> Sums[Counted]:
        chance, kept = random.Random(seed), Sums[Counted]()
        for _ in range(60):
            mine = Sums[Counted]()
            with transaction.atomic():
                for _ in range(chance.randint(1, 4)):
                    campaign, at, counter = chance.choice(campaigns), chance.choice(DAYS), chance.choice(COUNTERS)
                    count(counter, campaign_id=campaign.id, at=at)
                    mine[campaign.id, at.date(), counter] += 1
                if undone := chance.random() < 0.3:
                    transaction.set_rollback(True)
            kept += Sums() if undone else mine
        return kept

    def rolls_up() -> int:
        rolled_up = 0
        while not done.is_set():
            rolled_up += roll_up_counts(chunk=7)
        return rolled_up + roll_up_counts(chunk=7)

    def reads() -> None:
        while not done.is_set():
            seen.append(sum(reported(campaigns).values()))

    with ThreadPoolExecutor(6) as threads:
        others = [threads.submit(own, call) for call in (rolls_up, rolls_up, reads)]
        counted = [threads.submit(own, partial(counts, seed)) for seed in range(3)]
        expected: Sums[Counted] = Sums()
        for each in counted:
            expected += each.result(120)
        done.set()
        rolled_up = sum(each.result(120) for each in others[:2])
        others[2].result(120)
    assert reported(campaigns) == expected
    assert rolled_up == sum(expected.values())
    assert not Tally.objects.exists()
    assert seen == sorted(seen)


@committed_rows
def test_what_is_committed_late_is_in_the_report_then(campaigns: list[Campaign], actors: Callable[[], Actor]) -> None:
    """Its rows are older than others that are rolled up already: a mark of how far one has come would pass it by."""
    campaign, slow = campaigns[0], actors()
    slow.begins()
    slow.does(partial(append, kind=Event.Kind.VIEWED, campaign_id=campaign.id, at=NOW))
    append(kind=Event.Kind.VIEWED, campaign_id=campaign.id, at=NOW)
    assert roll_up_counts() == 1
    assert reports.totals(campaign).views == 1
    slow.commits()
    assert reports.totals(campaign).views == 2
    assert roll_up_counts() == 1
    assert reports.totals(campaign).views == 2


@committed_rows
def test_a_look_that_is_not_counted_has_not_happened(campaigns: list[Campaign]) -> None:
    """No transaction is open at the page's door: the event and its count are one all the same."""
    seen = Event.objects.filter(kind=Event.Kind.VIEWED)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tally ADD CONSTRAINT nothing_counts CHECK (amount < 1)")
    try:
        with pytest.raises(IntegrityError):
            record_view(campaign_id=campaigns[0].id, at=NOW)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE tally DROP CONSTRAINT nothing_counts")
    assert (seen.count(), reported(campaigns)) == (0, {})
    record_view(campaign_id=campaigns[0].id, at=NOW)
    assert (seen.count(), reported(campaigns)) == (1, {(campaigns[0].id, NOW.date(), Counter.VIEWS): 1})


def test_of_a_campaign_that_is_gone_nothing_is_said(campaigns: list[Campaign]) -> None:
    """It was there when the page was looked up."""
    Campaign.objects.filter(id=campaigns[0].id).update(deleted_at=NOW)
    for gone in (campaigns[0].id, uuid4()):
        record_view(campaign_id=gone, pass_id=uuid4(), at=NOW)
    assert not Event.objects.filter(kind=Event.Kind.VIEWED).exists()
    assert not Tally.objects.exists()


def test_days_are_those_of_utc(campaigns: list[Campaign]) -> None:
    east, west = (datetime.fromisoformat(text) for text in ("2026-11-23T00:30:00+01:00", "2026-11-21T23:30:00-01:00"))
    for at in (east, west, NOW):
        count(Counter.VIEWS, campaign_id=campaigns[0].id, at=at)
    assert reported(campaigns) == {(campaigns[0].id, date(2026, 11, 22), Counter.VIEWS): 3}


def test_a_report_is_one_statement_that_reads_no_events(
    campaigns: list[Campaign], django_assert_num_queries: Callable[..., Any]
) -> None:
    """One statement is one moment; and however many events there are, they are not asked."""
    for report in (partial(reports.daily, campaigns[0], NOW.date(), LAST), partial(reports.totals, campaigns[0])):
        with django_assert_num_queries(1) as captured:
            report()
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {captured.captured_queries[0]['sql']}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert set(re.findall(r" on (\w+)", plan)) - {"daily_count_pkey"} == {"daily_count", "tally"}


@pytest.mark.parametrize("rows", [0, 1, 2, 3, 4, 5])
def test_it_goes_on_until_nothing_is_left(campaigns: list[Campaign], rows: int) -> None:
    for number in range(rows):
        count(Counter.VIEWS, campaign_id=campaigns[number % 2].id, at=NOW)
    assert roll_up_counts(chunk=2) == rows
    assert not Tally.objects.exists()
    assert sum(reported(campaigns).values()) == rows


@pytest.fixture
def deleted(organization: Organization, campaigns: list[Campaign]) -> Campaign:
    """Deleted, and with counts in both tables."""
    gone = campaigns[0]
    count(Counter.VIEWS, campaign_id=gone.id, at=NOW)
    roll_up_counts()
    count(Counter.VIEWS, campaign_id=gone.id, at=NOW)
    count(Counter.VIEWS, campaign_id=campaigns[1].id, at=NOW)
    delete_campaign(organization=organization, style=Style.GENERIC, campaign_id=gone.id, now=NOW)
    return gone


def test_a_purge_takes_the_counts_along(deleted: Campaign, campaigns: list[Campaign]) -> None:
    purge_campaign(campaign_id=deleted.id)
    assert set(Tally.objects.values_list("campaign_id", flat=True)) == {campaigns[1].id}
    assert not DailyCount.objects.exists()
    count(Counter.VIEWS, campaign_id=deleted.id, at=NOW)  # of a request that began before
    assert roll_up_counts() == 2
    assert not Tally.objects.exists()
    assert set(DailyCount.objects.values_list("campaign_id", flat=True)) == {campaigns[1].id}


def test_what_is_left_of_a_deleted_campaign_is_dropped(deleted: Campaign, campaigns: list[Campaign]) -> None:
    assert roll_up_counts() == 2
    assert not Tally.objects.exists()
    kept = dict(DailyCount.objects.values_list("campaign_id", "amount"))
    assert kept == {deleted.id: 1, campaigns[1].id: 1}


@committed_rows
def test_a_purge_beside_a_roll_up(
    organization: Organization, campaigns: list[Campaign], actors: Callable[[], Actor]
) -> None:
    """The roll-up began while the campaign was there: the purge waits for it and takes its sums along."""
    rolling, purging = actors(), actors()
    count(Counter.VIEWS, campaign_id=campaigns[0].id, at=NOW)
    rolling.begins()
    assert rolling.does(partial(roll_up_some, 100)) == 1
    delete_campaign(organization=organization, style=Style.GENERIC, campaign_id=campaigns[0].id, now=NOW)
    purged = purging.start(partial(purge_campaign, campaign_id=campaigns[0].id))
    wait_until_waiting()
    rolling.commits()
    purged.result(60)
    assert not DailyCount.objects.exists()
    assert set(Campaign.objects.values_list("id", flat=True)) == {campaigns[1].id}


@committed_rows
def test_a_roll_up_beside_a_purge(campaigns: list[Campaign], actors: Callable[[], Actor]) -> None:
    """The purge has the campaign: the roll-up waits, finds it gone and drops its tallies, not those of others."""
    rolling, purging = actors(), actors()
    for campaign in campaigns:
        count(Counter.VIEWS, campaign_id=campaign.id, at=NOW)
    purging.begins()
    purging.does(lambda: Campaign.objects.select_for_update().get(id=campaigns[0].id))
    rolled_up = rolling.start(roll_up_counts)
    wait_until_waiting()
    purging.does(lambda: Campaign.objects.filter(id=campaigns[0].id).update(deleted_at=NOW))
    purging.commits()
    assert rolled_up.result(60) == 2
    assert list(DailyCount.objects.values_list("campaign_id", flat=True)) == [campaigns[1].id]
    assert not Tally.objects.exists()


@committed_rows
def test_a_purge_does_not_wait_for_a_roll_up_that_waits_for_it(
    campaigns: list[Campaign], actors: Callable[[], Actor]
) -> None:
    """The roll-up has the tallies and waits for the campaign, which the purge has and deletes."""
    rolling, purging = actors(), actors()
    count(Counter.VIEWS, campaign_id=campaigns[0].id, at=NOW)
    gone = Campaign.objects.filter(id=campaigns[0].id)
    purging.begins()
    purging.does(lambda: gone.select_for_update().get())
    rolled_up = rolling.start(roll_up_counts)
    wait_until_waiting()
    time.sleep(1.2)  # PostgreSQL looks for a circle after a second: so it is not the roll-up that it ends
    purging.does(lambda: gone.delete())
    purging.commits()
    assert rolled_up.result(60) == 1
    assert not Tally.objects.exists()


def test_calls_of_somebody_elses_campaign_do_not_count(organization: Organization, campaigns: list[Campaign]) -> None:
    stranger = toy_maker("Elsewhere")
    today = NOW.astimezone(UTC).date()
    count_api_calls(
        calls={
            CalledCampaign(organization.id, campaigns[0].id, today): 3,
            CalledCampaign(organization.id, campaigns[0].id, today + timedelta(days=1)): 1,
            CalledCampaign(organization.id, campaigns[1].id, today): 2,
            CalledCampaign(organization.id, uuid4(), today): 9,
            CalledCampaign(stranger.id, campaigns[0].id, today): 9,
        }
    )
    assert reported(campaigns) == {
        (campaigns[0].id, today, Counter.API_CALLS): 3,
        (campaigns[0].id, today + timedelta(days=1), Counter.API_CALLS): 1,
        (campaigns[1].id, today, Counter.API_CALLS): 2,
    }
    assert Tally.objects.count() == 3
