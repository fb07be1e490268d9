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
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, product
from pathlib import Path

PACKAGE = "zg_jupyter"
#: Stands in a text for what is known only when it is said.
VALUE = "\x00"
ROOT = Path(__file__).parents[2] / PACKAGE
#: Callables whose texts people read, with the places and names of those texts.
SAID: dict[str, tuple[tuple[int, ...], tuple[str, ...]]] = {
    "Notice": ((0,), ("text",)),
    "Restarted": ((0,), ("reason",)),
    "Verdict": ((1,), ("reason",)),
    "Check": ((2,), ("why",)),
    "Judgement": ((1,), ("why",)),
    "Finding": ((2, 3), ("what", "next_step")),
    "Plan": ((1,), ("left_out", "instead")),
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
TEXTS = ("charged", "next_step", "sentence")
ATTRIBUTES = ("what", "charged", "next_step", "instead")
#: What gives an amount, not a sentence.
AMOUNTS = {"format_0g", "format_usd", "short", "label"}
#: Rooms that speak for themselves in both languages.
OWN_WORDS = re.compile(r"^(notebook|panel)/")
#: Modules that hold nothing but what people read.
WHOLE = {"chain/reverts.py", "chain/leftovers.py", "proofs.py"}
#: The same in every language.
NAMES = {f"zg-jupyter {VALUE}", f"Python {VALUE}", f"{VALUE} GB"}
#: What more than one name is given at once.
UNPACKED = (ast.Call, ast.Subscript)
#: Where a text stands that nobody reads.
NO_TEXT = (ast.JoinedStr, ast.FormattedValue, ast.Subscript, ast.Compare)
#: What a sentence in a placeholder may at most multiply a template by.
MOST = 12


@dataclass(frozen=True)
class Place:
    """A function (or the top of a module) in which a name means something."""

    module: Module
    function: ast.FunctionDef | ast.AsyncFunctionDef | None


class Module:
    """A module of the package, and where its names come from."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.relative_to(ROOT).as_posix()
        self.dotted = ".".join((PACKAGE, *path.relative_to(ROOT).with_suffix("").parts))
        self.tree = ast.parse(path.read_text(encoding="utf-8"))

    @cached_property
    def imported(self) -> dict[str, tuple[str, str]]:
        """Local name -> module and name there (empty for a module itself)."""
        found = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE):
                for alias in node.names:
                    found[alias.asname or alias.name] = (node.module or "", alias.name)
        return found

    @cached_property
    def constants(self) -> dict[str, list[ast.expr]]:
        found = defaultdict(list)
        for node in ast.walk(self.tree):
            targets: list[ast.expr] = []
            if isinstance(node, ast.Assign):
                targets = node.targets
            elif isinstance(node, ast.AnnAssign) and node.value is not None:
                targets = [node.target]
            for target in targets:
                if isinstance(target, ast.Name) and target.id.strip("_").isupper():
                    found[target.id].append(node.value)
        return dict(found)

    @cached_property
    def functions(self) -> dict[str, list[ast.FunctionDef | ast.AsyncFunctionDef]]:
        found = defaultdict(list)
        for node in ast.walk(self.tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                found[node.name].append(node)
        return dict(found)


def called(node: ast.Call) -> str:
    """The last name of what is called."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


class Reader:
    """Reads all modules once; :meth:`sentences` is what they say."""

    def __init__(self, root: Path = ROOT) -> None:
        self.modules = {
            m.dotted: m
            for m in (Module(p) for p in sorted(root.rglob("*.py")))
            if not re.match(r"notebook/indonesian/", m.name)
        }
        self.errors = self._errors()
        self.found: dict[str, set[str]] = defaultdict(set)
        self._seen: set[tuple[int, int]] = set()
        self._walked: set[int] = set()

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
            for place, node in self._nodes(module):
                for expression in self._texts(node, place):
                    self.flow(expression, place)
        return dict(self.found)

    def _nodes(self, module: Module) -> Iterator[tuple[Place, ast.AST]]:
        waiting: list[tuple[Place, ast.AST]] = [(Place(module, None), module.tree)]
        while waiting:
            place, node = waiting.pop()
            yield place, node
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                place = Place(module, node)
            waiting += [(place, child) for child in ast.iter_child_nodes(node)]

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
            if name in SAID:
                places, names = SAID[name]
                yield from (node.args[i] for i in places if i < len(node.args))
                yield from (k.value for k in node.keywords if k.arg in names)
            elif name in HEARD and not OWN_WORDS.match(place.module.name):
                yield from node.args[:1]
            elif name in self.errors or name in REASONS:
                yield from node.args[:1]
                yield from (k.value for k in node.keywords if k.arg in TEXTS)
            elif name == "replace":
                names = ("reason", "instead", "left_out")
                yield from (k.value for k in node.keywords if k.arg in names)
            elif name == "append" and "notices" in ast.unparse(node.func):
                yield from node.args
            elif ast.unparse(node.func) == "super().__init__" and self._in_error(place):
                yield from node.args[:1]
                yield from (k.value for k in node.keywords if k.arg in TEXTS)
        elif isinstance(node, (ast.Assign, ast.AugAssign)) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(t, ast.Attribute) and t.attr in ATTRIBUTES for t in targets):
                yield node.value

    def _in_error(self, place: Place) -> bool:
        return any(
            isinstance(node, ast.ClassDef)
            and node.name in self.errors
            and place.function in node.body
            for node in ast.walk(place.module.tree)
        )

    def flow(self, expression: ast.expr, place: Place) -> None:
        """Take every text of an expression, and of what it is made from."""
        for text in self.templates(expression, place):
            self.take(text, place)

    def take(self, text: str, place: Place) -> None:
        for sentence in split(re.sub(r"(?<!\{)\{[a-z_]+\}", VALUE, text)):
            if worth(sentence) and not re.search(r"\(\)|[:,] [.,]| ,", sentence):
                self.found[sentence.replace(VALUE, "{}")].add(place.module.name)

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

    def _values(self, node: ast.expr, place: Place) -> list[tuple[ast.expr, Place]]:
        """What a name stands for."""
        if isinstance(node, ast.Name):
            return self._means(node.id, place)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = self._module(node.value.id, place.module)
            spoken = module is None or "words" in module.name
            return [] if spoken else self._means(node.attr, Place(module, None))
        return [(node, place)]

    def _means(self, name: str, place: Place) -> list[tuple[ast.expr, Place]]:
        if place.function is not None and (local := list(assigned(place.function, name))):
            return [(value, place) for value in local]
        if name in place.module.constants:
            return [(v, Place(place.module, None)) for v in place.module.constants[name]]
        if name in place.module.imported:
            where, there = place.module.imported[name]
            if where in self.modules and "words" not in self.modules[where].name:
                return self._means(there, Place(self.modules[where], None))
        return []

    def _module(self, name: str, module: Module) -> Module | None:
        where, there = module.imported.get(name, ("", ""))
        return self.modules.get(f"{where}.{there}")

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

    def _callers(self, function: ast.AST, place: Place) -> Iterator[tuple[Place, ast.Call]]:
        name = function.name  # type: ignore[attr-defined]
        names = {name}
        if name == "__init__":
            names = {
                node.name
                for node in ast.walk(place.module.tree)
                if isinstance(node, ast.ClassDef) and function in node.body
            }
        for module in self.modules.values():
            knows = module is place.module or any(
                where == place.module.dotted or f"{where}.{there}" == place.module.dotted
                for where, there in module.imported.values()
            )
            if not knows:
                continue
            for at, node in self._calls(module):
                if called(node) in names:
                    yield at, node

    def _calls(self, module: Module) -> list[tuple[Place, ast.Call]]:
        if not hasattr(module, "calls"):
            module.calls = [(p, n) for p, n in self._nodes(module) if isinstance(n, ast.Call)]
        return module.calls

    def _attribute(self, node: ast.Attribute, place: Place) -> list[str]:
        if isinstance(node.value, ast.Name):
            module = self._module(node.value.id, place.module)
            if node.value.id == "self":
                texts = []
                for value, function in self._own(node.attr, place.module):
                    texts += self.templates(value, Place(place.module, function))
                return texts or [VALUE]
            if module is not None:
                if "words" in module.name:
                    return [VALUE]
                return self._named(node.attr, Place(module, None))
        return [VALUE]

    def _own(
        self, name: str, module: Module
    ) -> Iterator[tuple[ast.expr, ast.FunctionDef | ast.AsyncFunctionDef | None]]:
        """What an attribute of ``self`` is given in a module."""
        for place, node in self._nodes(module):
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                flat = [
                    one
                    for target in targets
                    for one in (target.elts if isinstance(target, ast.Tuple) else [target])
                ]
                if any(ast.unparse(one) == f"self.{name}" for one in flat):
                    yield node.value, place.function

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

    def _functions(self, node: ast.Call, place: Place) -> Iterator[tuple[ast.AST, Place]]:
        name = called(node)
        module: Module | None = place.module
        if isinstance(node.func, ast.Attribute):
            owner = ast.unparse(node.func.value)
            if owner not in ("self", "cls"):
                module = self._module(owner, place.module)
        elif name in place.module.imported:
            where, name = place.module.imported[name]
            module = self.modules.get(where)
        if module is not None:
            for function in module.functions.get(name, ()):
                yield function, Place(module, function)

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


