"""Answers that are given again: the same question, asked again with ``reuse``, is not paid twice.

Only what was asked with ``reuse`` is recorded, and only whole answers. What was asked is kept as a
hash: nobody reads a prompt from it, though whoever has the file can check a guess. ``%zg forget``
deletes all of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from zg_jupyter import evidence
from zg_jupyter.choices import Choices
from zg_jupyter.errors import StoreError
from zg_jupyter.records import (
    Answer,
    ChatRequest,
    Delta,
    Event,
    Finished,
    Notice,
    Receipt,
    Usage,
    Verdict,
)
from zg_jupyter.spend.recordings import FILE, Recordings
from zg_jupyter.spend.recordings import forget as forget_file

Keep = Callable[[Answer], None]


@dataclass(frozen=True)
class Question:
    """What decides an answer, as a hash; and the limit of its tokens."""

    key: str
    max_tokens: int


def deciding(request: ChatRequest) -> list[Any]:
    """Everything in a request that decides what is answered, as plain data."""
    return [
        [[message.role, message.content] for message in request.messages],
        [request.max_tokens, request.temperature, request.top_p, request.seed],
        [list(request.stop), {**request.extra, **_files(request)}, request.images],
    ]


def _files(request: ChatRequest) -> dict[str, list[str]]:
    return {"files": [one.sha256 for one in request.files]} if request.files else {}


def question(
    request: ChatRequest, chosen: Choices, *, books: str, user: str, max_tokens: int
) -> Question:
    """By what an answer to this is known again.

    Parameters
    ----------
    request, chosen:
        What is asked, and of whom: model, provider and ``only_verified`` count as they were
        wished for, not as they were found.
    books, user:
        On which chain, with which wallet.
    max_tokens:
        The limit of the answer, wherever it comes from.
    """
    told = json.dumps(
        [
            [books, user.lower()],
            deciding(request),
            [chosen.model, chosen.provider, chosen.only_verified, max_tokens],
        ],
        default=_plain,
        sort_keys=True,
    )
    return Question(hashlib.sha256(told.encode("utf-8", "replace")).hexdigest(), max_tokens)


class Recorded:
    """The recorded answers of one client.

    Parameters
    ----------
    folder:
        Where their file is.
    """

    def __init__(self, folder: Path) -> None:
        self._file = Recordings(folder / FILE)
        self._asking: dict[str, asyncio.Future[None]] = {}

    async def stream(
        self,
        asked: Question,
        ask: Callable[[Keep], AsyncGenerator[Event, None]],
        *,
        keep: Keep,
        patience: float,
    ) -> AsyncGenerator[Event, None]:
        """The recorded answer, or one that is asked for and recorded.

        Parameters
        ----------
        asked:
            What the answer is known by.
        ask:
            Asks for it; gets what is to be called with the answer.
        keep:
            Gets the answer, also a recorded one.
        patience:
            Seconds to wait for somebody who asks the same at this moment.

        Raises
        ------
        StoreError
            The file of recorded answers cannot be used; nothing was sent.
        """
        until = time.monotonic() + patience
        while (answer := self._find(asked)) is None:
            other = self._asking.get(asked.key)
            left = until - time.monotonic()
            if other is None or left <= 0:
                break
            await asyncio.wait([other], timeout=left)
        if answer is None:
            async with contextlib.aclosing(self._anew(asked, ask, keep)) as events:
                async for event in events:
                    yield event
            return
        keep(answer)
        yield Delta(answer.text)
        yield Finished(answer)

    async def _anew(
        self, asked: Question, ask: Callable[[Keep], AsyncGenerator[Event, None]], keep: Keep
    ) -> AsyncGenerator[Event, None]:
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._asking.setdefault(asked.key, mine)
        failed: list[StoreError] = []

        def kept(answer: Answer) -> None:
            if _is_whole(answer, asked.max_tokens):
                at, verdict = time.time(), answer.receipt.verdict
                try:
                    self._file.put(asked.key, at, json.dumps(written(answer)))
                    if not verdict.settled:
                        verdict.then(lambda _: self._amend(asked.key, at, answer))
                except StoreError as error:  # it is paid for, so it is given all the same
                    failed.append(error)
            keep(answer)

        try:
            async with contextlib.aclosing(ask(kept)) as events:
                async for event in events:
                    if failed and isinstance(event, Finished):
                        yield Notice(f"This answer could not be recorded: {failed[0].what}")
                    yield event
        finally:
            if self._asking.get(asked.key) is mine:
                del self._asking[asked.key]
            mine.set_result(None)

    def _amend(self, key: str, at: float, answer: Answer) -> None:
        """What the signature's check found belongs to the record, if that is still there."""
        with contextlib.suppress(StoreError):
            self._file.amend(key, at, json.dumps(written(answer)))

    def _find(self, asked: Question) -> Answer | None:
        found = self._file.get(asked.key)
        try:
            return None if found is None else read(found[0], json.loads(found[1]))
        except ValueError:
            return None

    def forget(self, asked: Question | None = None) -> int:
        """Forget one answer, or all; gives how many there were.

        Raises
        ------
        StoreError
            The file of recorded answers cannot be used.
        """
        return self._file.forget() if asked is None else self._file.drop(asked.key)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def forget_all(folder: Path) -> int:
    """Forget what is recorded in a folder, without a client; as in :meth:`Recorded.forget`."""
    return forget_file(folder / FILE)


def _is_whole(answer: Answer, max_tokens: int) -> bool:
    """Whether it is what was asked for: all of it, and not shortened for a budget."""
    shortened = answer.finish_reason == "length" and answer.usage.completion_tokens < max_tokens
    return answer.complete and bool(answer.text) and not shortened


def written(answer: Answer) -> dict[str, Any]:
    """An answer as plain JSON, with what its receipt proves."""
    receipt = answer.receipt
    known = receipt.evidence
    return {
        "text": answer.text,
        "finish_reason": answer.finish_reason,
        "request_id": receipt.request_id,
        "network": receipt.network,
        "route": receipt.route,
        "provider": receipt.provider,
        "model": receipt.model,
        "usage": asdict(receipt.usage),
        "verdict": asdict(receipt.verdict.now),
        "evidence": known and evidence.as_plain(known),
    }


def read(at: float, content: Mapping[str, Any]) -> Answer | None:
    """An answer as it is given again; ``None`` for what another version wrote."""
    try:
        known = dict(content)
        kept = known.pop("evidence", None)
        text, reason = known.pop("text"), known.pop("finish_reason")
        usage, verdict = Usage(**known.pop("usage")), Verdict(**known.pop("verdict"))
        receipt = Receipt(
            **known,
            usage=usage,
            verdict=verdict,
            cost=0,
            first_token_seconds=None,
            total_seconds=0.0,
            recorded_at=at,
            evidence=kept and evidence.from_plain(kept),
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return Answer(text, reason, receipt)


def _plain(value: object) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)
