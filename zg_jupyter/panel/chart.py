"""A line over time or bars by name: positions are floats, every amount is written exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import traitlets

from zg_jupyter.panel.table import seen
from zg_jupyter.panel.widgets import STATIC, Widget
from zg_jupyter.panel.words import Words
from zg_jupyter.units import format_0g

_MOST_POINTS = 300
_MOST_BARS = 12
_TICKS = 2  # above the ground line


class Chart(Widget):
    """What was spent, as a picture and as a table of the same points.

    Points are no part of the widget's state: a view that opens asks for them.

    Parameters
    ----------
    words:
        The language.
    """

    _esm = STATIC / "chart.js"
    _css = STATIC / "chart.css"
    said: Any = traitlets.Dict().tag(sync=True)

    def __init__(self, words: Words) -> None:
        self._drawn: dict[str, Any] = {"kind": "bars", "title": "", "points": [], "ticks": []}
        self._asked = False
        self._more = words("chart.more")
        super().__init__(
            said={
                "as_table": words("chart.as_table"),
                "as_picture": words("chart.as_picture"),
                "time": words("chart.time"),
                "name": words("chart.name"),
                "amount": words("chart.amount"),
                "keys": words("chart.keys"),
                "empty": words("chart.empty"),
            },
        )
        self.on_msg(self._received)

    def line(self, title: str, points: Sequence[tuple[float, int]]) -> None:
        """Draw totals in neuron over unix seconds, in the order of time."""
        most = max((amount for _, amount in points), default=0) or 1
        drawn = [[at, amount / most, _written(amount)] for at, amount in _thinned(points)]
        ticks = [[n / _TICKS, _written(most * n // _TICKS, 3)] for n in range(_TICKS + 1)]
        self._show({"kind": "line", "title": title, "points": drawn, "ticks": ticks})

    def bars(self, title: str, sums: Sequence[tuple[str, int]]) -> None:
        """Draw sums in neuron by name, the dearest first; what is too many is one bar."""
        bars = [(seen(name), amount) for name, amount in sums]
        if len(bars) > _MOST_BARS:
            rest = bars[_MOST_BARS - 1 :]
            more = self._more.format(count=len(rest))
            bars = [*bars[: _MOST_BARS - 1], (more, sum(amount for _, amount in rest))]
        most = max((amount for _, amount in bars), default=0) or 1
        drawn = [[name or "-", amount / most, _written(amount)] for name, amount in bars]
        self._show({"kind": "bars", "title": title, "points": drawn, "ticks": []})

    def _show(self, drawn: dict[str, Any]) -> None:
        if drawn != self._drawn:
            self._drawn = drawn
            if self._asked:
                self.send({"chart": drawn})

    def _received(self, _: Any, content: Mapping[str, Any], __: Any) -> None:
        if content.get("chart"):
            self._asked = True
            self.send({"chart": self._drawn})


def _written(neuron: int, digits: int = 6) -> str:
    return format_0g(neuron, digits=digits)


def _thinned(points: Sequence[tuple[float, int]]) -> list[tuple[float, int]]:
    """No more points than there are pixels; the first and the last one always."""
    step = -(-len(points) // _MOST_POINTS) or 1
    return [*points[:-1:step], *points[-1:]]
