"""The small file that tells every kernel and browser of this machine where the network runs."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import time
import uuid
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from zg_jupyter import settings
from zg_jupyter.errors import DevnetError

FILE_VERSION = 1
FILE_NAME = "devnet.json"
PROBE_TIMEOUT = 3.0


@dataclass(frozen=True)
class ProviderState:
    """One provider that the network started.

    Attributes
    ----------
    name, address, url, model:
        What it is called, its account, where it listens, and what it serves.
    input_price, output_price:
        Neuron per token.
    pid:
        Its process.
    log:
        File with its messages.
    exit_code:
        ``None`` while it runs.
    """

    name: str
    address: str
    url: str
    model: str
    input_price: int
    output_price: int
    pid: int
    log: str
    exit_code: int | None = None


@dataclass(frozen=True)
class DevnetState:
    """A running network.

    Attributes
    ----------
    instance:
        Random id, also answered by the chain's ``zg_instance``.
    pid:
        The supervisor process.
    rpc_url, chain_id, ledger, inference:
        How to reach the chain and the contracts on it.
    started_at:
        Unix seconds.
    log:
        File with the supervisor's messages.
    providers:
        The providers that it started.
    """

    instance: str
    pid: int
    rpc_url: str
    chain_id: int
    ledger: str
    inference: str
    started_at: int
    log: str
    providers: tuple[ProviderState, ...] = ()
    version: int = field(default=FILE_VERSION)

    def as_json(self) -> dict[str, Any]:
        """What the file holds."""
        return asdict(self)


def folder(state_dir: Path | None = None) -> Path:
    """Where a network keeps its files: ``devnet`` in the home of this package by default."""
    chosen = Path(state_dir) if state_dir is not None else settings.home() / "devnet"
    return chosen.expanduser().absolute()


def read(state_dir: Path | None = None) -> DevnetState | None:
    """What the state file says, dead or alive; ``None`` without a readable one."""
    try:
        found = json.loads((folder(state_dir) / FILE_NAME).read_text(encoding="utf-8"))
        if found["version"] != FILE_VERSION:
            return None
        providers = tuple(ProviderState(**one) for one in found.pop("providers"))
        return DevnetState(**found, providers=providers)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def write(state: DevnetState, state_dir: Path | None = None) -> None:
    """Write the state file so that a reader sees the old or the new one, never a half.

    Raises
    ------
    DevnetError
        When it cannot be written (disk full, no permission).
    """
    write_json(folder(state_dir) / FILE_NAME, state.as_json())


def remove(instance: str, state_dir: Path | None = None) -> None:
    """Take the state file away if it is still the one of ``instance``."""
    found = read(state_dir)
    if found is not None and found.instance == instance:
        with contextlib.suppress(OSError):
            (folder(state_dir) / FILE_NAME).unlink()


def write_json(path: Path, value: Any) -> None:
    """Replace ``path`` by the JSON text of ``value`` in one step, readable by this user only.

    Raises
    ------
    DevnetError
        When it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        make_folder(path.parent)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(value, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        for attempt in range(20):
            try:
                temporary.replace(path)
                break
            except PermissionError:
                # Windows refuses while somebody reads the old file.
                if attempt == 19:
                    raise
                time.sleep(0.05)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise cannot_write(path, error) from error


def make_folder(path: Path) -> None:
    """Make a folder for this user only, and its parents."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)


def cannot_write(path: Path, error: OSError) -> DevnetError:
    """The one sentence for a disk that is full or read-only."""
    return DevnetError(
        f"{path} cannot be written: {error.strerror or type(error).__name__}.",
        next_step="Free some space, or set ZG_HOME to a folder that can be written.",
    )


def ask(rpc_url: str, method: str, *params: Any, timeout: float = PROBE_TIMEOUT) -> Any:
    """One JSON-RPC call without any heavy import; ``None`` when there is no proper answer.

    Parameters
    ----------
    rpc_url:
        For example ``http://127.0.0.1:40123``.
    timeout:
        Seconds.
    """
    try:
        parts = urlsplit(rpc_url)
        connection = http.client.HTTPConnection(
            parts.hostname or "127.0.0.1", parts.port or 80, timeout=timeout
        )
        try:
            body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
            headers = {"Content-Type": "application/json", "X-Zg-Background": "1"}
            connection.request("POST", "/", json.dumps(body), headers)
            return json.loads(connection.getresponse().read(1 << 20)).get("result")
        finally:
            connection.close()
    except (OSError, ValueError, AttributeError, http.client.HTTPException):
        return None


def is_alive(state: DevnetState) -> bool:
    """Whether the chain of this very network answers."""
    return bool(ask(state.rpc_url, "zg_instance") == state.instance)
