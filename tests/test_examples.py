"""The example notebooks run from top to bottom, on a new IPython and on what Colab has."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbclient
import nbformat
import pytest
from filelock import FileLock

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parent.parent
FIRST = ROOT / "examples" / "01_first_answer.ipynb"
WORKSHOP = ROOT / "examples" / "03_workshop.ipynb"
BATCH = ROOT / "examples" / "02_research_batch.ipynb"
COLAB = ["ipython==7.34.0", "ipykernel==6.17.1", "ipywidgets==7.7.1", "pandas==2.2.2"]
COLAB_PYTHONS = ((3, 11), (3, 12))

CHECK = """
import json as _json
_spend = get_ipython().run_line_magic("zg", "spend")
print(_json.dumps({
    "ipython": __import__("IPython").__version__,
    "text": answer.text,
    "verdict": str(answer.receipt.verdict),
    "status": answer.receipt.verdict.status,
    "requests": [answer.receipt.request_id, river.receipt.request_id],
    "costs": [answer.cost, river.cost],
    "rows": [[s, o, v, int(c * 10**18)] for s, o, v, c in zip(
        _spend["state"], _spend["outcome"], _spend["signature"], _spend["cost_0g"])],
}))
"""


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """An embedded network with the real model; gives the ``ZG_HOME`` where kernels find it."""
    from zg_jupyter.devnet import up as devnet

    home = tmp_path_factory.mktemp("zg-home")
    if cache := os.environ.get("ZG_TEST_CACHE"):
        models = Path(cache) / "models"
        models.mkdir(parents=True, exist_ok=True)
        (home / "models").symlink_to(models, target_is_directory=True)
    with pytest.MonkeyPatch.context() as patch:
        for name in [n for n in os.environ if n.startswith("ZG_") and n != "ZG_TEST_CACHE"]:
            patch.delenv(name)
        patch.setenv("ZG_HOME", str(home))
        devnet.up(providers=2, idle_hours=1.0)
        try:
            yield home
        finally:
            devnet.down()


@pytest.fixture(scope="module")
def colab_python(tmp_path_factory):
    """Python with Colab's IPython, pandas and widgets, and our base dependencies; no extras."""
    cache = os.environ.get("ZG_TEST_CACHE")
    folder = Path(cache) if cache else tmp_path_factory.mktemp("cache")
    folder.mkdir(parents=True, exist_ok=True)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*COLAB, *project["dependencies"]]
    environment = folder / "colab-like-env"
    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    done = environment / "installed.json"
    with FileLock(folder / "colab-like-env.lock", timeout=600):
        if done.exists() and json.loads(done.read_text(encoding="utf-8")) == wanted:
            return python
        shutil.rmtree(environment, ignore_errors=True)
        base = _colab_base()
        subprocess.run([base, "-m", "venv", "--without-pip", environment], check=True, timeout=120)
        pip = [sys.executable, "-m", "pip", "--python", python]
        subprocess.run(
            [*pip, "install", "--quiet", "--no-compile", *wanted], check=True, timeout=600
        )
        done.write_text(json.dumps(wanted), encoding="utf-8")
    return python


def _colab_base():
    if sys.version_info[:2] in COLAB_PYTHONS:
        return sys.executable
    for major, minor in COLAB_PYTHONS:
        if found := shutil.which(f"python{major}.{minor}"):
            return found
    pytest.skip("Colab's packages need Python 3.11 or 3.12")


