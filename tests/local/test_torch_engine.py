"""What only the torch engine does; the rest is in test_every_engine.py."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing

import psutil
import pytest

from tests.local import reference, tiny
from tests.local.asked import all_of, asking, text_of
from tests.local.chats import CHATS
from zg_jupyter.errors import BadInput, MissingExtra, ModelError
from zg_jupyter.local import checkpoint, torch_engine
from zg_jupyter.local.torch_engine import TorchEngine
from zg_jupyter.records import ChatRequest, Message

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(not torch_engine.installed(), reason="without torch"),
]
CAPITAL = "What is the capital of France?"
PARIS = "The capital of France is Paris."


@pytest.fixture(scope="module")
async def engine(model_path):
    engine = TorchEngine()
    await engine.start()
    yield engine
    await engine.aclose()


@pytest.fixture
async def tiny_engine(tmp_path):
    engine = TorchEngine(str(tiny.folder("llama", tmp_path / "tiny-0.1B")), precision="fp32")
    await engine.start()
    yield engine
    await engine.aclose()


async def test_it_says_what_it_runs_on_and_why(engine):
    assert engine.about["device"] in ("cpu", "cuda", "mps")
    assert engine.about["precision"] in ("fp16", "bf16", "fp32")
    assert engine.about["why"]
    assert engine.about["bytes"] > 134_000_000 * 2


async def test_fifty_greedy_answers_are_those_of_transformers_eight_at_once(model_path):
    """Token for token: the recorded tokens as text, and as many of them."""
    recorded = json.loads(reference.RECORDED.read_text(encoding="utf-8"))["answers"]
    spell = checkpoint.open_gguf(model_path, model_path.parent, print).vocabulary.tokenizer.decode
    engine = TorchEngine(precision="fp32", device="cpu")
    try:
        requests = [
            ChatRequest(
                tuple(Message(role, said) for role, said in chat),
                max_tokens=reference.MOST,
                temperature=0,
            )
            for chat in CHATS
        ]
        answers = await asyncio.gather(*(all_of(engine, request) for request in requests))
        assert len(answers) == 50
        for pieces, expected in zip(answers, recorded, strict=True):
            usage = pieces[-1].usage
            counts = [len(expected["prompt"]), len(expected["answer"])]
            assert [usage.prompt_tokens, usage.completion_tokens] == counts
            said = spell(expected["answer"], skip_special_tokens=True)
            assert text_of(pieces) == said.rstrip("\ufffd")
        assert text_of(answers[0]) == PARIS
    finally:
        await engine.aclose()


async def test_a_folder_of_ones_own_is_a_model(tiny_engine):
    assert tiny_engine.model == "tiny-0.1B"
    assert tiny_engine.context_length == 256
    prompt = " ".join(f"w{n}" if n > 2 else "<unknown>" for n in tiny.PROMPT)
    pieces = await all_of(tiny_engine, asking(prompt, max_tokens=tiny_most()))
    ids = [int(word[1:]) for word in text_of(pieces).split() if word.startswith("w")]
    recorded = json.loads(reference.RECORDED.read_text(encoding="utf-8"))["tiny"]["llama"]
    assert ids == [n for n in recorded[: tiny_most()] if n > 2]
    assert pieces[-1].usage.prompt_tokens == len(tiny.PROMPT)


def tiny_most() -> int:
    return 30


async def test_a_growing_chat_is_not_read_again_when_that_is_allowed(model_path):
    engine = TorchEngine(precision="fp32")
    long = "Remember these words: " + " ".join(f"word{n}" for n in range(250)) + "."
    first = asking(long, max_tokens=4)

    def second(answer: str) -> ChatRequest:
        said = Message("user", long), Message("assistant", answer), Message("user", "Go on.")
        return ChatRequest(said, max_tokens=8, temperature=0)

    async def read_for(request) -> tuple[int, list]:
        before = await engine.prompt_tokens_read()
        pieces = await all_of(engine, request)
        return await engine.prompt_tokens_read() - before, pieces

    try:
        read, told = await read_for(first)
        assert read == told[-1].usage.prompt_tokens
        read, expected = await read_for(second(text_of(told)))
        assert read == expected[-1].usage.prompt_tokens > 700
        engine.reuse_prompts = True
        _, told = await read_for(first)
        read, pieces = await read_for(second(text_of(told)))
        assert text_of(pieces) == text_of(expected)
        assert pieces[-1].usage == expected[-1].usage
        assert read < 30
    finally:
        await engine.aclose()


async def test_an_answer_that_is_closed_makes_no_further_token(engine):
    async with aclosing(engine.stream(asking("Tell me a very long story."))) as answer:
        for _ in range(3):
            await anext(answer)
    for _ in range(100):
        if not await engine.busy():
            break
    made = await engine.generated()
    await asyncio.sleep(0.3)
    assert await engine.generated() == made


async def test_a_stop_takes_effect_between_two_parts_of_a_long_prompt(engine):
    before = await engine.prompt_tokens_read()
    task = asyncio.create_task(all_of(engine, asking("word " * 1900)))
    while await engine.prompt_tokens_read() == before:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    while await engine.busy():
        await asyncio.sleep(0)
    read = await engine.prompt_tokens_read() - before
    assert read % 256 == 0  # whole parts
    assert 256 <= read < 1900
    assert text_of(await all_of(engine, asking(CAPITAL))) == PARIS


async def test_an_answer_goes_on_while_another_prompt_is_read(engine):
    async with aclosing(engine.stream(asking("Tell me a very long story."))) as story:
        await anext(story)
        other = asyncio.create_task(all_of(engine, asking("word " * 1500, max_tokens=1)))
        seen = 0
        while not other.done():
            await anext(story)
            seen += 1
        await other
    assert seen >= 4


async def test_weights_that_are_no_numbers_end_the_answer_in_one_sentence(tmp_path):
    from safetensors.torch import load_file, save_file

    folder = tiny.folder("llama", tmp_path / "model")
    weights = load_file(folder / "model.safetensors")
    weights["model.norm.weight"][3] = float("nan")
    save_file(weights, folder / "model.safetensors")
    engine = TorchEngine(str(folder))
    try:
        for _ in range(2):
            with pytest.raises(ModelError, match="not a number, so its answer ends here"):
                await all_of(engine, asking("w5 w6"))
        assert await engine.busy() == 0
    finally:
        await engine.aclose()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"device": "abacus"}, "There is no device 'abacus' here"),
        ({"precision": "fp3"}, "There is no precision 'fp3'"),
        ({"context_length": 2048, "model": "/no/such/model.gguf"}, "There is no model file"),
    ],
)
async def test_what_is_not_there_is_one_sentence(options, sentence, tmp_path):
    options.setdefault("model", str(tiny.folder("llama", tmp_path / "model")))
    engine = TorchEngine(**options)
    with pytest.raises(BadInput, match=sentence):
        await engine.start()
    await engine.aclose()


async def test_a_template_that_refuses_is_one_sentence(tmp_path):
    folder = tiny.folder("llama", tmp_path / "model")
    for template, reason in (
        ("{{ raise_exception('No system turn here') }}", "No system turn here"),
        ("{{ ''.__class__.__mro__[1].__subclasses__() }}", "unsafe"),
        ("{% for x in range(10**9) %}{% endfor %}", "too big"),
        ("{% if %}", "messages"),
    ):
        (folder / "chat_template.jinja").write_text(template)
        engine = TorchEngine(str(folder))
        with pytest.raises(BadInput, match=f"chat template refuses.*{reason}"):
            await all_of(engine, asking("w5"))
        await engine.aclose()


def test_without_torch_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(torch_engine, "installed", lambda: False)
    with pytest.raises(MissingExtra, match=r'pip install "zg-jupyter\[local\]"'):
        TorchEngine()


async def test_a_process_that_was_killed_between_two_answers_is_started_again(engine):
    for _ in range(3):
        psutil.Process(engine.pid).kill()
        for _ in range(2):
            try:
                pieces = await asyncio.wait_for(all_of(engine, asking(CAPITAL)), 60)
                break
            except ModelError:  # it was asked before its end was known
                continue
        assert text_of(pieces) == PARIS
