"""Where names of the package come from: its modules, read and not imported."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

PACKAGE = "zg_jupyter"
ROOT = Path(__file__).parents[2] / PACKAGE
Function = ast.FunctionDef | ast.AsyncFunctionDef
#: What more than one name is given at once.
UNPACKED = (ast.Call, ast.Subscript)


@dataclass(frozen=True)
class Place:
    """A function (or the top of a module) in which a name means something."""

    module: Module
    function: Function | None


class Module:
    """A module of the package, and where its names come from."""

    def __init__(self, path: Path, root: Path) -> None:
        self.path = path
        self.name = path.relative_to(root).as_posix()
        self.dotted = ".".join((PACKAGE, *path.relative_to(root).with_suffix("").parts))
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
    def functions(self) -> dict[str, list[Function]]:
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


class Source:
    """All modules of the package, and what a name stands for in them."""

    def __init__(self, root: Path = ROOT) -> None:
        found = (Module(path, root) for path in sorted(root.rglob("*.py")))
        self.modules = {module.dotted: module for module in found}

    def nodes(self, module: Module) -> Iterator[tuple[Place, ast.AST]]:
        waiting: list[tuple[Place, ast.AST]] = [(Place(module, None), module.tree)]
        while waiting:
            place, node = waiting.pop()
            yield place, node
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                place = Place(module, node)
            waiting += [(place, child) for child in ast.iter_child_nodes(node)]

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
            module.calls = [(p, n) for p, n in self.nodes(module) if isinstance(n, ast.Call)]
        return module.calls

    def _own(self, name: str, module: Module) -> Iterator[tuple[ast.expr, Place]]:
        """What an attribute of ``self`` is given in a module, or where its base classes may be."""
        found = list(self._given(name, module))
        for where in dict.fromkeys(where for where, _ in module.imported.values()):
            if where in self.modules and name.startswith("_"):
                found += self._given(name, self.modules[where])
        yield from found

    def _given(self, name: str, module: Module) -> Iterator[tuple[ast.expr, Place]]:
        for place, node in self.nodes(module):
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                flat = [
                    one
                    for target in targets
                    for one in (target.elts if isinstance(target, ast.Tuple) else [target])
                ]
                if any(ast.unparse(one) == f"self.{name}" for one in flat):
                    yield node.value, Place(module, place.function)

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


def cut_short(node: ast.Subscript) -> bool:
    return isinstance(node.slice, ast.Slice)


def parameters(function: Function) -> list[str]:
    given = function.args
    return [a.arg for a in (*given.posonlyargs, *given.args, *given.kwonlyargs)]


def defaults(function: Function) -> dict[str, ast.expr]:
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


def argument(call: ast.Call, function: Function, name: str) -> ast.expr | None:
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
        elif isinstance(node, (ast.For, ast.comprehension)):
            if name in names_in(node.target):
                yield ast.Subscript(looped(node.iter), ast.Constant(0))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in ("append", "extend") and ast.unparse(node.func.value) == name:
                yield from node.args
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr, ast.AugAssign)):
            yield from [node.value] if node.value and ast.unparse(node.target) == name else []


def names_in(target: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}


def looped(over: ast.expr) -> ast.expr:
    """The table or list that a loop goes through."""
    if isinstance(over, ast.Call) and isinstance(over.func, ast.Attribute) and not over.args:
        return over.func.value
    return over


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
