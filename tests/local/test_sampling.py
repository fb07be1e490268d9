"""How a token is chosen: bounds, penalties, seeds, and what is refused."""

from __future__ import annotations

from collections import Counter

import pytest

from zg_jupyter.errors import BadInput, ModelError
from zg_jupyter.local.sampling import Chooser, Sampling
from zg_jupyter.records import ChatRequest, Message

OPEN = {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0}


def request(**fields) -> ChatRequest:
    return ChatRequest((Message("user", "x"),), **fields)


def test_a_request_says_how():
    rules = Sampling.of(
        request(temperature=0.5, top_p=0.3, seed=-1, extra={"top_k": -1, "min_p": 0.1, "user": 5})
    )
    assert rules == Sampling(0.5, 0, 0.3, 0.1, seed=2**63 - 1)
    assert Sampling.of(request()) == Sampling()
    assert Sampling.of(request(extra={"temperature": 0, "top_p": 1})).temperature == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("temperature", value) for value in (-0.1, float("nan"), float("inf"), 1e9)),
        *(("top_p", value) for value in (-0.1, 1.1, "high", True)),
        *(("top_k", value) for value in (-2, [], {})),
        *(("repetition_penalty", value) for value in (0, -1, "x")),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(name, value):
    with pytest.raises(BadInput, match=name):
        Sampling.of(request(extra={name: value}))


def drawn(rules: dict, logits, times: int = 300) -> Counter:
    torch = pytest.importorskip("torch")
    chooser = Chooser(Sampling(**{**OPEN, "seed": 3, **rules}), [])
    return Counter(chooser.choose(torch.tensor(logits)) for _ in range(times))


LOGITS = [0.0, 3.0, 2.0, 2.5, -1.0, 1.0]


@pytest.mark.parametrize(
    ("rules", "tokens"),
    [
        ({"temperature": 0}, {1}),
        ({"top_k": 1}, {1}),
        ({"top_k": 2, "temperature": 5.0}, {1, 3}),
        ({"top_p": 0.0}, {1}),
        ({"top_p": 0.6, "temperature": 5.0}, {1, 3}),
        ({"min_p": 0.3, "temperature": 5.0}, {1, 2, 3}),
        ({"temperature": 20.0}, {0, 1, 2, 3, 4, 5}),
        ({"temperature": 0.01}, {1}),
    ],
)
def test_only_those_tokens_come_that_may(rules, tokens):
    assert set(drawn(rules, LOGITS)) == tokens


def test_tokens_come_as_often_as_they_are_likely():
    torch = pytest.importorskip("torch")
    counts = drawn({}, LOGITS, 5000)
    expected = torch.tensor(LOGITS).softmax(0)
    for token, share in enumerate(expected.tolist()):
        assert abs(counts[token] / 5000 - share) < 0.03


def test_more_likely_tokens_than_are_looked_at_first_still_count():
    assert len(drawn({"temperature": 1.0}, [0.0] * 2000, 1500)) > 900
    assert len(drawn({"top_p": 0.9}, [0.0] * 2000, 1500)) > 900


def test_a_seed_repeats():
    assert drawn({"seed": 5}, LOGITS) == drawn({"seed": 5}, LOGITS)
    assert drawn({"seed": 5}, LOGITS) != drawn({"seed": 6}, LOGITS)


def test_repeating_is_penalized():
    torch = pytest.importorskip("torch")
    rules = Sampling(**{**OPEN, "temperature": 0, "repetition_penalty": 2.0})
    assert Chooser(rules, [1]).choose(torch.tensor(LOGITS)) == 3
    assert Chooser(rules, [4]).choose(torch.tensor([-3.0, -4.0, -4.0, -4.0, -2.0])) == 0
    rules = Sampling(**{**OPEN, "temperature": 0, "frequency_penalty": 0.4})
    chooser = Chooser(rules, [])
    assert [chooser.choose(torch.tensor(LOGITS)) for _ in range(4)] == [1, 1, 3, 1]
    rules = Sampling(**{**OPEN, "temperature": 0, "presence_penalty": 10})
    chooser = Chooser(rules, [])
    assert [chooser.choose(torch.tensor(LOGITS)) for _ in range(3)] == [1, 3, 2]


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_what_is_no_number_ends_the_answer_in_one_sentence(bad):
    torch = pytest.importorskip("torch")
    with pytest.raises(ModelError, match="not a number"):
        Chooser(Sampling(), []).choose(torch.tensor([0.0, bad, 1.0]))
    with pytest.raises(ModelError, match="not a number"):
        Chooser(Sampling(), []).choose(torch.full((5,), float("-inf")))
