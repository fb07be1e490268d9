"""The bytes of an answer: OpenAI's chat.completion as plain JSON and as SSE."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from zg_jupyter.records import Usage


def usage_fields(usage: Usage) -> dict[str, int]:
    """``usage`` as clients know it; ``estimated`` is there where the model told none."""
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
        **({"estimated": True} if usage.estimated else {}),
    }


class Writer:
    """Builds the bodies of one answer.

    Parameters
    ----------
    key:
        The public key of the request; clients find the signature by it, or by ``id``.
    model:
        What the answer says it comes from.
    """

    def __init__(self, key: str, model: str) -> None:
        self._id = f"chatcmpl-{key}"
        self._model = model
        self._created = int(time.time())
        self._around: tuple[bytes, bytes] | None = None

    def whole(self, text: str, finish_reason: str, usage: Usage) -> bytes:
        """The body of an answer that is not streamed."""
        return pack(self._whole_fields(text, finish_reason, usage))

    def _whole_fields(self, text: str, finish_reason: str, usage: Usage) -> dict[str, Any]:
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "message": message, "finish_reason": finish_reason}
        return {**self._head("chat.completion"), "choices": [choice], "usage": usage_fields(usage)}

    def opening(self) -> bytes:
        """The first event of a stream: whose turn it is."""
        return self._event({"role": "assistant", "content": ""}, None)

    def piece(self, text: str) -> bytes:
        """An event with a piece of text."""
        if self._around is None:
            # All events with text differ in the text only.
            before, after = self._event({"content": ""}, None).rsplit(b'""', 1)
            self._around = before, after
        return self._around[0] + pack(text) + self._around[1]

    def closing(self, finish_reason: str, usage: Usage | None) -> bytes:
        """The last events, ``[DONE]`` included; ``usage`` when the client asked for it."""
        return b"".join(self._closing_events(finish_reason, usage))

    def signed_text(self) -> str:
        """What is signed in place of the digests of both bodies; empty where those are."""
        return ""

    def _closing_events(self, finish_reason: str, usage: Usage | None) -> list[bytes]:
        events = [self._event({}, finish_reason)]
        if usage is not None:
            head = self._head("chat.completion.chunk")
            events.append(self._data({**head, "choices": [], "usage": usage_fields(usage)}))
        return [*events, b"data: [DONE]\n\n"]

    @staticmethod
    def failure() -> bytes:
        """What ends a stream that cannot go on; no ``[DONE]`` follows."""
        said = {"message": "the model stopped working", "type": "server_error"}
        return b"data: " + pack({"error": said}) + b"\n\n"

    def _head(self, kind: str) -> dict[str, Any]:
        return {
            "id": self._id,
            "object": kind,
            "created": self._created,
            "model": self._model,
        }

    def _event(self, delta: dict[str, str], finish_reason: str | None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
        return self._data({**self._head("chat.completion.chunk"), "choices": [choice]})

    def _data(self, fields: Mapping[str, Any]) -> bytes:
        return b"data: " + pack(fields) + b"\n\n"


_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def pack(value: object) -> bytes:
    """JSON as answers have it."""
    return _encode(value).encode()
