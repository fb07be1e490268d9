"""What people type about an endpoint: its name, address, prices, models, and where its key is."""

from __future__ import annotations

import re

from zg_jupyter import server_url
from zg_jupyter.errors import BadInput
from zg_jupyter.units import NEURON_PER_0G, parse_amount

#: Where a key may come from, beside a variable of the environment (its name, in capitals).
SOURCES = ("ask", "keyring", "file")
#: What ``--provider``, ``--fallback`` and ``%zg set provider`` mean something else by.
RESERVED = frozenset({"local", "remote", "none", "off", "direct", "router", "endpoint", "network"})
MOST_MODELS = 100
_NAME = re.compile(r"[a-z][a-z0-9._-]{0,31}")
_LIKE_AN_ADDRESS = re.compile(r"0x.*|[0-9a-f]{4,}")
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,63}")
_LONGEST_MODEL = 200
_PER = 10**6  # tokens that a price is for, where people write one
MOST_PRICE = NEURON_PER_0G  # neuron for one token


def is_like_an_address(text: str) -> bool:
    """Whether a provider could be meant by it, or the start of one's address."""
    return _LIKE_AN_ADDRESS.fullmatch(text.strip().lower()) is not None


def name_of(text: str) -> str:
    """A name as it is kept.

    Raises
    ------
    BadInput
        It cannot be one, or would be taken for something else behind ``--provider``.
    """
    name = text.strip().lower()
    if is_like_an_address(name):
        raise BadInput(
            f"{text[:44]!r} looks like the address of a provider.",
            next_step="Choose another name, for example: ollama",
        )
    if name in RESERVED:
        raise BadInput(
            f"{text!r} means something else already.",
            next_step="Choose another name, for example: ollama",
        )
    if not _NAME.fullmatch(name):
        raise BadInput(
            f"{text[:40]!r} cannot be the name of an endpoint.",
            next_step="Begin with a letter; then letters, digits, dot, - and _, 32 at most.",
        )
    return name


def url_of(text: str) -> str:
    """The address of a server; without what is pasted behind it by mistake.

    Raises
    ------
    BadInput
        It is none, or carries credentials, which are not repeated.
    """
    try:
        url = server_url.checked(text)
    except server_url.Unusable as error:
        raise BadInput(
            f"The address of the endpoint cannot be used: {error.why}.",
            next_step=_hint(text, error.kind),
        ) from None
    for tail in ("/chat/completions", "/completions", "/models"):
        url = url.removesuffix(tail)
    return url.rstrip("/")


def _hint(text: str, kind: str) -> str:
    if kind == "credentials":
        return "Name where its key is instead: --key-from VARIABLE"
    if kind == "unencrypted":
        return "Use its https:// address, or its number in your own network."
    try:
        guess = server_url.checked(f"http://{text.strip()}")
    except server_url.Unusable:
        return "For example: %zg endpoint add ollama http://localhost:11434"
    bare = "://" not in text and "@" not in text
    return f"Did you mean {guess}?" if bare else "Copy it from the server's own documentation."


def prices_of(given_in: str | None, given_out: str | None) -> tuple[int, int]:
    """Two prices in 0G for a million tokens, as neuron per token; none given is for nothing.

    Raises
    ------
    BadInput
        Only one is given, or one that cannot be meant.
    """
    if (given_in is None) != (given_out is None):
        missing = "--input-price" if given_in is None else "--output-price"
        raise BadInput(
            f"{missing} is missing.", next_step="Give both prices; 0 is a price, and none is 0."
        )
    if given_in is None or given_out is None:
        return 0, 0
    return _price(given_in), _price(given_out)


def _price(text: str) -> int:
    price, rest = divmod(parse_amount(text), _PER)
    if rest:
        raise BadInput(
            f"{str(text)[:40]!r} for a million tokens is no whole number of neuron for one.",
            next_step="Use at most 12 decimals.",
        )
    if price > MOST_PRICE:
        raise BadInput(
            f"{str(text)[:40]!r} 0G for a million tokens cannot be meant.",
            next_step="Give the price in 0G for a million tokens, for example 0.5",
        )
    return price


def source_of(text: str | None) -> str:
    """Where a key comes from.

    Raises
    ------
    BadInput
        It is no such place; what was typed is not repeated, for it may be the key.
    """
    text = (text or "").strip()
    if text.lower() in SOURCES:
        return text.lower()
    if text and not _VARIABLE.fullmatch(text):
        raise BadInput(
            "--key-from takes the name of a variable in capitals, or ask, keyring or file.",
            next_step="If that was the key itself: delete it from this notebook. "
            "For example: --key-from OPENAI_API_KEY",
        )
    return text


def models_of(given: tuple[str, ...]) -> tuple[str, ...]:
    """Names of models, each once; ``BadInput`` for one that cannot be, or too many."""
    for name in given:
        if not name.strip() or len(name) > _LONGEST_MODEL or not name.isprintable():
            raise BadInput(f"{name[:40]!r} cannot be the name of a model.")
    if len(given) > MOST_MODELS:
        raise BadInput(
            f"That are {len(given)} models; an endpoint has {MOST_MODELS} at most.",
            next_step="Name those that you use: --model NAME",
        )
    return tuple(dict.fromkeys(name.strip() for name in given))
