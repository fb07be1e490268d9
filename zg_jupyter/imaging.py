"""Images from words, and edits of images: what may be asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from zg_jupyter import image_kinds, uploads
from zg_jupyter.chat_request import Queued, Upload
from zg_jupyter.errors import BadInput
from zg_jupyter.records import ChatRequest, Message
from zg_jupyter.uploads import FileLike

MOST = 10  # images in one request
MOST_GIVEN = 16  # images that are edited in one request
#: One image to be edited, or several.
Given: TypeAlias = FileLike | Sequence[FileLike]
_KNOWN = "There are: PNG, JPEG and WebP."
_SIZE = re.compile(r"[1-9][0-9]{1,4}x[1-9][0-9]{1,4}|auto")
#: Options that mean something where no text is written.
_FITTING = frozenset(
    {"model", "provider", "max_cost", "only_verified", "verify", "failover", "timeout", "retries"}
)
_PLACE = frozenset({"cell", "notebook", "batch", "limits", "keep"})


def request(prompt: str, n: int = 1, size: str = "", *, queued: bool = False) -> ChatRequest:
    """A request for images; ``queued``: by a job of the provider.

    Raises
    ------
    BadInput
        Too many, or a size that is none.
    """
    if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= MOST:
        raise BadInput(f"One request makes 1 to {MOST} images, not {str(n)[:20]}.")
    if size and not _SIZE.fullmatch(size):
        raise BadInput(f"{size[:20]!r} is not a size.", next_step="For example: 512x512")
    extra = {"size": size} if size else {}
    return ChatRequest(
        (Message("user", prompt),),
        max_tokens=n,
        extra=extra,
        images=n,
        queued=Queued() if queued else None,
    )


def edit(
    images: Given, prompt: str, n: int = 1, size: str = "", *, queued: bool = False
) -> ChatRequest:
    """A request for images made from images.

    Parameters
    ----------
    images:
        One or several: paths, bytes, or files opened with ``rb``. What they are, their bytes say.
    prompt, n, size, queued:
        What is to be changed, how many images come of it, and their size.

    Raises
    ------
    BadInput
        Something that is no image, or too large; and as in :func:`request`.
    """
    files = tuple(map(_read, images if isinstance(images, (list, tuple)) else [images]))
    if not 1 <= len(files) <= MOST_GIVEN:
        raise BadInput(f"One request edits 1 to {MOST_GIVEN} images, not {len(files)}.")
    uploads.check_together(files)
    return replace(request(prompt, n, size, queued=queued), files=files)


def _read(given: Any) -> Upload:
    name, content = uploads.read(given, "image")
    kind = image_kinds.kind_of(content)
    if not kind:
        raise uploads.refused(name, "is no image", _KNOWN)
    return Upload(name or f"image.{kind.removeprefix('image/')}", kind, content)


def checked(options: dict[str, Any]) -> dict[str, Any]:
    """The options of a request for images, as they were given.

    Raises
    ------
    BadInput
        One of them is about text.
    """
    for name, value in options.items():
        if name not in _FITTING | _PLACE and value not in (None, False, ()):
            raise BadInput(
                f"{name} is about text, so it cannot be used for images.",
                next_step=f"There are: {', '.join(sorted(_FITTING))}.",
            )
    return {name: value for name, value in options.items() if name in _FITTING | _PLACE}
