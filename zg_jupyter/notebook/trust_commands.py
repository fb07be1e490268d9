"""``%zg verify``: what stands behind an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zg_jupyter.errors import BadInput, told
from zg_jupyter.notebook import receipt_commands
from zg_jupyter.notebook import words_trust as words
from zg_jupyter.notebook.money_commands import find_provider
from zg_jupyter.notebook.render import label
from zg_jupyter.notebook.shared import Session
from zg_jupyter.notebook.tables import Table

if TYPE_CHECKING:
    from zg_jupyter.attesting import Attestation


def run(session: Session, arguments: list[str]) -> Table:
    """Carry out what stands behind ``%zg verify``.

    Raises
    ------
    ZgError
        For what cannot be meant, or a provider that does not hand out its attestation. One that
        proves nothing is no error: the table says so.
    """
    if receipt_commands.is_about_notebooks(arguments):
        return receipt_commands.run(arguments)
    targets, collateral = _read(arguments)
    if len(targets) != 1:
        raise BadInput(words.USAGE, next_step=words.USAGE_NEXT)
    return _provider(session, targets[0], collateral)


def _provider(session: Session, typed: str, collateral: str) -> Table:
    client = session.client()
    provider = find_provider(client, typed)
    return attestation_table(client.attest(provider, collateral=collateral, fresh=True))


def attestation_table(found: Attestation) -> Table:
    """An attestation for people: the verdict, then every check."""
    rows = [
        (told(check.name), words.OUTCOMES[check.outcome], told(check.why)) for check in found.checks
    ]
    rows += [
        (
            words.IMAGE,
            words.LISTED,
            str(image) if image.digest else words.UNPINNED.format(name=image.name),
        )
        for image in found.images
    ]
    if found.enc_pub:
        rows.append((words.KEY, words.LISTED, found.enc_pub.hex()))
    if found.quote_sha256:
        rows.append((words.QUOTE, words.LISTED, f"sha256 {found.quote_sha256}"))
    return Table.of(rows, title=headline(found), head=words.HEAD)


def headline(found: Attestation) -> str:
    """The verdict in one sentence."""
    provider = label(found.provider)
    if found.proof == "genuine":
        compared = any(c.name == "boot chain" and c.outcome == "pass" for c in found.checks)
        sentence = words.GENUINE.format(provider=provider, tcb=found.tcb_status)
        return sentence if compared else sentence + words.ANY_SYSTEM
    if found.proof == "development":
        return words.DEVELOPMENT.format(provider=provider)
    # A check that failed says more than one that could not be made.
    first = min(found.open, key=lambda check: check.outcome != "fail")
    reason = f"{told(first.name)}: {told(first.why)}".removesuffix(".")
    sentence = words.NOT_PROVED_ONE if len(found.open) == 1 else words.NOT_PROVED
    return sentence.format(reason=reason, provider=provider, count=len(found.open))


def _read(arguments: list[str]) -> tuple[list[str], str]:
    targets, collateral = [], ""
    waiting = iter(arguments)
    for word in waiting:
        name, equals, value = word.partition("=")
        if not name.startswith("-"):
            targets.append(word)
            continue
        if name not in words.OPTIONS:
            raise BadInput(words.UNKNOWN_OPTION.format(name=name[:40]), next_step=words.OPTION_NEXT)
        collateral = value if equals else next(waiting, "")
        if not collateral:
            raise BadInput(words.NEEDS_FILE, next_step=words.OPTION_NEXT)
    return targets, collateral