def execute(python, home, folder, monkeypatch, *, path=FIRST, check=CHECK):
    """Run an example in a kernel of this Python; gives the notebook and what it checked."""
    spec = folder / "jupyter" / "kernels" / "under-test"
    spec.mkdir(parents=True)
    argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec.joinpath("kernel.json").write_text(
        json.dumps({"argv": argv, "display_name": "under test", "language": "python"}),
        encoding="utf-8",
    )
    monkeypatch.setenv("JUPYTER_PATH", str(folder / "jupyter"))
    monkeypatch.setenv("IPYTHONDIR", str(folder / "ipython"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("ZG_HOME", str(home))
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(check))
    runner = nbclient.NotebookClient(
        notebook,
        timeout=120,
        kernel_name="under-test",
        resources={"metadata": {"path": str(folder)}},
    )
    runner.execute()
    checked = json.loads(notebook.cells.pop()["outputs"][-1]["text"])
    return notebook, checked


def shown(notebook):
    """All text on the screen."""
    texts = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            texts += [output.get("text", ""), data.get("text/plain", "")]
            texts += [data.get("text/markdown", ""), data.get("text/html", "")]
    return "\n".join(texts)


def rows(home):
    """How many answers the spend table has."""
    from zg_jupyter.spend.store import SpendStore

    store = SpendStore(home / "spend.sqlite")
    try:
        return len(list(store.rows()))
    finally:
        store.close()


def holds(notebook, checked, rows_before):
    """What the example promises is there, on the screen and in the variables."""
    screen = shown(notebook)
    assert "Paris" in checked["text"]
    assert checked["text"].strip() in screen
    assert checked["status"] == "verified"
    assert checked["verdict"] == "verified (development signer, no TEE hardware)"
    assert checked["verdict"] in screen
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output.get("name") == "stderr"]
    assert len(set(checked["requests"])) == 2
    new = checked["rows"][rows_before:]
    assert [row[:3] for row in new] == [["settled", "answered", "verified"]] * 2
    assert [row[3] for row in new] == checked["costs"]
    assert all(cost > 0 for cost in checked["costs"])


@pytest.mark.parametrize("time", ["first", "second"])
def test_the_first_example_runs_from_top_to_bottom_again_and_again(
    network, tmp_path, monkeypatch, time
):
    before = rows(network)
    notebook, checked = execute(sys.executable, network, tmp_path, monkeypatch)
    holds(notebook, checked, before)


def test_the_first_example_runs_on_a_colab_like_set(network, colab_python, tmp_path, monkeypatch):
    before = rows(network)
    notebook, checked = execute(colab_python, network, tmp_path, monkeypatch)
    holds(notebook, checked, before)
    assert checked["ipython"] == "7.34.0"


CHECK_BATCH = """
import json as _json
_table = get_ipython().run_line_magic("zg", "reconcile")
_spend = get_ipython().run_line_magic("zg", "spend")
print(_json.dumps({
    "opinions": [str(o) for o in judged["opinion"]],
    "columns": list(judged.columns),
    "cost": judged.attrs["zg_cost"],
    "spent": [int(c * 10**18) for c in _spend["cost_0g"]][-6:],
    "outcomes": list(_spend["outcome"])[-6:],
    "drift": [int(d * 10**18) for d in _table["drift_0g"]],
}))
"""


def batch_holds(notebook, checked):
    screen = shown(notebook)
    assert "Nothing was sent." in screen
    assert checked["columns"] == ["dish", "text", "opinion"]
    assert all(checked["opinions"])
    assert checked["outcomes"] == ["answered"] * 6
    assert checked["cost"] == sum(checked["spent"]) > 0
    assert checked["drift"] == [0]


def test_the_batch_example_runs_and_everybody_agrees_on_the_cost(network, tmp_path, monkeypatch):
    monkeypatch.setenv("ZG_WALLET", "devnet:4")
    how = {"path": BATCH, "check": CHECK_BATCH}
    batch_holds(*execute(sys.executable, network, tmp_path, monkeypatch, **how))


def test_the_batch_example_runs_on_a_colab_like_set(network, colab_python, tmp_path, monkeypatch):
    monkeypatch.setenv("ZG_WALLET", "devnet:5")
    how = {"path": BATCH, "check": CHECK_BATCH}
    batch_holds(*execute(colab_python, network, tmp_path, monkeypatch, **how))


CHECK_WORKSHOP = """
import json as _json
print(_json.dumps({
    "text": answer.text,
    "routes": [answer.receipt.route, first.receipt.route],
    "costs": [answer.cost, first.cost],
    "same": graded.text == first.text,
    "ended": gateway.returncode,
    "modes": [oct(p.stat().st_mode & 0o777) for p in sorted(Path("handouts").iterdir())],
    "secrets": [p.read_text().strip() for p in [key_file]],
    "codes": [card["code"] for card in cards.values()],
}))
"""


