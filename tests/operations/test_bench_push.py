"""The bench of pushes, with few devices: it does what it says it does."""

from __future__ import annotations

import pytest

from passwright.bench import push
from passwright.data.models import Delivery, Event, Push, Tally

pytestmark = pytest.mark.django_db


def test_the_numbers_fit_together() -> None:
    result = push.measure(400, 100)
    assert result.ratio_to_bare == pytest.approx(result.pushes_per_cpu_s / result.bare_pushes_per_cpu_s, rel=0.05)
    assert result.accepted + result.gone == Delivery.objects.count() == Push.objects.get().devices == 400
    assert result.gone == Event.objects.filter(kind="uninstalled").count() > 0
    assert result.tried_again > 0
    assert sum(Tally.objects.filter(counter="pushes").values_list("amount", flat=True)) == result.accepted
