"""Receipts in a saved notebook: written by a real kernel, checked with the network stopped."""

from __future__ import annotations

import contextlib
import json
import os
import string
import threading
from copy import deepcopy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import nbclient
import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import short_network
from zg_jupyter import cli, notebooks, registered
from zg_jupyter.evidence import KEY, checksum
from zg_jupyter.notebook.formats import looks

ROOT = Path(__file__).parents[2]
CELLS = (
    "%load_ext zg_jupyter",
    "%%zg_infer --out first\nIt is **this** <b>one</b>⏎⏎```⏎x = 1⏎```",
    "%%zg_infer --max-tokens 2 -t 0\nAnd that is much longer than it may be",
    '%zg_infer --format json {"city": "Paris", "sizes": [1, 2.5]}',
    "%%zg_infer --provider local --max-tokens 3\nI am this machine",
    "%%zg_infer --plain\nAs text, please",
    "%zg_infer --plan nothing is sent",
    "%zg set receipt_text prompt",
    "%%zg_infer\nKeep this prompt",
    "import json\nprint(json.dumps(first.receipt.proof()))",
    "%zg_infer --format code x = 1",
)


RECORDED = (
    "%load_ext zg_jupyter",
    "%zg record answers.zg",
    "%%zg_infer --max-tokens 20\nOne **answer**",
    "%%zg_infer --max-tokens 20 --chat talk --max-cost 1\nFirst turn ===> second turn",
    "%%zg_infer --max-tokens 20 --chat talk\nGo on",
    "%%zg_infer --max-tokens 20 --provider local\nMade here",
    "%zg record off",
)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A notebook that a kernel ran and saved; its network is gone."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZG_HOME", str(home))
        patch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
        patch.setenv("IPYTHONDIR", str(home / "ipython"))
        patch.setenv("ZG_LOCAL_ENGINE", "tests.notebook.echo:EchoEngine")
        patch.setenv("ZG_LOCAL_MODEL", "echo")
        with short_network("tests.notebook.echo:EchoEngine", "echo"):
            made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in CELLS])
            nbclient.NotebookClient(made, timeout=60, kernel_name="python3").execute()
            nbformat.write(made, home / "homework.ipynb")
            folder = {"metadata": {"path": str(home)}}
            made = nbformat.v4.new_notebook(cells=[*map(nbformat.v4.new_code_cell, RECORDED)])
            nbclient.NotebookClient(
                made, timeout=60, kernel_name="python3", resources=folder
            ).execute()
            nbformat.write(made, home / "recorded.ipynb")
    return home / "homework.ipynb"


@pytest.fixture
def offline(monkeypatch, tmp_path):
    """Nothing is known of any network, and none runs."""
    monkeypatch.setenv("ZG_HOME", str(tmp_path / "nowhere"))


@pytest.fixture(scope="module")
def content(saved):
    return json.loads(saved.read_text(encoding="utf-8"))


def rows(tmp_path, content):
    path = tmp_path / "changed.ipynb"
    path.write_text(json.dumps(content), encoding="utf-8")
    return notebooks.examine(path, looks)


def outputs(content, cell):
    """The answer's output and the receipt's, of a cell counted from 1."""
    found = [o for o in content["cells"][cell - 1]["outputs"] if o["metadata"].get(KEY)]
    answer, receipt = found
    return answer, receipt


def proof(content, cell):
    return outputs(content, cell)[1]["metadata"][KEY]["receipt"]


def test_every_answer_of_a_notebook_is_checked_with_the_network_stopped(offline, saved):
    found = {row.cell.partition(",")[0]: row for row in notebooks.examine(saved, looks)}
    assert {cell: row.outcome for cell, row in found.items()} == {
        "2": "verified",
        "3": "verified",
        "4": "verified",
        "5": "unsigned",
        "6": "no receipt",
        "9": "verified",
        "11": "verified",
    }
    assert all("(development signer, no TEE hardware)" in found[c].why for c in ("2", "3", "4"))
    assert "made on this machine" in found["5"].why
    assert "carries none" in found["6"].why


