"""The bench of merges, with so few passes that it costs nothing: it does what it says it does."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from passwright.bench import merge
from passwright.data.models import Campaign, Event, Pass
from passwright.operations.issue_pass import issue_pass
from passwright.queries.passes import content_of, oldest_epoch
from tests import public_ground as ground

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def certificates(db: None) -> None:
    ground.certificates()


def test_the_numbers_fit_together() -> None:
    result = merge.measure((2, 3, 5), fewest=3, seconds=0)
    assert result.ratio_1m_to_1k == pytest.approx(result.merge_1m_ms / result.merge_1k_ms, rel=0.05)
    assert result.push_ratio_1m_to_1k == pytest.approx(result.push_1m_ms / result.push_1k_ms, rel=0.05)
    assert min(result.get_1k_ms, result.get_100k_ms, result.list_1m_ms) > 0
    assert sorted(Campaign.objects.values_list("pass_count", flat=True)) == [2, 3, 5]
    kinds = Event.objects.filter(kind__in=["campaign_merged", "campaign_pushed"])
    assert kinds.count() == 3 * 3 * 2
    assert kinds.filter(kind="campaign_pushed", extra__reset=True).count() == 3 * 3


def test_the_filled_passes_are_like_issued_ones() -> None:
    campaign = merge.filled(merge.make_organization(), 3)
    rows = list(Pass.objects.order_by("created_at"))
    assert [row.redeem_code for row in rows] == ["0000001", "0000002", "0000003"]
    values = {field.key: field.value for field in content_of(campaign, rows[1]).fields}
    assert (values["member"], values["points"], values["level"]) == ("Member 2", "2", "Own")
    assert oldest_epoch(campaign) == 1
    assert issue_pass(campaign=campaign, now=datetime.now(UTC)).redeem_code == "0000004"
