"""What only the llama.cpp engine does; the rest is in test_every_engine.py."""

from __future__ import annotations

import pytest

from tests.local.asked import all_of, asking, text_of
from zg_jupyter.errors import BadInput
from zg_jupyter.local.engine import create
from zg_jupyter.local.llamacpp import LlamaCppEngine
from zg_jupyter.local.models import DEFAULT_MODEL

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def engine(model_path):
    engine = create("llamacpp", DEFAULT_MODEL)
    await engine.start()
    yield engine
    await engine.aclose()


async def test_llamacpp_fields_cannot_be_smuggled_in(engine):
    extra = {"n_predict": 50, "grammar": 'root ::= "x"', "cache_prompt": True, "stream": False}
    pieces = await all_of(
        engine, asking("What is the capital of France?", extra=extra, max_tokens=8)
    )
    assert text_of(pieces) == "The capital of France is Paris."


async def test_a_file_of_ones_own_works_and_brings_its_own_template(model_path):
    engine = LlamaCppEngine(str(model_path), context_length=512, parallel=1)
    await engine.start()
    try:
        assert engine.model == model_path.stem
        assert engine.context_length == 512
        request = asking("What is the capital of France?", max_tokens=5)
        assert (await all_of(engine, request))[-1].usage.prompt_tokens == 37  # a system turn more
    finally:
        await engine.aclose()


async def test_an_engine_name_is_looked_up_in_one_registry():
    with pytest.raises(BadInput, match=r"Did you mean 'llamacpp'\?"):
        create("lamacpp", DEFAULT_MODEL)
