"""How a token is chosen: bounds, penalties, seeds, and what is refused."""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

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


class Plain:
    """The same rules written down plainly, one token after the other, in 64 bits."""

    def __init__(self, rules: Sampling, prompt: list[int]) -> None:
        import torch

        self.rules, self.before = rules, set(prompt)
        self.made: Counter = Counter()
        self.random = torch.Generator()
        self.random.manual_seed(rules.seed)
        self.close = False  # to a bound, where 32 bits may fall on the other side

    def choose(self, logits: list[float]) -> int:
        rules = self.rules
        scores = dict(enumerate(logits))
        for token in self.before | set(self.made):
            factor = rules.repetition_penalty
            scores[token] = scores[token] / factor if scores[token] > 0 else scores[token] * factor
        for token, count in self.made.items():
            scores[token] -= count * rules.frequency_penalty + rules.presence_penalty
        best = sorted(scores, key=lambda token: -scores[token])
        self.look([scores[a] - scores[b] for a, b in itertools.pairwise(best[:50])])
        token = best[0] if rules.temperature == 0 else self.drawn(scores, best)
        self.made[token] += 1
        return token

    def drawn(self, scores: dict[int, float], best: list[int]) -> int:
        import torch

        rules = self.rules
        if 0 < rules.top_k < len(best):
            best = best[: rules.top_k]
        weights = [math.exp(scores[token] - scores[best[0]]) for token in best]
        shares = [weight / sum(weights) for weight in weights]
        kept, so_far = [], 0.0
        for token, share in zip(best, shares, strict=True):
            self.look([so_far - rules.top_p, share - rules.min_p * shares[0]] if kept else [])
            if kept and (so_far >= rules.top_p or share < rules.min_p * shares[0]):
                break
            kept.append(token)
            so_far += share
        hot = [math.exp((scores[t] - scores[kept[0]]) / rules.temperature) for t in kept]
        ends = list(itertools.accumulate(hot))
        point = float(torch.rand(1, generator=self.random, dtype=torch.float64)) * ends[-1]
        self.look([(end - point) / ends[-1] for end in ends[:-1]])
        return next(token for token, end in zip(kept, ends, strict=True) if end >= point)

    def look(self, distances: list[float]) -> None:
        self.close = self.close or any(abs(distance) < 1e-5 for distance in distances)


RULES = st.builds(
    Sampling,
    temperature=st.sampled_from([0.0, 0.2, 0.8, 1.0, 2.0, 10.0]),
    top_k=st.sampled_from([0, 1, 3, 40, 10**6]),
    top_p=st.sampled_from([0.0, 0.31, 0.77, 0.95, 1.0]),
    min_p=st.sampled_from([0.0, 0.013, 0.21, 1.0]),
    repetition_penalty=st.sampled_from([0.7, 1.0, 1.3]),
    frequency_penalty=st.sampled_from([-0.53, 0.0, 0.47]),
    presence_penalty=st.sampled_from([-1.09, 0.0, 0.83]),
    seed=st.integers(0, 2**62),
)
UNEVEN = st.floats(-12, 12, width=32).map(lambda x: round(x * 997) / 997 + 1e-3)


@given(rules=RULES, logits=st.lists(UNEVEN, min_size=2, max_size=60, unique=True), data=st.data())
@settings(max_examples=300, deadline=None)
def test_choices_are_those_of_the_rules_written_down_plainly(rules, logits, data):
    torch = pytest.importorskip("torch")
    tokens = st.integers(0, len(logits) - 1)
    prompt = data.draw(st.lists(tokens, max_size=5).filter(lambda p: len(p) < len(logits)))
    plain, chooser = Plain(rules, prompt), Chooser(rules, prompt)
    for _ in range(8):
        expected, found = plain.choose(logits), chooser.choose(torch.tensor(logits))
        assume(not plain.close)
        assert found == expected


@pytest.mark.parametrize("seed", range(12))
def test_that_holds_for_a_large_vocabulary_too(seed):
    torch = pytest.importorskip("torch")
    noise = random.Random(seed)
    logits = [noise.gauss(0, noise.choice([0.1, 1, 4])) for _ in range(3000)]
    rules = Sampling(
        temperature=noise.choice([0.5, 1.5]),
        top_k=noise.choice([0, 0, 500]),
        top_p=noise.choice([0.5, 0.97, 1.0]),
        min_p=noise.choice([0.0, 0.03]),
        repetition_penalty=1.2,
        seed=seed,
    )
    plain, chooser = Plain(rules, [5, 9]), Chooser(rules, [5, 9])
    for _ in range(5):
        assert chooser.choose(torch.tensor(logits)) == plain.choose(logits)


@given(rules=RULES, logits=st.lists(UNEVEN, min_size=2, max_size=30))
@settings(max_examples=50, deadline=None)
def test_the_same_seed_gives_the_same_tokens_whatever_the_rules(rules, logits):
    torch = pytest.importorskip("torch")
    first, second = Chooser(rules, [0]), Chooser(rules, [0])
    for _ in range(10):
        assert first.choose(torch.tensor(logits)) == second.choose(torch.tensor(logits))