def test_the_command_line_says_it_and_ends_with_1_where_something_is_missing(
    offline, saved, content, tmp_path, capsys
):
    assert cli.main(["verify", str(saved)]) == 1
    said = capsys.readouterr().out
    assert said.startswith("homework.ipynb: 7 answers, 5 verified offline, 1 unsigned, 1 no rec")
    whole = deepcopy(content)
    del whole["cells"][5]
    path = tmp_path / "whole.ipynb"
    path.write_text(json.dumps(whole), encoding="utf-8")
    assert cli.main(["verify", str(path)]) == 0
    proof(whole, 2)["model"] += "x"
    path.write_text(json.dumps(whole), encoding="utf-8")
    assert cli.main(["verify", str(path)]) == 1
    assert "FAILED" in capsys.readouterr().out


def test_a_receipt_holds_all_that_a_checker_needs_and_no_prompt_or_secret(saved, content):
    made = proof(content, 2)
    assert (made["network"], made["chain_id"], made["verdict"]) == ("devnet", 31337, "verified")
    assert made["signed_text"] == f"{made['request_sha256']}:{made['response_sha256']}"
    assert int(made["cost"]) == int(made["fee"]) > 0
    assert made["usage"]["completion_tokens"] == 6
    assert made["request"] == ""
    assert made["attempts"] == 1
    assert proof(content, 9)["request"]
    text = json.dumps([cell["outputs"] for cell in content["cells"]])
    assert "app-sk-" not in text
    assert "⏎" not in text
    assert len(json.dumps(made)) < 6000


def test_the_same_is_in_the_receipt_of_the_answer(content):
    printed = "".join(content["cells"][9]["outputs"][0]["text"])
    mine, theirs = json.loads(printed), proof(content, 2)
    seen = {"answer", "form", "shown_sha256", "line_sha256", "sha256"}
    assert mine == {k: v for k, v in theirs.items() if k not in seen} | {"sha256": mine["sha256"]}


def changed(text, place, letter):
    place %= len(text)
    letter = letter if letter != text[place] else "~"
    return text[:place] + letter + text[place + 1 :]


@pytest.fixture(scope="module")
def whole(content):
    """Two answers that are verified."""
    return {**content, "cells": [content["cells"][1], content["cells"][8]]}


letters = st.sampled_from(string.ascii_letters + string.digits + " \n<ö")
slow = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@slow
@given(
    st.sampled_from(["text/plain", "text/markdown"]),
    st.integers(0, 10**4),
    letters,
)
def test_one_changed_character_of_an_answer_fails_its_cell(tmp_path, whole, kind, place, letter):
    made = deepcopy(whole)
    data = outputs(made, 1)[0]["data"]
    data[kind] = changed("".join(data[kind]), place, letter)
    first, second = rows(tmp_path, made)
    assert (first.outcome, second.outcome) == ("failed", "verified")
    assert first.why == "the shown text is not the text that was signed"


@slow
@given(st.data(), st.integers(0, 10**4), letters)
def test_one_changed_character_of_a_receipt_fails_its_cell(tmp_path, whole, data, place, letter):
    made = deepcopy(whole)
    receipt = proof(made, 1)
    name = data.draw(st.sampled_from(sorted(k for k, v in receipt.items() if v and v is not True)))
    if isinstance(receipt[name], int):
        receipt[name] += 1
    elif isinstance(receipt[name], str):
        receipt[name] = changed(receipt[name], place, letter)
    else:
        inner = data.draw(st.sampled_from(sorted(receipt[name])))
        receipt[name][inner] = 7 if receipt[name][inner] != 7 else 8
    assert rows(tmp_path, made)[0].outcome == "failed"


