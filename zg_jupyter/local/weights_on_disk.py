"""The files that hold the weights of a Hugging Face folder, and their tensors by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zg_jupyter.errors import ModelError

if TYPE_CHECKING:
    from torch import Tensor

PICKLED = (".bin", ".pt", ".pth")
#: Gives a tensor by its full name, or nothing.
Take = Callable[[str], "Tensor | None"]


def files(folder: Path, *, pickles: bool) -> list[Path]:
    """The files of a folder that hold its weights.

    Raises
    ------
    ModelError
        When there are none, or only pickles and those are not allowed.
    """
    if safe := sorted(folder.glob("*.safetensors")):
        return safe
    pickled = sorted(path for path in folder.iterdir() if path.suffix in PICKLED)
    if pickled and pickles:
        return pickled
    raise ModelError(
        f"The weights in {folder} are pickles, which can hold code, so they are not opened."
        if pickled
        else f"There are no weights in {folder}.",
        next_step="Take the model's .safetensors files"
        + (", or run: %zg set local_pickles on" if pickled else "."),
    )


def opened(files: Sequence[Path]) -> Take:
    """The tensors in some files, mapped: nothing is read before it is used.

    Raises
    ------
    safetensors.SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError, OSError
        For files that are damaged, or pickles that hold more than weights.
    """
    return _of_pickles(files) if files[0].suffix in PICKLED else _of_safetensors(files)


def _of_safetensors(files: Sequence[Path]) -> Take:
    from safetensors import safe_open

    opened = [safe_open(file, framework="pt") for file in files]
    place = {name: file for file in opened for name in file.keys()}  # noqa: SIM118
    return lambda name: place[name].get_tensor(name) if name in place else None


def _of_pickles(files: Sequence[Path]) -> Take:
    import torch

    place: dict[str, Any] = {}
    for file in files:
        place.update(torch.load(file, map_location="cpu", weights_only=True, mmap=True))
    return lambda name: place.get(name)
