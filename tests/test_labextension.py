"""The lab extension in the package, and the kernel side that feeds it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

from tests import lab_metadata
from zg_jupyter import _version
from zg_jupyter.notebook import statusbar

PACKAGE = Path(_version.__file__).parent
BUILT = PACKAGE / "labextension"
SOURCES = Path(__file__).parents[1] / "labextension"
IMPORT = "from zg_jupyter.notebook import statusbar"
TIMEOUT_S = 60


def read_json(path: Path) -> Any:
    assert path.is_file(), f"{path} is missing: pip install -e . builds it"
    return json.loads(path.read_text(encoding="utf-8"))


def environment(scratch: Path) -> dict[str, str]:
    paths = [str(PACKAGE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "IPYTHONDIR": str(scratch)}


# The build


def test_the_built_extension_has_the_entry_point_its_metadata_names() -> None:
    build = read_json(BUILT / "package.json")["jupyterlab"]["_build"]
    assert build["extension"] == "./extension"
    assert (BUILT / build["load"]).read_text(encoding="utf-8").startswith("var _JUPYTERLAB")


def test_an_installed_package_gives_jupyterlab_the_same_build() -> None:
    try:
        metadata.distribution("zg-jupyter")
    except metadata.PackageNotFoundError:
        pytest.skip("used from the checkout without being installed")
    installed = Path(sys.prefix) / "share/jupyter/labextensions/zg-jupyter"
    assert read_json(installed / "package.json") == read_json(BUILT / "package.json")


def test_the_build_has_no_source_map_and_no_path_of_the_machine_that_made_it() -> None:
    scripts = [path for path in BUILT.rglob("*") if path.is_file()]
    assert {path.suffix for path in scripts} == {".js", ".json", ".orig"}  # of the schemas
    for path in scripts:
        text = path.read_text(encoding="utf-8")
        # A map of this file is a comment; in a string, webpack's style loader makes one for CSS.
        assert re.search("^//[#@] ?sourceMappingURL=", text, re.MULTILINE) is None, path.name
        for unwanted in ("file://", "node_modules", str(PACKAGE.parent)):
            assert unwanted not in text, f"{unwanted} in {path.name}"


def test_all_versions_are_the_python_version() -> None:
    lock = read_json(SOURCES / "package-lock.json")
    versions = {
        "sources": read_json(SOURCES / "package.json")["version"],
        "lock": lock["version"],
        "lock's package": lock["packages"][""]["version"],
        "build": read_json(BUILT / "package.json")["version"],
    }
    assert versions == dict.fromkeys(versions, _version.__version__)


@pytest.mark.parametrize(
    "folder",
    [
        "labextension",
        "tests/browser/hosts",
        "tests/devnet/contracts/contract_kit/anvil",
        "tests/peers/typescript",
        "zg_jupyter/devnet/contracts",
    ],
)
def test_the_lock_pins_every_file_by_hash_and_names_no_registry(folder: str) -> None:
    packages = read_json(PACKAGE.parent / folder / "package-lock.json")["packages"]
    pinned = [(name, entry) for name, entry in packages.items() if name]
    assert [name for name, entry in pinned if "resolved" in entry] == []
    assert [name for name, entry in pinned if "integrity" not in entry] == []


# The texts

TEXT = re.compile(r"trans\.(__|_n)\(\s*((?:'(?:[^'\\]|\\.)*'(?:\s*\+\s*)?)+)")


def texts(*calls: str) -> set[str]:
    """What the sources give to the lab's translator by these calls; of plurals, the singular."""
    found = set()
    for path in (SOURCES / "src").glob("*.ts"):
        for match in TEXT.finditer(path.read_text(encoding="utf-8")):
            if match[1] not in (calls or ("__", "_n")):
                continue
            parts = re.findall(r"'((?:[^'\\]|\\.)*)'", match[2])
            found.add("".join(parts).replace("\\n", "\n"))
    return found


def test_every_text_is_there_in_indonesian_with_the_same_places() -> None:
    known = read_json(PACKAGE / "locale/id_ID/LC_MESSAGES/zg_jupyter.json")
    head = known.pop("")
    assert (head["domain"], head["version"]) == ("zg_jupyter", _version.__version__)
    # The lab takes no plurals with fewer than two forms, even of a language that has one.
    assert {text for text, said in known.items() if len(said) == 2} == texts("_n")
    assert set(known) == texts()
    for text, said in known.items():
        for one in said:
            assert sorted(re.findall(r"%\d", one)) == sorted(re.findall(r"%\d", text)), text


def test_a_jupyter_server_with_the_language_finds_the_texts(tmp_path: Path) -> None:
    pytest.importorskip("jupyterlab_language_pack_id_ID")
    code = (
        "import json\nfrom jupyterlab_server.translation_utils import get_language_pack\n"
        "found, message = get_language_pack('id_ID')\n"
        "print(json.dumps([found['zg_jupyter']['no answer yet'], message]))"
    )
    env = environment(tmp_path)
    metadata_folder = lab_metadata.write(tmp_path / "metadata")
    env["PYTHONPATH"] = os.pathsep.join([str(metadata_folder), env["PYTHONPATH"]])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=env,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [["belum ada jawaban"], ""]


