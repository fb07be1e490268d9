"""The Llama shape in torch: one prompt read in parts, and several answers a token at a time.

Numbers between the layers are 32-bit everywhere. The weights may have 16 bits: reading them from
memory is what a token costs, so half the bytes are close to twice the speed. Fewer do not pay on
CPUs: against fp16 (torch 2.13, AVX-512, one thread, this package's model, 177 greedy tokens) 8-bit
weights in ``_weight_int8pack_mm`` were 1.13 times as fast and changed 3 tokens, ``linear_dynamic``
1.8 times and 15, 4-bit ``_weight_int4pack_mm_for_cpu`` 1.9 times and 20.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from zg_jupyter.local.shapes import Shape

if TYPE_CHECKING:
    from torch import Tensor

    from zg_jupyter.local.faster_step import FasterStep

_FEW_ROWS = 12  # from here on, widening the weights once on a CPU costs less than narrow sums
_SEVERAL_ROWS = 3  # and from here on, bf16 sums of several rows cost less than narrow ones
_FIRST_ROOM = 128


class Memory:
    """Keys and values of one context; it grows as the context does.

    ``tokens`` are those that are in it.
    """

    def __init__(self, shape: Shape, limit: int, dtype: Any, device: Any) -> None:
        self.tokens: list[int] = []
        self.limit = limit
        self._shape, self._dtype, self._device = shape, dtype, device
        self.keys: Any = None
        self.values: Any = None

    def make_room(self, tokens: int) -> None:
        """Have room for so many tokens in all."""
        import torch

        room = 0 if self.keys is None else self.keys.shape[2]
        if tokens <= room:
            return
        room = min(max(2 * room, _FIRST_ROOM, tokens), self.limit)
        size = (self._shape.layers, self._shape.kv_heads, room, self._shape.head_size)
        old, used = (self.keys, self.values), len(self.tokens)
        self.keys = torch.empty(size, dtype=self._dtype, device=self._device)
        self.values = torch.empty(size, dtype=self._dtype, device=self._device)
        if old[0] is not None:
            self.keys[:, :, :used] = old[0][:, :, :used]
            self.values[:, :, :used] = old[1][:, :, :used]

    def keep(self, tokens: int) -> None:
        """Forget all but the first tokens."""
        del self.tokens[tokens:]

    def clear(self) -> None:
        """Forget everything and give the memory back."""
        self.tokens = []
        self.keys = self.values = None


class Llama:
    """One loaded model.

    Parameters
    ----------
    shape:
        Its sizes.
    weights:
        By the names of :mod:`zg_jupyter.local.checkpoint`; all on one device.
    limit:
        Most tokens of a context.
    batch_bf16:
        Whether several answers at once are computed with bf16 weights, made when first needed.
    """

    def __init__(
        self,
        shape: Shape,
        weights: Mapping[str, Tensor],
        limit: int,
        *,
        batch_bf16: bool = False,
    ) -> None:
        import torch

        self.shape, self.limit = shape, limit
        self._embedding = weights["embed"]
        self._head = weights.get("head", self._embedding)
        self._norm = weights["norm"]
        names = ("norm1", "qkv", "qkv_bias", "out", "out_bias", "norm2", "gate_up", "down")
        self._layers: list[tuple[Any, ...]] = [
            tuple(weights.get(f"{i}.{name}") for name in names) for i in range(shape.layers)
        ]
        self.device = self._embedding.device
        on_cpu = self.device.type == "cpu"
        self._kept = torch.float32 if on_cpu else self._embedding.dtype
        self._widen = on_cpu and self._embedding.dtype != torch.float32
        self._short: dict[int, Tensor] | None = {} if batch_bf16 else None
        self._several = False
        self.faster: FasterStep | None = None
        self._scale = 1 / math.sqrt(shape.head_size)
        factors = weights.get("rope_factors")
        self._cos, self._sin = _turns(shape, limit, factors, self.device)

    @property
    def width(self) -> int:
        """Numbers in a row of logits."""
        return len(self._head)

    def memory(self) -> Memory:
        """An empty context."""
        return Memory(self.shape, self.limit, self._kept, self.device)

    def read(self, memory: Memory, tokens: Sequence[int], *, last: bool = True) -> Tensor | None:
        """Put tokens behind those in a context.

        Returns
        -------
        torch.Tensor or None
            Logits of what follows, when they are wanted: one row.
        """
        import torch

        before, count = len(memory.tokens), len(tokens)
        memory.make_room(before + count)
        allowed = None
        if count > 1:
            at = torch.arange(before + count, device=self.device)
            allowed = at[None, :] <= at[before:, None]
            allowed = allowed.repeat(self.shape.heads // self.shape.kv_heads, 1)
        hidden = self._through([memory], tokens, [before] * count, count, allowed)
        memory.tokens.extend(tokens)
        return self._logits(hidden[-1:]) if last else None

    def step(self, memories: Sequence[Memory], tokens: Sequence[int]) -> Tensor:
        """One token for each of several contexts; gives one row of logits for each.

        The rows are to be read before the next step, which may write over them.
        """
        if len(memories) == 1 and self.faster is not None:
            row = self.faster.step(memories[0], tokens[0])
            if row is not None:
                memories[0].tokens.append(tokens[0])
                return row
        for memory in memories:
            memory.make_room(len(memory.tokens) + 1)
        before = [len(memory.tokens) for memory in memories]
        hidden = self._through(memories, tokens, before, 1, None)
        for memory, token in zip(memories, tokens, strict=True):
            memory.tokens.append(token)
        return self._logits(hidden)

    def static_step(
        self, keys: Tensor, values: Tensor, token: Tensor, at: Tensor, places: Tensor
    ) -> Tensor:
        """One token of one context in shapes that never change, as a CUDA graph needs it.

        Parameters
        ----------
        keys, values:
            The whole room of a context, written at ``at``. Finite numbers everywhere: what lies
            behind ``at`` is masked, not left out.
        token, at:
            One number each: the token and its place.
        places:
            Zero and up, as long as the room.

        Returns
        -------
        torch.Tensor
            One row of logits.
        """
        from torch.nn import functional

        shape = self.shape
        allowed = (places <= at)[None, None, None]

        def attended(i: int, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
            keys[i].index_copy_(1, at, key.transpose(0, 1))
            values[i].index_copy_(1, at, value.transpose(0, 1))
            answer = functional.scaled_dot_product_attention(
                query.view(1, shape.kv_heads, -1, shape.head_size),
                keys[i][None],
                values[i][None],
                attn_mask=allowed,
                scale=self._scale,
            )
            return answer.view(1, -1)

        self._several = False
        hidden = functional.embedding(token, self._embedding).float()
        cos, sin = self._cos[at, None], self._sin[at, None]
        return self._logits(self._all_layers(hidden, cos, sin, attended))

    def _through(
        self,
        memories: Sequence[Memory],
        tokens: Sequence[int],
        before: Sequence[int],
        count: int,
        allowed: Tensor | None,
    ) -> Tensor:
        """All layers; ``count`` tokens for each of the contexts."""
        import torch
        from torch.nn import functional

        shape = self.shape
        size, heads, kv_heads = shape.head_size, shape.heads, shape.kv_heads
        group = heads // kv_heads
        self._several = self._short is not None and len(memories) >= _SEVERAL_ROWS
        index = torch.tensor(tokens, device=self.device)
        hidden = functional.embedding(index, self._embedding).float()
        if len(memories) == 1:
            cos = self._cos[before[0] : before[0] + count, None]
            sin = self._sin[before[0] : before[0] + count, None]
        else:
            at = torch.tensor(before, device=self.device)
            cos, sin = self._cos[at, None], self._sin[at, None]
        attend = functional.scaled_dot_product_attention

        def attended(i: int, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
            found = []
            for n, memory in enumerate(memories):
                start, part = before[n], slice(n * count, (n + 1) * count)
                keys, values = memory.keys[i], memory.values[i]
                keys[:, start : start + count] = key[part].transpose(0, 1)
                values[:, start : start + count] = value[part].transpose(0, 1)
                # Heads that share their keys are rows of one question.
                asked = query[part].view(count, kv_heads, group, size).permute(1, 2, 0, 3)
                answer = attend(
                    asked.reshape(1, kv_heads, group * count, size),
                    keys[None, :, : start + count],
                    values[None, :, : start + count],
                    attn_mask=allowed,
                    scale=self._scale,
                )
                answer = answer.view(kv_heads, group, count, size).permute(2, 0, 1, 3)
                found.append(answer.reshape(count, heads * size))
            return found[0] if len(found) == 1 else torch.cat(found)

        return self._all_layers(hidden, cos, sin, attended)

    def _all_layers(
        self,
        hidden: Tensor,
        cos: Tensor,
        sin: Tensor,
        attended: Callable[[int, Tensor, Tensor, Tensor], Tensor],
    ) -> Tensor:
        """All layers but their memory: ``attended`` keeps keys and values, and looks at them."""
        import torch
        from torch.nn import functional

        shape = self.shape
        size, heads, kv_heads = shape.head_size, shape.heads, shape.kv_heads
        rows = len(hidden)
        for i, layer in enumerate(self._layers):
            norm1, qkv, qkv_bias, out, out_bias, norm2, gate_up, down = layer
            normed = functional.rms_norm(hidden, norm1.shape, norm1, shape.epsilon)
            mixed = self._times(normed, qkv, qkv_bias).view(rows, heads + 2 * kv_heads, size)
            turned = mixed[:, : heads + kv_heads]
            turned = torch.addcmul(turned * cos, turned.roll(size // 2, -1), sin)
            query, key = turned[:, :heads].to(self._kept), turned[:, heads:].to(self._kept)
            value = mixed[:, heads + kv_heads :].to(self._kept)
            hidden = hidden + self._times(attended(i, query, key, value), out, out_bias)
            normed = functional.rms_norm(hidden, norm2.shape, norm2, shape.epsilon)
            gate, up = self._times(normed, gate_up).chunk(2, dim=-1)
            hidden = hidden + self._times(functional.silu(gate) * up, down)
        return hidden

    def _logits(self, hidden: Tensor) -> Tensor:
        from torch.nn import functional

        normed = functional.rms_norm(hidden, self._norm.shape, self._norm, self.shape.epsilon)
        return self._times(normed, self._head)

    def _times(self, rows: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        """Rows times a weight matrix, in and out in 32 bits."""
        from torch.nn import functional

        if self._several:
            weight = self._shortened(weight)
        elif self._widen and len(rows) > _FEW_ROWS:
            weight = weight.float()
        result = functional.linear(rows.to(weight.dtype), weight).float()
        return result if bias is None else result + bias

    def _shortened(self, weight: Tensor) -> Tensor:
        import torch

        assert self._short is not None
        kept = self._short.get(id(weight))
        if kept is None:
            kept = self._short[id(weight)] = weight.to(torch.bfloat16)
        return kept


def _turns(shape: Shape, limit: int, factors: Tensor | None, device: Any) -> tuple[Tensor, Tensor]:
    """Cosines and signed sines of all positions; factors divide the speed of each pair."""
    import torch

    steps = torch.arange(0, shape.head_size, 2, dtype=torch.float32) / shape.head_size
    speeds = 1.0 / (shape.rope_base**steps)
    if shape.rope_llama3 is not None:
        factor, low, high, original = shape.rope_llama3
        lengths = 2 * math.pi / speeds
        smooth = ((original / lengths - low) / (high - low)).clamp(0, 1)
        speeds = (1 - smooth) * speeds / factor + smooth * speeds
    speeds = speeds / shape.rope_factor
    if factors is not None:
        speeds = speeds / factors.float().cpu()
    angles = torch.outer(torch.arange(limit, dtype=torch.float32), speeds)
    cos, sin = angles.cos(), angles.sin()
    return torch.cat((cos, cos), -1).to(device), torch.cat((-sin, sin), -1).to(device)