def test_the_workshop_example_runs_from_the_plan_to_the_grade(network, tmp_path, monkeypatch):
    monkeypatch.setenv("ZG_WALLET", "devnet:6")
    how = {"path": WORKSHOP, "check": CHECK_WORKSHOP}
    notebook, checked = execute(sys.executable, network, tmp_path, monkeypatch, **how)
    screen = shown(notebook)
    assert "3 keys of 0.01 0G each for biology" in screen
    assert "Welcome, Amina to biology" in screen
    assert "Passed, and it cost nothing." in screen
    assert "Paris" in checked["text"]
    assert checked["routes"] == ["router", "router"]
    assert all(cost > 0 for cost in checked["costs"])
    assert checked["same"]
    assert checked["ended"] == 0
    assert checked["modes"] == ["0o600", "0o600"]
    assert not [secret for secret in checked["secrets"] if secret in screen]
    assert not [code for code in checked["codes"] if code in screen]
    assert "sk-zg-" not in screen
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output.get("name") == "stderr"]


STUDENT = (
    "%load_ext zg_jupyter",
    "%zg join LINK",
    "%%zg_infer --max-tokens 20 --temperature 0 --out answer\nWhat is the capital of France?",
)
CHECK_STUDENT = """
import json as _json
print(_json.dumps({
    "ipython": __import__("IPython").__version__,
    "text": answer.text,
    "route": answer.receipt.route,
    "cost": answer.cost,
}))
"""


def test_a_student_on_a_colab_like_set_asks_in_the_third_cell(
    network, colab_python, tmp_path, monkeypatch
):
    """No wallet and no chain there: the gateway is another process, with its own home."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("ZG_WALLET", "devnet:7")
    monkeypatch.setenv("ZG_HOME", str(network))
    from zg_jupyter import client
    from zg_jupyter.workshop import Class, codes, issuer

    with client.connect("devnet") as payer:
        payer.deposit(3 * 10**18)
    command = [sys.executable, "-m", "zg_jupyter", "gateway", "--class", "colab", "--port", "0"]
    with subprocess.Popen(
        [*command, "--network", "devnet"], stdout=subprocess.PIPE, text=True
    ) as gateway:
        try:
            url = gateway.stdout.readline().split()[-1]
            file = gateway.stdout.readline().split(" is in ")[-1].strip().removesuffix(".")
            issuer.hold(url, Path(file).read_text(encoding="utf-8"))
            course = Class.new("colab", ["Amina"], limit="0.01", network="devnet", router_url=url)
            course.mint()
            link = codes.link(url, course._content.pupils[0].join_code)
            path = tmp_path / "student.ipynb"
            cells = [nbformat.v4.new_code_cell(cell.replace("LINK", link)) for cell in STUDENT]
            nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
            monkeypatch.delenv("ZG_WALLET")
            home = tmp_path / "student"
            notebook, checked = execute(
                colab_python, home, tmp_path, monkeypatch, path=path, check=CHECK_STUDENT
            )
            spent = course.table()["spent_0g"].tolist()
        finally:
            gateway.terminate()
            issuer.let_go()
    assert checked["ipython"] == "7.34.0"
    assert checked["route"] == "router"
    assert "Paris" in checked["text"]
    assert [int(one * 10**18) for one in spent] == [checked["cost"]]
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output.get("name") == "stderr"]


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.ipynb")), ids=lambda p: p.name)
def test_examples_are_stored_without_outputs(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


PANEL = """
%load_ext zg_jupyter
%zg panel
"""
PANEL_CHECK = """
import json as _json, time as _time
from zg_jupyter.panel.view import SECTIONS as _names
_panel = zg.panel()
for _name in _names:
    _panel.go(_name)
_time.sleep(3)  # a look of every section
print(_json.dumps({
    "ipywidgets": __import__("ipywidgets").__version__,
    "sections": [section.name for section in _panel._sections],
    "children": [len(section.box.children) for section in _panel._sections],
}))
"""


def test_the_panel_is_made_on_colabs_package_set(network, colab_python, tmp_path, monkeypatch):
    path = tmp_path / "panel.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(PANEL)]), path)
    notebook, checked = execute(
        colab_python, network, tmp_path, monkeypatch, path=path, check=PANEL_CHECK
    )
    assert checked["ipywidgets"] == "7.7.1"
    assert all(checked["children"])
    outputs = notebook.cells[0]["outputs"]
    assert "application/vnd.jupyter.widget-view+json" in outputs[0]["data"]
    assert 'class="zg-still"' in outputs[1]["data"]["text/html"]
    assert not [output for output in outputs if output.get("name") == "stderr"]
