"""What the panel says, in English and Indonesian.

The sentences stand in one module per section (``words_*.py``), each with both languages side by
side. A key means the same in both, with the same ``{values}``; a test holds that.
"""

from __future__ import annotations

from typing import Literal

from zg_jupyter.errors import ZgError
from zg_jupyter.notebook.language import translator
from zg_jupyter.panel import (
    words_answers,
    words_browser,
    words_chart,
    words_frame,
    words_handed,
    words_keys,
    words_market,
    words_prompt,
    words_spend,
    words_start,
    words_table,
    words_trust,
    words_wallet,
)

Language = Literal["en", "id"]
LANGUAGES: dict[Language, str] = {"en": "English", "id": "Bahasa Indonesia"}
MODULES = (
    words_frame,
    words_start,
    words_wallet,
    words_browser,
    words_table,
    words_answers,
    words_market,
    words_prompt,
    words_spend,
    words_chart,
    words_handed,
    words_keys,
    words_trust,
)


def known(name: str) -> Language | None:
    """The language of a tag such as ``id-ID``, if the panel speaks it."""
    short = name.strip().lower()[:2]
    return short if short in LANGUAGES else None


class Words:
    """Sentences by key: ``words("start.title")``.

    Parameters
    ----------
    language:
        Of :data:`LANGUAGES`.
    """

    def __init__(self, language: Language) -> None:
        self.language = language
        self._known: dict[str, str] = {}
        for module in MODULES:
            self._known.update(module.EN if language == "en" else module.ID)

    def __call__(self, key: str, **values: object) -> str:
        sentence = self._known[key]
        return sentence.format(**values) if values else sentence

    def told(self, text: str) -> str:
        """What another room said, in the language of the panel."""
        translate = translator(self.language)
        return translate(text) if translate is not None and text else text

    def error(self, error: ZgError, *, charged: bool = True) -> str:
        """An error in the language of the panel, which may not be that of the magics."""
        return " ".join(map(self.told, error.sentences(charged=charged)))
