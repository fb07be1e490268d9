"""Weights that are cut off, overwritten or no numbers end in one sentence, on both engines."""

from __future__ import annotations

import random
import struct

import pytest

from tests.local import tiny
from tests.local.asked import all_of, asking, text_of
from zg_jupyter.errors import ModelError
from zg_jupyter.local import gguf, torch_engine
from zg_jupyter.local.llamacpp import LlamaCppEngine
from zg_jupyter.local.torch_engine import TorchEngine

pytestmark = pytest.mark.anyio
needs_torch = pytest.mark.skipif(not torch_engine.installed(), reason="without torch")
REFUSALS = {
    LlamaCppEngine: r"llama\.cpp could not load the model",
    TorchEngine: r"damaged or cut off|cannot be read here",
}
ENGINES = [LlamaCppEngine, pytest.param(TorchEngine, marks=needs_torch)]


def cut_off(content: bytearray) -> bytes:
    return bytes(content[: len(content) * 2 // 3])


def only_the_head(content: bytearray) -> bytes:
    return bytes(content[:5000])


def overwritten(content: bytearray) -> bytes:
    content[100:400] = random.Random(3).randbytes(300)
    return bytes(content)


def zeros_after_the_name(content: bytearray) -> bytes:
    return b"GGUF" + bytes(1000)


@pytest.mark.parametrize("damage", [cut_off, only_the_head, overwritten, zeros_after_the_name])
@pytest.mark.parametrize("kind", ENGINES)
async def test_a_damaged_gguf_file_is_one_sentence(kind, damage, model_path, tmp_path):
    path = tmp_path / "broken.gguf"
    path.write_bytes(damage(bytearray(model_path.read_bytes())))
    engine = kind(str(path), context_length=256, parallel=1)
    with pytest.raises(ModelError, match=REFUSALS[kind]):
        await engine.start()
    await engine.aclose()


@pytest.mark.parametrize("kind", ENGINES)
async def test_weights_that_are_no_numbers_are_not_answered_with(kind, model_path, tmp_path):
    content = bytearray(model_path.read_bytes())
    norm = bytes(gguf.read(model_path).tensors["output_norm.weight"].raw)
    assert content.count(norm) == 1
    at = content.find(norm)
    content[at : at + 8] = struct.pack("<2f", float("nan"), float("nan"))
    path = tmp_path / "nan.gguf"
    path.write_bytes(content)
    engine = kind(str(path), context_length=256, parallel=1)
    with pytest.raises(ModelError, match=r"could not load|not a number"):
        await all_of(engine, asking("Hello"))
    await engine.aclose()


@needs_torch
@pytest.mark.parametrize("damage", ["cut off", "no header", "empty", "header of another file"])
async def test_damaged_safetensors_are_one_sentence(damage, tmp_path):
    folder = tiny.folder("llama", tmp_path / "model")
    path = folder / "model.safetensors"
    content = path.read_bytes()
    path.write_bytes(
        {
            "cut off": content[: len(content) * 2 // 3],
            "no header": b"\xff" * 64 + content[64:],
            "empty": b"",
            "header of another file": struct.pack("<Q", 2) + b"{}",
        }[damage]
    )
    engine = TorchEngine(str(folder))
    with pytest.raises(ModelError, match=r"are damaged|lacks weights"):
        await engine.start()
    await engine.aclose()


@needs_torch
async def test_a_converted_model_that_was_damaged_later_is_converted_again(
    model_path, tmp_path, monkeypatch
):
    monkeypatch.setenv("ZG_HOME", str(tmp_path))
    for _ in range(2):
        engine = TorchEngine(str(model_path), context_length=256, parallel=1)
        pieces = await all_of(engine, asking("What is the capital of France?"))
        assert "Paris" in text_of(pieces)
        await engine.aclose()
        (converted,) = (tmp_path / "models").glob("*.torch/model.safetensors")
        with converted.open("r+b") as file:
            file.truncate(converted.stat().st_size // 2)
