"""Which ports of a provider may be called, as a setting writes them: ``443,8443,9000-9100``."""

from __future__ import annotations

import functools
import re

from zg_jupyter.errors import BadInput

#: HTTPS itself, and what a service without special rights can listen on. The rest belongs to
#: mail, name and login servers, which are not to be talked into an answer.
USUAL = "443,1024-65535"
_ENTRY = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")


def checked(text: str) -> str:
    """A list that somebody typed, without spaces; ``BadInput`` when it is none."""
    written = "".join(text.split())
    if written:
        allowed(written)
    return written


@functools.lru_cache(maxsize=16)
def allowed(text: str) -> tuple[range, ...]:
    """The ports of a list; the usual ones when it is empty.

    Raises
    ------
    BadInput
        Something in it is neither a port nor a range of ports.
    """
    found = []
    for entry in (text or USUAL).split(","):
        match = _ENTRY.fullmatch(entry)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last <= 65535:
            raise BadInput(
                f"{entry[:40]!r} is no port and no range of ports.",
                next_step='Write them like this: %zg set provider_ports "443,8443,9000-9100"',
            )
        found.append(range(first, last + 1))
    return tuple(found)