def split(text: str) -> list[str]:
    """The sentences of a text."""
    parts = re.split(r"(?<=[.?!])\s+(?=[A-Z\x00\"'`%])|^\x00\s(?=[A-Z])", text)
    return [part.strip() for part in parts if part.strip() == part.lstrip()]


def worth(sentence: str) -> bool:
    """Whether there is something to translate: more than a name, a value or a command."""
    words = re.findall(r"[A-Za-z]{2,}", sentence.replace(VALUE, " "))
    several = " " in sentence.strip() and sentence not in NAMES
    return bool(words) and several and not sentence.startswith("%zg")


def is_part(text: str) -> bool:
    """Whether a text is a piece of a sentence and not a word in it."""
    return not text or not (text[0].isalnum() or text[0] in VALUE + "'\"(%")


def cut_short(node: ast.Subscript) -> bool:
    return isinstance(node.slice, ast.Slice)


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    given = function.args
    return [a.arg for a in (*given.posonlyargs, *given.args, *given.kwonlyargs)]


def defaults(function: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, ast.expr]:
    given = function.args
    names = [a.arg for a in (*given.posonlyargs, *given.args)]
    found = dict(zip(reversed(names), reversed(given.defaults), strict=False))
    found.update(
        {
            a.arg: d
            for a, d in zip(given.kwonlyargs, given.kw_defaults, strict=True)
            if d is not None
        }
    )
    return found