@slow
@given(st.integers(2, 131), st.sampled_from("0123456789abcdef"))
def test_one_changed_digit_of_the_signature_fails_even_with_a_right_checksum(
    tmp_path, whole, place, letter
):
    made = deepcopy(whole)
    receipt = proof(made, 1)
    receipt["signature"] = changed(receipt["signature"], place, letter)
    receipt["sha256"] = checksum(receipt)
    found = rows(tmp_path, made)[0]
    assert found.outcome == "failed"
    assert found.why.startswith(("signed by", "the signature is malformed"))


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("request_sha256", "0" * 64, "another request"),
        ("response_sha256", "0" * 64, "another response"),
        ("signature", "", "malformed"),
        ("signed_text", "", "another request"),
        ("development", False, "hides that its signer is a development one"),
        ("verdict", "unsigned", "something else than the receipt"),
        ("signer", "0x" + "1" * 40, "another signer"),
        ("registered_signer", "0x" + "1" * 40, "signed by"),
        ("fee", "1", "the cost is not what this usage costs"),
        ("cost", "1", "the cost is not what the tries cost"),
        ("earlier_tries", "-1", "the cost is not"),
        ("body", "", "not the one that this receipt came with"),
        ("body", "eJw=", "damaged"),
        ("request", "eJwDAAAAAAE=", "the kept request is not the one"),
        ("time", "yesterday", "does not make sense"),
        ("version", 2, "of form 2"),
        ("usage", {"prompt_tokens": "x"}, "does not make sense"),
        ("prices", {}, "does not make sense"),
        ("chain_id", True, "not what it should be"),
        ("form", "nothing", "cannot be compared"),
    ],
)
def test_a_forged_field_has_a_reason_of_its_own_whatever_the_checksum_says(
    tmp_path, whole, name, value, why
):
    made = deepcopy(whole)
    receipt = proof(made, 1)
    receipt[name] = value
    if name == "body" and not value:  # with the bytes gone, only the digest of the output is left
        receipt["shown_sha256"] = "0" * 64
    receipt["sha256"] = checksum(receipt)
    found = rows(tmp_path, made)[0]
    assert found.outcome == "failed"
    assert why in found.why


@pytest.mark.parametrize("name", ["signature", "usage", "sha256", "body", "cost"])
def test_what_is_missing_is_named(tmp_path, whole, name):
    made = deepcopy(whole)
    del proof(made, 1)[name]
    assert rows(tmp_path, made)[0].why == f"{name} is missing from the receipt"


def test_a_receipt_without_the_bytes_says_that_the_text_was_not_rechecked(tmp_path, whole):
    made = deepcopy(whole)
    receipt = proof(made, 1)
    receipt |= {"body": "", "body_missing": "too long"}
    receipt["sha256"] = checksum(receipt)
    found = rows(tmp_path, made)[0]
    assert found.outcome == "signed"
    assert "text not rechecked: too long" in found.why


def test_a_receipt_that_was_copied_from_another_answer_fails(tmp_path, whole):
    made = deepcopy(whole)
    cell = made["cells"][1]["outputs"]
    cell[-1] = deepcopy(made["cells"][0]["outputs"][-1])
    second = rows(tmp_path, made)[1:]
    assert {row.outcome for row in second} == {"failed", "no receipt"}
    mark = outputs(made, 1)[0]["metadata"]
    outputs_of_second = [o for o in cell if o["metadata"].get(KEY)]
    outputs_of_second[0]["metadata"] = mark
    assert [row.outcome for row in rows(tmp_path, made)] == ["verified", "failed"]


def test_an_answer_that_was_copied_with_its_receipt_is_named(tmp_path, whole):
    made = deepcopy(whole)
    made["cells"].append(deepcopy(made["cells"][0]))
    assert rows(tmp_path, made)[-1].why.startswith("its receipt belongs to the answer in cell 1")


def test_an_answer_whose_receipt_or_text_is_gone_is_named(tmp_path, whole):
    for number, outcome in ((-1, "no receipt"), (0, "failed")):
        made = deepcopy(whole)
        found = [o for o in made["cells"][0]["outputs"] if o["metadata"].get(KEY)]
        made["cells"][0]["outputs"].remove(found[number])
        assert rows(tmp_path, made)[0].outcome == outcome


