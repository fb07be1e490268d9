"""``%zg class`` and ``%zg join`` in a real IPython, at the stand-in of the hosted router."""

from __future__ import annotations

import csv
import getpass
import io
import os
import re
import time

import pytest

from tests.standins.router.fixtures import router  # noqa: F401
from zg_jupyter import client, keyonly
from zg_jupyter.errors import BadInput, BudgetExceeded, WalletError
from zg_jupyter.notebook import class_live, language
from zg_jupyter.notebook.completion import zg_candidates
from zg_jupyter.workshop import Class, issuer


def run(shell, code):
    """Run a cell; the result, or the error that it ended with."""
    done = shell.run_cell(code, store_history=True)
    return done.error_in_exec or done.error_before_exec or done.result


@pytest.fixture
def here(shell, home):
    """An IPython without a network, and without keys."""
    yield shell
    issuer.let_go()
    keyonly.hold("")
    for name in [n for n in os.environ if n.startswith("ZG_") and n != "ZG_TEST_CACHE"]:
        if name != "ZG_HOME":
            del os.environ[name]


@pytest.fixture
def teacher(here, router, monkeypatch):  # noqa: F811
    """The same, where whoever is asked gives the management key."""
    monkeypatch.setattr(getpass, "getpass", lambda _: router.mk)
    return here


NEW = "%zg class new phys101 --students 3 --limit 0.5 --network testnet --model qwen2.5-omni"


def cards(folder):
    text = (folder / "phys101-keys.csv").read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_a_class_from_its_plan_to_its_table(teacher, router, tmp_path, capsys):  # noqa: F811
    assert run(teacher, f"{NEW} --router {router.base_url}") is None
    said = capsys.readouterr().out
    assert "3 keys of 0.5 0G each for phys101" in said
    assert "at most 1.5 0G in all" in said
    assert "%zg class new phys101 --yes" in said
    assert not router.requests
    assert run(teacher, "%zg class new phys101 --yes") is None
    said = capsys.readouterr().out
    assert "3 of 3 keys are made" in said
    assert "3 keys are made now" in said
    assert run(teacher, f"%zg class sheet {tmp_path / 'out'}") is None
    said = capsys.readouterr().out
    assert "phys101-sheet.html" in said
    frame = run(teacher, "%zg class table")
    assert list(frame["student"]) == ["student-01", "student-02", "student-03"]
    run(teacher, "%zg class topup student-01 0.25")
    limits = [str(amount) for amount in run(teacher, "%zg class table")["limit_0g"]]
    assert limits == ["0.75", "0.5", "0.5"]
    assert "phys101" in repr(run(teacher, "%zg class"))
    assert "spent by student" in repr(run(teacher, "%zg class plot"))


def test_nothing_that_is_shown_has_a_secret(teacher, router, tmp_path, capsys):  # noqa: F811
    shown = [repr(run(teacher, f"{NEW} --router {router.base_url} --yes"))]
    for line in (f"sheet {tmp_path}", "table", "plot", "topup all 0.1", "renew student-01"):
        result = run(teacher, f"%zg class {line}")
        shown += [repr(result), getattr(result, "_repr_html_", str)()]
    text = "".join(shown) + capsys.readouterr().out
    secrets = [pupil.secret for pupil in Class.load()._content.pupils] + [router.mk]
    assert all(secrets)
    assert not [secret for secret in secrets if secret in text]
    assert "sk-" not in text
    assert "zgjoin-" not in text


def test_a_student_asks_after_one_command(teacher, router, tmp_path, monkeypatch, capsys):  # noqa: F811
    run(teacher, f"{NEW} --router {router.base_url} --yes")
    run(teacher, f"%zg class sheet {tmp_path}")
    code = cards(tmp_path)[0]["code"]
    capsys.readouterr()
    monkeypatch.setattr(getpass, "getpass", lambda _: code)
    assert run(teacher, "%zg join") is None
    said = capsys.readouterr().out
    assert "Welcome to phys101: you ask qwen2.5-omni, for up to 0.5 0G." in said
    assert "%%zg_infer" in said
    run(teacher, "%%zg_infer --out answer\nBonjour?")
    assert "Bonjour?" in teacher.user_ns["answer"].text
    assert teacher.user_ns["answer"].receipt.route == "router"
    run(teacher, "%zg status")
    monkeypatch.setattr(getpass, "getpass", lambda _: router.mk)
    assert run(teacher, "%zg class table")["requests"].tolist() == [1, 0, 0]
    assert cards(tmp_path)[0]["key"] not in capsys.readouterr().out


