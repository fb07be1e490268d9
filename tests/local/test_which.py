"""Which engine runs a model, and what this machine is found to have."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from zg_jupyter.errors import BadInput, ModelError
from zg_jupyter.local import engine, hardware, which

GGUF = "smollm2-135m-instruct"


@pytest.fixture
def having(monkeypatch):
    """Say which engines are installed, and which graphics card is there."""

    def have(*names: str, graphics: str = "") -> None:
        here = {name: (lambda name=name: name in names) for name in ("llamacpp", "torch")}
        monkeypatch.setattr(which, "_INSTALLED", here)
        monkeypatch.setattr(hardware, "graphics", lambda: graphics)

    return have


def test_the_engine_follows_from_what_is_here(having, tmp_path):
    having("llamacpp", "torch")
    assert which.engine(GGUF).name == "llamacpp"
    assert which.engine(str(tmp_path)).name == "torch"
    assert which.engine(GGUF, "torch").name == "torch"
    having("llamacpp", "torch", graphics="cuda")
    assert which.engine(GGUF).name == "torch"
    having("torch")
    assert which.engine(GGUF).name == "torch"
    having("llamacpp", graphics="cuda")
    assert which.engine(GGUF).name == "llamacpp"
    having()
    assert which.engine(GGUF).name == "llamacpp"  # whose error says what to install


def test_every_engine_of_this_machine_can_be_chosen_and_the_server_of_another_cannot():
    assert set(which.installed()) | {"upstream"} == set(engine.ENGINES)
    assert "upstream" not in which.installed()


def test_what_does_not_fit_the_memory_is_refused_with_both_numbers():
    with pytest.raises(ModelError) as caught:
        hardware.check_memory(14 * 10**9, "big-7b", 3 * 10**9)
    assert caught.value.what == "big-7b needs about 14.1 GB of memory, and 3.0 GB are free."
    hardware.check_memory(10**9, "small", 3 * 10**9)
    hardware.check_memory(10**18, "unknown", None)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_free_memory_is_what_the_system_says():
    total = int(Path("/proc/meminfo").read_text().split()[1]) * 1024
    assert 0 < hardware.free_memory() <= total


def test_device_and_precision_can_be_asked_for():
    pytest.importorskip("torch")
    asked = hardware.choose("cpu", "fp32")
    assert (asked.device, asked.precision, asked.batch_bf16) == ("cpu", "fp32", False)
    found = hardware.choose("cpu")
    assert found.precision in ("fp16", "fp32")
    assert "on this processor" in found.why or "on a processor" in found.why
    with pytest.raises(BadInput, match="no device 'tpu'"):
        hardware.choose("tpu")
    with pytest.raises(BadInput, match="no precision 'int1'"):
        hardware.choose("cpu", "int1")


def test_a_library_that_is_blocked_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    assert not hardware.installed("torch")
    assert hardware.graphics() == ""