def test_a_receipt_line_that_says_something_else_fails(tmp_path, whole):
    made = deepcopy(whole)
    line = outputs(made, 1)[1]["data"]
    line["text/html"] = "".join(line["text/html"]).replace("development signer", "Intel signer")
    assert "something else than the receipt" in rows(tmp_path, made)[0].why


def cell_of(source, *kinds):
    made = {"stream": {"name": "stdout", "text": ["x"]}, "error": {"ename": "E"}}
    data = {"data": {"text/plain": ["x"]}, "metadata": {}}
    outputs = [{"output_type": kind, **made.get(kind, data)} for kind in kinds]
    return {"cells": [{"cell_type": "code", "source": [source], "outputs": outputs}]}


@pytest.mark.parametrize(
    ("source", "kinds", "missing"),
    [
        ("%%zg_infer\nhi", ["display_data"], True),
        ("%%zg_infer --plain\nhi", ["stream"], True),
        ("x = %zg_infer hi", ["stream"], True),
        ("%%zg_infer --compare a,b\nhi", ["execute_result"], True),
        ("%%zg_infer\nhi", ["display_data", "error"], False),  # notices, and why it failed
        ("%%zg_infer\nhi", [], False),
        ("%zg_infer --plan hi", ["execute_result"], False),
        ("%zg_infer --help", ["stream"], False),
        ("# %zg_infer hi", ["stream"], False),
        ("print('%zg_infer')", ["stream"], False),
    ],
)
def test_a_cell_that_asked_and_shows_no_receipt_is_named(tmp_path, source, kinds, missing):
    found = rows(tmp_path, cell_of(source, *kinds))
    assert [row.outcome for row in found] == ["no receipt"] * missing


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "not a notebook of format 4"),
        ('{"cells": 5}', "not a notebook of format 4"),
        ('{"cells": [1]}', "not a notebook of format 4"),
        ('{"worksheets": []}', "not a notebook of format 4"),
        (b"\xff\xfe".decode("latin1"), "is not JSON"),
    ],
)
def test_what_is_no_notebook_is_one_sentence(offline, tmp_path, capsys, text, said):
    path = tmp_path / "x.ipynb"
    path.write_text(text, encoding="latin1")
    assert cli.main(["verify", str(path)]) == 1
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error
    assert cli.main(["verify", str(tmp_path / "none.ipynb")]) == 1
    assert "cannot be read" in capsys.readouterr().err


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


@slow
@given(st.data(), json_values)
def test_whatever_stands_in_a_notebook_is_a_row_or_nothing_and_never_a_crash(
    tmp_path, whole, data, value
):
    made = deepcopy(whole)
    where: object = made["cells"]
    while True:
        keys = range(len(where)) if isinstance(where, list) else list(where)
        key = data.draw(st.sampled_from(list(keys)))
        inner = where[key]
        if not isinstance(inner, (dict, list)) or not inner or data.draw(st.booleans()):
            where[key] = value
            break
        where = inner
    if all(isinstance(cell, dict) for cell in made["cells"]):
        rows(tmp_path, made)


def test_a_notebook_without_answers_says_so(offline, tmp_path, capsys):
    path = tmp_path / "x.ipynb"
    path.write_text('{"cells": [{"cell_type": "code", "source": "1", "outputs": []}]}')
    assert cli.main(["verify", str(path)]) == 0
    assert "there are no answers in it" in capsys.readouterr().out


def test_a_job_has_a_receipt_too(echo_kernel, tmp_path):
    cell = echo_kernel.start("%%zg_infer --background\nLater: the answer")
    shown = {}
    for _ in range(1000):
        message = echo_kernel._channels.get_iopub_msg(timeout=30)
        content = message["content"]
        if message["parent_header"].get("msg_id") == cell and "transient" in content:
            shown[content["transient"]["display_id"]] = output_of(content)
            if "verified" in list(shown.values())[-1]["data"]["text/plain"]:
                break
    made = {"cells": [{"cell_type": "code", "source": "", "outputs": list(shown.values())}]}
    (found,) = rows(tmp_path, made)
    assert found.outcome == "verified"