def argument(
    call: ast.Call, function: ast.FunctionDef | ast.AsyncFunctionDef, name: str
) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    given = function.args
    names = [a.arg for a in (*given.posonlyargs, *given.args)]
    if names[:1] in (["self"], ["cls"]):
        names = names[1:]
    if name in names and names.index(name) < len(call.args):
        return call.args[names.index(name)]
    return None


def assigned(function: ast.AST, name: str) -> Iterator[ast.expr]:
    """What a local name is given in a function."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name) and target.id == name:
                    yield node.value
                elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.IfExp):
                    yield from _from_tuple(target, node.value.body, name)
                    yield from _from_tuple(target, node.value.orelse, name)
                elif isinstance(target, ast.Tuple):
                    yield from _from_tuple(target, node.value, name)
                    if name in map(ast.unparse, target.elts):
                        yield from [node.value] if isinstance(node.value, UNPACKED) else []
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in ("append", "extend") and ast.unparse(node.func.value) == name:
                yield from node.args
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr, ast.AugAssign)):
            yield from [node.value] if node.value and ast.unparse(node.target) == name else []


def _from_tuple(target: ast.Tuple, value: ast.expr, name: str) -> Iterator[ast.expr]:
    if isinstance(value, ast.Tuple) and len(value.elts) == len(target.elts):
        for one, given in zip(target.elts, value.elts, strict=True):
            if isinstance(one, ast.Name) and one.id == name:
                yield given


def returned(function: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(function):
        if isinstance(node, (ast.Return, ast.Yield)) and node.value is not None:
            yield node.value


def returns_text(function: ast.AST) -> bool:
    told = function.returns  # type: ignore[attr-defined]
    return told is not None and "str" in ast.unparse(told)


if __name__ == "__main__":
    for text, where in sorted(Reader().sentences().items(), key=lambda one: sorted(one[1])):
        print(f"{','.join(sorted(where))}\t{text!r}")