# The kernel side, in a real kernel


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BlockingKernelClient]:
    manager, client = start_new_kernel(
        startup_timeout=TIMEOUT_S, env=environment(tmp_path_factory.mktemp("ipython"))
    )
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def run(kernel: BlockingKernelClient, code: str) -> list[dict[str, Any]]:
    """Everything but busy, idle and the input that the code makes the kernel publish."""
    messages: list[dict[str, Any]] = []
    reply = kernel.execute_interactive(code, timeout=TIMEOUT_S, output_hook=messages.append)
    assert reply["content"]["status"] == "ok", reply["content"]
    return [m for m in messages if m["msg_type"] not in {"status", "execute_input"}]


def ask(kernel: BlockingKernelClient, expression: str) -> dict[str, Any]:
    """What a page asks: nothing to run, nothing to store, one expression."""
    reply = kernel.execute_interactive(
        "",
        silent=True,
        store_history=False,
        user_expressions={"status": expression},
        timeout=TIMEOUT_S,
        output_hook=lambda _: None,
    )
    return dict(reply["content"]["user_expressions"]["status"])


def test_publishing_opens_a_comm_and_closes_it(kernel: BlockingKernelClient) -> None:
    opened, closed = run(kernel, f"{IMPORT}\nstatusbar.publish('spent 0.1 0G', 'details')")
    assert opened["msg_type"] == "comm_open"
    assert opened["content"]["target_name"] == "zg_jupyter.status"
    assert opened["content"]["data"] == {"text": "spent 0.1 0G", "tooltip": "details"}
    assert closed["msg_type"] == "comm_close"
    assert closed["content"]["comm_id"] == opened["content"]["comm_id"]


def test_publishing_from_another_thread_reaches_the_page_too(
    kernel: BlockingKernelClient,
) -> None:
    code = (
        f"{IMPORT}\nimport threading\n"
        "worker = threading.Thread(target=statusbar.publish, args=('from a thread',))\n"
        "worker.start(); worker.join(10)"
    )
    opened, _closed = run(kernel, code)
    assert opened["content"]["data"]["text"] == "from a thread"


def test_a_page_that_asks_gets_the_latest_text_and_counts_no_execution(
    kernel: BlockingKernelClient,
) -> None:
    text = 'it\'s "quoted" \\ 100% · 0G'
    run(kernel, f"{IMPORT}\nstatusbar.publish({text!r})")
    before = kernel.execute_interactive("", silent=True, output_hook=lambda _: None)
    answer = ask(
        kernel,
        "__import__('sys').modules['zg_jupyter.notebook.statusbar'].percent_encoded()",
    )
    encoded = answer["data"]["text/plain"][1:-1]
    assert json.loads(unquote(encoded)) == {"text": text, "tooltip": ""}
    after = kernel.execute_interactive("", silent=True, output_hook=lambda _: None)
    counts = [reply["content"]["execution_count"] for reply in (before, after)]
    assert counts[0] == counts[1]


def test_closed_sockets_do_not_fail_the_cell(kernel: BlockingKernelClient) -> None:
    code = (
        f"{IMPORT}\nimport zmq\n"
        "kernel = get_ipython().kernel\n"
        "real, closed = kernel.iopub_socket, zmq.Context.instance().socket(zmq.PUB)\n"
        "closed.close()\n"
        "kernel.iopub_socket = closed\n"
        "try:\n    statusbar.publish('nobody hears it')\n"
        "finally:\n    kernel.iopub_socket = real\n"
        "assert statusbar.latest()['text'] == 'nobody hears it'"
    )
    assert run(kernel, code) == []


def test_a_name_that_fits_in_no_message_is_replaced_not_refused(
    kernel: BlockingKernelClient,
) -> None:
    opened, _closed = run(kernel, f"{IMPORT}\nstatusbar.publish('a\\udc80b')")
    assert opened["content"]["data"]["text"] == "a?b"


# The kernel side, without a kernel


@pytest.mark.parametrize(
    "interpreter", [["-c"], ["-m", "IPython", "-c"]], ids=["python", "ipython"]
)
def test_publishing_without_a_kernel_only_remembers(interpreter: list[str], tmp_path: Path) -> None:
    code = (
        f"{IMPORT}; import sys; before = set(sys.modules); statusbar.publish('x', 'y'); "
        "print(statusbar.latest(), set(sys.modules) - before)"
    )
    done = subprocess.run(
        [sys.executable, *interpreter, code],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    # IPython 7 sets the title of the terminal first.
    assert done.stdout.strip().endswith("{'text': 'x', 'tooltip': 'y'} set()")


@given(text=st.text(), tooltip=st.text())
def test_the_encoded_status_needs_no_escape_and_decodes_to_itself(text: str, tooltip: str) -> None:
    statusbar.publish(text, tooltip)
    encoded = statusbar.percent_encoded()
    assert repr(encoded) == f"'{encoded}'"
    assert json.loads(unquote(encoded)) == {"text": text, "tooltip": tooltip}
