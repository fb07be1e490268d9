"""Session tokens that the owner of a wallet in the page has signed, for as long as they last.

A token is good for a day, and each costs its owner a signature in the page. They outlive a client,
which every changed setting closes; they are in the memory of this process and nowhere else.
"""

from __future__ import annotations

from typing import NoReturn


class Drawer:
    """The tokens of one account on one network, by provider."""

    def __init__(self) -> None:
        self.__kept: dict[str, tuple[int, int, str]] = {}

    def find(self, provider: str, generation: int, until: int) -> tuple[str, int] | None:
        """A token that is good until then, and when it ends (milliseconds since 1970).

        One of another generation of the sub-account is revoked, and is dropped.
        """
        kept = self.__kept.get(provider.lower())
        if kept is None or kept[0] != generation or kept[1] < until:
            self.drop(provider)
            return None
        return kept[2], kept[1]

    def keep(self, provider: str, generation: int, expires_at: int, token: str) -> None:
        """Keep a token instead of the one before."""
        self.__kept[provider.lower()] = generation, expires_at, token

    def drop(self, provider: str) -> None:
        """Forget the token for a provider."""
        self.__kept.pop(provider.lower(), None)

    def __len__(self) -> int:
        return len(self.__kept)

    def __repr__(self) -> str:
        return f"<{len(self)} session tokens>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("Session tokens cannot be pickled or copied.")


class KeptTokens:
    """The drawers of one account."""

    def __init__(self) -> None:
        self._drawers: dict[tuple[int, str], Drawer] = {}

    def at(self, chain_id: int, contract: str) -> Drawer:
        """Those for the providers of one network."""
        return self._drawers.setdefault((chain_id, contract.lower()), Drawer())

    def clear(self) -> bool:
        """Forget all; whether there were any."""
        had = any(map(len, self._drawers.values()))
        self._drawers.clear()
        return had
