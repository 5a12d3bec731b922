from __future__ import annotations

from datetime import datetime, timedelta

from passwright.data.models import IdempotentAnswer

KEPT_FOR = timedelta(hours=48)


def forget_answers(*, now: datetime) -> int:
    """Forget the answers under idempotency keys that are older than `KEPT_FOR`. Returns how many there were."""
    return IdempotentAnswer.objects.filter(created_at__lt=now - KEPT_FOR).delete()[0]
