"""How the next token is chosen: what a request says about it, and the choice itself."""

from __future__ import annotations

import math
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from zg_jupyter.errors import BadInput, ModelError
from zg_jupyter.records import ChatRequest

if TYPE_CHECKING:
    from torch import Tensor

    from zg_jupyter.local.constrained import Rules

_LIKELY = 256  # tokens that nearly always hold all of top_p: sorting the others costs more


@dataclass(frozen=True)
class Sampling:
    """Rules of choosing; those that a request does not give are llama.cpp's own.

    ``top_k`` 0, ``top_p`` 1 and ``min_p`` 0 leave all tokens in; temperature 0 is greedy.
    """

    temperature: float = 0.8
    top_k: int = 40
    top_p: float = 0.95
    min_p: float = 0.05
    repetition_penalty: float = 1.0
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0
    seed: int | None = None

    @classmethod
    def of(cls, request: ChatRequest) -> Sampling:
        """The rules of a request.

        Raises
        ------
        BadInput
            For a value that cannot be meant.
        """
        given: dict[str, Any] = {}
        for name, (least, most) in _RANGES.items():
            value = request.extra.get(name)
            if name in ("temperature", "top_p"):
                own = getattr(request, name)
                value = value if own is None else own
            if value is None:
                continue
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if not number or not math.isfinite(value):
                raise BadInput(f"{name} must be a number, not {str(value)[:40]!r}.")
            if not least <= value <= most:
                raise BadInput(f"{name} is from {least:g} to {most:g}, not {value:g}.")
            given[name] = max(0, int(value)) if name == "top_k" else float(value)
        if request.seed is not None:
            given["seed"] = request.seed % 2**63
        return cls(**given)

    def as_json(self) -> Mapping[str, Any]:
        return asdict(self)


_RANGES = {
    "temperature": (0.0, 100.0),
    "top_k": (-1.0, 1e9),
    "top_p": (0.0, 1.0),
    "min_p": (0.0, 1.0),
    "repetition_penalty": (0.01, 100.0),
    "frequency_penalty": (-100.0, 100.0),
    "presence_penalty": (-100.0, 100.0),
}


class Chooser:
    """Chooses the tokens of one answer, on the CPU whatever the model runs on.

    Parameters
    ----------
    rules:
        How.
    prompt:
        Tokens before the answer: repeating them is repeating, too.
    form:
        What the answer is held to, if it is.
    """

    def __init__(self, rules: Sampling, prompt: Sequence[int], form: Rules | None = None) -> None:
        import torch

        self._rules, self._form = rules, form
        self._repeated = set(prompt)
        self._counts: Counter[int] = Counter()
        self._random = torch.Generator()
        self._random.manual_seed(secrets.randbits(63) if rules.seed is None else rules.seed)

    def choose(self, logits: Tensor) -> int:
        """The next token.

        Parameters
        ----------
        logits:
            One row, 32 bits; it may be changed.

        Raises
        ------
        ModelError
            For a row that is not numbers.
        """
        best = logits.max()
        if not math.isfinite(float(best)):
            raise ModelError(
                "The model computed something that is not a number, so its answer ends here.",
                next_step="Ask again; if it stays, the model's file is damaged, or it needs more "
                "bits than it gets: ZG_TORCH_PRECISION=fp32",
            )
        self._penalize(logits)
        if self._form is not None:
            self._form.mask(logits)
        token = int(logits.argmax()) if self._rules.temperature == 0 else self._drawn(logits)
        if self._form is not None:
            self._form.took(token)
        self._counts[token] += 1
        self._repeated.add(token)
        return token

    def _penalize(self, logits: Tensor) -> None:
        import torch

        rules = self._rules
        if rules.repetition_penalty != 1:
            index = torch.tensor(sorted(self._repeated), dtype=torch.long)
            seen = logits[index]
            factor = rules.repetition_penalty
            logits[index] = torch.where(seen > 0, seen / factor, seen * factor)
        if self._counts and (rules.frequency_penalty or rules.presence_penalty):
            index = torch.tensor(list(self._counts))
            often = torch.tensor(list(self._counts.values()), dtype=logits.dtype)
            logits[index] -= often * rules.frequency_penalty + rules.presence_penalty

    def _drawn(self, logits: Tensor) -> int:
        import torch

        rules = self._rules
        if 0 < rules.top_k < len(logits):
            values, tokens = logits.topk(rules.top_k)
            rest = None
        else:
            values, tokens = logits.topk(min(_LIKELY, len(logits)))
            rest = logits
        # top_p and min_p look at what the model thinks, before temperature evens it out.
        total = torch.logsumexp(values if rest is None else rest, 0)
        shares = (values - total).exp()
        if (
            rest is not None
            and len(values) < len(rest)
            and rules.min_p * float(shares[0]) <= float(shares[-1])
            and float(shares.sum()) < rules.top_p
        ):
            values, tokens = rest.sort(descending=True)
            shares = (values - total).exp()
        allowed = (shares.cumsum(0) - shares < rules.top_p) & (shares >= rules.min_p * shares[0])
        allowed[0] = True
        values, tokens = values[allowed], tokens[allowed]
        weights = ((values - values[0]) / rules.temperature).double().exp().cumsum(0)
        point = torch.rand(1, generator=self._random, dtype=torch.float64) * weights[-1]
        return int(tokens[min(int(torch.searchsorted(weights, point)), len(tokens) - 1)])
