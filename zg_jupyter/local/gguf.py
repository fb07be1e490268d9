"""Reading GGUF files: what they say about a model, and its weights.

A file comes from anywhere, so every count, length and offset in it is held against the size of
the file before it is used.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zg_jupyter.errors import ModelError
from zg_jupyter.local import gguf_blocks

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_STRING, _ARRAY = 8, 9
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q"}
_SCALARS[12] = "d"
_MOST_DIMENSIONS = 4
_MOST_NESTED = 4


@dataclass(frozen=True)
class Tensor:
    """One tensor of a file; ``shape`` in the order of numpy and torch, rows first."""

    name: str
    shape: tuple[int, ...]
    kind: int
    raw: NDArray[np.uint8]

    def floats(self) -> NDArray[np.float32]:
        """The weights as 32-bit floats, bit for bit what llama.cpp computes."""
        return gguf_blocks.floats(self.raw, self.kind).reshape(self.shape)


@dataclass(frozen=True)
class File:
    """A whole GGUF file, mapped into memory: weights are read when they are asked for."""

    metadata: dict[str, Any]
    tensors: dict[str, Tensor]


def read(path: Path) -> File:
    """Read a file.

    Raises
    ------
    ModelError
        For a file that is not GGUF, is damaged or cut off, or holds a kind of weights that
        cannot be read here.
    """
    import numpy as np

    with _in_one_sentence(path):
        content = np.memmap(path, dtype=np.uint8, mode="r")
        cursor = _Cursor(content)
        tensor_count, pairs = _head(cursor, path)
        metadata = dict(pairs)
        infos = [_info(cursor) for _ in range(tensor_count)]
        alignment = metadata.get("general.alignment", 32)
        if not isinstance(alignment, int) or not 0 < alignment <= 1 << 20:
            raise ValueError("alignment")
        start = -(-cursor.at // alignment) * alignment
        tensors = {}
        for name, shape, kind, offset in infos:
            if kind not in gguf_blocks.KINDS:
                raise ModelError(
                    f"{path.name} holds weights of a kind that cannot be read here ({kind}).",
                    next_step="Give a file quantized as Q4_0, Q4_K_M, Q6_K, Q8_0 or F16.",
                )
            size = gguf_blocks.size_of(math.prod(shape), kind)
            if start + offset + size > content.size:
                raise ValueError("cut off")
            raw = content[start + offset : start + offset + size]
            tensors[name] = Tensor(name, shape, kind, raw)
        return File(metadata, tensors)


def metadata(path: Path) -> dict[str, Any]:
    """What a file says about its model, without reading its tokenizer, which takes longest.

    Raises
    ------
    ModelError
        For a file that is not GGUF, or is damaged before that.
    """
    import numpy as np

    with _in_one_sentence(path):
        _, pairs = _head(_Cursor(np.memmap(path, dtype=np.uint8, mode="r")), path)
        # Writers put what describes the model first.
        return dict(itertools.takewhile(lambda pair: not pair[0].startswith("tokenizer."), pairs))


def _head(cursor: _Cursor, path: Path) -> tuple[int, Iterator[tuple[str, Any]]]:
    """Number of tensors, and what is said about the model, read as it is asked for."""
    if cursor.take(4) != _MAGIC:
        raise ModelError(f"{path.name} is not a GGUF model file.", next_step="Give a .gguf file.")
    version = cursor.scalar("I")
    if version not in _VERSIONS:
        raise ModelError(
            f"{path.name} is GGUF version {version}, which cannot be read here.",
            next_step="Convert it with a newer llama.cpp.",
        )
    tensor_count, pair_count = cursor.count(24), cursor.count(12)
    pairs = ((cursor.text(), cursor.value(cursor.scalar("I"))) for _ in range(pair_count))
    return tensor_count, pairs


def _info(cursor: _Cursor) -> tuple[str, tuple[int, ...], int, int]:
    name = cursor.text()
    dimensions = cursor.scalar("I")
    if not 1 <= dimensions <= _MOST_DIMENSIONS:
        raise ValueError("dimensions")
    shape = tuple(cursor.scalar("Q") for _ in range(dimensions))
    if min(shape) < 1 or math.prod(shape) > 1 << 40:
        raise ValueError("shape")
    return name, shape[::-1], cursor.scalar("I"), cursor.scalar("Q")


class _Cursor:
    """Walks through the head of a file, never past its end."""

    def __init__(self, content: NDArray[np.uint8]) -> None:
        self._content = memoryview(content)  # type: ignore[arg-type]
        self.at = 0

    def take(self, size: int) -> bytes:
        if not 0 <= size <= len(self._content) - self.at:
            raise ValueError("cut off")
        self.at += size
        return bytes(self._content[self.at - size : self.at])

    def scalar(self, code: str) -> Any:
        return struct.unpack("<" + code, self.take(struct.calcsize("<" + code)))[0]

    def count(self, least: int) -> int:
        """A number of things that take at least some bytes each."""
        number = int(self.scalar("Q"))
        if number * least > len(self._content):
            raise ValueError("count")
        return number

    def text(self) -> str:
        # Tokens of some files are parts of characters.
        return self.take(self.scalar("Q")).decode("utf-8", "surrogateescape")

    def value(self, kind: int, depth: int = 0) -> Any:
        if kind == _STRING:
            return self.text()
        if kind != _ARRAY:
            return self.scalar(_SCALARS[kind])
        kind = self.scalar("I")
        if kind in _SCALARS:
            count = self.count(struct.calcsize("<" + _SCALARS[kind]))
            code = f"<{count}{_SCALARS[kind]}"
            return list(struct.unpack(code, self.take(struct.calcsize(code))))
        if depth >= _MOST_NESTED:
            raise ValueError("nested")
        return [self.value(kind, depth + 1) for _ in range(self.count(8))]


@contextlib.contextmanager
def _in_one_sentence(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ModelError(
            f"The model file {path} cannot be read: {error.strerror or type(error).__name__}."
        ) from None
    except (ValueError, KeyError, OverflowError, MemoryError, struct.error):
        raise ModelError(
            f"The model file {path.name} is damaged or cut off.",
            next_step="Fetch it once more.",
        ) from None
