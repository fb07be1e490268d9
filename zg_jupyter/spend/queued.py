"""Jobs that providers took on for us and whose results nobody has seen yet, in a file.

Written down before anybody waits for them: whichever kernel comes later can fetch what an earlier
one asked for. What was asked is not in here, only where the job is and which spend row it has.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from zg_jupyter.chat_request import Queued
from zg_jupyter.records import Offer
from zg_jupyter.spend.database import unusable

FILE = "queued.sqlite"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS queued (
    id TEXT NOT NULL,
    network TEXT NOT NULL,
    user TEXT NOT NULL,
    row TEXT NOT NULL,
    at REAL NOT NULL,
    fields TEXT NOT NULL,
    PRIMARY KEY (network, user, id)
) WITHOUT ROWID
"""


@dataclass(frozen=True)
class Waiting:
    """A job that is, or was, under way.

    Attributes
    ----------
    job, offer:
        Which, and at whom at which price.
    row:
        Id of its spend row.
    images:
        How many it makes.
    at:
        When it was taken on, in unix seconds.
    notebook, cell:
        What it is for.
    """

    job: Queued
    offer: Offer
    row: str
    images: int
    at: float = field(default_factory=time.time)
    notebook: str = ""
    cell: str = ""


class QueueBook:
    """The jobs of one wallet or key; the file is opened, and made, when it is first used.

    Parameters
    ----------
    path:
        SQLite file.
    network, user:
        Whose jobs, as spend rows name them; ``network`` may be set later.
    """

    def __init__(self, path: Path, network: str, user: str) -> None:
        self._path, self.network, self._user = path, network, user
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None

    def add(self, one: Waiting) -> None:
        """Write a job down; raises StoreError where the file cannot be used."""
        offer = {**asdict(one.offer), "info": dict(one.offer.info)}
        fields = {"job": asdict(one.job), "offer": offer, "images": one.images}
        fields |= {"notebook": one.notebook, "cell": one.cell}
        with self._using() as db:
            db.execute(
                "INSERT OR REPLACE INTO queued VALUES (?, ?, ?, ?, ?, ?)",
                (one.job.id, self.network, self._user, one.row, one.at, json.dumps(fields)),
            )

    def remove(self, job: str) -> None:
        """Its end was seen."""
        with self._using() as db:
            db.execute(
                "DELETE FROM queued WHERE network = ? AND user = ? AND id = ?",
                (self.network, self._user, job),
            )

    def all(self) -> list[Waiting]:
        """Those whose end was not seen, the oldest first."""
        with self._using() as db:
            found = db.execute(
                "SELECT row, at, fields FROM queued WHERE network = ? AND user = ? ORDER BY at",
                (self.network, self._user),
            ).fetchall()
        return [_read(*values) for values in found]

    def everybodys(self) -> list[Waiting]:
        """The same of all wallets and networks."""
        if not self._path.exists():
            return []
        with self._using() as db:
            found = db.execute("SELECT row, at, fields FROM queued ORDER BY at").fetchall()
        return [_read(*values) for values in found]

    def get(self, job: str) -> Waiting | None:
        """The one with that id."""
        return next((one for one in self.all() if one.job.id == job), None)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None

    @contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                if self._db is None:
                    self._path.parent.mkdir(parents=True, exist_ok=True)
                    self._db = sqlite3.connect(self._path, timeout=30, check_same_thread=False)
                    self._path.chmod(0o600)
                    self._db.execute(_SCHEMA)
                with self._db:
                    yield self._db
            except (OSError, sqlite3.Error) as error:
                raise unusable(self._path, error) from error


def _read(row: str, at: float, text: str) -> Waiting:
    fields: dict[str, Any] = json.loads(text)
    return Waiting(
        Queued(**fields["job"]),
        Offer(**fields["offer"]),
        row,
        int(fields["images"]),
        float(at),
        fields["notebook"],
        fields["cell"],
    )
