"""What between two braces is an expression, and what it gives.

A field is what stands between two braces on one line, with no other brace in it and no space at
its edges. It is an expression when Python can read it (with ``!r``, ``!s``, ``!a`` or a format
behind it) as one of :data:`_KINDS` that uses at least one name. A literal, a tuple, a set, a
lambda, ``await``, ``:=`` and ``|`` are none: those are what JSON, code and formulas look like.
"""

from __future__ import annotations

import ast
import builtins
import difflib
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from zg_jupyter.errors import BadInput
from zg_jupyter.keys_in_text import masked
from zg_jupyter.notebook import words, words_prompt

_MOST = 400  # characters; a longer field is no expression
_KINDS = (
    *(ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.BinOp, ast.UnaryOp),
    *(ast.BoolOp, ast.Compare, ast.IfExp, ast.ListComp),
)
_NEVER = (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom, ast.BitOr, ast.Starred)
_CONVERSION = re.compile(r"(.*)!([rsa])", re.DOTALL)
_CONVERT: dict[str, Callable[[object], str]] = {"r": repr, "s": str, "a": ascii}
#: Formats that nothing but a format looks like: not ``{top:0}``, ``{a:b}`` or ``{x: y}``.
_FORMAT = re.compile(
    r"(?=.*(?:[<>^+,_#]|\.\d|\d[dfs]|^%))"
    r"(?:.?[<>^])?\+?#?0?\d*[,_]?(?:\.\d+)?[bcdeEfFgGnosxX%]?|%[a-zA-Z][^'\"]*"
)
_BUILTINS = {
    name: getattr(builtins, name)
    for name in (
        *("abs", "all", "any", "ascii", "bin", "bool", "bytes", "chr", "dict", "divmod"),
        *("enumerate", "filter", "float", "format", "hex", "int", "isinstance", "len", "list"),
        *("map", "max", "min", "oct", "ord", "pow", "range", "repr", "reversed", "round", "set"),
        *("slice", "sorted", "str", "sum", "tuple", "type", "zip"),
    )
}
#: What IPython itself puts among the variables; calling these ends the notebook, or worse.
_NOT_THEIRS = frozenset({"exit", "quit", "get_ipython", "open"})


@dataclass(frozen=True)
class Expression:
    """A field that can be evaluated.

    Attributes
    ----------
    field:
        As it was typed.
    tree:
        The expression in it.
    conversion, form:
        What stands behind ``!`` and behind ``:``.
    """

    field: str
    tree: ast.Expression
    conversion: str = ""
    form: str = ""

    def value(self, namespace: Mapping[str, Any]) -> Any:
        """What it gives with these variables; ``None`` is a value, :data:`TEXT` is not one.

        Raises
        ------
        BadInput
            When it raises, uses a private name, or only some of its names exist.
        """
        used, bound = self._names()
        known = {name for name in used if _is_theirs(name, namespace)}
        unknown = sorted(used - bound - known - set(_BUILTINS))
        if unknown:
            yours = [n for n in namespace if not n.startswith("_") and _is_theirs(n, namespace)]
            close = difflib.get_close_matches(unknown[0], yours, n=1, cutoff=0.75)
            if not close and not known and not (used & set(_BUILTINS)):
                return TEXT
            hint = words.DID_YOU_MEAN.format(match=close[0]) if close else ""
            raise BadInput(
                words_prompt.UNKNOWN_IN.format(field=self._shown, name=unknown[0]),
                next_step=" ".join(filter(None, (hint, self._escape))),
            )
        self._refuse_private()
        place = {name: namespace[name] for name in known}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SyntaxWarning)
                code = compile(self.tree, "<prompt>", "eval")
            value = eval(code, {"__builtins__": _BUILTINS, **place})  # noqa: S307 - their own code
            if self.conversion:
                value = _CONVERT[self.conversion](value)
            return format(value, self.form) if self.form else value
        except Exception as error:  # noqa: BLE001 - whatever their code raises is said
            raise BadInput(
                words_prompt.RAISED.format(field=self._shown, error=told(error)),
                next_step=self._escape,
            ) from None

    def _names(self) -> tuple[set[str], set[str]]:
        """The names that are read, and those that it makes itself."""
        used: set[str] = set()
        bound: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Name):
                (used if isinstance(node.ctx, ast.Load) else bound).add(node.id)
            elif isinstance(node, ast.arg):
                bound.add(node.arg)
        return used, bound

    def _refuse_private(self) -> None:
        for node in ast.walk(self.tree):
            name = getattr(node, "attr", "") or (node.id if isinstance(node, ast.Name) else "")
            if name.startswith("_") and name != "_":
                raise BadInput(
                    words_prompt.PRIVATE_IN.format(field=self._shown, name=name),
                    next_step=self._escape,
                )

    @property
    def _shown(self) -> str:
        return self.field[:60] + ("..." if len(self.field) > 60 else "")

    @property
    def _escape(self) -> str:
        return words.HOW_TO_ESCAPE.format(reference=self._shown)


def told(error: BaseException, most: int = 200) -> str:
    """The type and message of an exception on one line, without keys."""
    try:
        said = masked(" ".join(str(error).split()))
    except Exception:  # noqa: BLE001 - a message that cannot be made
        said = ""
    kind = type(error).__name__
    return f"{kind}: {said[:most]}" if said else kind


class _Text:
    """The sign for a field that stays as it is."""


TEXT = _Text()


def read(field: str) -> Expression | None:
    """The expression in a field; ``None`` when there is none, whatever variables exist."""
    if len(field) > _MOST or field != field.strip():
        return None
    if tree := _parsed(field):
        return Expression(field, tree)
    converted = _CONVERSION.fullmatch(field)
    if converted and (tree := _parsed(converted[1])):
        return Expression(field, tree, conversion=converted[2])
    position = field.find(":")
    while position > 0:
        left, form = field[:position], field[position + 1 :]
        if _FORMAT.fullmatch(form):
            converted = _CONVERSION.fullmatch(left)
            if tree := _parsed(converted[1] if converted else left):
                return Expression(field, tree, converted[2] if converted else "", form)
        position = field.find(":", position + 1)
    return None


def _parsed(source: str) -> ast.Expression | None:
    if source != source.strip():
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about what is no code of theirs
            tree = ast.parse(source, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if not isinstance(tree.body, _KINDS):
        return None
    nodes = list(ast.walk(tree))
    if any(isinstance(node, _NEVER) for node in nodes):
        return None
    return tree if any(isinstance(node, ast.Name) for node in nodes) else None


def _is_theirs(name: str, namespace: Mapping[str, Any]) -> bool:
    return name in namespace and name not in _NOT_THEIRS
