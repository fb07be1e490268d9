"""``--private`` in a cell: the same answer, and a receipt that says who could read it."""

from __future__ import annotations

import sys

import pytest

from tests.notebook.conftest import SLOW_MODEL
from zg_jupyter.errors import BadInput, MissingExtra

QUESTION = "What is the capital of France?"


def run(shell, code):
    done = shell.run_cell(code, store_history=True)
    return done.error_in_exec or done.error_before_exec or done.result


def test_a_private_cell_is_answered_and_says_that_it_was_private(online, capsys):
    run(online, f"%%zg_infer --private --max-tokens 40 -t 0 --out answer\n{QUESTION}")
    answer = online.user_ns["answer"]
    assert "Paris" in answer.text
    assert answer.receipt.sealed
    assert (
        capsys.readouterr()
        .out.strip()
        .endswith(
            "· private (development) · verified, sealed (development signer, no TEE hardware)"
        )
    )
    last = run(online, "%zg spend").iloc[-1]
    assert (last["state"], last["signature"]) == ("settled", "verified")


@pytest.fixture
def always(online):
    """An IPython in which every prompt is private."""
    run(online, "%zg set private on")
    yield online
    run(online, "%zg set private off")


def test_a_setting_makes_every_cell_private(always):
    run(always, f"got = %zg_infer --max-tokens 5 {QUESTION}")
    assert always.user_ns["got"].receipt.sealed
    run(always, "%zg set private off")
    run(always, f"got = %zg_infer --max-tokens 5 {QUESTION}")
    assert not always.user_ns["got"].receipt.sealed


def test_the_setting_is_on_or_off(online):
    assert isinstance(run(online, "%zg set private please"), BadInput)


def test_a_private_conversation_and_comparison(online, capsys):
    run(online, f"%%zg_infer --private --chat secret --max-tokens 5 --out one\n{QUESTION}")
    run(online, "%%zg_infer --private --chat secret --max-tokens 5 --out two\nAnd of Spain?")
    assert online.user_ns["two"].receipt.sealed
    model = online.user_ns["one"].receipt.model
    models = f"{model},{SLOW_MODEL}"
    run(online, f"%%zg_infer --private --compare {models} --max-tokens 5 --out both\nHello?")
    assert [one.answer.receipt.sealed for one in online.user_ns["both"]] == [True, True]


def test_without_the_packages_a_private_cell_sends_nothing(online, monkeypatch):
    before = len(run(online, "%zg spend"))
    monkeypatch.setitem(sys.modules, "rfc8785", None)
    error = run(online, f"%%zg_infer --private\n{QUESTION}")
    assert isinstance(error, MissingExtra)
    assert 'pip install "zg-jupyter[private]"' in str(error)
    assert len(run(online, "%zg spend")) == before


def test_the_help_and_the_completion_know_it(online, capsys):
    run(online, "%zg_infer --help")
    assert "--private" in capsys.readouterr().out
