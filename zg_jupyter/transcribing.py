"""Words from speech: which recordings may be sent, and what may be asked of them."""

from __future__ import annotations

import io
import math
import re
from typing import Any

from zg_jupyter import sounds, uploads
from zg_jupyter.chat_request import Upload
from zg_jupyter.errors import BadInput
from zg_jupyter.records import ChatRequest, Message
from zg_jupyter.uploads import FileLike

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")
_LONGEST_HINT = 4000  # characters
_KNOWN = ", ".join(ending.upper() for ending in sounds.ENDINGS.values())


def request(file: FileLike, language: str = "", prompt: str = "") -> ChatRequest:
    """A request for the words of a recording.

    Parameters
    ----------
    file:
        Its path, its bytes, or a file opened with ``rb``. What it is, its bytes say.
    language:
        ISO code of the language that is spoken, as ``id``; the model finds out when omitted.
    prompt:
        A hint: names and words that are said in it.

    Raises
    ------
    BadInput
        No recording, a damaged one, or one that is too large; an option that cannot be.
    """
    if language and not _LANGUAGE.fullmatch(language):
        raise BadInput(
            f"{language[:20]!r} is not the code of a language.", next_step="For example: id"
        )
    if len(prompt) > _LONGEST_HINT:
        raise BadInput(f"A hint has {_LONGEST_HINT} characters at most, not {len(prompt)}.")
    sound = read(file)
    try:
        length = _length(sound)
    except ValueError as error:
        raise uploads.refused(sound.name, str(error)) from None
    extra = {name: said for name, said in (("language", language), ("prompt", prompt)) if said}
    return ChatRequest(
        (Message("user", sound.name),),
        max_tokens=length[1],
        extra=extra,
        files=(sound,),
        length=length,
    )


def _length(sound: Upload) -> tuple[int, int]:
    """Least and most seconds; ValueError for a damaged file.

    Of files that do not say how long they are, the optional package ``tinytag`` (the extra
    ``media``) can tell about; without it, the longest that so many bytes can be is taken.
    """
    length = sounds.seconds(sound.content, sound.kind)
    if sounds.says_its_length(sound.kind):
        return length
    told = _told(sound.content)
    return sounds.about(told) if told else length


def _told(content: bytes) -> float | None:
    try:
        from tinytag import TinyTag
    except ImportError:
        return None
    try:
        found = TinyTag.get(file_obj=io.BytesIO(content), tags=False).duration
    except Exception:  # noqa: BLE001 - it reads whatever people have, and need not understand it
        return None
    return found if found and found > 0 and math.isfinite(found) else None


def read(file: FileLike) -> Upload:
    """A recording as it is sent; errors as in :func:`request`."""
    name, content = uploads.read(file, "recording")
    kind = sounds.kind_of(content)
    if not kind:
        raise uploads.refused(name, "is no recording", f"There are: {_KNOWN}.")
    return Upload(name or f"recording.{sounds.ENDINGS[kind]}", kind, content)


_FITTING = frozenset(
    {"model", "provider", "max_cost", "only_verified", "verify", "failover", "timeout", "retries"}
)
_PLACE = frozenset({"cell", "notebook", "batch", "limits", "keep", "keep_body", "streamed"})


def checked(options: dict[str, Any]) -> dict[str, Any]:
    """The options of a request for a transcript, as they were given.

    Raises
    ------
    BadInput
        One of them is about what a model writes by itself.
    """
    for name, value in options.items():
        if name not in _FITTING | _PLACE and value not in (None, False, ()):
            raise BadInput(
                f"{name[:40]} is about answers, so it cannot be used for a transcript.",
                next_step=f"There are: language, prompt, {', '.join(sorted(_FITTING))}.",
            )
    return {name: value for name, value in options.items() if name in _FITTING | _PLACE}
