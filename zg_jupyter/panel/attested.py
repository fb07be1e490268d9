"""What stands behind each provider: a button to find out, a verdict, and every check."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import ipywidgets

from zg_jupyter.attesting import Attestation
from zg_jupyter.notebook import inert
from zg_jupyter.panel.parts import button, column, free, group, paragraphs_html, row, short, text
from zg_jupyter.panel.room import Room
from zg_jupyter.panel.spend_answers import table_still
from zg_jupyter.panel.table import Column, Table
from zg_jupyter.panel.widgets import Line
from zg_jupyter.panel.words import Words

_MOST = 50  # providers with a button of their own


class Attested:
    """The attestations of providers.

    Parameters
    ----------
    room:
        The panel's.
    """

    def __init__(self, room: Room) -> None:
        self._room = room
        words = self._words = room.words
        self._offered: list[tuple[str, str]] = []
        self._found: dict[str, Attestation] = {}
        self._said: dict[str, ipywidgets.HTML] = {}
        self._rows = column()
        self._line = Line()
        self._checks = Table(
            [
                Column("check", words("trust.check")),
                Column("outcome", words("trust.outcome")),
                Column("why", words("trust.because")),
            ],
            words("trust.checks"),
            lambda _: None,
            words=words,
        )
        self._checks.empty = words("trust.no_checks")
        self.box = group(
            words("trust.providers"),
            text(words("trust.providers_why")),
            self._rows,
            self._line,
            self._checks,
        )

    def offered(self, providers: Sequence[tuple[str, str]]) -> None:
        """These providers sell here: pairs of what is shown, and the address."""
        if list(providers) == self._offered:
            return
        self._offered = list(providers)
        rows = []
        for name, address in self._offered[:_MOST]:
            state = self._said[address] = text(self._sentence(name, address))
            # Its own title: a list of buttons that all say "check" tells nobody which is which.
            look = button(
                self._words("trust.look", provider=short(address)),
                partial(self._look, address),
            )
            rows.append(row(look, state))
        if (left := len(self._offered) - _MOST) > 0:
            rows.append(text(self._words("trust.more", count=left)))
        before = self._rows.children
        self._rows.children = tuple(rows or [text(self._words("trust.nobody"))])
        for widget in before:
            free(widget)

    def clear(self) -> None:
        """There is another network now, or none."""
        self._found.clear()
        self._checks.rows = []
        self._checks.caption = ""
        self.offered([])

    def still(self) -> str:
        """The verdicts, and the checks of each."""
        return "".join(
            f"<p>{inert.html(headline(self._words, found))}</p>"
            + table_still(
                [self._words(f"trust.{name}") for name in ("check", "outcome", "because")],
                lines_of(self._words, found),
            )
            for found in self._found.values()
        )

    def _sentence(self, name: str, address: str) -> str:
        found = self._found.get(address)
        said = headline(self._words, found) if found else self._words("trust.not_looked")
        return f"{name}: {said}"

    def _look(self, address: str) -> None:
        name = next((name for name, known in self._offered if known == address), short(address))
        buttons = [one.children[0] for one in self._rows.children if hasattr(one, "children")]

        def work(_: Callable[[str], None]) -> str:
            found = self._room.client().attest(address, fresh=True)
            self._found[address] = found
            said = headline(self._words, found)
            state = self._said.get(address)
            if state is not None:
                state.value = paragraphs_html(self._sentence(name, address))
            self._checks.caption = self._words("trust.checks_of", provider=short(address))
            self._checks.rows = [
                {"key": str(number), "check": check, "outcome": outcome, "why": why}
                for number, (check, outcome, why) in enumerate(lines_of(self._words, found))
            ]
            return said

        working = self._words("trust.looking", provider=short(address))
        self._room.act(self._line, work, *buttons, working=working)


def headline(words: Words, found: Attestation) -> str:
    """The verdict in one sentence, and never more than was proved."""
    provider = short(found.provider)
    if found.proof == "genuine":
        compared = any(c.name == "boot chain" and c.outcome == "pass" for c in found.checks)
        said = words("trust.genuine", provider=provider, tcb=found.tcb_status)
        return said if compared else f"{said} {words('trust.any_system')}"
    if found.proof == "development":
        return words("trust.development", provider=provider)
    # A check that failed says more than one that could not be made.
    first = min(found.open, key=lambda check: check.outcome != "fail")
    reason = f"{words.told(first.name)}: {words.told(first.why)}".removesuffix(".")
    count = len(found.open)
    return words("trust.not_proved", reason=reason, provider=provider, count=count)


def lines_of(words: Words, found: Attestation) -> list[tuple[str, str, str]]:
    """Every check with its outcome and reason, then what else the attestation says."""
    lines = [
        (
            words.told(check.name),
            words(f"trust.outcome_{check.outcome.replace('-', '_')}"),
            words.told(check.why),
        )
        for check in found.checks
    ]
    listed = words("trust.listed")
    lines += [
        (
            words("trust.image"),
            listed,
            str(image) if image.digest else words("trust.unpinned", name=image.name),
        )
        for image in found.images
    ]
    if found.enc_pub:
        lines.append((words("trust.key"), listed, found.enc_pub.hex()))
    if found.quote_sha256:
        lines.append((words("trust.quote"), listed, f"sha256 {found.quote_sha256}"))
    return lines
