"""Models of the Hugging Face hub on this machine: their names, what is here, removing one.

Every fetched model is a folder of its own below ``models/hub``, named after repository and
commit: what a branch pointed to when it was fetched is written down and used from then on.
:mod:`zg_jupyter.local.hub_pull` fetches.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zg_jupyter import settings
from zg_jupyter.local import fetch

NOTE = "zg-model.json"
PART = ".part"
_NAME = re.compile(
    r"(?P<repo>[A-Za-z0-9][\w.-]*/[\w.-]+)(?:@(?P<revision>[^@:\s]+))?(?::(?P<file>[^@:\s]+\.gguf))?"
)
_COMMIT = re.compile(r"[0-9a-f]{7,40}")


@dataclass(frozen=True)
class Wanted:
    """A model of the hub as a person names it: ``owner/name[@revision][:FILE.gguf]``."""

    repo: str
    revision: str = ""
    file: str = ""

    def __str__(self) -> str:
        at = f"@{self.revision}" if self.revision else ""
        return f"{self.repo}{at}{':' if self.file else ''}{self.file}"


@dataclass(frozen=True)
class Fetched:
    """A model of the hub that is here, or half of one.

    ``file`` is the GGUF file, or empty for a folder of safetensors; ``size`` in bytes on disk.
    """

    name: str
    repo: str
    commit: str
    file: str
    folder: Path
    size: int
    whole: bool

    @property
    def path(self) -> Path:
        """What an engine opens."""
        return self.folder / self.file if self.file else self.folder


def read(name: str) -> Wanted | None:
    """What a name asks of the hub; nothing for one that is not of its form."""
    found = _NAME.fullmatch(name)
    if found is None or (not found["file"] and name.lower().endswith(".gguf")):
        return None  # the latter is a path
    revision = found["revision"] or ""
    return Wanted(found["repo"], "" if revision == "main" else revision, found["file"] or "")


def find(name: str, *, cache_dir: Path | None = None) -> Fetched | None:
    """A model that is here and whole, or ``None``. Never fetches.

    Parameters
    ----------
    name:
        ``owner/name[@revision][:FILE.gguf]``. Without a revision, what ``main`` was
        when it was fetched.
    cache_dir:
        Folder of fetched models; ``models`` in the user's folder when omitted.
    """
    wanted = read(name)
    if wanted is None:
        return None
    newest = sorted(notes(root_of(cache_dir)), key=lambda both: both[1]["fetched"], reverse=True)
    for folder, note in newest:
        if answers(note, wanted) and is_whole(folder, note):
            return fetched(folder, note)
    return None


def listed(*, cache_dir: Path | None = None) -> list[Fetched]:
    """All models of the hub that are here, unfinished ones behind the whole ones."""
    root = root_of(cache_dir)
    found = [fetched(folder, note) for folder, note in notes(root)]
    found += [fetched(folder, note) for folder, note in notes(root, PART)]
    return sorted(found, key=lambda one: (not one.whole, one.name))


def remove(name: str, *, cache_dir: Path | None = None) -> list[Fetched]:
    """Remove a model, unfinished downloads of it too; without a revision, all of them.

    Returns
    -------
    list of Fetched
        What was removed.

    Raises
    ------
    ModelError
        When the disk does not let go of it, or it is being fetched at this moment.
    """
    wanted = read(name)
    root = root_of(cache_dir)
    if wanted is None or not root.is_dir():
        return []
    with fetch.only_one(lock_of(root, wanted), lambda _: None, time.monotonic() + 1, None):
        here = [*notes(root), *notes(root, PART)]
        removed = [fetched(*both) for both in here if answers(both[1], wanted, everything=True)]
        try:
            for one in removed:
                shutil.rmtree(one.folder)
        except OSError as error:
            raise fetch.not_removed(error, name) from None
    return removed


def is_whole(folder: Path, note: Mapping[str, Any]) -> bool:
    """Whether the files are those that were checked; one of another time is hashed again."""
    changed = False
    for name, said in note["files"].items():
        path = folder / name
        stat = _stat(path)
        if stat is None or stat.st_size != said["size"]:
            return False
        if stat.st_mtime_ns != said["mtime_ns"]:
            if not fetch.matches(path, said["digest"]):
                return False
            said["mtime_ns"], changed = stat.st_mtime_ns, True
    if changed:
        with contextlib.suppress(OSError):  # losing it costs a hash the next time
            write_note(folder, note)
    return True


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


def write_note(folder: Path, note: Mapping[str, Any]) -> None:
    """Write down, in one step, what a folder holds."""
    draft = folder / f"{NOTE}.new"
    draft.write_text(json.dumps(note), encoding="utf-8")
    draft.replace(folder / NOTE)


def size_of(folder: Path) -> int:
    """Bytes of everything in a folder that may change meanwhile."""
    total = 0
    for root, _folders, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += (Path(root) / name).stat().st_size
    return total


def root_of(cache_dir: Path | None) -> Path:
    return (settings.home() / "models" if cache_dir is None else cache_dir) / "hub"


def lock_of(root: Path, wanted: Wanted) -> Path:
    return root / f"{wanted.repo.replace('/', '--')}.fetching"


def notes(root: Path, ending: str = "") -> Iterator[tuple[Path, dict[str, Any]]]:
    folders = sorted(root.iterdir()) if root.is_dir() else []
    for folder in folders:
        if folder.is_dir() and folder.name.endswith(PART) == bool(ending):
            note = note_of(folder)
            if note is not None:
                yield folder, note


def note_of(folder: Path) -> dict[str, Any] | None:
    try:
        said = json.loads((folder / NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    known = isinstance(said, dict) and {"repo", "commit", "file", "files", "fetched"} <= set(said)
    return said if known else None


def answers(note: Mapping[str, Any], wanted: Wanted, *, everything: bool = False) -> bool:
    """Whether this is what was asked for."""
    if note["repo"] != wanted.repo:
        return False
    if wanted.file and note["file"] != wanted.file:
        return False
    if not wanted.file and not everything and note.get("named"):
        return False  # one GGUF file of several, which was asked for by its name
    revision = wanted.revision
    if revision in note["revisions"] or (everything and not revision):
        return True
    return bool(_COMMIT.fullmatch(revision)) and note["commit"].startswith(revision)


def fetched(folder: Path, note: Mapping[str, Any]) -> Fetched:
    asked = [revision for revision in note["revisions"] if revision]
    spelled = Wanted(
        note["repo"],
        "" if "" in note["revisions"] else asked[0] if asked else "",
        note["file"] if note.get("named") else "",
    )
    return Fetched(
        name=str(spelled),
        repo=note["repo"],
        commit=note["commit"],
        file=note["file"],
        folder=folder,
        size=size_of(folder),
        whole=folder.suffix != PART,
    )
