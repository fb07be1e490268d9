"""``python -m tests.bench.joining``: from ``pip install`` to a first answer, by the clock.

The wheel, the network, the teacher's gateway and the code on the student's card are there before.
What counts is what a student does: one ``pip install`` into an environment with nothing but pip, a
kernel, and three cells. The model is canned: its own time is not ours.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jupyter_client.manager import start_new_kernel

from tests.bench.gateway import MODEL
from tests.gateway.test_killed_under_load import Process
from zg_jupyter import client as clients
from zg_jupyter.devnet import up as devnet

ROOT = Path(__file__).parents[2]
GOAL = 60.0  # seconds


def built(folder: Path) -> Path:
    """The wheel of this checkout."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(folder)]
    subprocess.run([*command, str(ROOT)], check=True)
    return next(folder.glob("*.whl"))


@contextmanager
def code_of_a_class(home: Path) -> Iterator[str]:
    """A link to join, as a student's card has it, for a class whose gateway runs."""
    os.environ["ZG_HOME"] = str(home)
    engine = "tests.bench.canned:CannedEngine"
    devnet.up(providers=1, engine=engine, model=MODEL, exit_with_parent=True)
    try:
        with clients.connect("devnet") as payer:
            payer.deposit(4 * 10**18)
        with Process(home, "joining", 0, "--model", MODEL) as gateway:
            made = gateway.room.new_key("amina", credit_limit="0.1")
            yield f"{gateway.url.removesuffix('/v1')}/join/{made['join_code']}"
    finally:
        devnet.down()


def kernel_of(python: Path, folder: Path) -> str:
    """The name of a kernel that is this Python, and knows nothing of the teacher."""
    spec = folder / "kernels" / "student"
    spec.mkdir(parents=True)
    argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    named = {"argv": argv, "display_name": "student", "language": "python"}
    (spec / "kernel.json").write_text(json.dumps(named), encoding="utf-8")
    os.environ["JUPYTER_PATH"] = str(folder)
    return "student"


def main() -> None:
    """Print the seconds of each step, and of all of them."""
    with tempfile.TemporaryDirectory() as name, code_of_a_class(Path(name) / "teacher") as link:
        folder = Path(name)
        wheel = built(folder / "wheel")
        venv.create(folder / "student", with_pip=True)
        python = folder / "student" / ("Scripts" if os.name == "nt" else "bin") / "python"
        cells = (
            "%load_ext zg_jupyter",
            f"%zg join {link}",
            "%%zg_infer --max-tokens 20\nWhat is a ledger?",
        )
        steps: dict[str, float] = {}
        began = at = time.perf_counter()

        def done(step: str) -> None:
            nonlocal at
            now = time.perf_counter()
            steps[step], at = now - at, now

        install = [str(python), "-m", "pip", "install", "--quiet", str(wheel), "ipykernel"]
        subprocess.run(install, check=True)
        done("pip install")
        os.environ["ZG_HOME"] = str(folder / "home")
        manager, client = start_new_kernel(kernel_name=kernel_of(python, folder / "jupyter"))
        try:
            done("start of the kernel")
            for cell in cells:
                reply = client.execute_interactive(cell, timeout=120, store_history=True)
                if reply["content"]["status"] != "ok":
                    raise SystemExit("\n".join(reply["content"]["traceback"]))
                done(cell.partition("\n")[0].partition("http")[0])
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
        for step, seconds in steps.items():
            print(f"{seconds:6.1f} s  {step}")
        whole = at - began
        print(f"{whole:6.1f} s  all of it, {len(cells)} cells (goal: {GOAL:.0f} s, 3 cells)")


if __name__ == "__main__":
    main()
