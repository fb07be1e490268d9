"""A notebook that was run and saved: its still pictures are read, run nothing, hold no secret."""

from __future__ import annotations

import json
import os
import re

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter

from tests.notebook.conftest import ROOT
from tests.panel.records import spent
from zg_jupyter import client

OG = 10**18
EVIL = (
    "evil <img src=x onerror=window.hit=1><script>window.hit=2</script> $\\href{javascript:x}{y}$"
)
KEYS = """
import time
from zg_jupyter.panel import panel
mine = panel()
mine.go("trust")
trust = next(s for s in mine._sections if s.name == "trust")
def until(true):
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, mine.still()
        time.sleep(0.05)
payer = trust.room.client()
until(lambda: trust._keys._provider.options)
trust._keys._provider.value = payer.money.holdings().accounts[0].provider
trust._keys._label.value = "in the notebook"
trust._keys._create.click()
until(lambda: trust._keys._once.ready)
trust._attested._rows.children[0].children[0].click()
until(lambda: "in the notebook" in mine._shown and "Development attestation" in mine._shown)
"""
ASKED = "zg_jupyter.session().ask('hello')\nimport zg_jupyter.panel.handed as h; h._unseen[0][1]"


@pytest.fixture(scope="module")
def saved(sellers, tmp_path_factory):
    """The notebook as a dict, and the secret that its kernel knew."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [n for n in os.environ if n.startswith("ZG_") and n != "ZG_TEST_CACHE"]:
            patch.delenv(name)
        patch.setenv("ZG_HOME", str(sellers))
        patch.setenv("ZG_WALLET", "devnet:5")
        patch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
        patch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        client.forget_session()
        with client.connect("devnet") as payer:
            payer.deposit(6 * OG)
            payer.money.transfer(payer.offers()[0].provider, OG)
            spent(payer, OG // 4, model=EVIL, verdict="mismatch")
        sources = ["%load_ext zg_jupyter\n%zg panel", KEYS, f"import zg_jupyter\n{ASKED}"]
        cells = [nbformat.v4.new_code_cell(source) for source in sources]
        notebook = nbformat.v4.new_notebook(cells=cells)
        NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    secret = notebook.cells[-1].outputs[-1]["data"]["text/plain"].strip("'")
    notebook.cells[-1].outputs = []  # the test's own look at it
    assert secret.startswith("app-sk-")
    return notebook, secret


def still_of(text):
    return "\n".join(re.findall(r'<div class="zg-still">.*?</em></p></div>', text, re.DOTALL))


def test_it_can_be_read_without_a_kernel(saved):
    page, _ = HTMLExporter().from_notebook_node(saved[0])
    still = still_of(page)
    for words in (
        "All together: 0.25",
        "FAILED",
        "in the notebook",
        "active",
        "Development attestation: no TEE hardware stands behind provider",
        "run %zg panel for a live one",
        "evil &lt;img src=x onerror",
    ):
        assert words in still, words
    assert still.count("<table>") >= 3


def test_it_runs_nothing(saved):
    still = still_of(HTMLExporter().from_notebook_node(saved[0])[0])
    names = set(re.findall(r"<\s*/?\s*([a-zA-Z0-9]+)", still))
    text = {"p", "em", "ul", "ol", "li", "span", "div", "code", "pre", "strong", "dl", "dt", "dd"}
    assert names <= text | {"h3", "h4", "table", "thead", "tbody", "tr", "th", "td"}
    assert not re.search(r"<[^>]*\s(on\w+|href|src|style)\s*=", still)
    assert "$\\href" not in still


def test_neither_outputs_nor_states_of_widgets_hold_the_secret(saved):
    notebook, secret = saved
    written = json.dumps(notebook)
    assert len(notebook.metadata["widgets"]) == 1  # the states are really there
    assert "in the notebook" in written
    assert secret not in written
    assert secret[10:60] not in written
    assert "app-sk-ey" not in written
