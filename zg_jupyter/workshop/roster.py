"""Who is in the class: names from a number, a list or a CSV file, and CSV files that are safe.

A roster comes from a school's own lists: with or without a heading, with Excel's semicolons, in
whatever encoding Excel wrote. Every fault is one sentence with the number of its row.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

from zg_jupyter.errors import BadInput

MOST = 2_000
_LONGEST = 80
_MOST_BYTES = 2_000_000
_SHOWN = 5
_HEADINGS = (
    *("name", "student", "full name", "student name"),
    *("nama", "siswa", "mahasiswa", "peserta", "nama lengkap", "nama siswa", "nama mahasiswa"),
)
#: Letters of some scripts need these two; all other invisible characters only hide something.
_JOINERS = "\u200c\u200d"
_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")
_NOT_MADE = "No key was made."


def read(source: int | str | Path | Iterable[str]) -> list[str]:
    """The students' names, in their order.

    Parameters
    ----------
    source:
        How many students there are (they are called ``student-01`` and so on), the path of a CSV
        file, or names.

    Raises
    ------
    BadInput
        A number that is none, a file that cannot be read, or rows that cannot be meant.
    """
    if isinstance(source, bool):
        raise BadInput("True is not a number of students.", charged=_NOT_MADE)
    if isinstance(source, int):
        return numbered(source)
    if isinstance(source, (str, Path)):
        return _checked(_rows_of(Path(source)))
    return _checked(list(enumerate(source, start=1)))


def numbered(count: int) -> list[str]:
    """Names for a class whose names nobody needs to know.

    Raises
    ------
    BadInput
        Fewer than one, or more than :data:`MOST`.
    """
    if not 1 <= count <= MOST:
        raise BadInput(f"A class has from 1 to {MOST} students, not {count}.", charged=_NOT_MADE)
    width = max(2, len(str(count)))
    return [f"student-{number:0{width}}" for number in range(1, count + 1)]


def key(name: str) -> str:
    """What two spellings of one name have in common."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def safe_cell(text: object) -> str:
    """A text that no spreadsheet takes for a formula."""
    written = str(text)
    return f"'{written}" if written.lstrip(" ").startswith(_FORMULAS) else written


def to_csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A CSV that Excel opens as what it is; every cell is safe.

    It starts with a byte order mark, without which Excel reads names as Latin letters.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([safe_cell(cell) for cell in head])
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    return "\ufeff" + out.getvalue()


# -- reading a file --------------------------------------------------------------------------


def _rows_of(path: Path) -> list[tuple[int, str]]:
    """Row numbers as a spreadsheet shows them, with the cell that has the name."""
    lines = _table(_text(path))
    filled = [(n, cells) for n, cells in enumerate(lines, start=1) if any(c.strip() for c in cells)]
    if filled and filled[0][1][0].strip().lower().startswith("sep="):
        del filled[0]
    if not filled:
        raise BadInput(f"{path.name[:60]!r} has no rows.", charged=_NOT_MADE)
    heading = [key(cell) for cell in filled[0][1]]
    column = next((heading.index(word) for word in _HEADINGS if word in heading), None)
    if column is None:
        return [(n, cells[0]) for n, cells in filled]
    return [(n, cells[column] if column < len(cells) else "") for n, cells in filled[1:]]


def _text(path: Path) -> str:
    path = path.expanduser()
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise BadInput(
                f"{path.name[:60]!r} is too large for a list of names.", charged=_NOT_MADE
            )
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        raise BadInput(
            f"The roster {str(path)[:120]!r} cannot be read ({type(error).__name__}).",
            charged=_NOT_MADE,
            next_step="Give the path of a CSV file with one student a row, or a number.",
        ) from None
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")  # Excel's "CSV" on Windows


def _table(text: str) -> list[list[str]]:
    if "\0" in text:
        raise BadInput(
            "The roster is not a text file.",
            charged=_NOT_MADE,
            next_step="Save the sheet as CSV (UTF-8), and give that file.",
        )
    first = next((line for line in text.splitlines() if line.strip()), "")
    if first.lower().startswith("sep=") and len(first) > 4:
        mark = first[4]
    else:
        mark = max(";\t,", key=first.count) if any(c in first for c in ";\t,") else ","
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=mark))
    except csv.Error as error:
        raise BadInput(f"The roster is not a CSV file ({error}).", charged=_NOT_MADE) from None


# -- judging names ---------------------------------------------------------------------------


def _checked(rows: list[tuple[int, str]]) -> list[str]:
    faults: list[str] = []
    seen: dict[str, int] = {}
    names: list[str] = []
    for row, written in rows:
        name = " ".join(unicodedata.normalize("NFC", str(written)).split(" ")).strip()
        if fault := _fault(name):
            faults.append(f"Row {row}: {fault}.")
            continue
        if (known := key(name)) in seen:
            faults.append(f"Row {row}: {name!r} is already in row {seen[known]}.")
            continue
        seen[known] = row
        names.append(name)
    if len(names) > MOST:
        faults.append(f"Row {rows[MOST][0]}: a class has at most {MOST} students.")
    if not rows:
        faults.append("The roster has no students.")
    if faults:
        more = len(faults) - _SHOWN
        said = " ".join(faults[:_SHOWN]) + (f" {more} more rows are at fault." if more > 0 else "")
        raise BadInput(said, charged=_NOT_MADE, next_step="Mend the roster, and run it again.")
    return names


def _fault(name: str) -> str:
    """What is wrong with a name, or nothing."""
    if not name:
        return "the name is empty"
    for character in name:
        kind = unicodedata.category(character)
        if character == "\ufffd":
            return "the name holds a letter that was lost; save the file as CSV UTF-8"
        if kind in ("Cc", "Cf", "Zl", "Zp", "Cs", "Co") and character not in _JOINERS:
            return f"the name holds an invisible character (U+{ord(character):04X}); type it anew"
    if not any(unicodedata.category(c)[0] in "LN" for c in name):
        return f"{name[:20]!r} has no letter"
    if len(name) > _LONGEST:
        return f"the name is longer than {_LONGEST} characters"
    return ""
