"""Settings that are changed while somebody is connected: what goes on, and what connects anew."""

from __future__ import annotations

import pytest

from zg_jupyter import client, settings
from zg_jupyter.errors import BadInput, BudgetExceeded, NoOffer
from zg_jupyter.notebook import language
from zg_jupyter.notebook.shared import Session

NAMES = (
    *("LANGUAGE", "BUDGET", "MAX_TOKENS", "TEMPERATURE", "VERIFY", "MODEL", "TIMEOUT"),
    *("FAILOVER", "SYSTEM", "PROVIDER"),
)


@pytest.fixture
def session(canned_network, monkeypatch):
    """A notebook's session that is connected; a client of another test is closed first."""
    monkeypatch.setenv("ZG_HOME", str(canned_network))
    monkeypatch.setenv("ZG_NETWORK", "devnet")
    for name in NAMES:
        monkeypatch.setenv(f"ZG_{name}", "")
    client.forget_session()
    made = Session()
    user = made.client()
    if user.overview().ledger is None:
        user.deposit(5 * 10**18)
    yield made
    client.forget_session()
    language.speak("en")


@pytest.mark.parametrize(
    "values",
    [
        {"language": "id"},
        {"budget": "2"},
        {"max_tokens": "9"},
        {"verify": "strict"},
        {"temperature": "0.5", "system": "Be brief."},
        {"receipt_text": "prompt"},
    ],
)
def test_who_is_connected_stays_so(session, values, monkeypatch):
    monkeypatch.setenv("ZG_RECEIPT_TEXT", "")
    before = session.client()
    session.change(values)
    assert session.client() is before
    assert before.settings == settings.load()


@pytest.mark.parametrize(
    "values", [{"timeout": "20"}, {"budget": ""}, {"max_tokens": "9", "timeout": "20"}]
)
def test_what_a_connection_was_made_with_connects_anew(session, values):
    before = session.client()
    session.change(values)
    assert client.current() is None
    assert session.client() is not before


def test_the_next_question_is_asked_as_it_is_set_now(session):
    assert len(session.client().ask("hi").text.split()) == 8
    session.change({"model": "nobody-has-it"})
    with pytest.raises(NoOffer):
        session.client().ask("hi")
    session.change({"model": ""})
    assert session.client().ask("hi").complete


def test_a_budget_that_is_lowered_holds_at_once_and_knows_what_was_spent(session):
    before = session.client()
    spent = before.ask("hi").cost
    assert spent > 0
    session.change({"budget": f"{spent / 10**18:.18f}"})
    with pytest.raises(BudgetExceeded):
        before.ask("hi")
    session.change({"budget": "3"})
    assert before.ask("hi").complete


def test_jobs_go_on_while_the_language_changes(session):
    jobs = [session.client().start(f"{n}") for n in range(8)]
    session.change({"language": "id"})
    assert [job.result(timeout=60).complete for job in jobs] == [True] * 8


def test_what_cannot_be_changes_nothing(session):
    before = session.client()
    with pytest.raises(BadInput):
        session.change({"temperature": "hot"})
    assert session.client() is before
    assert before.settings == settings.load()
