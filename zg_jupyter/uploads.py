"""Files that go along with a request: read only where the user named them, and bounded."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO, TypeAlias

from zg_jupyter.chat_request import Upload
from zg_jupyter.errors import BadInput

#: Bytes of all files of one request: brokers refuse bodies over 32 MB (protocol/inference.md 5),
#: and the fields around the files need some of that.
MOST = 32_000_000 - 64_000
_NOT_SENT = "Nothing was sent or charged."
_GIVEN = "What was given"  # bytes have no name

#: What may be given as a file: its path, its bytes, or an open file.
FileLike: TypeAlias = str | os.PathLike[str] | bytes | BinaryIO


def read(given: FileLike, what: str) -> tuple[str, bytes]:
    """Name and bytes of what was given; the name is empty where there is none.

    Parameters
    ----------
    given:
        A path, bytes, or an open binary file.
    what:
        What it should be, for people: ``recording`` or ``image``.

    Raises
    ------
    BadInput
        There is no such file, or it is empty, too large, or no file.
    """
    name, content = _named(given, what)
    shown = f"{name[:80]!r}" if name else _GIVEN
    if not content:
        raise BadInput(f"{shown} is empty (0 bytes).", charged=_NOT_SENT)
    if len(content) > MOST:
        raise _too_large(shown, len(content), what)
    return name, content


def check_together(files: tuple[Upload, ...]) -> None:
    """Refuse files that are too large all together; raises :class:`BadInput`."""
    size = sum(len(one.content) for one in files)
    if size > MOST:
        raise BadInput(
            f"The {len(files)} files have {size / 1e6:.1f} MB together, and a provider takes "
            "32 MB at most.",
            charged=_NOT_SENT,
            next_step="Send fewer, or smaller ones.",
        )


def refused(name: str, why: str, next_step: str = "") -> BadInput:
    """The error for a file that is not what it should be."""
    shown = f"{name[:80]!r}" if name else _GIVEN
    return BadInput(f"{shown} {why}.", charged=_NOT_SENT, next_step=next_step)


def _too_large(shown: str, size: int, what: str) -> BadInput:
    return BadInput(
        f"{shown} has {size / 1e6:.1f} MB, and a provider takes 32 MB at most.",
        charged=_NOT_SENT,
        next_step=f"Make the {what} smaller, or send it in parts.",
    )


def _named(given: FileLike, what: str) -> tuple[str, bytes]:
    if isinstance(given, (bytes, bytearray, memoryview)):
        return "", bytes(given)
    if isinstance(given, (str, os.PathLike)):
        return _from_disk(Path(given), what)
    reading = getattr(given, "read", None)
    content = reading(MOST + 1) if callable(reading) else None
    if not isinstance(content, bytes):
        raise BadInput(
            f"The {what} is a path, bytes, or a file opened with 'rb', not "
            f"{type(given).__name__[:40]}.",
            charged=_NOT_SENT,
        )
    said = getattr(given, "name", "")
    return (Path(said).name if isinstance(said, str) else ""), content


def _from_disk(path: Path, what: str) -> tuple[str, bytes]:
    shown = str(path)[:120]
    try:
        path = path.expanduser()
        if path.is_dir():
            raise BadInput(
                f"{shown!r} is a folder.", charged=_NOT_SENT, next_step=f"Name one {what} in it."
            )
        if path.exists() and not path.is_file():  # a device or a pipe need not end
            raise BadInput(f"{shown!r} is no regular file.", charged=_NOT_SENT)
        with path.open("rb") as opened:
            if (size := os.fstat(opened.fileno()).st_size) > MOST:  # not read for its length
                raise _too_large(f"{path.name[:80]!r}", size, what)
            return path.name, opened.read(MOST + 1)
    except (OSError, ValueError, RuntimeError) as error:
        said = getattr(error, "strerror", None) or type(error).__name__
        raise BadInput(
            f"The {what} {shown!r} cannot be read ({said}).",
            charged=_NOT_SENT,
            next_step="Look whether the path is right.",
        ) from None
