"""What ``import zg_jupyter`` and ``%load_ext zg_jupyter`` load: bounded by name, not by time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import zg_jupyter

HEAVY = {
    *("aiohttp", "coincurve", "dask", "eth", "eth_abi", "eth_account", "eth_keys", "eth_tester"),
    *("eth_utils", "httpcore", "httpx", "ipywidgets", "numpy", "pandas", "psutil", "pydantic"),
    *("requests", "sqlite3", "ssl", "starlette", "tokenizers", "torch", "transformers", "uvicorn"),
    *("distributed", "psycopg", "sqlalchemy", "web3", "xllamacpp", "llguidance"),
}


def loaded_by(tmp_path: Path, before: str, then: str) -> set[str]:
    """Modules that ``then`` adds in a fresh process, after ``before`` has run."""
    script = f"import json, sys\n{before}\nseen = set(sys.modules)\n{then}\n"
    script += "print(json.dumps(sorted(set(sys.modules) - seen)))"
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={
            "PYTHONPATH": str(Path(zg_jupyter.__file__).parents[1]),
            "IPYTHONDIR": str(tmp_path),
            "HOME": str(tmp_path),
            "ZG_HOME": str(tmp_path / "zg"),
            "SYSTEMROOT": "",
        },
    )
    return set(json.loads(result.stdout.splitlines()[-1]))


def packages(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


def test_importing_the_package_loads_nothing_but_its_own_two_files(tmp_path):
    added = loaded_by(tmp_path, "import typing, importlib", "import zg_jupyter")
    assert {name for name in added if name.startswith("zg_jupyter")} == {
        "zg_jupyter",
        "zg_jupyter._version",
    }
    assert packages(added) <= {"zg_jupyter", "__future__"}


SHELL = (
    "from IPython.core.interactiveshell import InteractiveShell\n"
    "shell = InteractiveShell.instance(colors='NoColor')"
)
LOAD = "shell.run_line_magic('load_ext', 'zg_jupyter')"


def test_loading_the_extension_loads_no_other_package(tmp_path):
    added = packages(loaded_by(tmp_path, SHELL, LOAD))
    assert added.isdisjoint(HEAVY)
    assert added - set(sys.stdlib_module_names) - {"IPython"} == {"zg_jupyter"}


def test_loading_the_extension_loads_the_notebook_room_and_what_it_needs_only(tmp_path):
    added = loaded_by(tmp_path, SHELL, LOAD)
    rooms = {name.split(".")[1] for name in added if name.startswith("zg_jupyter.")}
    assert rooms <= {
        "_version",
        "chat_request",
        "choices",
        "consent",
        "prices",
        "evidence",
        "keys_in_text",
        "verdict",
        "vitals",
        "errors",
        "host",
        "image_kinds",
        "networks",
        "notebook",
        "records",
        "settings",
        "ports",
        "quiet",
        "store_url",
        "threads",
    } | {"units"}


def test_the_help_of_a_magic_needs_no_other_package_either(tmp_path):
    help_line = "shell.run_line_magic('zg_infer', '--help')"
    added = packages(loaded_by(tmp_path, SHELL, f"{LOAD}\n{help_line}"))
    assert added.isdisjoint(HEAVY)


def test_another_language_is_loaded_only_where_it_is_chosen(tmp_path):
    english = loaded_by(tmp_path, SHELL, LOAD)
    assert not [name for name in english if ".indonesian" in name]
    chosen = f"import os; os.environ['ZG_LANGUAGE'] = 'id'\n{LOAD}"
    added = loaded_by(tmp_path, SHELL, chosen)
    assert "zg_jupyter.notebook.indonesian.words" in added
    assert packages(added) - set(sys.stdlib_module_names) - {"IPython"} == {"zg_jupyter"}
