"""Prepared statements and Django's transactions."""

from __future__ import annotations

import os
import socket

import pytest
from django.db import OperationalError, connection, transaction

from passwright.data.models import Organization
from passwright.data.postgresql.statement import Statement
from passwright.operations.create_organization import create_organization
from passwright.queries.organizations import organization_with_username
from tests.operations.toys import NOW

pytestmark = pytest.mark.django_db(transaction=True)

RENAME = Statement("rename_for_a_test", "UPDATE organization SET name = $1 RETURNING name")


@pytest.fixture
def organization() -> Organization:
    return create_organization(name="Toys", now=NOW).organization


class Regretted(Exception):
    """Take everything back."""


@transaction.atomic
def rename(name: str, *, regret: bool) -> None:
    assert RENAME.row(name) == [name.encode()]
    if regret:
        raise Regretted


@transaction.atomic
def look_and_rename(organization: Organization) -> None:
    assert organization_with_username(organization.api_username) == organization
    Organization.objects.update(name="Other")
    raise Regretted


def test_the_first_statement_of_a_transaction_is_undone_with_it(organization: Organization) -> None:
    with pytest.raises(Regretted):
        rename("Other", regret=True)
    assert Organization.objects.get().name == "Toys"
    with pytest.raises(Regretted):
        look_and_rename(organization)
    assert Organization.objects.get().name == "Toys"


def test_a_server_that_has_forgotten_it_does_not_end_the_transaction(organization: Organization) -> None:
    """As behind a pooler, which gives each transaction a server of its own."""
    assert organization_with_username(organization.api_username) == organization
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("UPDATE organization SET name = 'Kept'")
            cursor.execute("DEALLOCATE ALL")
        assert organization_with_username(organization.api_username) == organization
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    assert organization_with_username(organization.api_username) == organization
    assert Organization.objects.get().name == "Kept"


def test_and_is_kept_without_what_a_savepoint_takes_back(organization: Organization) -> None:
    with transaction.atomic():
        rename("Kept", regret=False)
        with pytest.raises(Regretted):
            rename("Other", regret=True)
    assert Organization.objects.get().name == "Kept"


def test_a_connection_that_breaks_under_one_is_a_database_that_is_away(organization: Organization) -> None:
    """As under any other statement: the API answers 503 then, and not that the server failed."""
    assert RENAME.row("Once") == [b"Once"]
    with socket.socket(fileno=os.dup(connection.connection.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)
    with pytest.raises(OperationalError):
        RENAME.row("Twice")
    connection.close()
    assert Organization.objects.get().name == "Once"
