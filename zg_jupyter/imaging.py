"""Images from words: what may be asked for. Pure."""

from __future__ import annotations

import re
from typing import Any

from zg_jupyter.errors import BadInput
from zg_jupyter.records import ChatRequest, Message

MOST = 10  # images in one request
_SIZE = re.compile(r"[1-9][0-9]{1,4}x[1-9][0-9]{1,4}|auto")
#: Options that mean something where no text is written.
_FITTING = frozenset(
    {"model", "provider", "max_cost", "only_verified", "verify", "failover", "timeout", "retries"}
)
_PLACE = frozenset({"cell", "notebook", "batch", "limits", "keep"})


def request(prompt: str, n: int = 1, size: str = "") -> ChatRequest:
    """A request for images.

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
    return ChatRequest((Message("user", prompt),), max_tokens=n, extra=extra, images=n)


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
