"""Sentences made in English, found again in a catalogue and said in another language.

A catalogue has a line for each English sentence, with ``{}`` for every value: ``"Provider {} was
silent for {} s."``. Its translation has ``{0}``, ``{1}``, in any order. A text is cut where
sentences may begin, and the parts that are known by most of their words are replaced; a value that
is a known sentence or reason itself is replaced too. What nobody knows stays as it is.

Literal parts are looked for with :meth:`str.find`, so what stands in a value (a provider's words,
a name somebody typed) can cost no more than its length.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

VALUE = "{}"
#: Texts and values longer than this are nobody's sentence.
MOST_CHARACTERS = 4_000
#: Parts of a text that are looked at, and parts that may make one sentence.
MOST_PARTS = 48
MOST_JOINED = 12
#: Reasons in reasons.
DEEPEST = 4
#: Parts that are compared with the catalogue for one text: more are in nobody's sentence.
MOST_COMPARED = 3_000

#: A line with fewer characters than this fits too much to be sure of it.
_FEW = 12
#: How a sentence begins that is not the value of another one.
_STARTERS = {"A", "An", "It", "No", "Nothing", "That", "The", "There", "This", "What", "Your"}
_BEGINS = re.compile(r"(?<=[.?!]) |\s(?=[A-Z])")
_PLACE = re.compile(r"\{(\d)\}")


@dataclass(frozen=True)
class _Line:
    """A line of a catalogue: what stands around its values, and what is said instead."""

    literals: tuple[str, ...]
    instead: str
    weight: int

    def values(self, text: str) -> list[list[str]]:
        """What may stand for the values of this line in a text; empty where it does not fit.

        Where a value holds what stands between values, the first and the last way to cut it.
        """
        first, *middle = self.literals
        if not middle:
            return [[]] if text == first else []
        last = middle.pop()
        begin, end = len(first), len(text) - len(last)
        if end < begin or not text.startswith(first) or not text.endswith(last):
            return []
        found = _cut(text[begin:end], middle)
        if found is None:
            return []
        back = _cut(text[begin:end][::-1], [literal[::-1] for literal in reversed(middle)])
        assert back is not None
        other = [value[::-1] for value in reversed(back)]
        return [found] if other == found else [found, other]


def _cut(text: str, between: list[str]) -> list[str] | None:
    """Cut a text at the first place of each literal; None where one is missing."""
    found, at = [], 0
    for literal in between:
        here = text.find(literal, at)
        if here < 0:
            return None
        found.append(text[at:here])
        at = here + len(literal)
    return [*found, text[at:]]


@dataclass
class _Work:
    """What was found out about parts of one text, and how many more may be looked at."""

    known: dict[str, tuple[int, str]]
    left: int = MOST_COMPARED


class Translator:
    """Says texts in another language.

    Parameters
    ----------
    load:
        Gives the catalogue; called when the first text is said.
    """

    def __init__(self, load: Callable[[], Mapping[str, str]]) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._by_first: dict[str, list[_Line]] | None = None
        self._by_last: dict[str, list[_Line]] = {}
        self._others: list[_Line] = []
        self._words: dict[str, str] = {}

    def __call__(self, text: str) -> str:
        """Say a text of one or more sentences.

        Parameters
        ----------
        text:
            As it was made, in English.

        Returns
        -------
        The text with everything replaced that the catalogue knows.
        """
        if len(text) > MOST_CHARACTERS:
            return text
        with self._lock:
            if self._by_first is None:
                self._read(self._load())
        return self._said(text, 0, _Work({}))[1]

    def _read(self, catalogue: Mapping[str, str]) -> None:
        by_first: dict[str, list[_Line]] = {}
        for english, instead in catalogue.items():
            literals = tuple(english.split(VALUE))
            line = _Line(literals, instead, sum(map(len, literals)))
            first, last = _first_word(literals), _last_word(literals)
            if " " not in english:
                self._words[english] = instead
            if first:
                by_first.setdefault(first, []).append(line)
            elif last:
                self._by_last.setdefault(last, []).append(line)
            else:
                self._others.append(line)
        self._by_first = by_first

    def _said(self, text: str, depth: int, work: _Work) -> tuple[int, str]:
        """How many characters of a text are known, and the text in the other language."""
        if text in work.known:
            return work.known[text]
        cuts = [0, *(one.start() for one in _BEGINS.finditer(text))][:MOST_PARTS]
        cuts.append(len(text))
        # best[i]: of the text up to cut i, how much is known, less what many small parts cost.
        best: list[tuple[int, int, str]] = [(0, 0, "")]
        for end in range(1, len(cuts)):
            most: tuple[int, int, str] | None = None
            for start in range(max(0, end - MOST_JOINED), end):
                part = text[cuts[start] : cuts[end]]
                weight, said = self._part(part, depth, work)
                if not weight and start < end - 1:
                    continue  # what is not known is taken piece by piece
                before = best[start]
                one = (before[0] + weight, before[1] - 1, before[2] + said)
                if most is None or one[:2] > most[:2]:
                    most = one
            assert most is not None
            best.append(most)
        work.known[text] = best[-1][0], best[-1][2]
        return work.known[text]

    def _part(self, part: str, depth: int, work: _Work) -> tuple[int, str]:
        """One sentence, with the space before it."""
        text = part.lstrip()
        space = part[: len(part) - len(text)]
        weight, said = self._fitted(text, depth, work)
        if not weight and text.endswith(")."):
            # The name that a contract gives its refusal stands in brackets before the full stop.
            head, bracket, name = text.rpartition(" (")
            weight, said = self._fitted(f"{head}.", depth, work)
            said = f"{said.removesuffix('.')}{bracket}{name}"
        if not weight and text[:1].isupper() and text.endswith("."):
            # A reason that became a sentence.
            weight, said = self._fitted(f"{text[0].lower()}{text[1:-1]}", depth, work)
            said = f"{said[:1].upper()}{said[1:]}."
        return (weight, space + said) if weight else (0, part)

    def _fitted(self, text: str, depth: int, work: _Work) -> tuple[int, str]:
        """A sentence by the line of the catalogue that has most of its words."""
        work.left -= 1
        if work.left < 0:
            return 0, text
        fitting = [(one, cuts) for one in self._candidates(text) if (cuts := one.values(text))]
        for line, cuts in sorted(fitting, key=lambda one: -one[0].weight):
            more, values, said = max(
                (self._values(values, depth, work) for values in cuts), key=lambda one: one[0]
            )
            starts_with_value = not line.literals[0]
            if starts_with_value and said[0] == values[0] and _is_more(values[0], line.weight):
                continue
            return line.weight + more, _filled(line.instead, said)
        return 0, text

    def _values(
        self, values: list[str], depth: int, work: _Work
    ) -> tuple[int, list[str], list[str]]:
        """How much of some values is known, the values, and the same in the other language."""
        found = [self._value(value, depth + 1, work) for value in values]
        return sum(weight for weight, _ in found), values, [said for _, said in found]

    def _value(self, value: str, depth: int, work: _Work) -> tuple[int, str]:
        """A value that is a sentence or a reason itself, perhaps without its full stop."""
        if depth > DEEPEST:
            return 0, value
        if " " not in value:
            said = self._words.get(value)
            return (0, value) if said is None else (len(value), said)
        weight, said = self._said(value, depth, work)
        if not weight:
            weight, said = self._said(f"{value}.", depth, work)
            said = said.removesuffix(".")
        if not weight and value[0].islower():
            weight, said = self._said(f"{value[0].upper()}{value[1:]}.", depth, work)
            said = f"{said[:1].lower()}{said[1:]}".removesuffix(".")
        return (weight, said) if weight else (0, value)

    def _candidates(self, text: str) -> list[_Line]:
        assert self._by_first is not None
        words = text.split()
        if not words:
            return []
        return [
            *self._by_first.get(words[0], ()),
            *self._by_last.get(words[-1], ()),
            *self._others,
        ]


def _filled(instead: str, values: list[str]) -> str:
    return _PLACE.sub(lambda place: values[int(place[1])], instead)


def _is_more(value: str, weight: int) -> bool:
    """Whether a value is the beginning of a sentence that the catalogue does not have."""
    first, space, _ = value.partition(" ")
    return bool(space) and (first in _STARTERS or weight < _FEW)


def _first_word(literals: tuple[str, ...]) -> str:
    """The word that every text of a line begins with; empty where a value is a part of it."""
    whole = " " in literals[0] or len(literals) == 1
    return literals[0].split()[0] if whole and literals[0].strip() else ""


def _last_word(literals: tuple[str, ...]) -> str:
    whole = " " in literals[-1]
    return literals[-1].split()[-1] if whole and not literals[-1].endswith(" ") else ""
