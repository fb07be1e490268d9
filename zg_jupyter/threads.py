"""Conversations: what was said before goes along, as far as it fits."""

from __future__ import annotations

from zg_jupyter.records import Answer, ChatRequest, Message

_BYTES_PER_TOKEN = 4  # about; the provider counts exactly
#: Tokens of earlier turns that go along: every one of them is paid again with each question.
KEPT_TOKENS = 3000


class Threads:
    """The conversations of one notebook, by name.

    Parameters
    ----------
    kept_tokens:
        About how many tokens of earlier turns are sent along.
    """

    def __init__(self, kept_tokens: int = KEPT_TOKENS) -> None:
        self._most = kept_tokens * _BYTES_PER_TOKEN
        self._turns: dict[str, list[tuple[Message, Message]]] = {}

    def request(self, name: str, prompt: str) -> tuple[ChatRequest, int]:
        """The next question of a conversation, with what was said before.

        Returns
        -------
        tuple[ChatRequest, int]
            The request, and how many of the oldest turns were left out because of their length.
        """
        turns, size = [], 0
        known = self._turns.get(name, [])
        for turn in reversed(known):
            size += sum(len(message.content.encode("utf-8", "replace")) for message in turn)
            if size > self._most:
                break
            turns.append(turn)
        before = [message for turn in reversed(turns) for message in turn]
        return ChatRequest((*before, Message("user", prompt))), len(known) - len(turns)

    def add(self, name: str, prompt: str, answer: Answer) -> None:
        """Keep a turn; one that broke off is no part of the conversation."""
        if answer.complete:
            turn = (Message("user", prompt), Message("assistant", answer.text))
            self._turns.setdefault(name, []).append(turn)

    def reset(self, name: str) -> int:
        """Forget a conversation; gives how many turns it had."""
        return len(self._turns.pop(name, []))

    def names(self) -> list[str]:
        """The conversations there are."""
        return sorted(self._turns)
