"""``%zg transcribe``: the words of a recording, asked for as a cell asks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from zg_jupyter.errors import BadInput
from zg_jupyter.notebook import aliases, options, words_media
from zg_jupyter.notebook.options import InferOptions
from zg_jupyter.notebook.render import say
from zg_jupyter.notebook.shared import Session

_FORM = ("chat", "reset", "compare", "schema", "n", "size", "edit")
_TEXT = ("system", "temperature", "top_p", "seed", "stop", "max_tokens", "reuse")
_ORDER = ("sort", "max_price", "hedge")
_MOST_PATHS = 200


def run(session: Session, line: str) -> Any:
    """Carry out what stands behind ``%zg transcribe``: a file, options, and a hint.

    Raises
    ------
    ZgError
        No file, one that is no recording, an option that means nothing here, and all that may
        happen to a question.
    """
    file, rest = options.first_word(line)
    if not file or file.startswith("-"):
        raise BadInput(words_media.NEEDS_FILE, next_step=words_media.EXAMPLE)
    chosen, hint = options.parse_line(rest, aliases.look_up)
    if chosen.help:
        say(options.help_text())
        return None
    _check(chosen)
    from zg_jupyter import transcribing

    request = transcribing.request(file, chosen.language or "", hint)
    return session.asked(request, replace(chosen, language=None))


def _check(chosen: InferOptions) -> None:
    for name in (*_FORM, *_TEXT, *_ORDER):
        if getattr(chosen, name) not in (None, False):
            other = f"--{name.replace('_', '-')}"
            raise BadInput(words_media.NOT_TOGETHER.format(other=other))
    if chosen.format not in (None, "text", "markdown"):
        raise BadInput(words_media.NOT_TOGETHER.format(other=f"--format {chosen.format}"))


def paths(word: str, endings: Iterable[str]) -> list[str]:
    """Folders, and files with one of these endings, whose path begins like this."""
    head, slash, start = word.rpartition("/")
    wanted = tuple(f".{ending}" for ending in endings)
    try:
        folder = Path(head + slash if slash else ".").expanduser()
        found = [
            f"{head}{slash}{one.name}{'/' * one.is_dir()}"
            for one in sorted(folder.iterdir())
            if one.name.startswith(start)
            and (not one.name.startswith(".") or start)
            and (one.is_dir() or one.name.lower().endswith(wanted))
        ]
    except (OSError, RuntimeError, ValueError):
        return []
    return [f'"{one}"' if " " in one else one for one in found[:_MOST_PATHS]]
