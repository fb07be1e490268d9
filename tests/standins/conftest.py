"""For the stand-ins' own tests."""

from __future__ import annotations

import pytest

from tests.standins.router.fixtures import router
from tests.standins.standin_calls import Caller

__all__ = ["http", "router"]


@pytest.fixture
def http(router):
    made = Caller(router.base_url, router.new_key(name="mine"))
    yield made
    made.close()
