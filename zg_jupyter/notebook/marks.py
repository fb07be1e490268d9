"""The receipt in a notebook: metadata of outputs, which a saved notebook keeps.

The outputs of an answer and the line below them hold the same id, so that a receipt that was
moved to another answer is noticed (:mod:`zg_jupyter.notebooks` looks).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from zg_jupyter import settings
from zg_jupyter.errors import ZgError
from zg_jupyter.evidence import KEY, digest, proof_of
from zg_jupyter.records import Receipt


class Marks:
    """What ties the outputs of one answer together.

    Parameters
    ----------
    form:
        How the answer is shown, as ``--format`` calls it.
    """

    def __init__(self, form: str = "markdown") -> None:
        self._form = form
        self._id = uuid4().hex

    @property
    def answer(self) -> dict[str, Any]:
        """Metadata of what shows the answer."""
        return {KEY: {"answer": self._id}}

    def receipt(
        self, receipt: Receipt, shown: Mapping[str, Any], line: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Metadata of the line below, as far as everything is known now.

        Parameters
        ----------
        receipt:
            Of the answer.
        shown, line:
            The data of both outputs.
        """
        seen = {
            "answer": self._id,
            "form": self._form,
            "shown_sha256": digest(shown) if shown else "",
            "line_sha256": digest(line),
        }
        proof = proof_of(receipt, receipt.verdict.now, prompt=_with_prompt(), **seen)
        return {KEY: {"receipt": proof}} if proof else {}


def _with_prompt() -> bool:
    try:
        return settings.load().receipt_text == "prompt"
    except ZgError:
        return False  # a broken file of settings: the next command says it
