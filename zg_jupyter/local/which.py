"""Which engine runs a model on this machine, and why that one."""

from __future__ import annotations

from dataclasses import dataclass

from zg_jupyter.local import hardware, llamacpp, models, torch_engine

_INSTALLED = {"llamacpp": llamacpp.installed, "torch": torch_engine.installed}


@dataclass(frozen=True)
class Engine:
    """A name in :data:`zg_jupyter.local.engine.ENGINES`, and a reason for people."""

    name: str
    why: str


def installed() -> dict[str, bool]:
    """Whether the library of each engine is here."""
    return {name: here() for name, here in _INSTALLED.items()}


def engine(model: str, wanted: str = "") -> Engine:
    """The engine for a model.

    llama.cpp is the fastest for GGUF files on a processor; torch runs folders and uses a
    graphics card.

    Parameters
    ----------
    model:
        As in :func:`zg_jupyter.local.models.ensure`, or a folder.
    wanted:
        The setting ``local_engine``.
    """
    if wanted:
        return Engine(wanted, "set as local_engine")
    here = installed()
    if _is_folder(model):
        return Engine("torch", "the model is a folder, which only torch reads")
    if here["torch"] and hardware.graphics():
        return Engine("torch", "torch can use the graphics card")
    if here["torch"] and not here["llamacpp"]:
        return Engine("torch", "llama.cpp is not installed")
    return Engine("llamacpp", "the fastest for this kind of file on a processor")


def _is_folder(model: str) -> bool:
    """Whether it is a folder; of the hub's models that are not here, most are."""
    if models.folder(model) is not None:
        return True
    return models.is_of_hub(model) and models.find(model) is None and ":" not in model
