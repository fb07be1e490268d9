"""Whether a model fits the memory of this machine, and for how many answers at a time.

Counted are the weights, the keys and values of every answer that may run at the same time, what
computing takes beside them, and a second form of the weights where there is one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zg_jupyter.errors import ModelError
from zg_jupyter.local import gguf, models
from zg_jupyter.settings import home

SPARE = 128 << 20  # bytes of the process itself, and of what nobody counts
_CACHE_BYTES = 2  # of one number that llama.cpp keeps for a token
_ROWS = 512  # tokens that llama.cpp computes at a time
#: How many times larger weights become in memory: of a 4.5-bit file, and of a 16-bit folder.
GROWTH = {"llamacpp": (1.0, math.inf), "fp32": (7.2, 2.0)}
_GROWTH_16 = (3.6, 1.0)


@dataclass(frozen=True)
class Need:
    """Bytes that a model takes.

    ``slot`` is for one answer at a time, ``work`` for computing, ``second`` for a second form of
    the weights, which is a convenience.
    """

    weights: int
    slot: int = 0
    work: int = 0
    second: int = 0


@dataclass(frozen=True)
class Room:
    """What fits: answers at a time, whether the second form does, and why there are fewer."""

    parallel: int
    second: bool = False
    fewer: str = ""


def room(need: Need, wanted: int, free: int | None, model: str, form: str) -> Room:
    """How much of what is wanted fits.

    Parameters
    ----------
    need:
        Bytes.
    wanted:
        Answers at a time.
    free:
        Bytes, when known; everything fits otherwise.
    model:
        For people.
    form:
        What the model will be in memory: ``llamacpp``, or a precision of the torch engine.

    Raises
    ------
    ModelError
        When not even one answer fits: with both numbers, and the largest model that would.
    """
    if free is None:
        return Room(wanted, bool(need.second))
    fixed = need.weights + need.work + SPARE
    if fixed + need.slot > free:
        raise ModelError(
            f"{model} needs about {_size(fixed + need.slot)} of memory to give one answer at a "
            f"time, and {_size(free)} are free.",
            next_step=_instead(free, form, model),
        )
    fits = (free - fixed) // need.slot if need.slot else wanted
    if fits < wanted:
        return Room(fits, fewer=f"memory for {wanted} is not free")
    second = bool(need.second) and fixed + wanted * need.slot + need.second <= free
    return Room(wanted, second)


def of_gguf(path: Path, context: int) -> Need:
    """What llama.cpp takes for a file, and for each answer of so many tokens at most.

    A file whose head cannot be read, or that keeps something else than keys and values, counts
    with its size alone: llama.cpp says itself what is wrong with it.
    """
    size = path.stat().st_size
    try:
        said = gguf.metadata(path)
        slot = context * _CACHE_BYTES * _numbers(said)
    except (ModelError, KeyError, TypeError, ValueError):
        return Need(size)
    vocabulary = said.get(f"{said['general.architecture']}.vocab_size", 0)
    return Need(size, slot, _ROWS * 4 * vocabulary if isinstance(vocabulary, int) else 0)


def _numbers(said: Mapping[str, Any]) -> int:
    """Numbers that are kept for each token of a context."""
    family = said["general.architecture"]

    def of(name: str, otherwise: Any = None) -> Any:
        return said.get(f"{family}.{name}", otherwise)

    layers, heads = int(of("block_count")), of("attention.head_count")
    if of("attention.kv_lora_rank") or of("ssm.state_size"):
        raise ValueError("keeps something else")
    kv_heads = of("attention.head_count_kv", heads)
    every = sum(kv_heads) if isinstance(kv_heads, list) else layers * int(kv_heads)
    most = max(heads) if isinstance(heads, list) else int(heads)
    size = int(of("embedding_length")) // max(most, 1)
    length = int(of("attention.key_length", size)) + int(of("attention.value_length", size))
    return every * length


def _instead(free: int, form: str, model: str) -> str:
    """What to do instead: the largest model that would fit."""
    of_file, of_folder = GROWTH.get(form, _GROWTH_16)
    fitting = [
        (size, name)
        for name, size, is_folder in _known()
        # A quarter more, for the answers: their number is not known before a file is opened.
        if name != model
        and size
        and size * (of_folder if is_folder else of_file) * 1.25 + SPARE <= free
    ]
    if not fitting:
        return "Close other programs: none of the models that are known here would fit."
    name = max(fitting)[1]
    return f"Close other programs, or take the largest one that fits: %zg local use {name}"


def _known() -> Iterator[tuple[str, int, bool]]:
    """Models of the list, and those on disk beside it: name, bytes, and whether it is a folder."""
    listed = set()
    for known in models.MODELS.values():
        listed.add(known.size)
        yield known.name, known.size, False
    for path in sorted((home() / "models").glob("*")):
        if path.suffix == ".gguf" and (size := path.stat().st_size) not in listed:
            yield str(path), size, False
        elif (path / "config.json").is_file():
            yield str(path), sum(f.stat().st_size for f in path.glob("*.safetensors")), True


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB"
