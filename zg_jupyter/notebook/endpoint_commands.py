"""``%zg endpoint``: OpenAI-compatible servers of the user's own."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from zg_jupyter.errors import BadInput, ConfigError
from zg_jupyter.notebook import asking, dollars
from zg_jupyter.notebook import words as common
from zg_jupyter.notebook import words_endpoint as words
from zg_jupyter.notebook.render import say
from zg_jupyter.notebook.shared import Session
from zg_jupyter.notebook.tables import Table
from zg_jupyter.units import format_0g, is_usd, parse_amount, per_million

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zg_jupyter.endpoint_book import Endpoint

_PER = 10**6
_ANSWER_SHOWN = 80  # characters of a test's answer


def run(session: Session, arguments: list[str]) -> Any:
    """Carry out what stands behind ``%zg endpoint``.

    Raises
    ------
    ZgError
        For what cannot be meant (with the closest match), or a server that cannot be used.
    """
    what, rest = (arguments[0], arguments[1:]) if arguments else ("list", [])
    if what == "list" and not rest:
        return _list()
    if what == "add":
        return _add(session, rest)
    if what in words.NAMED and len(rest) == 1:
        return {"test": _test, "key": _key, "remove": _remove}[what](session, rest[0])
    close = difflib.get_close_matches(what, words.CHOICES, n=1, cutoff=0.5)
    near = close and what not in words.CHOICES
    hint = (
        common.DID_YOU_MEAN.format(match=f"%zg endpoint {close[0]}") if near else words.USAGE_NEXT
    )
    raise BadInput(words.USAGE.format(words=what[:20]), next_step=hint)


def _list() -> Table | None:
    from zg_jupyter import endpoints

    found = endpoints.known()
    if not found:
        say(words.NONE)
        return None
    rows = [
        (
            *(one.name, one.url, _models(one.models)),
            *(_price(one.input_price), _price(one.output_price)),
            *(_key_of(one, endpoints.state_of(one)), words.UNVERIFIED),
        )
        for one in found
    ]
    return Table.of(rows, head=words.HEAD, title=words.TITLE)


def _add(_: Session, arguments: list[str]) -> None:
    from zg_jupyter import endpoint_typed, endpoints

    rest, found = _options(arguments)
    if len(rest) != 2:
        raise BadInput(words.NEEDS_BOTH, next_step=words.NEEDS_BOTH_NEXT)
    name, url = endpoint_typed.name_of(rest[0]), endpoint_typed.url_of(rest[1])
    prices = [_in_0g(found.get(f"--{side}-price")) for side in ("input", "output")]
    source = endpoint_typed.source_of(_last(found.get("--key-from")))
    # What cannot be meant is said before anybody is asked for a secret.
    endpoint_typed.prices_of(*prices)
    key = ""
    if source in endpoint_typed.SOURCES:
        key = asking.secret(words.ASK_KEY.format(name=name))
    added = endpoints.add(
        name,
        url,
        models=found.get("--model", []),
        input_price=prices[0],
        output_price=prices[1],
        key_from=source,
        key=key,
    )
    say(words.ADDED.format(name=added.name, url=added.url, models=_models(added.models)))
    if added.input_price or added.output_price:
        said = {"input": _price(added.input_price), "output": _price(added.output_price)}
        say(words.PRICED.format(**said))
    else:
        say(words.UNPRICED)
    say(words.NOT_VERIFIED)


def _test(session: Session, name: str) -> None:
    from zg_jupyter import endpoints

    tried = endpoints.test(name)
    session.count(tried.answer)
    text = " ".join(tried.answer.text.split())[:_ANSWER_SHOWN]
    receipt = tried.answer.receipt
    say(words.TESTED.format(name=tried.endpoint.name, text=f"“{text}”"))
    say(
        words.TOOK.format(
            models=_models(tried.endpoint.models),
            seconds=receipt.total_seconds,
            cost=format_0g(tried.answer.cost, digits=4),
        )
    )
    say(words.NOT_VERIFIED)


def _key(_: Session, name: str) -> None:
    from zg_jupyter import endpoint_book, endpoints

    known = endpoint_book.get(name)
    endpoints.refuse_other_sources(known)
    given = endpoints.give_key(known.name, asking.secret(words.ASK_KEY.format(name=known.name)))
    say(words.KEY_KEPT.format(name=given.name))


def _remove(_: Session, name: str) -> None:
    from zg_jupyter import endpoints

    gone = endpoints.remove(name)
    say(words.REMOVED.format(name=gone.name))


def names() -> list[str]:
    """The names of all endpoints, for completion; none where the file is broken."""
    from zg_jupyter import endpoint_book

    try:
        return list(endpoint_book.known())
    except ConfigError:
        return []


def _options(arguments: list[str]) -> tuple[list[str], dict[str, list[str]]]:
    """Plain words, and ``--name value`` pairs; a model may be named several times."""
    rest: list[str] = []
    found: dict[str, list[str]] = {}
    waiting = iter(arguments)
    for word in waiting:
        if not word.startswith("--"):
            rest.append(word)
            continue
        name, equals, value = word.partition("=")
        if name not in words.OPTIONS:
            close = difflib.get_close_matches(name, words.OPTIONS, n=1, cutoff=0.5)
            hint = common.DID_YOU_MEAN.format(match=close[0]) if close else words.USAGE_NEXT
            raise BadInput(common.UNKNOWN_OPTION.format(name=name[:40]), next_step=hint)
        given = value if equals else next(waiting, "")
        if not given or (not equals and given.startswith("--")):
            raise BadInput(common.NEEDS_VALUE.format(name=name), next_step=words.USAGE_NEXT)
        if name in found and name != "--model":
            raise BadInput(common.TWICE.format(name=name), next_step=words.USAGE_NEXT)
        found.setdefault(name, []).append(given)
    return rest, found


def _last(given: Sequence[str] | None) -> str | None:
    return given[-1] if given else None


def _in_0g(given: Sequence[str] | None) -> str | None:
    """A price as it is kept; one in US dollars becomes whole neuron per token, rounded up."""
    typed = _last(given)
    if typed is None or not is_usd(typed):
        return typed
    neuron = parse_amount(dollars.amount(typed, None))
    return f"{-(-neuron // _PER) * _PER} neuron"


def _models(names: Sequence[str]) -> str:
    if len(names) < 3:
        return ", ".join(names)
    return words.MORE.format(first=names[0], count=len(names) - 1)


def _price(price: int) -> str:
    return f"{per_million(price):f}" if price else words.FREE


def _key_of(endpoint: Endpoint, state: str) -> str:
    said = {"none": words.KEY_NONE, "there": words.KEY_THERE, "missing": words.KEY_MISSING}
    return said[state].format(source=endpoint.key_from)
