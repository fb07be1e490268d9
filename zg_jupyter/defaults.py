"""What the settings say about asking, where nobody said otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zg_jupyter.records import ChatRequest
from zg_jupyter.settings import Settings, asking

_SAMPLING = ("temperature", "top_p")
_OF_TEXT = frozenset({*_SAMPLING, "model", "system", "sort", "max_price", "hedge"})


def completed(
    options: Mapping[str, Any], settings: Settings, prompt: object = ""
) -> dict[str, Any]:
    """The options of a request with the settings' defaults among them.

    Parameters
    ----------
    options:
        What was given; it wins, and ``None`` is not given.
    settings:
        Whose fields about asking are the defaults.
    prompt:
        A request or messages can say it as well: their own system message and sampling win too.
    """
    wanted = asking(settings)
    if isinstance(prompt, ChatRequest) and prompt.service != "chatbot":
        # Whoever set these meant text; the model that is set writes it.
        wanted = {name: value for name, value in wanted.items() if name not in _OF_TEXT}
    if isinstance(prompt, ChatRequest):
        for name in _SAMPLING:
            if getattr(prompt, name) is not None:
                wanted.pop(name, None)
    messages = prompt.messages if isinstance(prompt, ChatRequest) else prompt
    if not isinstance(messages, str) and any(m.role == "system" for m in _listed(messages)):
        wanted.pop("system", None)
    return {**wanted, **{name: value for name, value in options.items() if value is not None}}


def _listed(messages: Any) -> Any:
    return messages if isinstance(messages, (list, tuple)) else ()
