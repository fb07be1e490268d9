"""The static step, and whether it is taken. Its recorded form needs a GPU: here it runs plainly."""

from __future__ import annotations

import pytest

from tests.local import tiny
from zg_jupyter.local import checkpoint

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")
pytest.importorskip("tokenizers")
from zg_jupyter.local.faster_step import FasterStep  # noqa: E402
from zg_jupyter.local.llama_torch import Llama  # noqa: E402
from zg_jupyter.local.sampling import Sampling  # noqa: E402
from zg_jupyter.local.torch_loop import Loop  # noqa: E402

STAGES = 40  # more than there are


@pytest.fixture(autouse=True)
def _no_gradients():
    with torch.no_grad():
        yield


@pytest.fixture(params=tiny.FAMILIES)
def model(request, tmp_path):
    return checkpoint.open_folder(tiny.folder(request.param, tmp_path / "model"))


@pytest.fixture
def tiny_model(tmp_path):
    return checkpoint.open_folder(tiny.folder("llama", tmp_path / "model"))


def loaded(model, **faster) -> Llama:
    llama = Llama(model.shape, model.weights, min(model.shape.context, 2048))
    if faster:
        llama.faster = FasterStep(llama, **faster)
    return llama


def plainly(compute):
    return compute


class Greedy:
    """One answer, token by token."""

    def __init__(self, llama: Llama, prompt) -> None:
        self.llama, self.memory = llama, llama.memory()
        self.tokens = [int(llama.read(self.memory, prompt).argmax())]

    def go(self, steps: int) -> list[int]:
        for _ in range(steps):
            row = self.llama.step([self.memory], [self.tokens[-1]])
            self.tokens.append(int(row.argmax()))
        return self.tokens


def prepared(model, **faster) -> Llama:
    llama = loaded(model, **{"form": plainly, "gain": 0.0, **faster})
    Greedy(llama, tiny.PROMPT).go(STAGES)
    return llama


def test_the_static_step_computes_what_the_plain_one_does(model):
    plain, static = loaded(model), prepared(model)
    assert static.faster.used
    for prompt in (tiny.PROMPT, tiny.PROMPT[:1], tiny.PROMPT * 6):
        assert Greedy(static, prompt).go(100) == Greedy(plain, prompt).go(100)


def test_what_lies_behind_the_place_is_masked(tiny_model):
    llama = prepared(tiny_model)
    Greedy(llama, tiny.PROMPT).go(200)  # fills the room that the next one gets
    assert Greedy(llama, [5]).go(30) == Greedy(loaded(tiny_model), [5]).go(30)


def test_the_first_answer_is_the_same_while_the_faster_form_is_prepared(tiny_model):
    for gain in (0.0, 1e9):
        llama = loaded(tiny_model, form=plainly, gain=gain)
        assert llama.faster.about == "not measured yet"
        expected = Greedy(loaded(tiny_model), tiny.PROMPT).go(200)
        assert Greedy(llama, tiny.PROMPT).go(200) == expected
        assert llama.faster.used == (gain == 0.0)


def test_answers_may_take_turns_and_share_steps(tiny_model):
    plain, static = loaded(tiny_model), prepared(tiny_model)
    prompts = (tiny.PROMPT, tiny.PROMPT[3:], [7])
    expected = [Greedy(plain, prompt).go(60) for prompt in prompts]
    answers = [Greedy(static, prompt) for prompt in prompts]
    for turn in range(20):
        for answer in answers:
            answer.go(1 + turn % 2)
        rows = static.step([a.memory for a in answers], [a.tokens[-1] for a in answers])
        for answer, row in zip(answers, rows, strict=True):
            answer.tokens.append(int(row.argmax()))
    found = [answer.tokens[:61] for answer in answers]
    assert found == [tokens[: len(one)] for tokens, one in zip(expected, found, strict=True)]


def test_a_context_can_go_back_and_be_given_back(tiny_model):
    plain, static = loaded(tiny_model), prepared(tiny_model)
    answer = Greedy(static, tiny.PROMPT)
    answer.go(30)
    answer.memory.keep(5)
    rest = static.read(answer.memory, tiny.PROMPT[5:])
    assert int(rest.argmax()) == Greedy(plain, tiny.PROMPT).tokens[0]
    answer.memory.clear()
    assert Greedy(static, tiny.PROMPT).go(40) == Greedy(plain, tiny.PROMPT).go(40)


def test_behind_its_room_the_plain_step_goes_on(tiny_model, monkeypatch):
    monkeypatch.setattr("zg_jupyter.local.faster_step._MOST_ROOM", 64)
    static = prepared(tiny_model)
    assert static.faster.used
    assert Greedy(static, tiny.PROMPT).go(150) == Greedy(loaded(tiny_model), tiny.PROMPT).go(150)


def test_the_loop_tells_its_owner_what_became_of_it(tiny_model):
    llama = loaded(tiny_model, form=plainly, gain=0.0)
    loop = Loop("tiny", llama, tiny_model.vocabulary, parallel=1, template="", about={})
    assert loop.about()["step"] == "not measured yet"
    sampling = Sampling(temperature=0).as_json()
    messages = [{"role": "user", "content": "w5 w6"}]
    wish = {"ask": 1, "messages": messages, "max_tokens": 60, "stop": [], "sampling": sampling}
    loop.take(wish)
    said = []
    while loop.busy:
        said += loop.turn()
    news = [message["about"]["step"] for message in said if "about" in message]
    assert len(news) == 1
    assert news[0].startswith("used: ")
    assert loop.about()["step"] == news[0]


def test_one_that_is_not_faster_is_not_used(tiny_model):
    llama = prepared(tiny_model, gain=1e9)
    assert not llama.faster.used
    assert "not used: it is not faster on this device" in llama.faster.about


def test_one_that_computes_something_else_is_not_used(tiny_model):
    def off(compute):
        return lambda: compute() * 1.1

    llama = prepared(tiny_model, form=off)
    assert llama.faster.about == "not used: it does not compute the same on this device"
    assert Greedy(llama, tiny.PROMPT).go(40) == Greedy(loaded(tiny_model), tiny.PROMPT).go(40)


def test_one_that_stands_still_is_not_used(tiny_model):
    """A recorded graph that reads other memory than it is given says the same for ever."""

    def stuck(compute):
        said = compute().clone()
        return lambda: said

    assert "does not compute the same" in prepared(tiny_model, form=stuck).faster.about


@pytest.mark.parametrize("after", [0, 3, 25, 60])
def test_whatever_goes_wrong_the_plain_step_stays_for_good(tiny_model, after):
    calls = 0

    def breaking(compute):
        if not after:
            raise RuntimeError("operation not permitted\nwhen stream is capturing")

        def run():
            nonlocal calls
            calls += 1
            if calls > after:
                raise RuntimeError("operation not permitted\nwhen stream is capturing")
            return compute()

        return run

    llama = loaded(tiny_model, form=breaking, gain=0.0)
    expected = Greedy(loaded(tiny_model), tiny.PROMPT).go(150)
    assert Greedy(llama, tiny.PROMPT).go(150) == expected
    assert llama.faster.about == (
        "not used: it failed (RuntimeError: operation not permitted when stream is capturing)"
    )
    made = calls
    Greedy(llama, tiny.PROMPT).go(10)
    assert calls == made
