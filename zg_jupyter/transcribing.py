"""Words from speech: which recordings may be sent, and what may be asked of them. Pure."""

from __future__ import annotations

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
        length = sounds.seconds(sound.content, sound.kind)
    except ValueError as error:
        raise uploads.refused(sound.name, "recording", str(error)) from None
    extra = {name: said for name, said in (("language", language), ("prompt", prompt)) if said}
    return ChatRequest(
        (Message("user", sound.name),),
        max_tokens=length[1],
        extra=extra,
        files=(sound,),
        length=length,
    )


def read(file: FileLike) -> Upload:
    """A recording as it is sent; errors as in :func:`request`."""
    name, content = uploads.read(file, "recording")
    kind = sounds.kind_of(content)
    if not kind:
        raise uploads.refused(name, "recording", "is no recording", f"There are: {_KNOWN}.")
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
