"""A client's spend for faces that look often: sums, the newest rows, the course, files of it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from zg_jupyter.errors import BadInput
from zg_jupyter.networks import name_of
from zg_jupyter.spend import looks
from zg_jupyter.spend.looks import Spot as Spot
from zg_jupyter.spend.rows import Row as Row
from zg_jupyter.spend.rows import Sum as Sum
from zg_jupyter.units import format_0g

if TYPE_CHECKING:
    from zg_jupyter.aio import AsyncClient

#: What the record says of an answer's signature. ``development``: it holds, and its signer is a
#: stand-in without TEE hardware. ``pending``: this process is looking.
Signed = Literal["verified", "development", "unsigned", "failed", "pending", "not-checked"]
_FAILED = ("mismatch", "signed-by-unknown")
_COLUMNS = (
    *("time", "network", "notebook", "cell", "model", "provider", "prompt_tokens"),
    *("completion_tokens", "cost_0g", "state", "outcome", "signature", "seconds"),
)
# What spreadsheets take for the beginning of a formula; also its wide forms.
_FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


class Spending:
    """What the wallet of a client spent on its network.

    Parameters
    ----------
    inner:
        Whose record it is.
    """

    def __init__(self, inner: AsyncClient) -> None:
        self._inner = inner
        #: Providers whose enclave is known to be a stand-in, as far as offers were read.
        self.stand_ins: frozenset[str] = frozenset()

    def rows(self, limit: int | None) -> list[Row]:
        """The newest rows, the newest first; ``None`` gives all. Released ones are left out.

        Raises
        ------
        StoreError
            When the record cannot be read, as in all methods.
        """
        database = self._inner.store.database
        with database.reading() as db:
            return looks.newest(db, database.sequence, limit=limit, **self._whose)

    def course(self, spots: int) -> list[Spot]:
        """How the total grew, in about ``spots`` exact steps from nothing to everything."""
        with self._inner.store.database.reading() as db:
            return looks.course(db, spots=spots, **self._whose)

    def sums(self, by: str) -> list[Sum]:
        """Spend by ``model``, ``provider``, ``notebook``, ``day`` or ``cell``, dearest first."""
        return self._inner.store.sums(by, **self._whose)

    def signed(self, row: Row) -> Signed:
        """What is known of a row's signature."""
        if row.verdict in _FAILED:
            return "failed"
        if row.verdict == "verified":
            known = self._inner.network.is_development or row.provider in self.stand_ins
            return "development" if known else "verified"
        if row.verdict == "unsigned":
            return "unsigned"
        waits = row.state == "reserved" or self._inner.is_being_checked(row.id)
        return "pending" if waits else "not-checked"

    @property
    def _whose(self) -> dict[str, str]:
        return {"network": self._inner.books, "user": self._inner.wallet.address}


def cost_of(row: Row) -> int:
    """What a row counts for, in neuron: an open or abandoned one its reserve."""
    return row.reserved if row.state in ("reserved", "abandoned") else row.cost


def as_csv(rows: Iterable[Row]) -> bytes:
    """Rows as CSV (UTF-8) in which no cell is a formula: those that begin like one get a ``'``."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    writer.writerows([_harmless(value) for value in _values(row)] for row in rows)
    return text.getvalue().encode("utf-8", "replace")


def as_json(rows: Iterable[Row]) -> bytes:
    """Rows as a JSON list of objects; amounts are exact decimals in strings."""
    found = [dict(zip(_COLUMNS, _values(row), strict=True)) for row in rows]
    return json.dumps(found, indent=1).encode()


def save(folder: Path, stem: str, ending: str, content: bytes) -> Path:
    """Write a new file, whatever is there already; gives its path.

    Raises
    ------
    BadInput
        It cannot be written (disk full, no permission); nothing is left of it.
    """
    for number in range(1, 1000):
        path = folder / f"{stem}{f'-{number}' if number > 1 else ''}.{ending}"
        try:
            with path.open("xb") as file:
                try:
                    file.write(content)
                    file.flush()
                except OSError:
                    path.unlink(missing_ok=True)
                    raise
        except FileExistsError:
            continue
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise BadInput(
                f"{path.name} cannot be written ({why}).",
                next_step="Free some disk space, or download it in the browser.",
            ) from None
        return path
    raise BadInput(f"There are a thousand files named {stem} in this folder already.")


def _values(row: Row) -> Sequence[str | int | float]:
    when = datetime.fromtimestamp(row.started, timezone.utc)
    return (
        *(when.isoformat(timespec="seconds"), name_of(row.network), row.notebook, row.cell),
        *(row.model, row.provider, row.prompt_tokens, row.completion_tokens),
        *(format_0g(cost_of(row), unit=False), row.state, row.outcome, row.verdict),
        round(row.seconds, 3),
    )


def _harmless(value: str | int | float) -> str | int | float:
    """A value that a spreadsheet shows and does not carry out."""
    if isinstance(value, str) and value.lstrip(" ").startswith(_FORMULA):
        return f"'{value}"
    return value
