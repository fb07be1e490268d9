"""What the package says to people, read from its source: every sentence of an error or notice.

From each place that makes one (an error, a notice, a verdict, a check), the texts that can stand
there are followed backwards: through names, conditions, sums of texts, helpers that give a
sentence and parameters that carry one. What stands for a value becomes ``{}``.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.notebook.said_flow import VALUE, Flow
from tests.notebook.said_source import ROOT, Place, called

#: Callables whose texts people read, with the places and names of those texts.
SAID: dict[str, tuple[tuple[int, ...], tuple[str, ...]]] = {
    "Notice": ((0,), ("text",)),
    "Restarted": ((0,), ("reason",)),
    "Verdict": ((1,), ("reason",)),
    "Check": ((0, 2), ("name", "why")),
    "Chosen": ((), ("fewer", "why_library", "why_device")),
    "Room": ((), ("fewer",)),
    "Choice": ((2,), ("why",)),
    "Step": ((2, 5), ("why", "if_it_fails")),
    "Judgement": ((1,), ("why",)),
    "Finding": ((0, 1, 2, 3), ("topic", "what", "next_step")),
    "Plan": ((1,), ("left_out", "instead")),
    "Document": ((1,), ("problem",)),
    "Item": ((), ("error",)),
    "_meanwhile": ((2,), ()),
    "_refuse": ((0,), ()),
    "Refused": ((2,), ("text",)),
    "Refusal": ((1,), ("text",)),
    "Judged": ((1, 2), ("why", "problems")),
    "CutOff": ((0,), ("sentence",)),
    "against": ((0,), ()),
    "note": ((2,), ("reason",)),
    "end_others": ((0,), ()),
}
#: What a caller gives to hear of progress.
HEARD = {"notify", "progress", "say", "_say", "_progress", "_notify"}
#: Exceptions whose text becomes a part of somebody's sentence.
REASONS = {"BadSeal", "KeyMismatch", "DoesNotOpen", "NotRun", "NotAsAsked", "Unusable"}
#: Fields of records that people read, whatever they are given with.
FIELDS = {"reason", "instead", "left_out", "why", "if_it_fails", "fewer", "why_library"}
TEXTS = ("charged", "next_step", "sentence")
ATTRIBUTES = ("what", "charged", "next_step", "instead")
#: Rooms that speak for themselves in both languages.
OWN_WORDS = re.compile(r"^(notebook|panel)/")
#: Modules that hold nothing but what people read.
WHOLE = {
    *("chain/reverts.py", "chain/leftovers.py", "proofs.py", "trust/rows.py"),
    *("local/which.py", "local/hardware.py", "prices.py", "usage.py"),
    *("local/hub_judge.py", "local/shapes.py", "gateway/refused.py", "notebooks.py", "usd.py"),
}
#: What :mod:`zg_jupyter.transport.router` says of a router instead of a provider.
THROUGH_ROUTER = {"transport/direct.py", "transport/reading.py", "transport/images.py"}
#: The same in every language.
NAMES = {f"zg-jupyter {VALUE}", f"Python {VALUE}", f"{VALUE} GB", f"{VALUE}, In [{VALUE}]"}
#: Where a text stands that nobody reads.
NO_TEXT = (ast.JoinedStr, ast.FormattedValue, ast.Subscript, ast.Compare)


class Reader(Flow):
    """Reads all modules; :meth:`sentences` is what they say."""

    def __init__(self, root: Path = ROOT) -> None:
        super().__init__(root)
        self.errors = self._errors()
        self.found: dict[str, set[str]] = defaultdict(set)

    def _errors(self) -> set[str]:
        bases = defaultdict(set)
        for module in self.modules.values():
            for node in ast.walk(module.tree):
                if isinstance(node, ast.ClassDef):
                    for base in node.bases:
                        bases[ast.unparse(base).rpartition(".")[2]].add(node.name)
        found, waiting = {"ZgError"}, ["ZgError"]
        while waiting:
            for name in bases[waiting.pop()] - found:
                found.add(name)
                waiting.append(name)
        return found

    def sentences(self) -> dict[str, set[str]]:
        """Template -> the modules that say it."""
        for module in self.modules.values():
            for place, node in self.nodes(module):
                for expression in self._texts(node, place):
                    self.flow(expression, place)
        for text in [text for text, rooms in self.found.items() if rooms & THROUGH_ROUTER]:
            if text.startswith(("Provider {} refused", "Provider {} failed")):
                said = text.replace("Provider {}", "The router", 1)
                self.found[said].add("transport/router.py")
        return dict(self.found)

    def _texts(self, node: ast.AST, place: Place) -> Iterator[ast.expr]:
        """The expressions of a node that people will read."""
        if place.module.name in WHOLE and not isinstance(node, (ast.Expr, *NO_TEXT)):
            yield from (
                one
                for one in ast.iter_child_nodes(node)
                if isinstance(one, (ast.Constant, ast.JoinedStr))
            )
        if isinstance(node, ast.Call):
            name = called(node)
            if not OWN_WORDS.match(place.module.name):
                yield from (k.value for k in node.keywords if k.arg in FIELDS)
            if name in SAID:
                places, names = SAID[name]
                yield from (node.args[i] for i in places if i < len(node.args))
                yield from (k.value for k in node.keywords if k.arg in names)
            elif name in HEARD and not OWN_WORDS.match(place.module.name):
                yield from node.args[:2]
            elif name in self.errors or name in REASONS:
                yield from node.args[:1]
                yield from (k.value for k in node.keywords if k.arg in TEXTS)
            elif name == "append" and "notices" in ast.unparse(node.func):
                yield from node.args
            elif ast.unparse(node.func) == "super().__init__" and self._in_error(place):
                yield from node.args[:1]
                yield from (k.value for k in node.keywords if k.arg in TEXTS)
        elif isinstance(node, (ast.Assign, ast.AugAssign)) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(map(is_read, targets)):
                yield node.value

    def _in_error(self, place: Place) -> bool:
        return any(
            isinstance(node, ast.ClassDef)
            and node.name in self.errors
            and place.function in node.body
            for node in ast.walk(place.module.tree)
        )

    def take(self, text: str, place: Place) -> None:
        for sentence in split(re.sub(r"(?<!\{)\{[a-z_]+\}", VALUE, text)):
            if worth(sentence) and not re.search(r" \(\)|[:,] [.,](?!\.)| ,", sentence):
                self.found[sentence.replace(VALUE, "{}")].add(place.module.name)


def split(text: str) -> list[str]:
    """The sentences of a text."""
    parts = re.split(r"(?<=[.?!])\s+(?=[A-Z\x00\"'`%])|^\x00\s(?=[A-Z])", text)
    return [part.strip() for part in parts if part.strip() == part.lstrip()]


def is_read(target: ast.expr) -> bool:
    """Whether people read what is kept there: in an error, in a record, or why it is unsigned."""
    if isinstance(target, ast.Subscript):
        return getattr(target.slice, "value", None) in FIELDS
    if isinstance(target, ast.Attribute):
        return target.attr in ATTRIBUTES
    return isinstance(target, ast.Name) and target.id == "unsigned"


#: Single words that stand for something in a sentence; others are names and typed values.
SINGLE = {
    *("nothing", "stops", "once", "images", "chat", "cheapest", "fastest"),
    *(
        "versions",
        "contracts",
        "network",
        "wallet",
        "money",
        "providers",
        "warning",
        "problem",
    ),  # of %zg doctor
}


def worth(sentence: str) -> bool:
    """Whether there is something to translate: more than a name, a value or a command."""
    words = re.findall(r"[A-Za-z]{2,}", sentence.replace(VALUE, " "))
    several = sentence in SINGLE or (" " in sentence.strip() and sentence not in NAMES)
    return bool(words) and several and not sentence.startswith("%zg")


if __name__ == "__main__":
    for text, where in sorted(Reader().sentences().items(), key=lambda one: sorted(one[1])):
        print(f"{','.join(sorted(where))}\t{text!r}")
