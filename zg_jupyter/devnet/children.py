"""Provider processes of the embedded network: start, wait until ready, stop for good."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from zg_jupyter.devnet import accounts
from zg_jupyter.devnet.state import ProviderState, cannot_write, make_folder
from zg_jupyter.errors import BadInput, DevnetError

DEFAULT_MODEL = "smollm2-135m-instruct"
DEFAULT_ENGINE = "llamacpp"
#: Seconds for a provider to settle and leave, then to die politely, then at all.
STOP_TIMEOUTS = (20.0, 3.0, 3.0)
_GREEK = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota")
#: Neuron per token of the first provider; each further one is half as much dearer again.
_INPUT_PRICE, _OUTPUT_PRICE = 500_000_000_000, 2_000_000_000_000


def python_module(name: str) -> list[str]:
    """Command for ``python -m name``, but with the current folder last on the import path.

    People keep a ``random.py`` next to their notebook; it must not stand in for Python's own.
    """
    code = (
        "import sys; p = sys.path; p[:1] == [''] and p.append(p.pop(0)); import runpy; "
        f"runpy.run_module({name!r}, run_name='__main__', alter_sys=True)"
    )
    return [sys.executable, "-c", code]


@dataclass(frozen=True)
class ProviderSpec:
    """A provider to start.

    Attributes
    ----------
    name:
        Letters, digits and dashes; names its folder too.
    account_index:
        Development account that it registers and earns with.
    input_price, output_price:
        Neuron per token.
    model, engine:
        What it serves and with what.
    """

    name: str
    account_index: int
    input_price: int = _INPUT_PRICE
    output_price: int = _OUTPUT_PRICE
    model: str = DEFAULT_MODEL
    engine: str = DEFAULT_ENGINE

    def as_json(self) -> dict[str, Any]:
        """For the command line of the supervisor."""
        return asdict(self)


def default_specs(
    count: int, *, model: str = DEFAULT_MODEL, engine: str = DEFAULT_ENGINE
) -> tuple[ProviderSpec, ...]:
    """``count`` providers with rising prices: alpha, beta (1.5 times alpha's), ...

    A short answer (50 tokens in, 40 out) costs about 0.0001 0G at alpha.

    Raises
    ------
    BadInput
        For more providers than there are accounts for.
    """
    most = len(accounts.PROVIDER_INDEXES)
    if not 0 <= count <= most:
        raise BadInput(f"The embedded network runs 0 to {most} providers, not {count}.")
    return tuple(
        ProviderSpec(
            name=_GREEK[i],
            account_index=accounts.PROVIDER_INDEXES[i],
            input_price=_INPUT_PRICE * (2 + i) // 2,
            output_price=_OUTPUT_PRICE * (2 + i) // 2,
            model=model,
            engine=engine,
        )
        for i in range(count)
    )


class ProviderProcess:
    """One provider as a subprocess that ends when its stdin closes, so never outlives us.

    Parameters
    ----------
    spec:
        What to run.
    rpc_url:
        Endpoint of the chain.
    folder:
        Run folder; the provider gets a folder, a log and an announcement file in it.

    Raises
    ------
    DevnetError
        When it cannot be started.
    """

    def __init__(self, spec: ProviderSpec, rpc_url: str, folder: Path) -> None:
        self.spec = spec
        self.log = folder / f"{spec.name}.log"
        self._announce = folder / f"{spec.name}.json"
        self._account = accounts.account(spec.account_index)
        command = [
            *python_module("zg_jupyter.provider"),
            *("--rpc", rpc_url),
            *("--name", spec.name),
            *("--state-dir", str(folder / spec.name)),
            *("--port", "0"),
            *("--input-price", str(spec.input_price)),
            *("--output-price", str(spec.output_price)),
            *("--engine", spec.engine),
            *("--model", spec.model),
            *("--announce", str(self._announce)),
            "--exit-with-parent",
        ]
        try:
            make_folder(folder)
            with self.log.open("wb") as log:
                self._process = self._spawn(command, log)
        except OSError as error:
            raise cannot_write(self.log, error) from error

    def _spawn(self, command: list[str], log: IO[bytes]) -> subprocess.Popen[bytes]:
        # In the environment, because every user of the machine can read a command line.
        environment = {**os.environ, "ZG_PROVIDER_KEY": self._account.key}
        return subprocess.Popen(  # noqa: S603 - our own interpreter and options
            command,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )

    @property
    def exit_code(self) -> int | None:
        """``None`` while it runs."""
        return self._process.poll()

    def announced(self) -> ProviderState | None:
        """What the provider said about itself once it was ready.

        Raises
        ------
        DevnetError
            When it ended instead; the last lines of its log are in the sentence.
        """
        try:
            said = json.loads(self._announce.read_text(encoding="utf-8"))
            return ProviderState(
                name=self.spec.name,
                address=str(said["provider"]),
                url=str(said["url"]),
                model=str(said["model"]),
                input_price=int(said["input_price"]),
                output_price=int(said["output_price"]),
                pid=int(said["pid"]),
                log=str(self.log),
            )
        except (OSError, ValueError, KeyError, TypeError):
            if self.exit_code is not None:
                raise self.failure(f"ended with code {self.exit_code}") from None
            return None

    def failure(self, what: str) -> DevnetError:
        """The error for a provider that did not come up."""
        tail = self.tail()
        said = f" Its last words: {tail}" if tail else ""
        return DevnetError(
            f"Provider {self.spec.name} {what}.{said}", next_step=f"Read its log: {self.log}"
        )

    def tail(self, lines: int = 3) -> str:
        """Last lines of its log on one line."""
        try:
            text = self.log.read_bytes()[-4_000:].decode("utf-8", "replace")
        except OSError:
            return ""
        said = [line.strip() for line in text.splitlines() if line.strip()]
        return " | ".join(said[-lines:])[-600:]

    def ask_to_stop(self) -> None:
        """Close its stdin: it settles, takes its service down and ends."""
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()


def stop_all(processes: list[ProviderProcess]) -> None:
    """End every provider, politely first; none is left when this returns."""
    for one in processes:
        one.ask_to_stop()
    for timeout, harsher in zip(STOP_TIMEOUTS, ("terminate", "kill", ""), strict=True):
        deadline = time.monotonic() + timeout
        for one in processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                one._process.wait(max(0.0, deadline - time.monotonic()))
        left = [one for one in processes if one.exit_code is None]
        if not left:
            return
        for one in left:
            if harsher:
                getattr(one._process, harsher)()
