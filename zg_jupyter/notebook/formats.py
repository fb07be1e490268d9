"""The forms in which an answer is asked for and shown: ``--format`` and ``--schema``.

What is shown stays inert: code and JSON are text, and HTML is shut into a frame that runs no
scripts, loads nothing and belongs to no origin.
"""

from __future__ import annotations

import ast
import difflib
import json
import re
import textwrap
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zg_jupyter import host, settings
from zg_jupyter.errors import BadInput
from zg_jupyter.notebook import inert, pictures, words, words_answers
from zg_jupyter.notebook.render import (
    AnswerView,
    Bundle,
    MarkdownView,
    TextView,
    answer_bundle,
    unknown,
)
from zg_jupyter.records import Answer

if TYPE_CHECKING:
    from zg_jupyter.notebook.options import InferOptions
    from zg_jupyter.notebook.render import Known

_FENCED = re.compile(
    r"^[ \t]*(`{3,}|~{3,})[ \t]*([^`\n]*)\n(.*?)(?:^[ \t]*\1[`~]*[ \t]*$|\Z)", re.DOTALL | re.M
)
_PYTHON = {"", "py", "py3", "python", "python3", "ipython", "ipython3"}
_IPYTHON = re.compile(r"\s*(?:%(?!%)|!pip )")
_SCHEMA_FILE = 1024  # kB
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
# Links lead to a new window, which the sandbox does not open.
_HEAD = (
    "<!DOCTYPE html>"
    f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    '<meta charset="utf-8"><base target="_blank">'
)
_FRAME = "width:100%;height:420px;border:1px solid #8884;background:#fff"


@dataclass(frozen=True)
class Format:
    """How one kind of answer is asked for and shown.

    Attributes
    ----------
    wish:
        What the model is told about it.
    growing, whole:
        As output data in a notebook, while it is written and once it is complete.
    plain:
        As text, where it is shown only once it is complete.
    """

    wish: str = ""
    growing: Callable[[str], Bundle] = answer_bundle
    whole: Callable[[str], Bundle] | None = None
    plain: Callable[[str], str] | None = None


def code_in(text: str) -> tuple[str, str]:
    """The code of an answer and its language: the largest fenced block, or the whole text."""
    blocks = [(m[3], m[2].strip().lower()) for m in _FENCED.finditer(text)]
    body, language = max(blocks, key=lambda block: len(block[0]), default=(text, ""))
    return textwrap.dedent(inert.without_controls(body)).strip("\n"), language


def _code(text: str) -> Bundle:
    clean = inert.without_controls(text)
    shown = inert.markdown(text) if _FENCED.search(clean) else inert.block(clean, "python")
    return {"text/markdown": shown, "text/plain": clean}


def _json_source(text: str) -> Bundle:
    clean = inert.without_controls(text)
    return {"text/markdown": inert.block(clean, "json"), "text/plain": clean}


def _json(text: str) -> Bundle:
    try:
        return json_bundle(_loads(text))
    except ValueError:
        return _json_source(text)


def _pretty(text: str) -> str:
    try:
        return str(json_bundle(_loads(text))["text/plain"])
    except ValueError:
        return text


def json_bundle(value: Any) -> Bundle:
    """A value as output data: JSON for front ends that draw it, and readable text."""
    plain = value.model_dump(mode="json") if hasattr(value, "model_dump") else value
    text = inert.without_controls(json.dumps(plain, indent=2, ensure_ascii=False))
    bundle: Bundle = {"text/plain": text}
    if isinstance(plain, (dict, list)):
        bundle["application/json"] = json.loads(text, parse_constant=str)
    return bundle


def _loads(text: str) -> Any:
    from zg_jupyter import shaped

    return shaped.value_in(text)


def _html_source(text: str) -> Bundle:
    clean = inert.without_controls(code_in(text)[0])
    return {"text/markdown": inert.block(clean, "html"), "text/plain": clean}


def html_frame(text: str) -> Bundle:
    """A stranger's HTML in a frame that runs no scripts, loads nothing and has no origin."""
    source = code_in(text)[0]
    inside = escape(_HEAD + source, quote=True)
    frame = (
        f'<iframe sandbox referrerpolicy="no-referrer" style="{_FRAME}" srcdoc="{inside}"></iframe>'
    )
    return {"text/html": frame, "text/plain": source}


