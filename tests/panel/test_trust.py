"""The section Keys and trust: a key shown once, an end to it, never more than was proved."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.hostile import MARKUP
from tests.notebook.test_trust_commands import GENUINE, without
from tests.panel.conftest import settled, shown, until
from tests.panel.records import spent
from zg_jupyter import aio, client
from zg_jupyter.panel import attested, handed
from zg_jupyter.panel.trust import Trust
from zg_jupyter.panel.words import Words
from zg_jupyter.trust.document import Image

OG = 10**18


@pytest.fixture
def mine(online, tmp_path, monkeypatch):
    """A connected room of a wallet that nobody else uses, with money at a provider."""
    monkeypatch.setattr(aio, "default_store", lambda: tmp_path / "record" / "spend.sqlite")
    monkeypatch.setenv("ZG_WALLET", "devnet:17")
    client.forget_session()
    handed._unseen.clear()
    payer = online.client()
    provider = payer.offers()[0].provider
    if not payer.money.holdings().accounts:
        payer.deposit(6 * OG)
        payer.money.transfer(provider, OG)
    online.provider = payer.money.holdings().accounts[0].provider
    yield online
    handed._unseen.clear()


def section_of(room):
    section = Trust(room)
    section.front = True
    fresh(section)
    return section


def fresh(section):
    """Look at record and chain, and wait for that."""
    section._soon()
    section.refresh()
    section._looking.join(60)
    assert section._trouble.text == ""


def made(section, *, label="", days=""):
    keys = section._keys
    until(lambda: keys._provider.options)
    keys._provider.value = section.room.provider
    keys._label.value, keys._days.value = label, days
    keys._create.click()
    said = settled(keys._line)
    fresh(section)
    return said


def row_of(section, label):
    return next(row for row in section._keys._table.rows if row["label"] == label)


def asked_for(once, monkeypatch):
    """What a page gets when it asks for what is shown once."""
    sent = []
    monkeypatch.setattr(once, "send", lambda content, buffers=None: sent.append(content))
    once._received(once, {"show": True}, [])
    return sent


def test_without_a_connection_it_says_what_to_do(online):
    section = Trust(online)
    section.front = True
    section.refresh()
    assert section._here.text.startswith("Not connected")
    assert section.still() == ""
    assert client.current() is None


def test_a_key_is_made_shown_to_one_page_and_then_nowhere(mine, monkeypatch):
    section = section_of(mine)
    said = made(section, label="once", days="30")
    assert "is made; it expires on" in said
    once = section._keys._once
    assert once.ready
    assert "app-sk-" not in json.dumps(once.get_state(), default=str)
    (sent,) = asked_for(once, monkeypatch)
    assert sent["secret"].startswith("app-sk-")
    assert not once.ready
    assert asked_for(once, monkeypatch) == []
    assert row_of(section, "once")["state"] == "active"
    assert row_of(section, "once")["expires"] != "never"
    assert "once" in section.still()
    assert sent["secret"] not in section.still()


def test_the_secret_works_until_its_key_is_revoked_with_a_second_click(mine, monkeypatch):
    section = section_of(mine)
    made(section, label="worker")
    (sent,) = asked_for(section._keys._once, monkeypatch)
    settings = mine.client().settings
    with client.connect("devnet", settings=settings, api_key=sent["secret"]) as holder:
        assert holder.ask("hello").text
    keys = section._keys
    keys._table._received(None, {"picked": row_of(section, "worker")["key"]}, [])
    keys._revoke.click()
    (question, answers) = keys._sure.children
    assert "cannot be undone" in question.value
    yes, no = answers.children
    no.click()
    assert keys._sure.children == ()
    fresh(section)
    assert row_of(section, "worker")["state"] == "active"
    keys._revoke.click()
    yes, _ = keys._sure.children[1].children
    yes.click()
    assert "is revoked" in settled(keys._line)
    fresh(section)
    assert row_of(section, "worker")["state"] == "revoked"
    assert keys._revoke.disabled
    assert yes.disabled or keys._sure.children == ()


def test_a_key_that_nobody_looked_at_is_still_there_in_another_language(mine, monkeypatch):
    section = section_of(mine)
    made(section, label="waiting")
    section.close()
    section.room.words = Words("id")
    again = Trust(section.room)
    assert again._keys._once.ready
    assert again._keys._once.title.startswith("Kunci ")
    assert asked_for(again._keys._once, monkeypatch)[0]["secret"].startswith("app-sk-")


def test_another_wallet_gets_no_secret_of_the_one_before(mine, monkeypatch):
    section = section_of(mine)
    made(section, label="left")
    monkeypatch.setenv("ZG_WALLET", "devnet:18")
    client.forget_session()
    mine.client()
    fresh(section)
    assert not section._keys._once.ready
    assert asked_for(section._keys._once, monkeypatch) == []
    assert section._keys._table.rows == []


@pytest.mark.parametrize("days", ["x", "-1", "1.5", "0", "99999999", "\u0663"])
def test_days_that_cannot_be_meant_make_no_key(mine, days):
    section = section_of(mine)
    before = len(mine.client().keys.list())
    said = made(section, label="never", days=days)
    assert section._keys._line.kind == "error"
    assert "number of days" in said
    assert len(mine.client().keys.list()) == before
    assert not section._keys._once.ready


def test_a_provider_without_a_sub_account_says_what_to_do_first(mine):
    section = section_of(mine)
    held = {account.provider for account in mine.client().money.holdings().accounts}
    other = next(p for _, p in section._keys._provider.options if p not in held)
    section._keys._provider.value = other
    section._keys._create.click()
    assert "You have no sub-account" in settled(section._keys._line)


def test_a_stand_in_is_called_one_and_its_checks_are_listed(mine):
    section = section_of(mine)
    rows = section._attested._rows.children
    assert len(rows) == len({offer.provider for offer in mine.client().offers()})
    look, state = rows[0].children
    assert "not checked yet" in state.value
    look.click()
    said = settled(section._attested._line)
    assert said.startswith("Development attestation: no TEE hardware stands behind provider 0x")
    assert "Development attestation" in state.value
    checks = {row["check"]: row["outcome"] for row in section._attested._checks.rows}
    assert checks["hardware"] == "not run"
    assert checks["development"] == "passed"
    assert "Development attestation" in section.still()
    assert "Genuine" not in section.still() + shown(section)


def test_it_speaks_indonesian(mine):
    mine.words = Words("id")
    spent(mine.client(), 7, verdict="mismatch")
    section = section_of(mine)
    section._attested._rows.children[0].children[0].click()
    assert settled(section._attested._line).startswith("Atestasi pengembangan")
    assert "GAGAL" in section.still()
    checks = {row["check"]: row["outcome"] for row in section._attested._checks.rows}
    assert checks["hardware"] == "tidak dijalankan"


@pytest.mark.parametrize("language", ["en", "id"])
def test_no_headline_says_genuine_with_a_check_open(language):
    words = Words(language)
    genuine = words("trust.genuine", provider="", tcb="")[:12]
    assert attested.headline(words, GENUINE).startswith(genuine)
    for outcome in ("fail", "not-run"):
        for check in GENUINE.checks:
            said = attested.headline(words, without(check.name, outcome=outcome))
            assert said.startswith(words("trust.not_proved", reason="", provider="", count=0)[:5])
            assert genuine not in said
    both = attested.headline(words, without("hardware", "tcb"))
    assert "2" in both


def test_what_a_provider_wrote_stays_text(mine):
    section = section_of(mine)
    for name in MARKUP:
        spent(mine.client(), 7, model=name, provider=name, verdict="mismatch")
        found = replace(GENUINE, provider=name, images=(Image(name, ""),))
        section._attested._found[name] = found
    section.refresh()
    for page in (section.still(), shown(section)):
        assert "<script" not in page.lower()
        assert "<img" not in page.lower()
        assert "\x1b" not in page


def test_each_verdict_of_the_record_has_words(mine):
    section = section_of(mine)
    payer = mine.client()
    for verdict in ("verified", "unsigned", "mismatch", "signed-by-unknown", "not-checked"):
        spent(payer, 7, verdict=verdict)
    store = payer._inner.store
    store.reserve(network=payer._inner.books, user=payer.address, amount=1)
    section.refresh()
    assert [row["signature"] for row in section._signed.rows] == [
        "being checked",
        "not checked",
        "FAILED",
        "FAILED",
        "unsigned",
        "development signer (no TEE hardware), verified",
    ]


def test_a_chain_that_is_gone_is_one_line_and_the_record_is_still_read(mine, monkeypatch):
    section = section_of(mine)
    spent(mine.client(), 7, verdict="unsigned")
    # A port where nobody listens, for what is read from now on.
    monkeypatch.setattr(mine.client()._inner.rpc, "url", "http://127.0.0.1:9")
    section._soon()
    section.refresh()
    section._looking.join(60)
    assert section._trouble.kind == "error"
    assert section._trouble.text
    assert [row["signature"] for row in section._signed.rows] == ["unsigned"]
