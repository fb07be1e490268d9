"""Answers held to a JSON schema: only tokens that lead to a fitting value may be chosen.

llguidance (Rust, no dependencies, one wheel for all Pythons) knows which tokens those are. The
torch engine asks it directly; llama.cpp as xllamacpp ships it has the same library inside and
reads the same grammar. A schema's text is all that both get.
"""

from __future__ import annotations

import asyncio
import functools
import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from zg_jupyter import wire_json
from zg_jupyter.errors import BadInput, ModelError, NotHeld
from zg_jupyter.local import hardware
from zg_jupyter.records import ChatRequest

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import Tensor

#: Spaces as ``json.dumps`` writes them: where a model may choose, a hot one writes nothing else.
_STYLE = {"whitespace_flexible": False, "key_separator": ": ", "item_separator": ", "}
_HEAD = "%llguidance {}\nstart: %json "
_LONGEST = 1 << 20  # characters of a schema
_INSTEAD = "Leave response_format out and check the answer, or change the schema."


def response_format(schema: Any) -> dict[str, Any]:
    """A schema in OpenAI's form."""
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}


def wanted(request: ChatRequest) -> Any:
    """The schema that ``request.extra["response_format"]`` names, or None.

    Raises
    ------
    BadInput
        For something else than OpenAI's forms.
    """
    said = request.extra.get("response_format")
    if said is None or said == {"type": "text"}:
        return None
    kind = said.get("type") if isinstance(said, dict) else None
    if kind == "json_object":
        return {"type": "object"}
    inner = said.get("json_schema") if isinstance(said, dict) else None
    schema = inner.get("schema") if isinstance(inner, dict) else None
    if kind != "json_schema" or not isinstance(schema, (dict, bool)):
        raise BadInput(
            "response_format is of type text, json_object, or json_schema with a schema at "
            "json_schema.schema."
        )
    return schema


async def grammar_of(request: ChatRequest, extra: str) -> str:
    """As :func:`grammar`, beside the event loop: a large schema takes a moment."""
    if request.extra.get("response_format") is None:
        return ""
    return await asyncio.to_thread(grammar, request, extra)


def grammar(request: ChatRequest, extra: str) -> str:
    """What an engine has to hold the answer to; empty where nothing is wanted.

    Parameters
    ----------
    request:
        What is asked.
    extra:
        The optional part of this package that brings the library.

    Raises
    ------
    NotHeld
        When the library is missing, or says that it cannot express the schema; with the part.
    BadInput
        As of :func:`wanted`.
    """
    schema = wanted(request)
    if schema is None:
        return ""
    if not hardware.installed("llguidance"):
        raise NotHeld(
            "Answers are not held to a response_format here: llguidance is not installed.",
            next_step=f'Run: pip install "zg-jupyter[{extra}]"',
        )
    if isinstance(schema, dict):
        schema = {**schema, "x-guidance": _STYLE}  # the user's own could loosen the rules
    try:
        text = json.dumps(schema)
    except (TypeError, ValueError, RecursionError):
        raise BadInput("The schema in response_format is not JSON, or nested too deeply.") from None
    if len(text) > _LONGEST:
        raise NotHeld("The schema in response_format is too large.", next_step=_INSTEAD)
    if why := _problem(text):
        raise NotHeld(
            f"Answers cannot be held to the schema in response_format: {why}.", next_step=_INSTEAD
        )
    return _HEAD + text


@functools.lru_cache(maxsize=64)
def _problem(schema: str) -> str:
    """Which part of a schema the library cannot express; empty when it can all."""
    from llguidance import LLMatcher

    try:
        said = LLMatcher.validate_grammar(LLMatcher.grammar_from_json_schema(schema))
    except Exception as error:  # noqa: BLE001 - a library's bug is no reason to lose the answer
        said = type(error).__name__
    if keys := re.match(r"Unimplemented keys: \[(.*)\]", said):
        said = f"there is no rule for {keys[1]}"
    said = said.split(". Enable ")[0]  # an option of the library that would loosen the rules
    said = said.replace("Unsatisfiable schema: ", "nothing fits it, as ")
    return " ".join(said.split())[:200].rstrip(".")


def is_json(text: str) -> bool:
    """Whether a whole answer is a JSON value."""
    try:
        wire_json.loads(text)
    except ValueError:
        return False
    return True


class Grammars:
    """Makes the rules of answers for one model.

    Parameters
    ----------
    tokenizer:
        Of the model.
    ends:
        Tokens that end an answer.
    width:
        Numbers in a row of logits.
    """

    def __init__(self, tokenizer: Tokenizer, ends: Sequence[int], width: int) -> None:
        self._tokenizer, self._ends = tokenizer, list(ends)
        self._width = max(width, tokenizer.get_vocab_size(with_added_tokens=True))
        self._known: Any = None

    def rules(self, text: str) -> Rules:
        """The rules of one answer.

        Parameters
        ----------
        text:
            As :func:`grammar` gives it.

        Raises
        ------
        NotHeld
            When the library cannot read the model's tokenizer.
        """
        from llguidance import LLMatcher, LLTokenizer

        if self._known is None:
            try:
                self._known = LLTokenizer(
                    self._tokenizer.to_str(), n_vocab=self._width, eos_token=self._ends or None
                )
            except Exception as error:  # noqa: BLE001 - whatever kind of tokenizer it is
                raise NotHeld(
                    "Answers of this model are not held to a response_format: llguidance cannot "
                    f"read its tokenizer ({' '.join(str(error).split())[:100].rstrip('.')}).",
                    next_step=_INSTEAD,
                ) from None
        matcher = LLMatcher(self._known, LLMatcher.grammar_from_lark(text), log_level=0)
        matcher.compute_bitmask()  # some schemas show here only that nothing fits them
        if matcher.is_error():
            raise NotHeld(
                f"Answers cannot be held to the schema in response_format: {_said(matcher)}.",
                next_step=_INSTEAD,
            )
        return Rules(matcher)


class Rules:
    """What the tokens of one answer may be; ``done`` says that the value is complete."""

    def __init__(self, matcher: Any) -> None:
        self._matcher = matcher

    @property
    def done(self) -> bool:
        return bool(self._matcher.is_stopped())

    def mask(self, logits: Tensor) -> None:
        """Take out of a row of logits, in place, what may not come next."""
        import torch

        allowed = bytearray(self._matcher.compute_logit_bias())
        self._check()
        barred = torch.frombuffer(allowed, dtype=torch.uint8)[: len(logits)] == 0
        logits.masked_fill_(barred, -torch.inf)

    def took(self, token: int) -> None:
        """A token was chosen."""
        self._matcher.consume_token(token)
        self._check()

    def _check(self) -> None:
        if self._matcher.is_error():
            raise ModelError(
                f"The answer could not be held to its schema to the end: {_said(self._matcher)}.",
                next_step="Make the schema smaller, or ask for the parts one by one.",
            )


def _said(matcher: Any) -> str:
    """An error of the library without its inner state."""
    return " ".join(str(matcher.get_error()).partition("<state>")[0].split())[:200].rstrip(".")
