"""A cell that goes on by itself: outputs that follow it, commands that look after it."""

from __future__ import annotations

import time

import pytest

from tests.notebook.conftest import SLOW_MODEL
from zg_jupyter.errors import BadInput
from zg_jupyter.jobs import Job
from zg_jupyter.notebook import words, words_jobs
from zg_jupyter.spend.store import SpendStore

SLOW = f"%%zg_infer --background --model {SLOW_MODEL} --max-tokens 400"
CELL = f"{SLOW} --out job\nCount slowly, please."
SHOWN = ("display_data", "update_display_data")


def run(shell, code):
    """Run a cell; the result, or the error that it ended with."""
    done = shell.run_cell(code, store_history=True)
    return done.error_in_exec or done.error_before_exec or done.result


def until(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def newest_row(devnet):
    store = SpendStore(devnet / "spend.sqlite")
    try:
        return store.rows()[-1]
    finally:
        store.close()


class Screen:
    """What a front end shows of the outputs of one cell, kept up to date."""

    def __init__(self, kernel, code):
        self.kernel = kernel
        self.cell = kernel.start(code)
        self.outputs: dict[str, dict] = {}
        self.updates = 0
        self.others: list[str] = []
        for kind, content in kernel.messages(self.cell):
            self._take(kind, content)
        self.reply = kernel.reply(self.cell)

    def _take(self, kind, content):
        if kind not in SHOWN:
            self.others.append(kind)
            return
        name = content["transient"]["display_id"]
        assert (name in self.outputs) == (kind == "update_display_data")
        self.outputs[name] = content["data"]
        self.updates += kind == "update_display_data"

    def follow(self, seen, seconds=30):
        """Read what is sent, also after the cell has ended, until something is on the screen."""
        end = time.monotonic() + seconds
        while not seen(self.text, self.line):
            assert time.monotonic() < end, (self.text[-200:], self.line)
            message = self.kernel._channels.get_iopub_msg(timeout=seconds)
            if message["msg_type"] in SHOWN:
                assert message["parent_header"]["msg_id"] == self.cell
                self._take(message["msg_type"], message["content"])

    @property
    def text(self):
        return next(iter(self.outputs.values()))["text/plain"]

    @property
    def line(self):
        return list(self.outputs.values())[1]["text/plain"]


def test_a_terminal_gets_a_job_and_one_line(online, capsys):
    made = run(online, CELL)
    shown = capsys.readouterr().out
    assert isinstance(made, Job)
    assert online.user_ns["job"] is made
    assert run(online, "_ is job") is True
    assert f"<Job {made.number} running: 'Count slowly, please.'" in shown
    assert len(shown.strip().splitlines()) == 1
    until(lambda: "wörd2" in made.text)
    assert capsys.readouterr().out.count("wörd") == 0
    assert run(online, "%%zg_infer --max-tokens 5 -t 0 --out other\nSay hello.") is None
    assert made.state == "running"
    assert online.user_ns["other"].complete
    table = repr(run(online, "%zg jobs"))
    assert "Count slowly, please." in table
    assert "running" in table
    capsys.readouterr()
    run(online, f"%zg jobs cancel {made.number}")
    assert f"Job {made.number} is stopped. Charged for what had arrived" in capsys.readouterr().out
    assert made.state == "stopped"
    assert "stopped" in repr(run(online, "%zg jobs"))
    run(online, f"%zg jobs cancel {made.number}")
    assert "had ended already: it is stopped" in capsys.readouterr().out


def test_the_line_form_gives_the_job_to_an_assignment(online):
    run(online, "job = %zg_infer --background --max-tokens 5 -t 0 Say hello.")
    answer = online.user_ns["job"].result(60)
    assert answer.complete
    assert run(online, "zg.jobs[job.number] is job") is True
    spent = online.magics_manager.registry["ZgMagics"].session.spent
    assert spent >= answer.cost > 0
    run(online, "other = zg.start('Say hello.', max_tokens=3)")
    assert online.user_ns["other"].result(60).usage.completion_tokens <= 3


def test_a_stopped_cell_does_not_take_the_answer_of_a_job(online):
    """A cell that fails has no answer of its own, whatever ended while it ran."""
    run(online, "job = zg.start('Say hello.', max_tokens=3)\njob.result(60)")
    online.user_ns["told"] = None
    assert isinstance(run(online, "%%zg_infer --model nobody --out told\nhi"), Exception)
    assert online.user_ns["told"] is None


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("%%zg_infer --background --chat x\nhi", "cannot be used together with --chat"),
        ("%%zg_infer --background --compare a,b\nhi", "cannot be used together with --compare"),
        ("%%zg_infer --background --plan\nhi", "cannot be used together with --plan"),
        ("%%zg_infer --background\n ", words.EMPTY_PROMPT),
        ("%zg jobs cancle 1", "Did you mean '%zg jobs cancel'?"),
        ("%zg jobs cancel", "For example: %zg jobs"),
        ("%zg jobs cancel 0", "There is no job '0'."),
        ("%zg jobs cancel x", "There is no job 'x'."),
        ("%zg jobs stop", "For example: %zg jobs"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(shell, home, code, said):
    refused = run(shell, code)
    assert isinstance(refused, BadInput)
    assert said in str(refused)
    assert not home.exists()


def test_without_jobs_the_way_to_one_is_named_and_nobody_is_connected(shell, home, capsys):
    assert run(shell, "%zg jobs") is None
    assert words_jobs.NONE in capsys.readouterr().out
    assert not home.exists()


def test_two_outputs_follow_the_job_while_other_cells_run(kernel, devnet):
    began = time.monotonic()
    screen = Screen(kernel, CELL)
    assert time.monotonic() - began < 8  # of ten that the answer takes
    assert screen.reply["status"] == "ok"
    assert screen.others.count("execute_result") == 0
    assert len(screen.outputs) == 2
    screen.follow(lambda text, line: "wörd3" in text and "running" in line)
    assert kernel.value("(job.state, _ is job)") == ("running", True)
    _, sent = kernel.run("%%capture held\nimport time; time.sleep(1); print('mine')")
    assert not [kind for kind, _ in sent if kind in SHOWN]
    assert kernel.value("(held.stdout, len(held.outputs))") == ("mine\n", 0)
    updates, moment = screen.updates, time.monotonic()
    screen.follow(lambda text, line: "verified (development signer" in line)
    assert screen.updates - updates <= 8 * (time.monotonic() - moment + 2)  # two outputs each
    assert screen.text.split()[-1] == "wörd399"
    assert screen.line.splitlines()[-1].startswith("direct · 0x")
    assert len(screen.outputs) == 2
    assert kernel.value("job.result().text") == screen.text


def test_a_stopped_job_says_so_where_it_was_started(kernel, devnet):
    screen = Screen(kernel, CELL)
    screen.follow(lambda text, _: "wörd3" in text)
    cell = kernel.start("part = job.cancel()")
    screen.follow(lambda _, line: words.INTERRUPTED in line and "direct · 0x" in line)
    assert kernel.reply(cell)["status"] == "ok"
    assert kernel.value("(job.state, part.text == job.text)") == ("stopped", True)
    assert kernel.value("job.text") == screen.text
    _, sent = kernel.run("job")
    (result,) = [content for kind, content in sent if kind == "execute_result"]
    assert result["data"]["text/plain"].startswith("<Job ")
    assert "wörd3" in result["data"]["text/html"]
    assert words.INTERRUPTED in result["data"]["text/html"]


def test_a_job_that_fails_says_why_and_its_cell_does_not_fail(kernel):
    screen = Screen(kernel, "%%zg_infer --background --model nobody --out job\n<b>hi</b>")
    assert screen.reply["status"] == "ok"
    screen.follow(lambda _, line: "NoOffer: Nobody offers" in line)
    reply, _ = kernel.run("job.result()")
    assert (reply["status"], reply["ename"]) == ("error", "NoOffer")


def test_the_stop_button_ends_the_waiting_and_not_the_job(kernel):
    kernel.run(CELL)
    cell = kernel.start("print('waiting', flush=True)\njob.result()")
    for kind, _ in kernel.messages(cell):
        if kind == "stream":
            time.sleep(0.5)
            kernel.manager.interrupt_kernel()
    assert kernel.reply(cell)["ename"] == "KeyboardInterrupt"
    assert kernel.value("job.state") == "running"
    before = kernel.value("len(job.text)")
    time.sleep(0.5)
    assert kernel.value("len(job.text)") > before
    kernel.run("job.cancel()")


def test_unloading_the_extension_stops_and_settles_what_runs(kernel, devnet):
    screen = Screen(kernel, CELL)
    screen.follow(lambda text, _: "wörd3" in text)
    kernel.run("%unload_ext zg_jupyter")
    row = newest_row(devnet)
    assert (row.state, row.outcome) == ("estimated", "interrupted")
    assert kernel.value("job.state") == "stopped"


def test_the_end_of_the_kernel_stops_and_settles_what_runs(kernel, devnet):
    screen = Screen(kernel, CELL)
    screen.follow(lambda text, _: "wörd3" in text)
    kernel.manager.shutdown_kernel(now=False)
    row = newest_row(devnet)
    assert (row.state, row.outcome) == ("estimated", "interrupted")
