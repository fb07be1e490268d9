"""The file of one class: whose key was asked for, and whose is made.

It belongs to its user alone (mode 0600) and is written in one step, before and after every key:
whoever is stopped at the 17th of 30 goes on with the 18th. The management key is never in it.
Students' keys are, on a router that shows them only once, until the class is forgotten.
"""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from zg_jupyter.errors import BadInput, ConfigError
from zg_jupyter.settings import home

State = Literal["planned", "asked", "made", "revoked"]
_VERSION = 1
_NAME = re.compile(r"[\w][\w .-]{0,59}")


@dataclass(frozen=True)
class Terms:
    """What every key of a class may do.

    Attributes
    ----------
    limit:
        Most that one key spends, in neuron, in one period.
    reset:
        When that begins anew: ``never``, ``daily``, ``weekly`` or ``monthly``.
    expires:
        RFC 3339, or empty for never.
    models:
        What may be asked; empty for all.
    model:
        What is asked when a student names none.
    rpm:
        Requests a minute of one key (gateways only); ``None`` for the gateway's own.
    total:
        Most that all keys spend together, in neuron, or ``None``.
    """

    limit: int
    reset: str = "never"
    expires: str = ""
    models: tuple[str, ...] = ()
    model: str = ""
    rpm: int | None = None
    total: int | None = None


@dataclass
class Pupil:
    """One student of a class. ``secret`` and ``join_code`` are in no ``repr``.

    ``limit`` is in neuron (``None``: the class's own), and so are ``spent``, by former keys, and
    ``raising``, the limit that was asked for and perhaps not set yet.
    """

    name: str
    state: State = "planned"
    key_id: str = ""
    key_name: str = ""
    limit: int | None = None
    raising: int | None = None
    spent: int = 0
    secret: str = field(default="", repr=False)
    join_code: str = field(default="", repr=False)


@dataclass
class Content:
    """What the file of a class says."""

    name: str
    network: str
    url: str
    gateway: bool | None
    terms: Terms
    pupils: list[Pupil]

    def pupil(self, name: str) -> Pupil | None:
        """The student of a name, however it is capitalised."""
        from zg_jupyter.workshop import roster

        wanted = roster.key(name)
        return next((p for p in self.pupils if roster.key(p.name) == wanted), None)


def folder() -> Path:
    """Where the files of classes are."""
    return home() / "classes"


def checked_name(name: str) -> str:
    """A class's name without blanks around it.

    Raises
    ------
    BadInput
        It is empty, too long, or holds what no file name should.
    """
    name = unicodedata.normalize("NFC", name).strip()
    if not _NAME.fullmatch(name):
        raise BadInput(
            f"{name[:40]!r} cannot be the name of a class.",
            next_step="Use letters, digits, blanks, - and _, for example: phys101",
        )
    return name


def path_of(name: str) -> Path:
    """The file of a class."""
    return folder() / f"{checked_name(name).lower().replace(' ', '_')}.json"


def known() -> list[str]:
    """The names of all classes on this machine."""
    return sorted(content.name for content in map(_quietly, folder().glob("*.json")) if content)


def load(name: str) -> Content:
    """What is known about a class.

    Raises
    ------
    BadInput
        There is none of this name.
    ConfigError
        Its file cannot be read.
    """
    path = path_of(name)
    if not path.exists():
        there = ", ".join(known()[:10])
        raise BadInput(
            f"There is no class named {name[:40]!r} on this machine.",
            next_step=f"There are: {there}" if there else "Make one with: %zg class new NAME",
        )
    return _read(path)


def exists(name: str) -> bool:
    """Whether there is a file for a class."""
    return path_of(name).exists()


def save(content: Content) -> None:
    """Write the file of a class in one step, for its user's eyes only."""
    path = path_of(content.name)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    pupils = [{k: v for k, v in asdict(p).items() if v not in ("", None)} for p in content.pupils]
    written = {"version": _VERSION, **asdict(replace_pupils(content)), "pupils": pupils}
    write_private(path, json.dumps(written, ensure_ascii=False, indent=1))


def replace_pupils(content: Content) -> Content:
    """The same without its students."""
    return replace(content, pupils=[])


def forget(name: str) -> None:
    """Delete the file of a class, with every secret in it."""
    path_of(name).unlink(missing_ok=True)


@contextmanager
def alone(name: str) -> Iterator[None]:
    """Nobody else on this machine makes keys for this class meanwhile.

    Raises
    ------
    BadInput
        Somebody does.
    """
    from filelock import FileLock, Timeout

    path = path_of(name)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with FileLock(path.with_suffix(".lock"), timeout=2):
            yield
    except Timeout:
        raise BadInput(
            f"Another notebook is changing the class {name!r} right now.",
            next_step="Wait until it is done, and run this again.",
        ) from None


def write_private(path: Path, text: str) -> None:
    """Write a file in one step that only its user may read.

    Raises
    ------
    ConfigError
        It cannot be written there.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        draft.unlink(missing_ok=True)  # an older one may have other rights
        file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "w", encoding="utf-8", newline="") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise ConfigError(
            f"{path} cannot be written ({error.strerror or type(error).__name__}).",
            next_step="Choose another folder.",
        ) from None


def _quietly(path: Path) -> Content | None:
    try:
        return _read(path)
    except ConfigError:
        return None


def _read(path: Path) -> Content:
    try:
        stored: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if stored["version"] != _VERSION:
            raise ValueError
        terms = dict(stored["terms"])
        terms["models"] = tuple(terms["models"])
        return Content(
            name=stored["name"],
            network=stored["network"],
            url=stored["url"],
            gateway=stored["gateway"],
            terms=Terms(**terms),
            pupils=[Pupil(**one) for one in stored["pupils"]],
        )
    except (OSError, ValueError, KeyError, TypeError):
        raise ConfigError(
            f"The file {path} does not describe a class.",
            next_step="Mend it, or move it away; keys that were made stay what they are.",
        ) from None
