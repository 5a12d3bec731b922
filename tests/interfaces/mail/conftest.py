from __future__ import annotations

from collections.abc import Iterator

import pytest

from passwright.data.models import Organization
from passwright.interfaces.public import pictures
from passwright.operations import deliver
from tests import public_ground as ground


@pytest.fixture
def owner(db: None) -> Organization:
    return ground.organization()


@pytest.fixture(autouse=True)
def empty_caches() -> Iterator[None]:
    """Certificates and pictures of another test are another world."""
    yield
    for cache in (
        deliver.issuers,
        deliver.archives,
        pictures.shown_images,
        pictures.drawn,
        pictures.backs,
        pictures.codes,
    ):
        cache.clear()
