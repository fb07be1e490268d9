"""In a real kernel: outputs that grow, and a stop button that stops."""

from __future__ import annotations

import html
import re
import time

from zg_jupyter.notebook import words

SLOW_CELL = "%%zg_infer --model canned-400t-25ms --max-tokens 400 --out answer\nCount slowly."
ROWS = "zg_jupyter.session().spend_table().to_dict('records')"
TASKS = (
    "[str(t.get_coro()) for t in __import__('asyncio').all_tasks("
    "__import__('zg_jupyter.background').background.shared()._loop)]"
)


def texts(sent, kinds=("display_data", "update_display_data")):
    return [content["data"].get("text/plain", "") for kind, content in sent if kind in kinds]


def stop_midway(kernel, code=SLOW_CELL):
    """Press the stop button when the first words are there; all messages and the reply."""
    cell = kernel.start(code)
    sent, stopped = [], 0.0
    for kind, content in kernel.messages(cell):
        sent.append((kind, content))
        grown = kind in ("display_data", "update_display_data")
        if grown and not stopped and "wörd3" in content["data"].get("text/plain", ""):
            kernel.manager.interrupt_kernel()
            stopped = time.monotonic()
    return sent, kernel.reply(cell), time.monotonic() - stopped


def test_an_answer_is_one_output_and_a_receipt(kernel):
    reply, sent = kernel.run("%%zg_infer --max-tokens 30 -t 0\nWhat is the capital of France?")
    assert reply["status"] == "ok"
    assert not [kind for kind, _ in sent if kind in ("execute_result", "stream", "error")]
    identities = {
        content["transient"]["display_id"]
        for kind, content in sent
        if kind in ("display_data", "update_display_data") and content.get("transient")
    }
    assert len(identities) == 1
    shown = [data for kind, data in sent if kind in ("display_data", "update_display_data")]
    assert "Paris" in shown[-2]["data"]["text/markdown"]
    assert "verified (development signer, no TEE hardware)" in shown[-1]["data"]["text/html"]
    assert "Paris" in kernel.value("_.text")


def test_plain_prints_text(kernel):
    _, sent = kernel.run("%%zg_infer --plain --max-tokens 30 -t 0\nWhat is the capital of France?")
    printed = "".join(c["text"] for kind, c in sent if kind == "stream")
    assert "Paris" in printed
    assert printed.strip().splitlines()[-1].startswith("direct · ")
    assert not [kind for kind, _ in sent if kind == "display_data"]


def test_the_stop_button_ends_the_cell_and_keeps_what_was_paid(kernel):
    sent, reply, seconds = stop_midway(kernel)
    assert seconds < 8  # of ten that were left
    assert (reply["status"], reply["ename"]) == ("error", "KeyboardInterrupt")
    (error,) = [content for kind, content in sent if kind == "error"]
    assert len(error["traceback"]) == 1
    assert "stopped by you" in error["traceback"][0]
    assert "Charged for what had arrived" in error["traceback"][0]
    receipt = texts(sent)[-1]
    assert words.INTERRUPTED in receipt
    partial = kernel.value("answer.text")
    assert partial.startswith("wörd0 wörd1 wörd2 wörd3")
    assert len(partial.split()) < 400
    assert partial in texts(sent)  # all that arrived is on the screen
    assert kernel.value("answer.complete") is False


def test_after_a_stop_the_money_is_settled_and_nothing_runs(kernel):
    stop_midway(kernel)
    kernel.run("import zg_jupyter")
    _, sent = kernel.run(f"row = {ROWS}[-1]\nprint(row['state'], row['outcome'])")
    assert "estimated interrupted" in "".join(c["text"] for kind, c in sent if kind == "stream")
    assert kernel.value("int(row['cost_0g'] * 10**18) == answer.cost > 0") is True
    assert kernel.value(TASKS) == []


def test_a_stopped_explanation_says_what_it_cost(kernel):
    kernel.run("1 / 0")
    options = SLOW_CELL.partition("\n")[0].removeprefix("%%zg_infer ")
    sent, reply, _ = stop_midway(kernel, f"%zg explain {options} Why?")
    assert (reply["status"], reply["ename"]) == ("error", "KeyboardInterrupt")
    (error,) = [content for kind, content in sent if kind == "error"]
    assert "Charged for what had arrived" in "".join(error["traceback"])
    assert kernel.value("answer.complete") is False


def test_the_next_cell_after_a_stop_is_answered(kernel):
    stop_midway(kernel)
    reply, sent = kernel.run("%%zg_infer --max-tokens 30 -t 0\nWhat is the capital of France?")
    assert reply["status"] == "ok"
    assert any("Paris" in text for text in texts(sent))


def test_an_error_is_one_line_and_the_cell_fails(kernel):
    reply, sent = kernel.run("%%zg_infer --model nobody\nhi")
    assert reply["status"] == "error"
    (error,) = [content for kind, content in sent if kind == "error"]
    assert len(error["traceback"]) == 1
    assert error["traceback"][0].startswith("NoOffer: ")


def test_the_stop_button_ends_an_answer_of_this_machine_and_the_next_one_comes(kernel):
    kernel.run("import os")
    kernel.run("os.environ['ZG_LOCAL_ENGINE'] = 'tests.bench.canned:CannedEngine'")
    kernel.run("os.environ['ZG_LOCAL_MODEL'] = 'canned-400t-25ms'")
    slow = "%%zg_infer --provider local --max-tokens 400 --out answer\nCount slowly."
    _, reply, seconds = stop_midway(kernel, slow)
    assert seconds < 5  # of ten that were left
    assert reply["ename"] == "KeyboardInterrupt"
    assert kernel.value("(answer.receipt.route, answer.cost, answer.finish_reason)") == (
        "local",
        0,
        "interrupted",
    )
    assert kernel.value("zg.spend().iloc[-1]['outcome']") == "interrupted"
    # The engine answers one by one: a stopped answer that went on would be in the way.
    reply, _ = kernel.run("%%zg_infer --provider local --max-tokens 3 --out answer\nAgain.")
    assert reply["status"] == "ok"
    assert kernel.value("answer.text") == "wörd0 wörd1 wörd2"


def test_a_batch_has_a_bar_with_the_spend_so_far_and_the_time_left(kernel):
    reply, sent = kernel.run(
        "zg.map(['a', 'b', 'c'], model='canned-400t-25ms', max_tokens=20, max_concurrency=1)"
    )
    assert reply["status"] == "ok"
    states = [data["data"].get("state", {}) for kind, data in sent if kind == "comm_msg"]
    values = [str(state.get("value")).replace("\u2007", " ") for state in states]
    told = [html.unescape(value) for value in values if "[" in value]
    wanted = re.compile(r"1/3 \[\d\d:\d\d<\d\d:\d\d, .*prompt.*, 0\.\d+ 0G\]")
    assert any(map(wanted.search, told)), told
    assert "3/3" in told[-1]
