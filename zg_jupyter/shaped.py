"""One answer that has to be data: asked, read, and asked once more when it does not fit."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Callable
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from zg_jupyter.choices import Choices, choices
from zg_jupyter.errors import NOTHING_CHARGED, AnswerUnfit, ZgError
from zg_jupyter.prompt import IN_REQUEST, Prompt, as_request
from zg_jupyter.records import Answer, ChatRequest, Event, Finished, Receipt, Restarted
from zg_jupyter.structured import NotAsAsked, Schema
from zg_jupyter.transport.reading import plain
from zg_jupyter.units import format_0g, to_0g

if TYPE_CHECKING:
    from zg_jupyter.aio import AsyncClient

_CHOICES = {f.name for f in fields(Choices)}


def form(wanted: Any) -> Schema:
    """What an answer has to be, from a pydantic model or a JSON schema.

    Raises
    ------
    BadInput
        It is neither.
    """
    return Schema(wanted)


def asked(
    prompt: Prompt, wanted: Schema, options: dict[str, Any]
) -> tuple[ChatRequest, dict[str, Any]]:
    """The request for such an answer, and the options that are not in it already."""
    chosen = choices(**{k: v for k, v in options.items() if k in IN_REQUEST})
    rest = {k: v for k, v in options.items() if k not in IN_REQUEST}
    return wanted.asked(as_request(prompt, chosen)), rest


async def stream(
    client: AsyncClient,
    prompt: Prompt,
    wanted: Schema,
    options: dict[str, Any],
    *,
    keep: Callable[[Answer], None] | None,
    repairs: int,
) -> AsyncGenerator[Event, None]:
    """Ask until the answer fits; every request has its own row, one ``max_cost`` is for all.

    Parameters
    ----------
    client:
        Asks and pays; its ``last`` is the newest answer, whether it fits or not.
    prompt, options:
        As in :meth:`AsyncClient.stream`.
    wanted:
        What the answer has to be.
    keep:
        Gets every answer before it is settled.
    repairs:
        How often it is asked for again.

    Yields
    ------
    Event
        As of one request; ``Restarted`` says that an answer did not fit, and why.

    Raises
    ------
    AnswerUnfit
        No answer was of that form; the sentence says what they cost.
    """
    request, rest = asked(prompt, wanted, options)
    most = choices(**{k: v for k, v in options.items() if k in _CHOICES}).most
    before: tuple[Receipt, ...] = ()
    while True:
        answer: Answer | None = None
        async with contextlib.aclosing(_once(client, request, rest, keep, before)) as events:
            async for event in events:
                if isinstance(event, Finished):
                    answer = event.answer
                else:
                    yield event
        if answer is None:
            raise AssertionError("a stream ends with an answer or an error")
        try:
            answer = replace(answer, value=wanted.read(answer.text, cut=answer.cut))
        except NotAsAsked as wrong:
            reason = plain(str(wrong), 300)
            left = None if most is None else most - answer.cost
            if len(before) == repairs or (left is not None and left <= 0):
                raise _unfit(answer, reason) from None
            request = wanted.repaired(request, answer.text, wrong)
        else:
            client.last = answer
            yield Finished(answer)
            return
        if left is not None:
            rest["max_cost"] = f"{to_0g(left):f}"
        before = (*before, answer.receipt)
        cost = format_0g(answer.receipt.cost, digits=4)
        yield Restarted(f"The answer does not fit: {reason}. It cost {cost}; asking once more.")


async def _once(
    client: AsyncClient,
    request: ChatRequest,
    options: dict[str, Any],
    keep: Callable[[Answer], None] | None,
    before: tuple[Receipt, ...],
) -> AsyncGenerator[Event, None]:
    """One of the requests; however it ends, its answer and errors know of those before."""

    def kept(answer: Answer) -> None:
        client.last = answer = replace(answer, before=before)
        if keep is not None:
            keep(answer)

    try:
        async with contextlib.aclosing(client.stream(request, keep=kept, **options)) as events:
            async for event in events:
                if isinstance(event, Finished):
                    event = Finished(replace(event.answer, before=before))
                yield event
    except ZgError as error:
        if before:
            cost = format_0g(sum(receipt.cost for receipt in before), digits=4)
            said = "" if error.charged == NOTHING_CHARGED else f" {error.charged}"
            error.charged = f"The answer before, which did not fit, cost {cost}.{said}"
        raise


def _unfit(answer: Answer, reason: str) -> AnswerUnfit:
    cost = format_0g(answer.cost, digits=4)
    told = f" for {len(answer.before) + 1} answers" if answer.before else ""
    hint = " It reached its limit of tokens: allow more with --max-tokens." * answer.cut
    return AnswerUnfit(
        f"The answer is not of the form that was asked for: {reason}.",
        charged=f"Charged{told}: {cost}.",
        next_step=f"Its text is in zg.last.text.{hint}",
    )


def value_in(text: str) -> Any:
    """Any JSON value in a text.

    Raises
    ------
    ValueError
        It is no JSON; the text says why.
    """
    return Schema({}).read(text)
