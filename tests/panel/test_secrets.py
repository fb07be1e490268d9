"""No secret is in the state of any widget, whatever was made, imported, unlocked or refused."""

from __future__ import annotations

import threading

import ipywidgets
import pytest

from tests.notebook.test_secrecy import places_of
from tests.panel.conftest import settled, until
from tests.panel.states import all_widgets, states
from zg_jupyter import client, consent, keyonly, wallets
from zg_jupyter.panel import handed, wallet_widgets
from zg_jupyter.panel.handed import Once
from zg_jupyter.panel.view import SECTIONS, Panel
from zg_jupyter.panel.wallet_widgets import Phrase
from zg_jupyter.panel.widgets import Line, Secret

OG = 10**18
KEY = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
PHRASE = "legal winner thank year wave sausage worth useful legal winner thank yellow"
PASSPHRASE = "tulip-anchor-basalt-77"
WRONG = "not-the-right-one-88"
STRANGER = "app-sk-" + "QUJD" * 30


def test_the_search_finds_what_is_planted():
    field = ipywidgets.Text(value=f"my key {KEY}")
    image = ipywidgets.Image(value=b"\x89PNG " + bytes.fromhex(KEY))
    planted = {f"Text {field.model_id}", f"Image {image.model_id}"}
    found = set(places_of([KEY], states()))
    field.close()
    image.close()
    assert planted <= found
    assert not planted & set(states())


@pytest.fixture
def panel(online, monkeypatch):
    """A whole panel on a running network; what it set and made is gone afterwards."""
    for name in ("WALLET", "NETWORK", "BUDGET", "RPC_URL"):
        monkeypatch.setenv(f"ZG_{name}", "")
    client.forget_session()
    ipywidgets.Widget.close_all()  # of tests before: here a widget is known by what it says
    made = Panel(online.session)
    yield made
    made.close()
    consent.withdraw()
    keyonly.hold("")
    wallets.lock()
    wallet_widgets._unwritten.clear()
    handed._unseen.clear()


class Page:
    """Presses and types as a page does, and keeps what it is sent."""

    def __init__(self, panel, monkeypatch):
        self.panel = panel
        self.sent = []
        for widget in self.all(Once) + self.all(Phrase):
            monkeypatch.setattr(widget, "send", lambda content, buffers=None: self.keep(content))

    def keep(self, content):
        self.sent.append(content)

    def section(self, name):
        return next(s for s in self.panel._sections if s.name == name)

    def all(self, kind):
        return [widget for widget in all_widgets() if isinstance(widget, kind)]

    def named(self, description):
        (found,) = [w for w in all_widgets() if getattr(w, "description", "") == description]
        return found

    def give(self, button, **values):
        """Fill in a form of secrets, send it, and wait for the end of what it started."""
        (form,) = [one for one in self.all(Secret) if one.button == button]
        assert {name for name, _ in form.fields} == set(values)
        form._received(form, {"secret": values}, [])
        self.wait()

    def wait(self):
        until(lambda: not any(t.name == "zg-panel" for t in threading.enumerate()))


def test_no_state_holds_a_secret_after_every_way_with_secrets(panel, monkeypatch):
    assert {section.name for section in panel._sections} == set(SECTIONS)
    page, words = Page(panel, monkeypatch), panel._words
    ways, name = page.named(words("wallet.add_how")), page.named(words("wallet.add_name"))

    # An API key of our own, with a page that shows it.
    payer = page.section("trust").room.client()
    provider = payer.offers()[0].provider
    if provider not in [a.provider for a in payer.money.holdings().accounts]:
        payer.money.transfer(provider, OG)
    panel.go("trust")
    ring = page.section("trust")._keys
    until(lambda: provider in [address for _, address in ring._provider.options])
    ring._provider.value = provider
    ring._create.click()
    assert "is made" in settled(ring._line)
    ring._once._received(ring._once, {"show": True}, [])
    (secret,) = [one["secret"] for one in page.sent]

    # Wallets: made with a phrase that is shown, imported as key and as phrase, opened, refused.
    ways.value, name.value = "new", "made-in-panel"
    page.give(words("wallet.add_button_new"), passphrase=PASSPHRASE, again=PASSPHRASE)
    (shown,) = page.all(Phrase)
    shown._heard(shown, {"ready": True}, [])
    phrase = " ".join(page.sent[-1]["phrase"])
    assert len(phrase.split()) == 12
    for way, kind, value in (("key", "key", KEY), ("phrase", "phrase", PHRASE)):
        ways.value, name.value = way, f"{way}-in-panel"
        button = words(f"wallet.add_button_{way}")
        page.give(button, **{kind: value}, passphrase=PASSPHRASE, again=PASSPHRASE)
    ways.value, name.value = "key", "refused"
    page.give(words("wallet.add_button_key"), key=KEY[:-2], passphrase=PASSPHRASE, again=PASSPHRASE)
    name.value = KEY  # in the wrong field
    page.give(words("wallet.unlock"), passphrase=WRONG)
    known = {one.name for one in wallets.names()}
    assert {"made-in-panel", "key-in-panel", "phrase-in-panel"} <= known

    # A key of somebody else: one that is none, and one that works.
    page.give(words("start.key"), key=STRANGER)
    page.give(words("start.key"), key=secret)
    for section in panel._sections:
        section.refresh()

    secrets = [KEY, KEY[:-2], PHRASE, PASSPHRASE, WRONG, STRANGER, secret, phrase]
    assert places_of(secrets, states()) == []
    lines = {f"line {n}": line.text.encode() for n, line in enumerate(page.all(Line))}
    assert len(lines) >= 6
    assert places_of(secrets, lines) == []
    assert places_of(secrets, {"still": panel.still().encode()}) == []
    assert b"app-sk-Q" not in b"".join(states().values())
