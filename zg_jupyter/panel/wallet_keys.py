"""The part of the section Wallet for the wallets of this machine: choose, unlock, lock, add."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets

from zg_jupyter import keyonly, settings, wallets
from zg_jupyter.errors import BadInput, WalletError, ZgError
from zg_jupyter.panel.parts import (
    button,
    choice,
    column,
    entry,
    group,
    heading,
    offer_options,
    row,
    short,
    text,
    visible,
)
from zg_jupyter.panel.wallet_desk import Desk
from zg_jupyter.panel.wallet_widgets import Phrase
from zg_jupyter.panel.widgets import Line, Secret

_LONGEST_NAME = 40
_WAYS = ("new", "key", "phrase")


class KeysPart:
    """Wallets in encrypted files, and the funded account of the embedded network.

    Parameters
    ----------
    desk:
        Of the section.

    Attributes
    ----------
    box:
        The widget that is shown.
    """

    def __init__(self, desk: Desk) -> None:
        words = self._words = desk.words
        self._desk = desk
        self._known: dict[str, wallets.WalletInfo] = {}
        self._line = Line()
        self._picker = choice(words("wallet.which"), [])
        self._picker.observe(lambda _: self._follow(), "value")
        self._use = button(words("wallet.use"), self._choose)
        self._lock = button(words("wallet.lock"), self._lock_it)
        self._unlock = Secret(
            [("passphrase", words("wallet.passphrase"))], words("wallet.unlock"), self._open
        )
        self._none = text(words("wallet.none_yet"))
        self._way = choice(words("wallet.add_how"), [(words(f"wallet.add_{w}"), w) for w in _WAYS])
        self._way.observe(lambda _: self._ask(), "value")
        self._name = entry(words("wallet.add_name"), placeholder="main")
        self._name.observe(self._typed, "value")
        self._add = Secret(self._fields("new"), words("wallet.add_button_new"), self._keep)
        self._added = Line()
        self._phrase = Phrase(words, self._written)
        desk.actors += [self._use, self._lock, self._unlock, self._add]
        self.refresh()
        self.box: ipywidgets.VBox = group(
            words("wallet.wallets"),
            self._none,
            self._picker,
            row(self._use, self._lock),
            self._unlock,
            self._line,
            column(heading(words("wallet.add")), self._way, self._name, self._add, self._added),
            self._phrase,
        )

    def refresh(self) -> None:
        """Show which wallets there are and which are open; reads local files only."""
        try:
            found = wallets.names()
        except ZgError:
            return  # the part about networks says what is wrong
        self._known = {wallet.name: wallet for wallet in found}
        first_time = self._picker.value is None
        offer_options(self._picker, [(self._label(wallet), wallet.name) for wallet in found])
        chosen = next((wallet.name for wallet in found if wallet.chosen), "")
        if first_time and chosen:
            self._picker.value = chosen
        self._follow()

    def _label(self, wallet: wallets.WalletInfo) -> str:
        state = self._words(f"wallet.state_{wallet.state}")
        used = self._words("wallet.in_use") if wallet.chosen else ""
        return " · ".join(filter(None, (wallet.name, short(wallet.address), state, used)))

    def _follow(self) -> None:
        wallet = self._known.get(self._picker.value or "")
        visible(self._none, not self._known)
        for widget in (self._picker, self._use):
            visible(widget, bool(self._known))
        visible(self._lock, wallet is not None and wallet.state == "unlocked")
        visible(self._unlock, wallet is not None and wallet.state == "locked")

    def _choose(self) -> None:
        name = str(self._picker.value)

        def work(_: Callable[[str], None]) -> str:
            address = self._take(name)
            return self._words("wallet.used", name=name, address=address)

        self._desk.act(self._line, work)

    def _take(self, name: str) -> str:
        """Use a wallet, also where a setting or a key of the environment would go first."""
        address = wallets.use(name)
        if keyonly.chosen(settings.load().wallet) or wallets.address() != address:
            self._desk.room.session.change({"wallet": name})
        else:
            self._desk.room.session.forget()
        self._desk.stale(forget=True)
        return address

    def _lock_it(self) -> None:
        name = str(self._picker.value)

        def work(_: Callable[[str], None]) -> str:
            wallets.lock(name)
            return self._words("wallet.locked", name=name)

        self._desk.act(self._line, work)

    def _open(self, values: dict[str, str]) -> None:
        name = str(self._picker.value)

        def work(_: Callable[[str], None]) -> str:
            wallets.unlock(name, values.pop("passphrase"))
            minutes = round(settings.load().auto_lock / 60)
            return self._words("wallet.unlocked", name=name, minutes=minutes)

        self._desk.act(self._line, work, working=self._words("wallet.decrypting"))

    def _fields(self, way: str) -> list[tuple[str, str]]:
        secret = [] if way == "new" else [(way, self._words(f"wallet.field_{way}"))]
        new = self._words("wallet.passphrase_new")
        return [*secret, ("passphrase", new), ("again", self._words("wallet.passphrase_again"))]

    def _ask(self) -> None:
        way = str(self._way.value)
        with self._add.hold_sync():
            self._add.fields = [list(field) for field in self._fields(way)]
            self._add.button = self._words(f"wallet.add_button_{way}")

    def _typed(self, change: dict[str, str]) -> None:
        """A key or a phrase does not stay where names stand: that is saved with notebooks."""
        if len(change["new"].strip()) > _LONGEST_NAME:
            self._name.value = ""
            self._added.say(self._words("wallet.no_name"), "error")

    def _keep(self, values: dict[str, str]) -> None:
        way, name = str(self._way.value), str(self._name.value)
        if not any(values.values()):
            self._added.say(self._words("wallet.empty_form"), "error")
            return

        def work(_: Callable[[str], None]) -> str:
            checked = wallets.check_new(name)
            passphrase, again = values.pop("passphrase"), values.pop("again")
            if passphrase != again:
                raise WalletError(self._words("wallet.differ"))
            wallets.check_passphrase(passphrase)
            address = self._made(way, checked, passphrase, values)
            self._name.value = ""
            return self._adopted(checked, address, passphrase)

        self._desk.act(self._added, work, working=self._words("wallet.encrypting"))

    def _made(self, way: str, name: str, passphrase: str, values: dict[str, str]) -> str:
        if way == "new":
            address, phrase = wallets.create(name, passphrase)
            self._phrase.show(name, phrase)
            return address
        if not values.get(way, "").strip():
            raise BadInput(self._words("wallet.empty_form"))
        if way == "key":
            return wallets.import_key(name, values.pop("key"), passphrase)
        return wallets.import_phrase(name, values.pop("phrase"), passphrase)

    def _adopted(self, name: str, address: str, passphrase: str) -> str:
        """Where nobody could pay so far, the new wallet does, and is open."""
        made = self._words("wallet.made", name=name, address=address)
        try:
            wallets.address()
        except ZgError:
            self._take(name)
            wallets.unlock(name, passphrase)
            return " ".join((made, self._words("wallet.made_used")))
        return " ".join((made, self._words("wallet.made_next")))

    def _written(self) -> None:
        self._added.say(self._words("wallet.phrase_gone"))
