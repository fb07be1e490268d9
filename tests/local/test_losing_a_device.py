"""A device that is lost ends the process with a clear word, and the next answer comes anew.

What only real hardware shows was never run: see ``losing_worker.py`` for what stands in for it.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from tests.local.asked import all_of, asking, text_of
from zg_jupyter.errors import ModelError
from zg_jupyter.local import faults, torch_engine, torch_process
from zg_jupyter.local.torch_engine import TorchEngine

needs_torch = pytest.mark.skipif(not torch_engine.installed(), reason="without torch")
WORKER = Path(__file__).with_name("losing_worker.py")


@needs_torch
@pytest.mark.anyio
async def test_all_answers_end_with_the_devices_word_and_the_next_one_is_right(
    model_path, monkeypatch, tmp_path
):
    monkeypatch.setattr(torch_process, "_WORKER", WORKER)
    monkeypatch.setenv("ZG_TEST_LOST", str(tmp_path / "lost"))
    monkeypatch.setenv("ZG_TEST_ROOT", str(Path(torch_process.__file__).parents[2]))
    monkeypatch.setenv("ZG_TEST_PATH", os.pathsep.join(sys.path))
    engine = TorchEngine(device="cpu")
    try:
        await engine.start()
        pid = engine.pid
        stories = [asking(f"Tell me a long story of {n} cats.") for n in range(3)]
        ended = await asyncio.gather(
            *(all_of(engine, story) for story in stories), return_exceptions=True
        )
        assert (tmp_path / "lost").exists()
        for error in ended:
            assert isinstance(error, ModelError)
            assert "lost the cpu device: CUDA error: unspecified launch failure" in error.what
            assert error.next_step == "Ask again; it is loaded anew."
        pieces = await all_of(engine, asking("What is the capital of France?"))
        assert text_of(pieces) == "The capital of France is Paris."
        assert engine.pid != pid
        assert engine.parallel == 8  # nobody ran out of memory
    finally:
        await engine.aclose()


@needs_torch
@pytest.mark.anyio
async def test_a_model_whose_device_is_gone_comes_back_on_the_cpu(model_path, monkeypatch):
    import torch

    if torch.cuda.is_available():
        pytest.skip("the device is here")
    engine = TorchEngine(device="cuda", precision="fp32")
    engine.about = {"device": "cuda"}  # it was loaded there once
    try:
        await engine.start()
        assert engine.about["device"] == "cpu"
        assert engine.about["why"] == "the cuda device is not there any more"
    finally:
        await engine.aclose()


def test_errors_are_told_apart_by_what_still_works_after_them():
    torch = pytest.importorskip("torch")
    lost = getattr(torch, "AcceleratorError", RuntimeError)
    for error in (
        lost("CUDA error: device-side assert triggered"),
        RuntimeError("CUDA error: an illegal memory access was encountered"),
        RuntimeError("CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm`"),
    ):
        assert faults.is_lost(error)
        assert not faults.is_out_of_memory(error)
    for error in (
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        lost("CUDA error: out of memory"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"),
    ):
        assert faults.is_out_of_memory(error)
        assert not faults.is_lost(error)
    for error in (RuntimeError("shapes cannot be multiplied"), ValueError("CUDA error: x")):
        assert not faults.is_lost(error)
        assert not faults.is_out_of_memory(error)
