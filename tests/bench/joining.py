"""``python -m tests.bench.joining``: from ``pip install`` to a student's first answer.

A class gateway runs, and a student has a notebook: an environment with ipykernel and nothing of
ours. Three cells by the clock: ``%pip install`` of this checkout's wheel (its base install, the
rest from the package index), ``%zg join`` with the link of a card, and a question. What pip
downloaded before it takes from its cache, unless ``--no-cache`` is given. The model is canned, so
that no model's speed is in it.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from tests.bench import fresh
from tests.gateway.test_killed_under_load import MODEL, Process
from zg_jupyter import client as clients
from zg_jupyter.devnet import up as devnet
from zg_jupyter.workshop import codes

GOAL = 60.0
ENGINE = "tests.bench.canned:CannedEngine"


def cells(install: str, link: str) -> dict[str, str]:
    """What the student types."""
    return {
        "pip install": f"%pip install -q {install}",
        "load and join": f"%load_ext zg_jupyter\n%zg join {link}",
        "first answer": "%%zg_infer\none two three",
    }


def measure(folder: Path, install: str) -> None:
    """Print the seconds of every cell and their sum."""
    python = fresh.environment(folder / "student", "ipykernel")
    with Process(folder, "joining") as gateway:
        made = gateway.room.new_key("Amina", credit_limit="0.01")
        link = codes.link(gateway.url, made["join_code"])
        with closing(fresh.Kernel(python, folder / "kernel")) as kernel:
            total = 0.0
            for name, code in cells(install, link).items():
                took, said = kernel.run(code)
                total += took
                print(f"{name:14} {took:6.1f} s")
    if "wörd0 wörd1" not in said:
        raise RuntimeError(f"No answer came: {said[:200]}")
    print(f"{'in all':14} {total:6.1f} s of {GOAL:.0f} s, in {len(cells('', ''))} cells")


def main() -> None:
    options = " ".join(one for one in sys.argv[1:] if one == "--no-cache")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        os.environ["ZG_HOME"] = str(folder / "teacher")
        started = time.perf_counter()
        built = fresh.wheel(folder)
        print(f"(the wheel: {time.perf_counter() - started:.0f} s, not counted)")
        devnet.up(providers=1, engine=ENGINE, model=MODEL, exit_with_parent=True)
        try:
            with clients.connect("devnet") as payer:
                payer.deposit(4 * 10**18)
                payer.ask("a sub-account", max_tokens=4)
            measure(folder, f"{options.replace('--no-cache', '--no-cache-dir')} {built}".strip())
        finally:
            devnet.down()


if __name__ == "__main__":
    main()
