"""One request under one key: what is done and what is answered are committed together, or neither is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, OperationalError, connection
from psycopg.errors import DeadlockDetected

from passwright.data.models import IdempotentAnswer, Organization
from passwright.operations.answer_once import Answered, KeptAnswer, KeyOfAnother, answer_once
from passwright.operations.create_organization import create_organization
from passwright.operations.forget_answers import KEPT_FOR, forget_answers
from passwright.operations.refusals import NotFound
from tests.operations.toys import NOW

MADE = KeptAnswer(status=201, headers={"Content-Type": "text/plain"}, body=b"made \x00\xff")
REFUSED = KeptAnswer(status=404, headers={}, body=b"none")


@pytest.fixture
def owner(transactional_db: None) -> Organization:
    return create_organization(name="Toys", now=NOW).organization


def once(owner: Organization, act: Callable[[], KeptAnswer], fingerprint: bytes = b"f" * 32) -> Answered:
    return answer_once(
        organization=owner,
        key="key",
        fingerprint=fingerprint,
        act=act,
        refused_as=lambda error: REFUSED if isinstance(error, NotFound) else None,
        now=NOW,
    )


def make(name: str) -> None:
    create_organization(name=name, now=NOW)


def names() -> list[str]:
    return list(Organization.objects.order_by("name").values_list("name", flat=True))


def test_credentials_of_an_answer_are_not_in_its_repr() -> None:
    answered = Answered(answer=KeptAnswer(status=201, headers={}, body=b"api_password"), replayed=False)
    assert "KeptAnswer(201, 12 bytes)" in repr(answered)


def test_what_is_asked_for_twice_is_done_once(owner: Organization) -> None:
    def act() -> KeptAnswer:
        make("Child")
        return MADE

    assert once(owner, act) == Answered(answer=MADE, replayed=False)
    assert once(owner, act) == Answered(answer=MADE, replayed=True)
    assert names() == ["Child", "Toys"]


def test_a_refusal_undoes_what_was_done_and_is_kept(owner: Organization) -> None:
    def act() -> KeptAnswer:
        make("Child")
        raise NotFound("Parent")

    assert once(owner, act) == Answered(answer=REFUSED, replayed=False)
    assert once(owner, lambda: MADE) == Answered(answer=REFUSED, replayed=True)
    assert names() == ["Toys"]


@pytest.mark.parametrize("error", [ZeroDivisionError(), KeyboardInterrupt(), SystemExit(), IntegrityError()])
def test_a_failure_undoes_everything(owner: Organization, error: BaseException) -> None:
    def act() -> KeptAnswer:
        make("Child")
        raise error

    with pytest.raises(type(error)):
        once(owner, act)
    assert names() == ["Toys"]
    assert not IdempotentAnswer.objects.exists()
    assert once(owner, lambda: MADE) == Answered(answer=MADE, replayed=False)


def test_a_statement_that_fails_is_a_failure_like_any(owner: Organization) -> None:
    """PostgreSQL answers nothing more in that transaction; the next request finds a clean connection."""

    def act() -> KeptAnswer:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1/0")
        return MADE

    with pytest.raises(Exception, match="division by zero"):
        once(owner, act)
    assert once(owner, lambda: MADE) == Answered(answer=MADE, replayed=False)


def test_what_gives_way_to_another_is_tried_again_as_a_whole(owner: Organization) -> None:
    tries: list[int] = []

    def act() -> KeptAnswer:
        tries.append(1)
        make(f"Child {len(tries)}")
        if len(tries) < 3:
            raise OperationalError from DeadlockDetected()
        return MADE

    assert once(owner, act) == Answered(answer=MADE, replayed=False)
    assert names() == ["Child 3", "Toys"]


def test_another_fingerprint_is_another_request(owner: Organization) -> None:
    once(owner, lambda: MADE)
    with pytest.raises(KeyOfAnother):
        once(owner, lambda: REFUSED, b"g" * 32)
    assert once(owner, lambda: REFUSED) == Answered(answer=MADE, replayed=True)


def test_locks_within_are_waited_for_as_long_as_ever(owner: Organization) -> None:
    """Only the wait for the first request is short."""

    def act() -> KeptAnswer:
        return KeptAnswer(status=200, headers={}, body=setting("lock_timeout"))

    assert once(owner, act).answer.body == setting("lock_timeout") == b"0"


def setting(name: str) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s)", [name])
        return str(cursor.fetchone()[0]).encode()


def test_answers_are_forgotten_after_two_days(owner: Organization) -> None:
    once(owner, lambda: MADE)
    assert forget_answers(now=NOW + KEPT_FOR) == 0
    assert once(owner, lambda: REFUSED) == Answered(answer=MADE, replayed=True)
    assert forget_answers(now=NOW + KEPT_FOR + timedelta(seconds=1)) == 1
    assert once(owner, lambda: REFUSED) == Answered(answer=REFUSED, replayed=False)
