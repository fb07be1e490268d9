"""What torch's errors mean: too little memory, or a device that is lost.

Both were seen here on a CPU only: memory that runs out under a limit, and an error of the class
that torch raises for a lost device. No graphics card was ever lost under this code.
"""

from __future__ import annotations

from zg_jupyter.errors import ModelError

_OUT_OF_MEMORY = ("can't allocate memory", "not enough memory", "out of memory", "_ALLOC_FAILED")
_LOST = ("CUDA error", "_STATUS_EXECUTION_FAILED", "_STATUS_INTERNAL_ERROR")


class DeviceLost(Exception):
    """After this error, nothing that a process asks of its device works any more."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether there was too little memory for a step; the next one may well succeed."""
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and any(words in str(error) for words in _OUT_OF_MEMORY)
    )


def is_lost(error: BaseException) -> bool:
    """Whether a device failed in a way that stays until the process ends."""
    if is_out_of_memory(error) or not isinstance(error, RuntimeError):
        return False
    # Torch before 2.8 has no class of its own for these.
    named = type(error).__name__ == "AcceleratorError"
    return named or any(words in str(error) for words in _LOST)


def sentence(error: Exception, model: str) -> ModelError:
    """What people read when an answer fails."""
    if is_out_of_memory(error):
        return ModelError(
            f"{model} ran out of memory, though it had this answer alone to work on.",
            next_step="Ask for less (a shorter prompt, fewer tokens), or close other programs.",
        )
    said = " ".join(str(error).split())[:200]
    return ModelError(f"{model} failed in the middle of its work ({type(error).__name__}: {said}).")
