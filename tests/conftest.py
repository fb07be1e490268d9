"""Shared by all tests: a home of their own, so that nothing touches the user's files."""

from __future__ import annotations

import pytest


@pytest.fixture
def anyio_backend():
    return "asyncio"
