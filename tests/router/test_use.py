"""``%zg use``: who pays for what is asked, in a notebook."""

from __future__ import annotations

import getpass

import pytest

from tests.notebook.conftest import bare_shell, home, one_shell, shell  # noqa: F401
from zg_jupyter import keyonly


@pytest.fixture
def notebook(shell, home, monkeypatch):  # noqa: F811
    """A notebook whose person types what the test says."""
    monkeypatch.setattr(keyonly, "_held", "")
    monkeypatch.setattr(keyonly, "_none_wanted", False)
    for name in ("ZG_NETWORK", "ZG_ROUTER_URL", "ZG_PROVIDER", "ZG_API_KEY"):
        monkeypatch.setenv(name, "")  # what a command sets is taken away again

    def types(text):
        monkeypatch.setattr(getpass, "getpass", lambda *_: text)
        return shell

    return types


def test_a_key_that_is_typed_answers_cells_and_is_seen_nowhere(notebook, router, capsys):
    key = router.new_key()
    shell = notebook(key)  # noqa: F811
    shell.run_line_magic("zg", f"set router_url {router.base_url}")
    shell.run_line_magic("zg", "use key")
    shell.run_cell_magic("zg_infer", "--model qwen2.5-omni --max-tokens 40 --out got", "Hello key.")
    assert "Hello key." in shell.user_ns["got"].text
    shell.run_line_magic("zg", "status")
    said = "".join(capsys.readouterr())
    assert "127.0.0.1" in said
    assert key not in said
    assert not [name for name, value in shell.user_ns.items() if key in repr(value)]


def test_a_key_of_the_hosted_router_goes_to_the_testnet_unless_told_otherwise(notebook, capsys):
    notebook("sk-1234567890abcdef").run_line_magic("zg", "use key")
    said = capsys.readouterr().out
    assert "router-api-testnet" in said
    assert "%zg use key mainnet" in said


@pytest.mark.parametrize("typed", ["mk-123456", "grüezi wohl", "app-sk-!!"])
def test_what_is_no_key_changes_nothing(notebook, typed, capsys):
    result = notebook(typed).run_cell("%zg use key")
    assert not result.success
    assert keyonly.chosen("") == ""
    assert typed[3:] not in "".join(capsys.readouterr())


def test_nothing_typed_is_said(notebook, capsys):
    notebook("").run_line_magic("zg", "use key")
    assert "nothing has changed" in capsys.readouterr().out


def test_a_wallet_pays_again_also_with_a_key_in_the_environment(notebook, monkeypatch, capsys):
    monkeypatch.setenv("ZG_API_KEY", "sk-1234567890abcdef")
    notebook("").run_line_magic("zg", "use wallet")
    assert keyonly.chosen("") == ""
    assert "wallet pays" in capsys.readouterr().out


def test_a_word_that_is_not_known_gets_the_closest_match_and_no_key_is_repeated(notebook, capsys):
    shell = notebook("")  # noqa: F811
    assert not shell.run_cell("%zg use kye").success
    assert "%zg use key" in capsys.readouterr().out
    assert not shell.run_cell("%zg use sk-1234567890abcdef").success
    assert "567890" not in capsys.readouterr().out
