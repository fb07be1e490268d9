"""What becomes of a prompt before anything is sent: a request, a plan, limits, and its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from zg_jupyter import fallback, replays
from zg_jupyter import plan as planning
from zg_jupyter.choices import Choices
from zg_jupyter.endpoint_typed import is_like_an_address
from zg_jupyter.errors import BadInput, ZgError
from zg_jupyter.prompt import Prompt, as_request
from zg_jupyter.recorded import Question, question
from zg_jupyter.records import ChatRequest, Plan
from zg_jupyter.replays import Asked
from zg_jupyter.trust import jcs
from zg_jupyter.units import parse_amount

if TYPE_CHECKING:
    from zg_jupyter.aio import AsyncClient


async def planned(client: AsyncClient, prompt: Prompt, chosen: Choices) -> tuple[ChatRequest, Plan]:
    """The request, and whom it would be asked of: providers, this machine, or both.

    Raises
    ------
    ZgError
        A prompt or an option that cannot be, or nobody who could answer.
    """
    request = as_request(prompt, chosen)
    if request.private:
        jcs.require()
    limit = most_tokens(client, request, chosen)
    places = fallback.places(chosen.provider, chosen.fallback, client.settings)
    market: Plan | ZgError | None = None
    if places.market:
        market = await _market_plan(client, request, limit, fallback.of_market(chosen))
    return request, fallback.plan(request, limit, chosen, places, market, client.local.offer)


async def _market_plan(
    client: AsyncClient, request: ChatRequest, limit: int, chosen: Choices
) -> Plan | ZgError:
    """What providers can do for it, or why nothing."""
    trouble: ZgError | None = None
    try:
        named = fallback.names_endpoint(chosen.provider)
        offers = await (client.sellers.own() if named else client.sellers.offers())
        trouble = None if named else client.sellers.trouble
        sorts = chosen.sort != "price" and len(offers) > 1
        speeds = await client.market.speeds() if sorts else None
        plan = planning.make(request, offers, max_tokens=limit, choices=chosen, speeds=speeds)
        return replace(plan, instead=trouble.what) if trouble else plan
    except BadInput:
        raise
    except ZgError as error:
        # What is missing may be on the network that does not answer; no mistyped name is.
        mistyped = chosen.provider and not is_like_an_address(chosen.provider)
        return error if mistyped else trouble or error


def most_tokens(client: AsyncClient, request: ChatRequest, chosen: Choices) -> int:
    """The bound of the answer in tokens: as chosen, as in the request, or as in the settings."""
    limit = chosen.max_tokens or request.max_tokens or client.settings.max_tokens
    if limit < 1:
        raise BadInput("max_tokens must be at least 1.")
    return limit


def recording_of(client: AsyncClient, prompt: Prompt, chosen: Choices) -> Asked:
    """By what an answer in a recording is known again."""
    request = as_request(prompt, chosen)
    return replays.asked(request, chosen, most_tokens(client, request, chosen))


def question_of(client: AsyncClient, prompt: Prompt, chosen: Choices) -> Question:
    """By what a recorded answer to this is known again."""
    request = as_request(prompt, chosen)
    return question(
        request,
        chosen,
        books=client.books,
        user=client.wallet.address,
        max_tokens=most_tokens(client, request, chosen),
    )


def limits_of(
    client: AsyncClient, chosen: Choices, given: Mapping[str, int] | None
) -> dict[str, int]:
    """The limits of one request beside the stored budgets, by scope, in neuron."""
    limits = dict(given or {})
    if client.settings.budget:
        limits["session"] = parse_amount(client.settings.budget)
    if chosen.most is not None:
        limits["cell"] = chosen.most
    return limits
