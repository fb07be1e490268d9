"""Which texts an expression can be: followed backwards through the source of the package."""

from __future__ import annotations

import ast
import re
from itertools import islice, product
from pathlib import Path

from tests.notebook.said_source import (
    ROOT,
    Place,
    Source,
    argument,
    called,
    cut_short,
    defaults,
    parameters,
    returned,
    returns_text,
)

#: Stands in a text for what is known only when it is said.
VALUE = "\x00"
#: What gives an amount, not a sentence.
AMOUNTS = {"format_0g", "format_usd", "short", "label"}
#: What a sentence in a placeholder may at most multiply a template by.
MOST = 12


class Flow(Source):
    """Follows expressions; :meth:`take` gets every text that is a sentence by itself."""

    def __init__(self, root: Path = ROOT) -> None:
        super().__init__(root)
        self._seen: set[tuple[int, int]] = set()
        self._walked: set[int] = set()

    def take(self, text: str, place: Place) -> None:
        raise NotImplementedError

    def flow(self, expression: ast.expr, place: Place) -> None:
        """Take every text of an expression, and of what it is made from."""
        for text in self.templates(expression, place):
            self.take(text, place)

    def templates(self, node: ast.expr, place: Place) -> list[str]:
        """The texts that an expression can be; a value that is known only later is ``VALUE``."""
        key = (id(node), id(place.function))
        if key in self._seen:
            return [VALUE]
        self._seen.add(key)
        try:
            return list(dict.fromkeys(self._templates(node, place)))[:200]
        finally:
            self._seen.discard(key)

    def _templates(self, node: ast.expr, place: Place) -> list[str]:
        if isinstance(node, ast.Constant):
            return [node.value] if isinstance(node.value, str) else [VALUE]
        if isinstance(node, ast.JoinedStr):
            return self._joined(node, place)
        if isinstance(node, ast.IfExp):
            return [*self.templates(node.body, place), *self.templates(node.orelse, place)]
        if isinstance(node, ast.BoolOp):
            return [text for value in node.values for text in self.templates(value, place)]
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return self._product(
                [[*self.templates(side, place)] for side in (node.left, node.right)], place
            )
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult) and is_text(node.left):
            return [*self.templates(node.left, place), ""]
        if isinstance(node, ast.Name):
            return self._named(node.id, place)
        if isinstance(node, ast.Attribute):
            return self._attribute(node, place)
        if isinstance(node, ast.Subscript):
            return (
                self.templates(node.value, place)
                if cut_short(node)
                else self.every(node.value, place)
            )
        if isinstance(node, ast.Call):
            return self._call(node, place)
        if isinstance(node, ast.NamedExpr):
            return self.templates(node.value, place)
        if isinstance(node, (ast.Await, ast.Starred)):
            return self.templates(node.value, place)
        if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
            for one in node.elts:
                self.flow(one, place)
            return [VALUE]
        if isinstance(node, ast.Dict):
            return [t for value in node.values for t in self.templates(value, place)]
        if isinstance(node, (ast.GeneratorExp, ast.ListComp)):
            self.flow(node.elt, place)
            return [VALUE]
        return [VALUE]

    def every(self, node: ast.expr, place: Place) -> list[str]:
        """What can be looked up in a table or a tuple."""
        texts = []
        for value, there in self._values(node, place):
            if isinstance(value, ast.Dict):
                texts += [t for v in value.values for t in self._inside(v, there)]
            elif isinstance(value, (ast.Tuple, ast.List)):
                texts += self._inside(value, there)
        return texts or [VALUE]

    def _inside(self, node: ast.expr, place: Place) -> list[str]:
        if isinstance(node, (ast.Tuple, ast.List)):
            return [t for one in node.elts for t in self.templates(one, place)]
        return self.templates(node, place)

    def _named(self, name: str, place: Place) -> list[str]:
        if found := self._means(name, place):
            texts = []
            for value, there in found:
                texts += self.templates(value, there)
            if place.function is None or name not in parameters(place.function):
                return texts
            return [*texts, *self._parameter(name, place)]
        if place.function is not None and name in parameters(place.function):
            return self._parameter(name, place)
        return [VALUE]

    def _parameter(self, name: str, place: Place) -> list[str]:
        """What callers give, each taken by itself: a sentence of theirs, or a part of one."""
        function = place.function
        assert function is not None
        key = hash((id(function), name))
        if key in self._walked:
            return [VALUE]
        self._walked.add(key)
        default = defaults(function).get(name)
        if default is not None:
            self.flow(default, place)
        for caller, call in self._callers(function, place):
            if (given := argument(call, function, name)) is not None:
                self.flow(given, caller)
        return [VALUE]

    def _attribute(self, node: ast.Attribute, place: Place) -> list[str]:
        if isinstance(node.value, ast.Name):
            module = self._module(node.value.id, place.module)
            if node.value.id == "self":
                texts = []
                for value, there in self._own(node.attr, place.module):
                    texts += self.templates(value, there)
                return texts or [VALUE]
            if module is not None:
                if "words" in module.name:
                    return [VALUE]
                return self._named(node.attr, Place(module, None))
        return [VALUE]

    def _call(self, node: ast.Call, place: Place) -> list[str]:
        name = called(node)
        if name in AMOUNTS:
            return [VALUE]
        if isinstance(node.func, ast.Attribute):
            owner = node.func.value
            if name == "format":
                return [
                    re.sub(r"(?<!\{)\{[^{}]*\}", VALUE, t) for t in self.templates(owner, place)
                ]
            if name == "join":
                for one in node.args:
                    self.flow(one, place)
                return [VALUE]
            if name in ("strip", "rstrip", "lstrip", "removesuffix", "lower", "replace"):
                self.flow(owner, place)
                return [VALUE]
            if name == "get":
                for one in node.args[1:]:
                    self.flow(one, place)
                texts = self.every(owner, place)
                return [*texts, *(t for d in node.args[1:] for t in self.templates(d, place))]
        if name in ("str", "filter", "cast", "masked", "plain", "tuple", "list", "sorted"):
            for one in node.args:
                self.flow(one, place)
            return [VALUE]
        texts = []
        for function, there in self._functions(node, place):
            if returns_text(function):
                for value in returned(function):
                    texts += self.templates(value, there)
        return texts or [VALUE]

    def _joined(self, node: ast.JoinedStr, place: Place) -> list[str]:
        parts: list[list[str]] = []
        for value in node.values:
            if isinstance(value, ast.Constant):
                parts.append([str(value.value)])
            elif isinstance(value, ast.FormattedValue):
                parts.append(self._placeholder(value, place))
            else:
                parts.append(self.templates(value, place))
        return self._product(parts, place)

    def _placeholder(self, node: ast.FormattedValue, place: Place) -> list[str]:
        if node.conversion == ord("r"):
            return [VALUE]
        texts = self.templates(node.value, place)
        if len(texts) > 1 and (isinstance(node.value, ast.IfExp) or any(is_part(t) for t in texts)):
            return texts
        for text in texts:
            if text != VALUE:
                self.take(text, place)
        return [VALUE]

    def _product(self, parts: list[list[str]], place: Place) -> list[str]:
        """Each text with each; long lists become sentences of their own and a placeholder."""
        kept = []
        for texts in parts:
            # Many texts, or long ones, in a placeholder are sentences of their own.
            if len(texts) > 1 and (len(texts) > 4 or any(len(t) > 60 for t in texts)):
                for text in texts:
                    self.take(text, place)
                texts = [VALUE]
            kept.append(texts)
        return ["".join(one) for one in islice(product(*kept), MOST)]


def is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or isinstance(getattr(node, "value", None), str)


def is_part(text: str) -> bool:
    """Whether a text is a piece of a sentence and not a word in it."""
    return not text or not (text[0].isalnum() or text[0] in VALUE + "'\"(%")
