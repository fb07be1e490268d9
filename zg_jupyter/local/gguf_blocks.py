"""The kinds of weights in GGUF files: blocks of a few bits per weight, and what they mean.

Each kind is a block of some bytes for some weights; ``floats`` computes in 32-bit floats and in
the order of operations of llama.cpp, so that the results are its own, bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]
    Floats = NDArray[np.float32]

_AT_ONCE = 1 << 16  # blocks that are worked on together: bounds the memory in between


def size_of(weights: int, kind: int) -> int:
    """Bytes of some weights. Raises ValueError when they do not fill their blocks."""
    per_block, size, _ = KINDS[kind]
    if weights % per_block:
        raise ValueError("half a block")
    return weights // per_block * size


def floats(raw: Bytes, kind: int) -> Floats:
    """All weights in some bytes, in order."""
    import numpy as np

    per_block, size, decode = KINDS[kind]
    blocks = raw.reshape(-1, size)
    result = np.empty((len(blocks), per_block), np.float32)
    for start in range(0, len(blocks), _AT_ONCE):
        part = np.ascontiguousarray(blocks[start : start + _AT_ONCE])
        result[start : start + _AT_ONCE] = decode(part)
    return result.reshape(-1)


def _f32(blocks: Bytes) -> Any:
    return blocks.view("<f4")


def _f16(blocks: Bytes) -> Floats:
    return blocks.view("<f2").astype("f4")


def _bf16(blocks: Bytes) -> Any:
    return (blocks.view("<u2").astype("u4") << 16).view("f4")


def _nibbles(packed: Bytes) -> Bytes:
    """Low halves of all bytes, then the high ones."""
    import numpy as np

    return np.concatenate((packed & 15, packed >> 4), axis=-1)


def _fifth_bits(packed: Bytes) -> Bytes:
    import numpy as np

    bits = packed.view("<u4") >> np.arange(32, dtype="u4")
    return ((bits & 1) << 4).astype("u1")


def _q4_0(blocks: Bytes) -> Any:
    return _f16(blocks[:, :2].copy()) * (_nibbles(blocks[:, 2:]).astype("i1") - 8).astype("f4")


def _q4_1(blocks: Bytes) -> Any:
    scale, least = _f16(blocks[:, :2].copy()), _f16(blocks[:, 2:4].copy())
    return scale * _nibbles(blocks[:, 4:]).astype("f4") + least


def _q5_0(blocks: Bytes) -> Any:
    levels = _nibbles(blocks[:, 6:]) | _fifth_bits(blocks[:, 2:6].copy())
    return _f16(blocks[:, :2].copy()) * (levels.astype("i1") - 16).astype("f4")


def _q5_1(blocks: Bytes) -> Any:
    scale, least = _f16(blocks[:, :2].copy()), _f16(blocks[:, 2:4].copy())
    levels = _nibbles(blocks[:, 8:]) | _fifth_bits(blocks[:, 4:8].copy())
    return scale * levels.astype("f4") + least


def _q8_0(blocks: Bytes) -> Any:
    return _f16(blocks[:, :2].copy()) * blocks[:, 2:].view("i1").astype("f4")


def _k_scales(packed: Bytes) -> tuple[Bytes, Bytes]:
    """Eight scales and eight minima of six bits each, from twelve bytes."""
    import numpy as np

    first, second, high = packed[:, :4], packed[:, 4:8], packed[:, 8:]
    scales = np.concatenate((first & 63, (high & 15) | ((first >> 2) & 48)), axis=1)
    minima = np.concatenate((second & 63, (high >> 4) | ((second >> 2) & 48)), axis=1)
    return scales, minima


def _k_scaled(blocks: Bytes, levels: Any) -> Any:
    scale, least = _f16(blocks[:, :2].copy()), _f16(blocks[:, 2:4].copy())
    scales, minima = _k_scales(blocks[:, 4:16])
    steps = (scale * scales.astype("f4"))[:, :, None]
    lows = (least * minima.astype("f4"))[:, :, None]
    return (steps * levels.astype("f4") - lows).reshape(len(blocks), 256)


def _q4_k(blocks: Bytes) -> Any:
    return _k_scaled(blocks, _nibbles(blocks[:, 16:].reshape(-1, 4, 32)).reshape(-1, 8, 32))


def _q5_k(blocks: Bytes) -> Any:
    import numpy as np

    low = _nibbles(blocks[:, 48:].reshape(-1, 4, 32)).reshape(-1, 8, 32)
    high = (blocks[:, 16:48][:, None, :] >> np.arange(8, dtype="u1")[:, None]) & 1
    return _k_scaled(blocks, low | (high << 4))


def _q6_k(blocks: Bytes) -> Any:
    import numpy as np

    low = _nibbles(blocks[:, :128].reshape(-1, 2, 64)).reshape(-1, 8, 32)
    high = blocks[:, 128:192].reshape(-1, 2, 1, 32) >> np.array([0, 2, 4, 6], "u1")[:, None]
    levels = (low | ((high.reshape(-1, 8, 32) & 3) << 4)).astype("i1") - 32
    steps = _f16(blocks[:, 208:].copy()) * blocks[:, 192:208].view("i1").astype("f4")
    scaled = steps[:, :, None] * levels.reshape(-1, 16, 16).astype("f4")
    return scaled.reshape(len(blocks), 256)


#: Number in the file -> weights in a block, bytes of a block, what they mean.
KINDS: dict[int, tuple[int, int, Callable[[Bytes], Any]]] = {
    0: (1, 4, _f32),
    1: (1, 2, _f16),
    2: (32, 18, _q4_0),
    3: (32, 20, _q4_1),
    6: (32, 22, _q5_0),
    7: (32, 24, _q5_1),
    8: (32, 34, _q8_0),
    12: (256, 144, _q4_k),
    13: (256, 176, _q5_k),
    14: (256, 210, _q6_k),
    30: (1, 2, _bf16),
}