def output_of(content):
    return {"output_type": "display_data", "data": content["data"], "metadata": content["metadata"]}


def asked(kernel):
    """A cell with an answer, as a notebook would save it."""
    code = "%%zg_infer\nIs it you?"
    _, sent = kernel.run(code)
    shown = {}
    for number, (kind, content) in enumerate(sent):
        if kind in ("display_data", "update_display_data"):
            shown[content["transient"].get("display_id", number)] = output_of(content)
    return {"cells": [{"cell_type": "code", "source": code, "outputs": list(shown.values())}]}


def test_online_the_signer_is_looked_up_now_and_then(
    echo_kernel, echo_network, monkeypatch, tmp_path, capsys
):
    monkeypatch.setenv("ZG_HOME", str(echo_network))
    path = tmp_path / "x.ipynb"
    path.write_text(json.dumps(asked(echo_kernel)), encoding="utf-8")
    assert cli.main(["verify", str(path), "--online"]) == 0
    said = capsys.readouterr().out
    assert "x.ipynb: 1 answer, 1 verified." in said
    assert "development signer, no TEE hardware" in said
    assert "registered on chain at block" in said
    assert "and now" in said


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"genesis": "0x" + "0" * 64}, "another chain"),
        ({"chain_id": 16602}, "another chain"),
        ({"provider": "0x" + "1" * 40}, "was not the provider's registered one"),
    ],
)
def test_online_a_signer_that_the_chain_does_not_know_fails(
    echo_kernel, echo_network, monkeypatch, tmp_path, changes, why
):
    monkeypatch.setenv("ZG_HOME", str(echo_network))
    made = asked(echo_kernel)
    receipt = proof(made, 1)
    receipt |= changes
    receipt["sha256"] = checksum(receipt)
    found = rows(tmp_path, made)
    assert found[0].outcome == "verified"  # by whom it names: offline nobody knows better
    (row,) = registered.looked_up(found)
    assert row.outcome == "failed"
    assert why in row.why


def test_a_node_without_history_leaves_the_time_unverified(
    echo_kernel, echo_network, monkeypatch, tmp_path
):
    monkeypatch.setenv("ZG_HOME", str(echo_network))
    found = rows(tmp_path, asked(echo_kernel))
    with forgetful_node() as url:
        monkeypatch.setenv("ZG_RPC_URL", url)
        (row,) = registered.looked_up(found)
    assert row.outcome == "registered"
    assert "unverified at the time, the node keeps no history" in row.why


@contextlib.contextmanager
def forgetful_node():
    """The chain that runs, behind a node that answers about its newest state only."""
    from zg_jupyter.devnet import up as devnet

    target = devnet.find().rpc_url

    class Node(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked = json.loads(body)
            calls = asked if isinstance(asked, list) else [asked]
            if any(c["method"] == "eth_call" and c["params"][1] != "latest" for c in calls):
                error = {"code": -32000, "message": "missing trie node"}
                answer = json.dumps(
                    {"jsonrpc": "2.0", "id": calls[0]["id"], "error": error}
                ).encode()
            else:
                answer = httpx.post(target, content=body, trust_env=False).content
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Node) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join(10)