def test_a_key_is_kept_only_when_that_was_asked_for(here, router, monkeypatch, capsys, home):  # noqa: F811
    from zg_jupyter.workshop import codes

    key = router.new_key(name="mine")
    code = codes.long(codes.Ticket(key, router.base_url, "testnet", "qwen2.5-omni", "0.5"))
    monkeypatch.setattr(getpass, "getpass", lambda _: code)
    run(here, "%zg join")
    assert keyonly.kept() == ""
    assert run(here, "%zg join --keep") is None
    assert (home / "api_key").stat().st_mode & 0o777 == 0o600
    # As after a restart: nothing in memory, nothing in the environment.
    keyonly.hold("")
    client.forget_session()
    for name in ("ZG_ROUTER_URL", "ZG_NETWORK", "ZG_MODEL", "ZG_BUDGET", "ZG_PROVIDER"):
        os.environ.pop(name, None)
    run(here, "%%zg_infer --out answer\nHello again.")
    assert "Hello again." in here.user_ns["answer"].text
    run(here, "%zg join --forget")
    assert keyonly.kept() == keyonly.chosen("") == ""
    assert not (home / "api_key").exists()
    assert key not in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["long", "sk"])
def test_a_code_that_carries_a_key_is_no_argument(here, router, capsys, kind):  # noqa: F811
    from zg_jupyter.workshop import codes

    key = router.new_key(name="mine")
    code = key if kind == "sk" else codes.long(codes.Ticket(key, router.base_url))
    error = run(here, f"%zg join {code}")
    assert isinstance(error, BadInput)
    assert "%zg join" in str(error)
    assert code not in str(error) + capsys.readouterr().out
    assert code not in repr(list(here.history_manager.input_hist_raw))
    assert keyonly.chosen("") == ""


def test_the_reason_is_said_where_only_the_command_sees_it(home):
    from zg_jupyter.notebook import join_commands
    from zg_jupyter.notebook.shared import Session

    with pytest.raises(BadInput, match="is saved with the notebook"):
        join_commands.run(Session(), ["zgjoin-abc"])


def test_what_can_cost_too_much_is_refused_before_any_key(teacher, router):  # noqa: F811
    error = run(teacher, f"{NEW} --router {router.base_url} --total 1 --yes")
    assert isinstance(error, BudgetExceeded)
    assert not router.paths("/api-keys")


def test_a_budget_with_days_says_how_often(teacher, router, capsys):  # noqa: F811
    run(teacher, f"{NEW} --router {router.base_url} --reset daily --expires 9d")
    assert "0.5 0G each (daily)" in capsys.readouterr().out
    run(teacher, f"{NEW} --router {router.base_url} --reset daily")
    assert "nothing ends it" in capsys.readouterr().out


def test_a_roster_with_faults_makes_nothing(teacher, router, tmp_path):  # noqa: F811
    path = tmp_path / "r.csv"
    path.write_text("name\nAmina\n\nAmina\n", encoding="utf-8")
    error = run(
        teacher, f"%zg class new x --roster {path} --limit 1 --router {router.base_url} --yes"
    )
    assert "Row 4: 'Amina' is already in row 2." in str(error)
    assert not router.requests


def test_students_are_named_in_commands_as_in_the_roster(teacher, router, tmp_path, capsys):  # noqa: F811
    path = tmp_path / "r.csv"
    path.write_text("name\nAmina Yusuf\nBudi\n", encoding="utf-8")
    run(teacher, f"%zg class new x --roster {path} --limit 1 --router {router.base_url} --yes")
    assert run(teacher, '%zg class revoke "amina yusuf"') is None
    assert "the next request is refused: Amina Yusuf." in capsys.readouterr().out
    assert "Did you mean 'Budi'" in str(run(teacher, "%zg class topup Bud 1"))
    assert "revoked already" in str(run(teacher, '%zg class revoke "Amina Yusuf"'))


