"""A virtual environment as a student's notebook has one, and a kernel that runs in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import venv
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

ROOT = Path(__file__).parents[2]


def wheel(folder: Path) -> Path:
    """This checkout as a wheel."""
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), "."]
    subprocess.run(command, cwd=ROOT, check=True)
    (built,) = folder.glob("zg_jupyter-*.whl")
    return built


def environment(folder: Path, *packages: str) -> Path:
    """A new virtual environment with some packages; gives its Python."""
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True)
    return python


class Kernel:
    """A kernel of some Python, in which cells run one after the other.

    Parameters
    ----------
    python:
        Which one; ipykernel is installed there.
    folder:
        For its spec, and its home: it knows nothing of whoever runs this.
    more:
        Environment variables.
    """

    def __init__(self, python: Path | str, folder: Path, **more: str) -> None:
        spec = folder / "kernels" / "fresh"
        spec.mkdir(parents=True)
        argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        said = {"argv": argv, "display_name": "fresh", "language": "python"}
        (spec / "kernel.json").write_text(json.dumps(said))
        keep = {k: v for k, v in os.environ.items() if not k.startswith(("ZG_", "PYTHON"))}
        home = {"ZG_HOME": str(folder / "home"), "IPYTHONDIR": str(folder / "ipython")}
        self._manager = KernelManager(
            kernel_name="fresh",
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(folder / "kernels")]),
        )
        self._manager.start_kernel(env={**keep, **home, **more}, stderr=subprocess.DEVNULL)
        self._channels = self._manager.blocking_client()
        self._channels.start_channels()
        self._channels.wait_for_ready(timeout=60)

    def close(self) -> None:
        self._channels.stop_channels()
        self._manager.shutdown_kernel(now=True)
        self._manager.cleanup_resources()

    def run(self, code: str, seconds: float = 300) -> tuple[float, str]:
        """A cell: the seconds it took, and all that it says; ``RuntimeError`` for its error."""
        started, said = time.perf_counter(), list[str]()

        def hear(message: Any) -> None:
            content = message["content"]
            if message["msg_type"] == "error":
                said.extend(content["traceback"])
                return
            said.append(content.get("text") or content.get("data", {}).get("text/plain", ""))

        reply = self._channels.execute_interactive(code, timeout=seconds, output_hook=hear)
        if reply["content"]["status"] != "ok":
            raise RuntimeError("\n".join(said))
        return time.perf_counter() - started, "\n".join(said)
