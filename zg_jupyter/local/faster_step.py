"""A faster form of the step that makes one token, taken only where it proves itself.

On CUDA most of a small model's step is the time to launch a thousand kernels; a recorded graph
launches once. Preparing it is cut into stages of about a token's time, one after each token of the
first answers, so nobody waits for it. It is taken when it gives the same logits on this very
device and is measurably faster; whatever goes wrong, the plain step stays for good.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

from zg_jupyter.local.llama_torch import Llama, Memory

if TYPE_CHECKING:
    from torch import Tensor

_Compute: TypeAlias = "Callable[[], Tensor]"
_MOST_ROOM = 4096  # tokens; the whole room is looked at for every token
_TRIAL = (1, 5, 3, 2, 7, 4, 6, 0)  # any tokens
_ROUNDS = 8
_GAIN = 1.1


def capture(compute: _Compute) -> _Compute:
    """Record a computation on CUDA; calling the result computes it anew in the same memory.

    Never run on a GPU here: written after torch's documentation of ``torch.cuda.graph``.
    """
    import torch

    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):  # libraries set themselves up, which cannot be recorded
            compute()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        logits = compute()

    def replay() -> Tensor:
        graph.replay()
        return logits

    return replay


class FasterStep:
    """The static step of one model, lent to one context after the other.

    Parameters
    ----------
    llama:
        The model.
    form:
        Makes the faster form of a computation.
    gain:
        How many times as fast it has to be.

    Attributes
    ----------
    about:
        Whether it is used, and why.
    used:
        Whether it is.
    """

    def __init__(
        self, llama: Llama, form: Callable[[_Compute], _Compute] = capture, gain: float = _GAIN
    ) -> None:
        self.about = "not measured yet"
        self.used = False
        self._llama, self._form, self._gain = llama, form, gain
        self._room = min(llama.limit, _MOST_ROOM)
        self._preparing: Iterator[None] | None = self._stages()
        self._compute: _Compute | None = None
        self._keys: Any = None
        self._values: Any = None
        self._token: Any = None
        self._at: Any = None
        self._owner: Memory | None = None

    def step(self, memory: Memory, token: int) -> Tensor | None:
        """Logits of what follows a token, one row; ``None`` leaves it to the plain step.

        ``memory.tokens`` stays as it is.
        """
        try:
            if self._preparing is not None and next(self._preparing, self) is self:
                self._preparing = None
            if self.used and len(memory.tokens) < self._room:
                return self._run(memory, token)
        except Exception as error:  # noqa: BLE001 - whatever it is, there is another way
            said = " ".join(str(error).split())[:150]
            self._refuse(f"it failed ({type(error).__name__}: {said})")
        return None

    def _stages(self) -> Iterator[None]:
        """Prepare, prove and measure it; each stage takes about as long as a token."""
        import torch

        llama = self._llama
        trial = llama.memory()
        llama.read(trial, _TRIAL)
        self._keys = torch.zeros(
            (*trial.keys.shape[:2], self._room, trial.keys.shape[3]),
            dtype=trial.keys.dtype,
            device=llama.device,
        )
        self._values = torch.zeros_like(self._keys)
        self._token = torch.zeros(1, dtype=torch.long, device=llama.device)
        self._at = torch.zeros_like(self._token)
        places = torch.arange(self._room, device=llama.device)
        yield
        self._compute = self._form(
            lambda: llama.static_step(self._keys, self._values, self._token, self._at, places)
        )
        yield
        times = []
        for plain in (False, True):
            seconds = float("inf")
            for n in range(_ROUNDS):
                started = time.perf_counter()
                row = self._trial(trial, _TRIAL[n % len(_TRIAL)], plain=plain)
                seconds = min(seconds, time.perf_counter() - started)
                if not plain and not self._same(row, trial, _TRIAL[n % len(_TRIAL)]):
                    self._refuse("it does not compute the same on this device")
                    return
                yield
            times.append(seconds)
        trial.clear()
        gain = times[0] / times[1]
        if gain < self._gain:
            self._refuse(f"it is not faster on this device ({gain:.1f} times)")
            return
        self.used, self.about = True, f"used: {gain:.1f} times as fast on this device"

    def _trial(self, memory: Memory, token: int, *, plain: bool) -> Tensor:
        """A row on the CPU, which waits for the device; the context is a token longer then."""
        self._llama.faster, kept = None, self._llama.faster
        try:
            row = self._llama.step([memory], [token]) if plain else self._run(memory, token)
        finally:
            self._llama.faster = kept
        if not plain:
            memory.tokens.append(token)
        return row.float().cpu()

    def _same(self, row: Tensor, memory: Memory, token: int) -> bool:
        """Whether the plain step says the same of a token that was just made."""
        import torch

        memory.keep(len(memory.tokens) - 1)
        plain = self._trial(memory, token, plain=True)
        bound = 1e-3 if self._keys.dtype == torch.float32 else 3e-2
        return bool((row - plain).norm() <= bound * plain.norm())

    def _run(self, memory: Memory, token: int) -> Tensor:
        if memory.keys is not self._keys:
            self._lend(memory)
        self._token.fill_(token)
        self._at.fill_(len(memory.tokens))
        assert self._compute is not None
        return self._compute()

    def _lend(self, memory: Memory) -> None:
        """Let a context live in the memory that the faster form knows, and move out the last."""
        if (last := self._owner) is not None and last.keys is self._keys:
            used = len(last.tokens)
            last.keys = self._keys[:, :, :used].clone()
            last.values = self._values[:, :, :used].clone()
        used = len(memory.tokens)
        self._keys[:, :, :used] = memory.keys[:, :, :used]
        self._values[:, :, :used] = memory.values[:, :, :used]
        memory.keys, memory.values, self._owner = self._keys, self._values, memory

    def _refuse(self, why: str) -> None:
        self.used, self.about = False, f"not used: {why}"
        self._preparing = self._compute = self._keys = self._values = self._owner = None
