"""What is asked for with a push or a merge that comes later."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Any

from passwright.data.models import ScheduledPush
from passwright.operations.schedule_push import Later
from passwright.payloads.passes import flag
from passwright.payloads.pushes import read_message
from passwright.payloads.values import Sent


class Action(StrEnum):
    PUSH = ScheduledPush.Action.PUSH.value
    MERGE = ScheduledPush.Action.MERGE.value


def read_later(attributes: Mapping[str, Any], *, zone: tzinfo) -> Later:
    """``action``, ``message``, ``reset`` and ``due_at``; a time without a zone is read in ``zone``.

    Raises:
        ValidationFailed: naming everything that cannot be read.
    """
    sent = Sent(attributes)
    sent.require("action", "due_at")
    action = sent.choice("action", Action)
    due_at = sent.moment("due_at", zone=zone)
    message, reset = read_message(sent, "message"), flag(sent, {}, "reset")
    sent.check()
    assert isinstance(action, Action)
    assert isinstance(due_at, datetime)
    return Later(action=ScheduledPush.Action(action.value), due_at=due_at, message=message, reset=reset)
