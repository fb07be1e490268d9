"""What was spent, as a picture: a line over time, or bars. Needs no plotting library.

Colours are the page's own; floats are positions on it, amounts are written from exact numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from zg_jupyter.notebook import inert, words_spend
from zg_jupyter.units import format_0g, parse_amount

if TYPE_CHECKING:
    import pandas as pd

_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 560, 230, 96, 40, 30
_BAR, _LABEL = 22, 210
_MOST_BARS, _MOST_POINTS = 12, 500
_BLOCKS, _COLUMNS = "▁▂▃▄▅▆▇█", 40  # of the text form


@dataclass(frozen=True)
class Plot:
    """Names with amounts in neuron: totals in the order of time, or sums with the dearest first."""

    title: str
    points: tuple[tuple[str, int], ...]
    bars: bool = False
    answers: int = 0

    def __repr__(self) -> str:
        if not self.points:
            return f"{self.title}: {words_spend.PLOT_EMPTY}"
        if not self.bars:
            step = (len(self.points) - 1) / (_COLUMNS - 1)
            heights = [self.points[round(i * step)][1] * 7 // self._most for i in range(_COLUMNS)]
            line = "".join(_BLOCKS[height] for height in heights)
            return f"{self.title} ({self._sum})\n{line}\n{self.points[0][0]} - {self.points[-1][0]}"
        wide = max(len(_short(name)) for name, _ in self.points)
        lines = [
            f"{_short(name):<{wide}}  {'█' * -(-_COLUMNS * a // self._most):<{_COLUMNS}}"
            f"  {format_0g(a, digits=4)}"
            for name, a in self.points
        ]
        return "\n".join([self.title, *lines])

    def _repr_html_(self) -> str:
        # Inside HTML and not as an image: only there an SVG has the page's colours.
        inside, height = _text(8, 54, words_spend.PLOT_EMPTY), 70
        if self.points:
            inside, height = self._bars() if self.bars else self._line()
        name = escape(f"{self.title} ({self._sum})" if self.points else self.title)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {_WIDTH} {height}" '
            f'width="{_WIDTH}" style="max-width:100%;font:12px sans-serif" fill="currentColor" '
            f'stroke="none"><title>{name}</title>'
            f"{_text(8, 18, self.title, weight='bold')}{inside}</svg>"
        )

    @property
    def _sum(self) -> str:
        total = sum(a for _, a in self.points) if self.bars else self.points[-1][1]
        return words_spend.PLOT_SUM.format(amount=format_0g(total, digits=4), count=self.answers)

    @property
    def _most(self) -> int:
        return max([1, *(amount for _, amount in self.points)])

    def _line(self) -> tuple[str, int]:
        bottom, right, most = _HEIGHT - _BOTTOM, _WIDTH - 12, self._most
        steps = max(1, len(self.points) - 1)
        spots = [
            f"{_LEFT + (right - _LEFT) * i / steps:.1f},{bottom - (bottom - _TOP) * a / most:.1f}"
            for i, (_, a) in enumerate(self.points)
        ]
        path = f"M{' L'.join(spots if len(spots) > 1 else [f'{_LEFT},{bottom}', *spots])}"
        drawn = [
            f'<path d="{path}" fill="none" stroke="currentColor" stroke-width="2"/>',
            f'<path d="{path} L{right},{bottom} L{_LEFT},{bottom} Z" opacity="0.12"/>',
        ]
        for share in (0, 1, 2):
            y = bottom - (bottom - _TOP) * share / 2
            drawn.append(
                f'<path d="M{_LEFT},{y:g} H{right}" stroke="currentColor" opacity="0.25"/>'
                + _text(_LEFT - 6, y + 4, format_0g(most * share // 2, digits=3), anchor="end")
            )
        drawn.append(_text(_LEFT, bottom + 18, self.points[0][0]))
        if len(self.points) > 1:
            axis = words_spend.PLOT_AXIS.format(count=self.answers)
            drawn.append(_text((_LEFT + right) / 2, bottom + 18, axis, anchor="middle"))
            drawn.append(_text(right, bottom + 18, self.points[-1][0], anchor="end"))
        return "".join(drawn), _HEIGHT

    def _bars(self) -> tuple[str, int]:
        most, room, drawn = self._most, _WIDTH - _LABEL - 110, []
        for n, (name, amount) in enumerate(self.points):
            y, wide = 30 + n * _BAR, max(1.0, room * amount / most) if amount else 0.0
            drawn.append(
                _text(_LABEL - 8, y + 14, _short(name), anchor="end")
                + f'<rect x="{_LABEL}" y="{y + 3}" width="{wide:.1f}" height="{_BAR - 7}" rx="2" '
                f'opacity="0.55"><title>{escape(f"{name}: {format_0g(amount)}")}</title></rect>'
                + _text(_LABEL + wide + 6, y + 14, format_0g(amount, digits=4))
            )
        return "".join(drawn), 38 + len(self.points) * _BAR


def plotted(frame: pd.DataFrame, by: str = "") -> Plot:
    """The picture of a table of spend, as the client gives it."""
    if not by:
        times = [f"{when:%Y-%m-%d %H:%M} UTC" for when in frame["time"]]
        points = _thinned(list(zip(times, _neuron(frame["total_0g"]), strict=True)))
        return Plot(words_spend.PLOT_TITLE, tuple(points), answers=len(frame))
    lines = list(zip((_clean(n) for n in frame[by]), _neuron(frame["cost_0g"]), strict=True))
    if by == "day":
        lines = sorted(lines)[-_MOST_BARS:]  # a story, not a ranking
    elif len(lines) > _MOST_BARS:
        rest = lines[_MOST_BARS - 1 :]
        more = words_spend.PLOT_MORE.format(count=len(rest))
        lines = [*lines[: _MOST_BARS - 1], (more, sum(amount for _, amount in rest))]
    title = words_spend.PLOT_TITLE_BY.format(by=by)
    return Plot(title, tuple(lines), bars=True, answers=int(frame["answers"].sum()))


def _neuron(amounts: Iterable[Any]) -> list[int]:
    return [parse_amount(amount) for amount in amounts]


def _thinned(points: list[Any]) -> list[Any]:
    """No more points than there are pixels; the last one always."""
    step = -(-len(points) // _MOST_POINTS) or 1
    return [*points[:-1:step], *points[-1:]]


def _clean(name: object) -> str:
    return " ".join(inert.without_controls(str(name)).split()) or "-"


def _short(name: str) -> str:
    return name if len(name) <= 26 else f"{name[:15]}…{name[-10:]}"


def _text(x: float, y: float, text: str, *, anchor: str = "start", weight: str = "normal") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}">'
        f"{escape(text)}</text>"
    )