def test_everybody_at_once_is_revoked_only_with_a_yes(teacher, router, capsys):  # noqa: F811
    run(teacher, f"{NEW} --router {router.base_url} --yes")
    run(teacher, "%zg class revoke all")
    assert len(router.keys.listed("active")) == 3
    run(teacher, "%zg class revoke all --yes")
    assert router.keys.listed("active") == []
    run(teacher, "%zg class forget")
    assert run(teacher, "%zg class") is None


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("%zg class nwe x", "Did you mean '%zg class new'?"),
        ("%zg class new", "needs a name"),
        ("%zg class new x", "How many students"),
        ("%zg class new x --students 3", "How much may each"),
        ("%zg class new x --students many --limit 1", "whole number"),
        ("%zg class new x --students 3 --limit lots", "lots"),
        ("%zg class new x --students 3 --limt 1", "Did you mean '--limit'?"),
        ("%zg class new x --students", "needs a value"),
        ("%zg class new x --students 3 --limit 1", "has no hosted router"),
        ("%zg class sheet", "needs a folder"),
        ("%zg class table", "no class on this machine"),
        ("%zg class pause", "needs a student"),
        ("%zg class table now", "does not understand 'now'"),
        ("%zg join a b", "one code"),
        ("%zg join --kep", "--kep"),
        ("%zg join K7QX-3M9P", "does not say where"),
        ("%zg join nonsense!", "no code of a class"),
    ],
)
def test_what_cannot_be_meant_is_one_clear_sentence(here, line, said):
    error = run(here, line)
    assert isinstance(error, Exception)
    assert said in str(error)


def test_without_a_person_nobody_can_be_asked_for_the_key(here, router, monkeypatch):  # noqa: F811
    def nobody(_):
        raise EOFError

    monkeypatch.setattr(getpass, "getpass", nobody)
    assert isinstance(run(here, f"{NEW} --router {router.base_url} --yes"), WalletError)


def test_a_live_table_follows_and_stops(teacher, router):  # noqa: F811
    run(teacher, f"{NEW} --router {router.base_url} --yes")
    course = Class.load()
    view = class_live.View(course, every=0.05)
    view.start()
    before = view.shown.value
    assert "student-01" in before
    course.revoke("student-01")
    until = time.monotonic() + 20
    while "revoked" not in view.shown.value and time.monotonic() < until:
        time.sleep(0.05)
    assert "revoked" in view.shown.value
    view.stop()
    view._thread.join(20)
    assert not view._thread.is_alive()
    assert not re.search(r"sk-|mk-|zgjoin-", view.shown.value)


def test_a_live_table_says_when_the_router_is_away(teacher, router):  # noqa: F811
    run(teacher, f"{NEW} --router {router.base_url} --yes")
    view = class_live.View(Class.load())
    router.faults.add("401", on="/api-keys")
    view.look()
    assert "not reached" in view.shown.value


def test_the_sheet_speaks_the_language_of_the_notebook(teacher, router, tmp_path):  # noqa: F811
    run(teacher, f"{NEW} --router {router.base_url} --yes")
    language.speak("id")
    try:
        run(teacher, f"%zg class sheet {tmp_path}")
    finally:
        language.speak("en")
    assert 'lang="id"' in (tmp_path / "phys101-sheet.html").read_text(encoding="utf-8")


def test_the_tab_key_knows_commands_options_and_classes(here, router):  # noqa: F811
    assert {"new", "sheet", "table"} <= set(zg_candidates("%zg class "))
    offered = zg_candidates("%zg class new x --limit 1 ")
    assert "--roster" in offered
    assert "--limit" not in offered
    run(here, f"{NEW} --router {router.base_url}")
    assert zg_candidates("%zg class table --class ") == ["phys101"]
    assert zg_candidates("%zg join ") == ["--keep", "--forget"]
