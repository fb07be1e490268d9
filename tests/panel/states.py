"""Everything that a saved notebook could hold of this process's widgets."""

from __future__ import annotations

import contextlib
from typing import Any

import ipywidgets


def all_widgets() -> list[ipywidgets.Widget]:
    """Every widget that is not closed; ipywidgets 8 has another list of them than 7."""
    module = ipywidgets.widgets.widget
    known = getattr(module, "_instances", None)
    if known is None:
        known = ipywidgets.Widget.widgets
    return list(known.values())


def states() -> dict[str, bytes]:
    """The state of every widget by its kind and id, as text; what is in buffers too."""
    found = {}
    for widget in all_widgets():
        with contextlib.suppress(AttributeError):  # closed at this moment: it has no id any more
            found[f"{type(widget).__name__} {widget.model_id}"] = _text(widget.get_state())
    return found


def _text(state: dict[str, Any]) -> bytes:
    """Texts as they would be written, and what is in buffers as it is."""
    raw = [bytes(v) for v in state.values() if isinstance(v, (bytes, memoryview))]
    return b"\n".join([repr(state).encode(errors="replace"), *raw])
