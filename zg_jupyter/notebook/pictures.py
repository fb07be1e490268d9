"""``--format image``: what may stand beside it, and how images are shown."""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from IPython import display as ipython_display

from zg_jupyter import host
from zg_jupyter.errors import BadInput
from zg_jupyter.image_kinds import kind_of
from zg_jupyter.notebook import words_answers, words_media
from zg_jupyter.notebook.render import AnswerView, MarkdownView, TextView
from zg_jupyter.records import Answer, ChatRequest

if TYPE_CHECKING:
    from zg_jupyter.notebook.options import InferOptions

_display: Callable[..., Any] = ipython_display.display
_FORM = ("chat", "compare", "schema", "language")
_TEXT = ("system", "temperature", "top_p", "seed", "stop", "max_tokens")
_ORDER = ("sort", "max_price", "hedge")


def meant(chosen: InferOptions) -> InferOptions:
    """The options with what others of them imply: an image that is edited gives images."""
    return replace(chosen, format="image") if chosen.edit and not chosen.format else chosen


def check(chosen: InferOptions) -> None:
    """Refuse options that mean nothing with, or without, images.

    Raises
    ------
    BadInput
        There are some.
    """
    if chosen.format == "image":
        for name in (*_FORM, *_TEXT, *_ORDER):
            if getattr(chosen, name) is not None:
                other = f"--{name.replace('_', '-')}"
                raise BadInput(words_answers.IMAGE_AND.format(other=other))
        return
    if chosen.language is not None:
        raise BadInput(words_media.SPEECH_ONLY, next_step=words_media.EXAMPLE)
    for name in ("n", "size", "edit"):
        if getattr(chosen, name) is not None:
            raise BadInput(words_answers.IMAGE_ONLY.format(name=f"--{name}"))


def request(prompt: str, chosen: InferOptions) -> ChatRequest:
    """What a cell asks for; raises :class:`BadInput` for a size that is none."""
    from zg_jupyter import imaging

    wanted = (chosen.n or 1, chosen.size or "")
    if chosen.edit:
        return imaging.edit(chosen.edit, prompt, *wanted, queued=chosen.background)
    return imaging.request(prompt, *wanted, queued=chosen.background)


def first(answer: Answer, kind: str) -> bytes | None:
    """The first image of an answer, if it is of this kind."""
    return answer.images[0] if answer.images and kind_of(answer.images[0]) == kind else None


def view() -> AnswerView:
    """Where images appear in this front end."""
    return ImageView() if host.shows_rich_output() else ImageLines()


class ImageLines(TextView):
    """A line per image, for terminals."""

    def close(self, answer: Answer | None, remark: str = "") -> None:
        for index, image in enumerate(answer.images if answer else ()):
            kind, size = _name(image), _kilobytes(image)
            line = words_answers.IMAGE_LINE.format(
                number=index + 1, kind=kind, size=size, index=index
            )
            sys.stdout.write(f"{line}\n")
        super().close(answer, remark)


class ImageView(MarkdownView):
    """The images, then a line with the receipt."""

    def close(self, answer: Answer | None, remark: str = "") -> None:
        for image in answer.images if answer else ():
            _display(bundle(image), raw=True, metadata=self._marks.answer)
        super().close(answer, remark)


def bundle(image: bytes) -> dict[str, str]:
    """An image as output data."""
    alt = words_answers.IMAGE_ALT.format(kind=_name(image), size=_kilobytes(image))
    return {kind_of(image): base64.b64encode(image).decode(), "text/plain": alt}


def _name(image: bytes) -> str:
    return {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WebP"}[kind_of(image)]


def _kilobytes(image: bytes) -> int:
    return max(1, len(image) // 1024)
