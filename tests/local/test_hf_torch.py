"""Other architectures, through transformers: the same tokens as its own generate."""

from __future__ import annotations

import asyncio
import json
import sys

import pytest

from tests.local import tiny
from tests.local.asked import all_of, asking, text_of
from zg_jupyter.errors import ModelError
from zg_jupyter.local import checkpoint, hardware, hf_torch, shapes
from zg_jupyter.local.torch_engine import TorchEngine
from zg_jupyter.records import ChatRequest, Message

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytest.importorskip("tokenizers")

SIZES = {
    "hidden_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "vocab_size": tiny.WORDS,
    "max_position_embeddings": 256,
    "initializer_range": 0.4,
    "bos_token_id": 0,
    "eos_token_id": 1,
    "pad_token_id": 1,
}
FAMILIES = {
    "gpt_neox": {},
    "gemma3_text": {
        "head_dim": 16,
        "num_key_value_heads": 2,
        "sliding_window": 16,
        "tie_word_embeddings": False,
    },
    "phi": {"num_key_value_heads": 4},
}
MOST = 24


@pytest.fixture(params=FAMILIES)
def folder(request, tmp_path):
    """A model that knows nothing, as transformers itself saves it."""
    torch.manual_seed(7)
    config = transformers.AutoConfig.for_model(request.param, **SIZES, **FAMILIES[request.param])
    model = transformers.AutoModelForCausalLM.from_config(config)
    place = tmp_path / f"tiny-{request.param}"
    model.save_pretrained(place)
    tiny.write_tokenizer(place)
    return place


def prompts() -> list[list[int]]:
    return [tiny.PROMPT, [9, 4], [5 + n % 80 for n in range(40)]]


def expected(folder, prompt: list[int]) -> list[int]:
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    ids = torch.tensor([prompt])
    with torch.no_grad():
        made = model.generate(
            ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=MOST
        )
    return made[0, len(prompt) :].tolist()


def loaded(folder) -> hf_torch.Transformer:
    config = checkpoint.read_json(folder / "config.json")
    assert shapes.why_not(config)
    chosen = hardware.Choice("cpu", "fp32", "")
    more = {"asked": True, "name": "tiny", "pickles": False, "code": False}
    return hf_torch.load(folder, config, chosen, 256, **more)[0]


def test_tokens_are_those_of_generate(folder):
    model = loaded(folder)
    assert model.width == tiny.WORDS
    for prompt in prompts():
        memory = model.memory()
        for at in range(0, len(prompt), 7):
            logits = model.read(memory, prompt[at : at + 7])
        made = [int(logits.argmax())]
        while len(made) < MOST and made[-1] != 1:
            made.append(int(model.step([memory], [made[-1]]).argmax()))
        assert made == expected(folder, prompt)
        assert len(set(made)) > 3


def test_a_context_can_go_back_or_is_read_anew(folder):
    model = loaded(folder)
    prompt = prompts()[2]
    memory = model.memory()
    first = model.read(memory, prompt)
    model.step([memory], [5])
    for kept in (len(prompt) - 1, 3, 0):
        memory.keep(kept)
        assert len(memory.tokens) in (kept, 0)
        again = model.read(memory, prompt[len(memory.tokens) :])
        assert torch.allclose(again, first, atol=1e-4)
        assert memory.tokens == prompt


@pytest.mark.anyio
async def test_the_engine_answers_with_them_several_at_once(folder):
    engine = TorchEngine(str(folder), device="cpu", precision="fp32")
    try:
        requests = [asking(" ".join(f"w{n}" for n in p), max_tokens=MOST) for p in prompts()[1:]]
        answers = await asyncio.gather(*(all_of(engine, request) for request in requests))
        for pieces, prompt in zip(answers, prompts()[1:], strict=True):
            tokens = expected(folder, prompt)
            said = [f"w{n}" for n in tokens if n > 2]
            assert [w for w in text_of(pieces).split() if w.startswith("w")] == said
            usage = pieces[-1].usage
            assert (usage.prompt_tokens, usage.completion_tokens) == (len(prompt), len(tokens))
        assert engine.about["transformers"] == transformers.__version__
        engine.reuse_prompts = True
        first = asking("w5 w6 w7 w8", max_tokens=4)
        for _ in range(2):
            again = text_of(await all_of(engine, first))
        longer = ChatRequest((Message("user", "w5 w6 w7 w8 w9"),), max_tokens=4, temperature=0)
        read = await engine.prompt_tokens_read()
        assert await all_of(engine, longer)
        assert 0 < await engine.prompt_tokens_read() - read <= 5
        assert text_of(await all_of(engine, first)) == again
    finally:
        await engine.aclose()


def test_without_transformers_it_says_what_to_install(folder, monkeypatch):
    config = checkpoint.read_json(folder / "config.json")
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ModelError, match=r"only Llama, .*Run: pip install .transformers>=5"):
        hf_torch.check(config, "tiny", code=False)


@pytest.mark.anyio
async def test_code_of_a_models_own_runs_only_when_it_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))  # where transformers copies such code
    folder = tiny.folder("llama", tmp_path / "model")
    said = json.loads((folder / "config.json").read_text())
    said |= {"model_type": "ours", "auto_map": {}}
    said["auto_map"] = {
        "AutoConfig": "ours.OurConfig",
        "AutoModelForCausalLM": "ours.OurModel",
    }
    (folder / "config.json").write_text(json.dumps(said))
    (folder / "ours.py").write_text(
        "from pathlib import Path\n"
        "from transformers import LlamaConfig, LlamaForCausalLM\n"
        f"Path({str(tmp_path / 'ran')!r}).touch()\n"
        "class OurConfig(LlamaConfig):\n    model_type = 'ours'\n"
        "class OurModel(LlamaForCausalLM):\n    config_class = OurConfig\n"
    )
    engine = TorchEngine(str(folder), device="cpu", precision="fp32")
    try:
        with pytest.raises(ModelError, match=r"needs code of its own .*set local_code on"):
            await engine.start()
        assert not (tmp_path / "ran").exists()
        monkeypatch.setenv("ZG_LOCAL_CODE", "on")
        assert await all_of(engine, asking("w5 w6", max_tokens=3))
        assert (tmp_path / "ran").exists()
    finally:
        await engine.aclose()
