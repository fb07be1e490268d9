"""Pytest fixtures of the stand-in; import them where they are used, or into a conftest.

``from tests.standins.router.fixtures import router  # noqa: F401``
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.standins.router import RouterStandin, standin


@pytest.fixture
def router() -> Iterator[RouterStandin]:
    """A fresh stand-in of the hosted router."""
    with standin() as running:
        yield running
