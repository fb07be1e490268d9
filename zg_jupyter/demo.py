"""``zg-jupyter demo``: the whole thing once, on one machine, offline."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from zg_jupyter import client
from zg_jupyter.errors import ConfigError, MissingExtra, ZgError

NOTEBOOK = "01_first_answer.ipynb"


class _Clock:
    """Says what is done and how long it took."""

    def __init__(self) -> None:
        self.started = self._last = time.monotonic()

    def __call__(self, text: str) -> None:
        now = time.monotonic()
        print(f"[{now - self.started:6.1f} s] {text}", flush=True)
        self._last = now


def notebook() -> Path:
    """The first example, from the checkout or from the installed package.

    Raises
    ------
    ConfigError
        When neither is there.
    """
    package = Path(__file__).parent
    for folder in (package / "examples", package.parent / "examples"):
        if (path := folder / NOTEBOOK).is_file():
            return path
    raise ConfigError(
        f"The example {NOTEBOOK} is missing from this installation.",
        next_step="Install the package again.",
    )


def run() -> int:
    """Run the example notebook against the embedded network and print what happened.

    Returns
    -------
    int
        0 when every cell ran.

    Raises
    ------
    ZgError
        A part could not start, or a cell failed; the sentence says which.
    """
    say = _Clock()
    path, owned = _network(say)
    try:
        say(f"Running {path.name} in a fresh kernel...")
        executed = _execute(path)
        for cell in executed.cells:
            _show(cell)
        say("Every cell ran.")
    finally:
        if owned:
            client.down()
            say("The embedded network is stopped.")
    return 0


def open_lab() -> int:
    """Open JupyterLab on a copy of the example; the network lives as long as it does."""
    say = _Clock()
    try:
        import jupyterlab  # noqa: F401
    except ImportError:
        raise MissingExtra("Opening JupyterLab", "lab") from None
    path, owned = _network(say)
    copy = Path.cwd() / path.name
    if not copy.exists():
        copy.write_bytes(path.read_bytes())
    try:
        say(f"Opening JupyterLab on {copy.name}; stop it with Ctrl-C.")
        return subprocess.call([sys.executable, "-m", "jupyterlab", str(copy)])  # noqa: S603
    finally:
        if owned:
            client.down()
            say("The embedded network is stopped.")


def _network(say: _Clock) -> tuple[Path, bool]:
    from zg_jupyter.devnet import up as devnet

    path = notebook()
    owned = devnet.find() is None
    client.up(progress=say).close()
    client.forget_session()
    return path, owned


def _execute(path: Path) -> Any:
    try:
        import nbclient
        import nbformat
        from nbclient.exceptions import CellExecutionError
    except ImportError:
        raise MissingExtra("Running the example notebook", "devnet") from None
    loaded = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)  # type: ignore[no-untyped-call]
    runner = nbclient.NotebookClient(
        loaded,
        timeout=300,
        kernel_name="python3",
        extra_arguments=["--IPKernelApp.log_level=ERROR"],  # it warns of loopback TCP
    )
    try:
        return runner.execute(cwd=str(Path.cwd()))
    except CellExecutionError as error:
        raise ZgError(
            f"A cell of {path.name} failed: {error.ename}: {error.evalue}.",
            charged="What ran before it is in the spend table.",
        ) from None


def _show(cell: Any) -> None:
    """One cell and what it showed, as text."""
    if cell.cell_type != "code":
        return
    print("\n" + "\n".join(f">>> {line}" for line in cell.source.splitlines()))
    for output in cell.outputs:
        if output.output_type == "stream":
            text = output.text
        else:
            text = output.get("data", {}).get("text/plain", "")
        if text.strip():
            print(text.rstrip(), flush=True)
