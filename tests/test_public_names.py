"""The public names, frozen: whoever adds or removes one says so here and in CHANGELOG.md."""

from __future__ import annotations

import inspect

import pytest

import zg_jupyter

NAMES = {
    "Answer",
    "AsyncClient",
    "ChatRequest",
    "Client",
    "ComputeClient",
    "Message",
    "Overview",
    "Receipt",
    "Settings",
    "Usage",
    "ZgError",
    "__version__",
    "connect",
    "down",
    "load_ipython_extension",
    "session",
    "unload_ipython_extension",
    "up",
}


def test_the_public_names_are_these():
    assert set(zg_jupyter.__all__) == NAMES
    assert len(zg_jupyter.__all__) == len(NAMES)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_name_can_be_had_and_explains_itself(name):
    value = getattr(zg_jupyter, name)
    if name != "__version__":
        assert inspect.getdoc(value)
        assert value.__module__.startswith("zg_jupyter")


def test_they_are_what_completion_offers():
    assert dir(zg_jupyter) == sorted(NAMES)


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'Clinet'"):
        _ = zg_jupyter.Clinet