def replayed(saved, folder, monkeypatch, *more, file="answers.zg"):
    """The recorded notebook, run again by somebody who has nothing but the file."""
    home = folder / "elsewhere"
    home.mkdir()
    (home / file).write_bytes((saved.parent / "answers.zg").read_bytes())
    monkeypatch.setenv("ZG_HOME", str(home / "nowhere"))
    monkeypatch.setenv("IPYTHONDIR", str(home / "ipython"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
    cells = [RECORDED[0], BLOCKED, f"%zg replay {file}", *RECORDED[2:-1], *more]
    made = nbformat.v4.new_notebook(cells=[*map(nbformat.v4.new_code_cell, cells)])
    runner = nbclient.NotebookClient(
        made,
        timeout=60,
        kernel_name="python3",
        allow_errors=True,
        resources={"metadata": {"path": str(home)}},
    )
    runner.execute()
    nbformat.write(made, home / "again.ipynb")
    return made, home / "again.ipynb"


#: Whoever opens a socket to somewhere is noticed; the kernel's own are open by then.
BLOCKED = """
import socket, sys
def _watch(event, arguments):
    if event == "socket.connect":
        raise AssertionError(f"a connection to {arguments[1]}")
sys.addaudithook(_watch)
"""


def shown(path):
    """Per answer in a notebook its text and the line below."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    found = []
    for cell in cells:
        marked = [o for o in cell["outputs"] if o.get("metadata", {}).get(KEY)]
        found += [["".join(o["data"]["text/plain"]) for o in marked]] if marked else []
    return found


def test_a_notebook_is_replayed_without_a_network_and_says_the_same(saved, tmp_path, monkeypatch):
    made, path = replayed(
        saved,
        tmp_path,
        monkeypatch,
        "%%zg_infer --max-tokens 20\nOne more answer",
        "zg.ask('One **answer**', max_tokens=20).cost, len(zg.spend())",
        "%%zg_infer --max-tokens 20 --max-cost $1 --out dear\nOne **answer**",
        "%zg replay off",
    )
    assert "error" not in [o.output_type for o in made.cells[9].outputs]
    before, after = shown(saved.parent / "recorded.ipynb"), shown(path)
    *after, dear = after
    assert dear[0] == "One **answer**"
    assert [text for text, _ in before] == [text for text, _ in after]
    assert [text for text, _ in after] == [
        "One **answer**",
        "First turn",
        "second turn",
        "Made here",
    ]
    lines = [line for _, line in after]
    assert all("replayed, recorded 20" in line for line in lines)
    assert all("nothing charged" in line for line in lines)
    assert all("verified (development signer, no TEE hardware)" in line for line in lines[:3])
    assert "4 answers" in made.cells[2].outputs[0].text
    assert all("when recorded: " in line for line in lines)
    (error,) = [o for o in made.cells[7].outputs if o.output_type == "error"]
    assert "BadInput: This prompt was not recorded; the closest" in "".join(error.traceback)
    assert made.cells[8].outputs[0].data["text/plain"] == "(0, 0)"
    assert [row.outcome for row in notebooks.examine(path, looks)] == [
        *("verified", "verified", "verified", "unsigned", "verified")
    ]


def test_a_file_that_was_tampered_with_is_refused_in_the_notebook(
    shell, offline, saved, tmp_path, monkeypatch
):
    text = (saved.parent / "answers.zg").read_text(encoding="utf-8")
    path = tmp_path / "bent.zg"
    path.write_text(text.replace("One **answer**", "One **answr**", 1), encoding="utf-8")
    done = shell.run_cell(f'%zg replay "{path}"')
    assert "TrustError" in type(done.error_in_exec).__name__
    assert "is refused: answer 1" in str(done.error_in_exec)
    for line, said in (
        ("%zg replay a b", "takes one file"),
        ("%zg record --with-prompts", "takes one file"),
        ("%zg replay x --with-prompts", "has no option"),
        (f"%zg record {path.parent}/no/x", "cannot be written"),
    ):
        assert said in str(shell.run_cell(line).error_in_exec)


def test_the_magic_shows_the_table(shell, offline, saved):
    done = shell.run_cell(f'%zg verify "{saved}"')
    assert "5 verified offline" in repr(done.result)
    for words, said in (("--offline", "has no option"), (f'"{saved}"', "takes one notebook")):
        done = shell.run_cell(f'%zg verify "{saved}" {words}')
        assert said in str(done.error_in_exec)
