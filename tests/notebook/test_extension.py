"""Loading, unloading and reloading ``zg_jupyter`` in IPython."""

from __future__ import annotations

import subprocess
import sys

from zg_jupyter.records import NOT_CHECKED, Answer, Receipt, Usage

HEAVY = ["pandas", "web3", "eth_account", "httpx", "ipywidgets", "torch", "eth_abi", "transformers"]
LOAD = f"""
import sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_cell("%load_ext zg_jupyter")
assert "zg" in shell.magics_manager.magics["line"]
print([name for name in {HEAVY!r} if name in sys.modules])
"""


def magics(shell):
    found = shell.magics_manager.magics
    return [name in found[kind] for kind, name in LINES]


LINES = (("line", "zg"), ("line", "zg_infer"), ("cell", "zg_infer"))


def answer(text):
    receipt = Receipt("1", "devnet", "direct", "0x", "m", Usage(1, 1), 1, 0.1, 0.2, NOT_CHECKED)
    return Answer(text, "stop", receipt)


def test_loading_it_imports_nothing_heavy(home):
    done = subprocess.run(
        [sys.executable, "-c", LOAD], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_loading_adds_the_magics_and_unloading_takes_them_out(bare_shell):
    assert magics(bare_shell) == [False] * 3
    bare_shell.run_line_magic("load_ext", "zg_jupyter")
    assert magics(bare_shell) == [True] * 3
    bare_shell.run_line_magic("unload_ext", "zg_jupyter")
    assert magics(bare_shell) == [False] * 3


def test_registering_twice_changes_nothing(shell):
    from zg_jupyter.notebook import register, unregister

    before = shell.magics_manager.magics["line"]["zg"]
    register(shell)
    assert shell.magics_manager.magics["line"]["zg"] is before
    unregister(shell)
    unregister(shell)
    assert magics(shell) == [False] * 3


def test_reloading_keeps_the_magics(shell):
    shell.run_line_magic("reload_ext", "zg_jupyter")
    assert magics(shell) == [True] * 3


def test_an_answer_is_shown_as_inert_markdown(shell):
    formatter = shell.display_formatter.formatters["text/markdown"]
    assert formatter(answer("a <script>")) == "a &lt;script>"


def test_the_other_names_of_the_notebook_stay(bare_shell):
    before = set(bare_shell.user_ns)
    bare_shell.run_line_magic("load_ext", "zg_jupyter")
    assert set(bare_shell.user_ns) == before | {"zg"}
    bare_shell.run_line_magic("unload_ext", "zg_jupyter")
    assert set(bare_shell.user_ns) == before


def test_a_variable_called_zg_is_left_alone(bare_shell):
    bare_shell.user_ns["zg"] = 5
    bare_shell.run_line_magic("load_ext", "zg_jupyter")
    bare_shell.run_line_magic("unload_ext", "zg_jupyter")
    assert bare_shell.user_ns["zg"] == 5


def test_dataframes_learn_to_ask_when_pandas_comes_and_not_before(bare_shell):
    bare_shell.run_line_magic("load_ext", "zg_jupyter")
    bare_shell.run_cell("import pandas")
    bare_shell.run_cell("asks = hasattr(pandas.DataFrame, 'zg')")
    assert bare_shell.user_ns["asks"] is True
