"""The receipts in a saved notebook: which answers are there, and what is proved about each.

The file is read as plain JSON. What it shows is compared with what the signed bytes say, output
by output: a notebook front end may show any of the forms in which an output is stored.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import Any, Literal

from zg_jupyter import evidence, proofs, wire_json
from zg_jupyter.errors import BadInput
from zg_jupyter.verdict import Verdict

#: ``verified``: by the signer that the receipt names; ``registered``: and the chain names it too.
Outcome = Literal["registered", "verified", "signed", "unsigned", "failed", "no receipt"]
#: An answer's text as output data, in every way in which that form may be shown.
Shown = Callable[[str, str], Sequence[Mapping[str, Any]]]
#: A verdict as the line below an answer says it, in every language.
Said = Callable[[Verdict], Sequence[str]]

_ASKS = re.compile(r"^[^#\n'\"]*%zg_infer\b(?P<options>[^\n]*)", re.MULTILINE)
_NO_ANSWER = re.compile(r"(^|\s)(--plan|--help|-h)(\s|$)")
_JSON = "application/json"
_WITHOUT = "an answer without a receipt"
_PRINTED = "nothing here has a receipt: text that is printed, or shown side by side, carries none"


@dataclass(frozen=True)
class Row:
    """What is proved about one answer.

    Attributes
    ----------
    cell:
        Which cell it is in, counted from 1, and the number in front of it.
    outcome, why:
        What came of it.
    proof:
        The receipt's content, where it can be read.
    """

    cell: str
    model: str
    provider: str
    outcome: Outcome
    why: str
    proof: Mapping[str, Any] | None = None

    @property
    def fails(self) -> bool:
        """Whether something does not hold, or is missing."""
        return self.outcome in ("failed", "no receipt")


def _in_english(verdict: Verdict) -> Sequence[str]:
    return (str(verdict),)


def examine(path: Path, shown: Shown, said: Said = _in_english) -> list[Row]:
    """Check every answer in a saved notebook, offline.

    Parameters
    ----------
    path:
        An ``.ipynb`` file.
    shown:
        How answers look.
    said:
        How verdicts read.

    Raises
    ------
    BadInput
        It cannot be read, or is no notebook.
    """
    rows: list[Row] = []
    seen: dict[str, str] = {}
    for number, cell in enumerate(_cells(path), 1):
        count = cell.get("execution_count")
        name = f"{number}, In [{count}]" if isinstance(count, int) else str(number)
        for row, answer in _in_cell(name, cell, shown, said):
            if answer and row.outcome != "no receipt" and answer in seen:
                why = f"its receipt belongs to the answer in cell {seen[answer]}"
                row = replace(row, outcome="failed", why=why)
            seen.setdefault(answer, name)
            rows.append(row)
    return rows


def _cells(path: Path) -> list[dict[str, Any]]:
    shown = str(path)[:120]
    try:
        found = wire_json.loads(path.read_bytes())
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise BadInput(f"The notebook {shown} cannot be read ({why}).") from None
    except (ValueError, RecursionError):
        raise BadInput(f"{shown} is not a notebook: it is not JSON.") from None
    cells = found.get("cells") if isinstance(found, dict) else None
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise BadInput(
            f"{shown} is not a notebook of format 4.",
            next_step="Save it anew with a current Jupyter.",
        )
    return cells


def _in_cell(
    name: str, cell: Mapping[str, Any], shown: Shown, said: Said
) -> Iterator[tuple[Row, str]]:
    """The answers of one cell, each with the id of its receipt."""
    outputs = cell.get("outputs")
    outputs = [o for o in outputs if isinstance(o, dict)] if isinstance(outputs, list) else []
    answers: dict[str, list[dict[str, Any]]] = {}
    receipts: list[tuple[Any, dict[str, Any]]] = []
    for output in outputs:
        mark = _mark(output)
        if mark is None:
            continue
        if "receipt" in mark:
            receipts.append((mark["receipt"], output))
        else:
            answers.setdefault(str(mark.get("answer", "")), []).append(output)
    for proof, output in receipts:
        told = proof if isinstance(proof, dict) else {}
        answer = str(told.get("answer", ""))
        judged = _held(proofs.judge(proof), told, output, answers.pop(answer, []), shown, said)
        yield _row(name, told, judged), answer
    for answer in answers:
        yield Row(name, "", "", "no receipt", _WITHOUT), answer
    if not answers and not receipts and _asks(cell) and _may_answer(outputs):
        yield Row(name, "", "", "no receipt", _PRINTED), ""


def _mark(output: Mapping[str, Any]) -> dict[str, Any] | None:
    metadata = output.get("metadata")
    mark = metadata.get(evidence.KEY) if isinstance(metadata, dict) else None
    return mark if isinstance(mark, dict) else None


def _asks(cell: Mapping[str, Any]) -> bool:
    source = _joined(cell.get("source"))
    if cell.get("cell_type") != "code" or not isinstance(source, str):
        return False
    return any(not _NO_ANSWER.search(found["options"]) for found in _ASKS.finditer(source))


def _may_answer(outputs: Sequence[Mapping[str, Any]]) -> bool:
    """Whether something is shown that may be an answer; a failed cell may show notices only."""
    if any(output.get("output_type") == "error" for output in outputs):
        return any("text/markdown" in (output.get("data") or ()) for output in outputs)
    shown = ("display_data", "stream", "execute_result")
    return any(output.get("output_type") in shown for output in outputs)


def _row(name: str, told: Mapping[str, Any], judged: proofs.Judged) -> Row:
    model, provider = (str(told.get(key, ""))[:80] for key in ("model", "provider"))
    return Row(name, model, provider, judged.outcome, judged.why, told)


def _held(
    judged: proofs.Judged,
    proof: Mapping[str, Any],
    line: Mapping[str, Any],
    answers: Sequence[Mapping[str, Any]],
    shown: Shown,
    said: Said,
) -> proofs.Judged:
    """A judged receipt held against what the cell shows."""
    try:
        found = list(_differences(judged, proof, line, answers, shown, said))
    except (ValueError, TypeError, KeyError, AttributeError):
        found = ["what is shown cannot be compared with the receipt"]
    return judged.against(*found)


def _differences(
    judged: proofs.Judged,
    proof: Mapping[str, Any],
    line: Mapping[str, Any],
    answers: Sequence[Mapping[str, Any]],
    shown: Shown,
    said: Said,
) -> Iterator[str]:
    if judged.images:
        yield from _images(judged.images, answers)
    else:
        data = _data(answers[0]) if answers else {}
        if len(answers) > 1:
            yield "there is more than one answer to this receipt"
        elif not answers and (judged.text or proof["shown_sha256"]):
            yield "the answer of this receipt is not in its cell"
        elif answers and judged.text is not None:
            looks = shown(proof["form"], judged.text)
            if data not in looks:
                yield "the shown text is not the text that was signed"
        if answers and evidence.digest(data) != proof["shown_sha256"]:
            yield "the shown text is not the one that this receipt came with"
    written = _data(line)
    verdict = Verdict(proof["verdict"], proof["reason"], proof["signer"], proof["development"])
    plain, html = written.get("text/plain", ""), written.get("text/html", "")
    told = [" ".join(text.split()) for text in said(verdict)]
    if not any(text in plain and escape(text) in html for text in told):
        yield "the line below the answer says something else than the receipt"
    elif evidence.digest(written) != proof["line_sha256"]:
        yield "the line below the answer was changed"


def _images(digests: tuple[str, ...], answers: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    found = [
        hashlib.sha256(base64.b64decode(value)).hexdigest()
        for output in answers
        for kind, value in _data(output).items()
        if kind.startswith("image/")
    ]
    if tuple(found) != digests:
        yield "the shown images are not those that were signed"


def _data(output: Mapping[str, Any]) -> dict[str, Any]:
    """An output's data as it was made: files hold text in lines."""
    data = output["data"]
    return {kind: value if kind == _JSON else _joined(value) for kind, value in data.items()}


def _joined(value: Any) -> Any:
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "".join(value)
    return value
