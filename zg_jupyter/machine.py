"""What can be run on this machine: engines, models, what is chosen and why, what is loaded."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from zg_jupyter.background import shared
from zg_jupyter.errors import BadInput
from zg_jupyter.local import hardware, llamacpp, models, share, torch_engine, which
from zg_jupyter.settings import Settings, home


@dataclass(frozen=True)
class Chosen:
    """The model that answers here, and what runs it.

    ``device`` and ``precision`` are those of the loaded model; ``expected`` is the device that
    will very likely be used, from what can be seen without loading anything. ``parallel`` is how
    many answers it gives at a time, and ``fewer`` why those are not more.
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


@dataclass(frozen=True)
class Kept:
    """A model on this machine's disk, or one that can be fetched.

    ``size`` is on disk, conversions included; ``to_fetch`` is what fetching it takes. Bytes.
    """

    name: str
    title: str
    license: str
    size: int
    to_fetch: int


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
            )
    return Chosen(name, engine.name, engine.why, loaded=False, expected=expected or "cpu")


def kept(settings: Settings) -> list[Kept]:
    """The models that can be chosen by name, and the one of the settings."""
    found = []
    for model in models.MODELS.values():
        path = models.find(model.name)
        size = _size(path) if path is not None else 0
        fetch = 0 if path is not None else model.wheel_size
        found.append(Kept(model.name, model.title, model.license, size, fetch))
    source = settings.local_model
    if source and source not in models.MODELS:
        path = models.folder(source) or models.find(source)
        if path is not None:
            found.append(Kept(models.label(source), str(path), "", _size(path), 0))
    return found


def checked(name: str) -> str:
    """A model's name or path as the setting ``local_model`` keeps it.

    Raises
    ------
    BadInput
        When there is no such model, file or folder.
    """
    folder = models.folder(name)
    if folder is None and name not in models.MODELS and Path(name).expanduser().is_dir():
        folder = Path(name).expanduser()  # a folder named without its place
    if folder is not None:
        if not (folder / "config.json").is_file():
            raise BadInput(
                f"{folder} is not the folder of a model: there is no config.json.",
                next_step="Give the folder that a Hugging Face model was saved to.",
            )
        return str(folder.resolve())
    if models.find(name) is None and name not in models.MODELS:
        return str(models.ensure(name).resolve())  # says what is wrong with the file
    return name if name in models.MODELS else str(Path(name).expanduser().resolve())


def unload() -> list[str]:
    """Free the models that are loaded; the next question loads them anew. Gives their names."""
    return shared().run(share.unload())


def disk_free() -> int:
    """Bytes that are free where models are kept."""
    folder = home()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _size(path: Path) -> int:
    """Bytes of a file or folder, and of what the torch engine made of it."""
    from zg_jupyter.local import checkpoint

    places = [path]
    if path.is_file():
        places.append(checkpoint.kept(path, home() / "models"))
    files = [f for p in places for f in ([p] if p.is_file() else p.glob("*"))]
    return sum(file.stat().st_size for file in files if file.is_file())
