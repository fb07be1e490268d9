"""Answers that have to be data: what is asked for, and whether it came. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from zg_jupyter import wire_json
from zg_jupyter.errors import BadInput
from zg_jupyter.records import ChatRequest, Message

_FENCE = re.compile(r"^\s*```[a-zA-Z]*\s*\n(.*?)\n?\s*```\s*$", re.DOTALL)


class NotAsAsked(ValueError):
    """An answer that is not of the wanted form; the text says what is wrong."""


class Schema:
    """The form of an answer: a pydantic model, or a JSON schema as a dict.

    Raises
    ------
    BadInput
        It is neither.
    """

    def __init__(self, wanted: Any) -> None:
        self._model = None
        if isinstance(wanted, dict):
            self.json = wanted
            _check(wanted)
        elif hasattr(wanted, "model_json_schema") and hasattr(wanted, "model_validate"):
            self._model = wanted
            self.json = wanted.model_json_schema()
        else:
            raise BadInput(
                "schema is a pydantic model or a JSON schema (a dict), not "
                f"{type(wanted).__name__}."
            )

    def asked(self, request: ChatRequest) -> ChatRequest:
        """The same request with the wish for this form in front.

        Its ``form`` is for those who can hold an answer to it; whoever cannot reads the wish.
        """
        wish = "Answer with one JSON value and nothing else."
        if self.json:
            form = json.dumps(self.json, ensure_ascii=False, separators=(",", ":"))
            wish += f" It must fit this JSON schema: {form}"
        first, *rest = request.messages
        if first.role == "system":
            messages = (Message("system", f"{first.content}\n\n{wish}"), *rest)
        else:
            messages = (Message("system", wish), first, *rest)
        return replace(request, messages=messages, form=self.json)

    def repaired(self, request: ChatRequest, text: str, error: NotAsAsked) -> ChatRequest:
        """What is asked when the first answer did not fit."""
        complaint = f"That does not fit: {error}. Answer again, with the JSON value only."
        return replace(
            request,
            messages=(
                *request.messages,
                Message("assistant", text),
                Message("user", complaint),
            ),
        )

    def read(self, text: str, *, cut: bool = False) -> Any:
        """The value in an answer: an instance of the model, or plain data.

        Parameters
        ----------
        text:
            The answer.
        cut:
            Whether it ended at its limit of tokens: a number may then have lost digits.

        Raises
        ------
        NotAsAsked
            It is no JSON, or does not fit.
        """
        fenced = _FENCE.match(text)
        try:
            value = wire_json.loads(fenced[1] if fenced else text, parse_constant=_no_number)
            json.dumps(value, allow_nan=False)  # 1e999 becomes infinite
        except (ValueError, RecursionError) as error:
            raise NotAsAsked(f"it is not JSON ({str(error)[:80]})") from None
        if cut and isinstance(value, (int, float)) and not isinstance(value, bool):
            raise NotAsAsked("it was cut off at its limit of tokens")
        if self._model is not None:
            try:
                return self._model.model_validate(value)
            except ValueError as error:  # pydantic's own kind is one
                raise NotAsAsked(" ".join(str(error).split())[:300]) from None
        import jsonschema

        try:
            jsonschema.validate(value, self.json)
        except jsonschema.ValidationError as error:
            raise NotAsAsked(error.message[:300]) from None
        return value


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _check(schema: dict[str, Any]) -> None:
    import jsonschema

    try:
        jsonschema.validators.validator_for(schema).check_schema(schema)
    except jsonschema.SchemaError as error:
        raise BadInput(f"That is not a JSON schema: {error.message[:200]}.") from None
