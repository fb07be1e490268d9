"""The short way in, as tutorials write it: a client, an inference, what it cost."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from zg_jupyter.client import Client, connect
from zg_jupyter.records import Answer, Receipt
from zg_jupyter.units import to_0g

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Inference:
    """One answer: ``output`` is its text."""

    answer: Answer

    @property
    def output(self) -> str:
        return self.answer.text

    @property
    def cost(self) -> Decimal:
        """What it cost, in 0G, exact."""
        return to_0g(self.answer.cost)

    @property
    def receipt(self) -> Receipt:
        """Who answered, what it cost, what was proved."""
        return self.answer.receipt

    def __str__(self) -> str:
        return self.output


@dataclass(frozen=True)
class ComputeUsage:
    """What one client has used; ``total_cost`` is exact 0G."""

    total_cost: Decimal
    requests: int
    prompt_tokens: int
    completion_tokens: int


class ComputeClient:
    """Ask models on 0G Compute.

    ::

        client = ComputeClient(api_key)
        answer = client.inference(prompt="What is 0G?", max_tokens=100)
        print(answer.output)
        print(client.get_usage().total_cost)

    Parameters
    ----------
    api_key:
        ``app-sk-...``, made for one provider; the wallet of this session pays when omitted.
    network:
        As in :func:`zg_jupyter.connect`.
    provider_url:
        Where the key's provider listens, for when the chain cannot be asked.

    Raises
    ------
    ZgError
        As :func:`zg_jupyter.connect`.
    """

    def __init__(
        self, api_key: str | None = None, *, network: str | None = None, provider_url: str = ""
    ) -> None:
        self._client: Client = connect(network, api_key=api_key, provider_url=provider_url)
        self._answers: list[Answer] = []

    def inference(
        self,
        model: str | None = None,
        prompt: str = "",
        max_tokens: int | None = None,
        **options: Any,
    ) -> Inference:
        """Ask one question and wait for the whole answer.

        Parameters
        ----------
        model:
            Which model; the cheapest offer when omitted.
        prompt:
            The question.
        max_tokens:
            Upper bound of the answer in tokens.
        options:
            As in :meth:`zg_jupyter.AsyncClient.stream`.

        Raises
        ------
        ZgError
            The sentence says what was charged.
        """
        answer = self._client.ask(prompt, model=model, max_tokens=max_tokens, **options)
        self._answers.append(answer)
        return Inference(answer)

    def get_usage(self) -> ComputeUsage:
        """What this client has used since it was made."""
        return ComputeUsage(
            total_cost=to_0g(sum(a.cost for a in self._answers)),
            requests=len(self._answers),
            prompt_tokens=sum(a.usage.prompt_tokens for a in self._answers),
            completion_tokens=sum(a.usage.completion_tokens for a in self._answers),
        )

    def table(self) -> pd.DataFrame:
        """What every answer cost, on this machine and ever."""
        return self._client.spend_table()

    def close(self) -> None:
        """Close connections and files."""
        self._client.close()

    def __enter__(self) -> ComputeClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<ComputeClient on {self._client.network.name}>"