FORMATS: Mapping[str, Format] = {
    "markdown": Format(),
    "text": Format(),
    "code": Format(words_answers.WISH_CODE, _code),
    "json": Format("", _json_source, _json, _pretty),
    "html": Format(words_answers.WISH_HTML, _html_source, html_frame),
    "image": Format(),
}


def check(chosen: InferOptions) -> None:
    """Refuse options about the form that contradict each other.

    Raises
    ------
    BadInput
        They do, or HTML is not allowed in this session.
    """
    name = chosen.format
    if chosen.plain and name not in (None, "text"):
        raise BadInput(words_answers.PLAIN_AND.format(format=name))
    if chosen.schema and name not in (None, "text", "json"):
        raise BadInput(words_answers.SCHEMA_AND.format(format=name))
    if chosen.compare and name not in (None, "text", "markdown"):
        raise BadInput(words.NOT_TOGETHER.format(other=f"--format {name}"))
    pictures.check(chosen)
    if name == "html" and not settings.load().allow_html:
        raise BadInput(words_answers.HTML_OFF, next_step=words_answers.HTML_ON)


def format_of(chosen: InferOptions) -> str:
    """Which format some options mean together."""
    if chosen.plain:
        return "text"
    return chosen.format or ("json" if chosen.schema else "markdown")


def view(name: str, rate: Known = unknown) -> AnswerView:
    """Where an answer of this format appears in this front end.

    ``rate`` is asked for what 0G costs in US dollars.
    """
    form = FORMATS[name]
    if name == "image":
        return pictures.view()
    if name == "text" or not host.shows_rich_output():
        return TextView(rate, form.plain)
    return MarkdownView(rate=rate, growing=form.growing, whole=form.whole, form=name)


def looks(name: str, text: str) -> tuple[Bundle, ...]:
    """How an answer of this format may look in a notebook: while it is written, and whole."""
    form = FORMATS[name]
    return tuple(how(text) for how in (form.growing, form.whole) if how is not None)


def offer_next_cell(shell: Any, answer: Answer) -> None:
    """Put the Python of a complete answer into the next cell; it is never run by that."""
    code, language = code_in(answer.text)
    if answer.finish_reason != "stop" or language not in _PYTHON or not _is_python(code):
        return
    shell.set_next_input(code, replace=False)


def _is_python(code: str) -> bool:
    """Whether it may be code at all: a model may answer with a sentence instead."""
    if not code.strip():
        return False
    lines = [line for line in code.split("\n") if not _IPYTHON.match(line)]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def schema_of(name: str, names: Mapping[str, Any]) -> tuple[Any, str]:
    """What ``--schema`` means, a variable of the notebook or a JSON file, and what is sent of it.

    Raises
    ------
    BadInput
        There is no such variable (with the closest match), it is no schema, or the file is no
        JSON object.
    """
    from zg_jupyter import shaped

    wanted = names[name] if name in names else _schema_file(name, names)
    return wanted, json.dumps(shaped.form(wanted).json, ensure_ascii=False, default=str)


def _schema_file(name: str, names: Mapping[str, Any]) -> dict[str, Any]:
    path = Path(name).expanduser()
    if name.isidentifier() and not path.is_file():
        fitting = [n for n, value in names.items() if n[0] != "_" and _may_be_schema(value)]
        close = difflib.get_close_matches(name, fitting, n=1)
        hint = words.DID_YOU_MEAN.format(match=close[0]) if close else words_answers.NO_SCHEMA_NEXT
        raise BadInput(words_answers.NO_SCHEMA.format(name=name[:40]), next_step=hint)
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(_SCHEMA_FILE * 1024 + 1)
        if len(text) > _SCHEMA_FILE * 1024:
            raise ValueError(words_answers.SCHEMA_TOO_LARGE.format(limit=_SCHEMA_FILE))
        schema = _loads(text)
        if not isinstance(schema, dict):
            raise ValueError(words_answers.SCHEMA_NO_OBJECT)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise BadInput(
            words_answers.NO_SCHEMA_FILE.format(name=name[:80], error=why[:120]),
            next_step=words_answers.NO_SCHEMA_NEXT,
        ) from None
    return schema


def _may_be_schema(value: Any) -> bool:
    return isinstance(value, dict) or hasattr(value, "model_json_schema")
