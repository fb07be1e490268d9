"""``%zg join`` and ``%zg class`` in a real IPython, at a gateway over the embedded network."""

from __future__ import annotations

import os

import pytest

from tests.gateway.conftest import MODEL, classroom, network_home  # noqa: F401
from zg_jupyter import client, keyonly
from zg_jupyter.gateway.keys import Rules
from zg_jupyter.notebook import language
from zg_jupyter.workshop import Class, codes, issuer


@pytest.fixture
def room(home, network_home):  # noqa: F811
    with classroom(rules=Rules(model=MODEL), log_text=True) as made:
        yield made


@pytest.fixture
def here(shell):
    yield shell
    language.speak("en")
    issuer.let_go()
    keyonly.hold("")
    client.forget_session()
    for name in [n for n in os.environ if n.startswith("ZG_") and n != "ZG_TEST_CACHE"]:
        if name != "ZG_HOME":
            del os.environ[name]


def run(shell, code):
    """Run a cell; the result, or the error that it ended with."""
    done = shell.run_cell(code, store_history=True)
    return done.error_in_exec or done.error_before_exec or done.result


def test_a_class_that_keeps_prompts_says_so_once_to_whoever_joins(room, here, capsys):
    link = codes.link(room.url, room.new_key()["join_code"])
    run(here, f"%zg join {link}")
    said = capsys.readouterr().out
    assert said.count("keeps what you ask and what is answered") == 1
    run(here, "%%zg_infer\none two three")
    assert "keeps what you ask" not in capsys.readouterr().out
    assert "kept by your class" in repr(run(here, "%zg status"))


def test_a_teacher_sees_it_beside_the_table(room, here, capsys):
    issuer.hold(room.url, room.manager)
    Class.new(room.name, 1, limit="0.01", network="devnet", router_url=room.url).mint()
    frame = run(here, f"%zg class table --class {room.name}")
    assert len(frame) == 1
    assert f"{room.name} keeps prompts and answers" in capsys.readouterr().out
    Class.load(room.name).forget()
