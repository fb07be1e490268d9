"""Addresses as people type them."""

from __future__ import annotations

import re

from eth_utils import to_checksum_address

from zg_jupyter.errors import BadInput

_HEX = re.compile(r"0[xX][0-9a-fA-F]{40}")


def read_address(text: str) -> str:
    """An address in its EIP-55 form.

    Parameters
    ----------
    text:
        ``0x`` and 40 hex digits: all lower or all upper case, or with the right checksum.

    Raises
    ------
    BadInput
        For anything else: a typing error in an address sends money to nobody.
    """
    typed = text.strip()
    if not _HEX.fullmatch(typed):
        raise BadInput(
            f"{typed[:46]!r} is not an address (0x and 40 hex digits).",
            next_step="Copy the whole address; names such as .eth are not resolved here.",
        )
    digits, checked = typed[2:], str(to_checksum_address("0x" + typed[2:].lower()))
    if digits not in (digits.lower(), digits.upper(), checked[2:]):
        raise BadInput(
            f"The address {typed} has a wrong checksum: at least one character is mistyped.",
            next_step="Copy it again from where it comes from.",
        )
    return checked
