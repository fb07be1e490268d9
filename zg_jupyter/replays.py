"""Answers of a notebook in a file: recorded while they are paid for, given again without a network.

Whoever grades a notebook runs it again without a wallet: same questions, same text, nothing sent.
A question that differs in anything is named and not answered. What was asked is kept as hashes,
unless it is wished otherwise; every answer is kept with its proof, which is checked when the file
is read.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
import time
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from zg_jupyter import evidence, proofs, recorded, wire_json
from zg_jupyter.choices import Choices
from zg_jupyter.errors import BadInput, StoreError, TrustError, ZgError
from zg_jupyter.records import Answer, ChatRequest, Event, Finished, Notice
from zg_jupyter.transport import reading
from zg_jupyter.transport.direct import body_of
from zg_jupyter.verdict import Verdict

FORM = 1
_MOST = 256 * 1024 * 1024  # bytes of a file that is read
_SHOWN = 60  # characters
_HEAD = "zg_jupyter_recording"
_PATIENCE = 10.0  # seconds for the signatures of the last answers
_TEXTS = ("messages", "stop", "extra")


@dataclass(frozen=True)
class Asked:
    """What decides an answer, part by part; texts are hashes.

    Attributes
    ----------
    parts:
        By name, as in the options of a cell.
    prompt:
        The messages, for a file that keeps them.
    request, max_tokens:
        What would be sent.
    """

    parts: Mapping[str, Any]
    prompt: list[list[str]]
    request: ChatRequest
    max_tokens: int

    @property
    def key(self) -> str:
        return evidence.digest(dict(self.parts))


def asked(request: ChatRequest, chosen: Choices, max_tokens: int) -> Asked:
    """A question as it is known again, on whatever machine and with whatever wallet."""
    messages, numbers, rest = recorded.deciding(request)
    stop, extra, images = rest
    parts = {
        "messages": [[role, _hash(content)] for role, content in messages],
        "temperature": None if numbers[1] is None else float(numbers[1]),
        "top_p": None if numbers[2] is None else float(numbers[2]),
        "seed": numbers[3],
        "max_tokens": max_tokens,
        "stop": stop and _hash(stop),
        "extra": extra and _hash(extra),
        "images": images,
        "model": chosen.model,
        "provider": chosen.provider,
        "only_verified": chosen.only_verified,
    }
    return Asked(parts, messages, request, max_tokens)


class Recording:
    """Writes answers into a file.

    Parameters
    ----------
    path:
        The file; a recording that is there already goes on, and what is asked again replaces
        what was recorded.
    with_prompts:
        Whether what was asked is kept as text too.

    Raises
    ------
    BadInput
        There is a file of that name which is no recording.
    StoreError
        It cannot be written.
    """

    def __init__(self, path: Path, *, with_prompts: bool = False) -> None:
        self.path = path
        self._with_prompts = with_prompts
        self._lock = threading.Lock()
        self._failed = ""
        self._waiting: list[Verdict] = []
        self._keys: set[str] = set()
        if path.exists():
            self._keys = {evidence.digest(entry.get("asked")) for entry in _entries(path)}
        else:
            self._append({_HEAD: FORM})

    def __len__(self) -> int:
        return len(self._keys)

    def keep(self, question: Asked, answer: Answer) -> str:
        """Write an answer down as soon as its signature is checked.

        Returns
        -------
        str
            Why this one is not recorded, for people; empty when it is.
        """
        if self._failed:
            return self._failed
        if not answer.complete or answer.images:
            return "This answer is not recorded: only whole texts are."
        at = time.time()
        self._waiting.append(answer.receipt.verdict)
        answer.receipt.verdict.then(lambda _: self._put(question, answer, at))
        return ""

    async def watch(
        self, question: Asked, events: AsyncGenerator[Event, None]
    ) -> AsyncGenerator[Event, None]:
        """The events of an answer, which is written down at their end."""
        async with contextlib.aclosing(events):
            async for event in events:
                if isinstance(event, Finished) and (said := self.keep(question, event.answer)):
                    yield Notice(said)
                yield event

    def close(self) -> int:
        """Wait for the signatures that are still being checked; gives how many answers there are.

        Raises
        ------
        StoreError
            The file could not be written.
        """
        until = time.monotonic() + _PATIENCE
        for verdict in self._waiting:
            verdict.wait(max(0.0, until - time.monotonic()))
        if self._failed:
            raise StoreError(self._failed)
        return len(self)

    def _put(self, question: Asked, answer: Answer, at: float) -> None:
        if answer.receipt.verdict.now.status in ("mismatch", "signed-by-unknown"):
            return  # nobody could tell it from one that was changed later
        entry: dict[str, Any] = {"asked": dict(question.parts), "at": at}
        if self._with_prompts:
            entry["prompt"] = question.prompt
        entry["answer"] = recorded.written(answer)
        entry["sha256"] = evidence.digest(entry)
        with self._lock:
            try:
                self._append(entry)
                self._keys.add(question.key)
            except StoreError as error:
                self._failed = error.what

    def _append(self, line: dict[str, Any]) -> None:
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise StoreError(f"The file {self.path} cannot be written ({why}).") from None


class Replay:
    """Answers from a file, each with its proof.

    Parameters
    ----------
    path:
        As :class:`Recording` wrote it.

    Raises
    ------
    BadInput
        It cannot be read, or is no such file.
    TrustError
        An answer in it does not stand up to its proof.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._entries: dict[str, tuple[dict[str, Any], Answer]] = {}
        for number, entry in enumerate(_entries(path), 1):
            answer = _answer(path, number, entry)
            self._entries[evidence.digest(entry["asked"])] = entry, answer

    def __len__(self) -> int:
        return len(self._entries)

    def answer(self, question: Asked) -> Answer:
        """What was answered to this.

        Raises
        ------
        BadInput
            It was not recorded; the sentence says what is different from what was.
        TrustError
            The provider signed another question.
        """
        if question.key not in self._entries:
            raise BadInput(
                f"This prompt was not recorded{self._closest(question)}. Nothing was sent.",
                next_step="Ask as it was recorded, or leave the recording: %zg replay off",
            )
        _, answer = self._entries[question.key]
        if not _is_about(answer, question):
            raise TrustError(
                f"The recorded answer in {self.path.name} is not to this question: its provider "
                "signed another one.",
                next_step="Ask whoever recorded it for another file.",
            )
        return answer

    def _closest(self, question: Asked) -> str:
        """What the recorded question that is most like this one has different."""

        def distance(entry: dict[str, Any]) -> tuple[int, int]:
            names = _different(entry["asked"], question.parts)
            return len(names), names.count("messages")

        entries = [entry for entry, _ in self._entries.values()]
        if not entries:
            return ": nothing was"
        best = min(entries, key=distance)
        told = "; ".join(
            _told(name, best, question) for name in _different(best["asked"], question.parts)
        )
        return f"; the closest recorded one differs in: {told}"


def _told(name: str, entry: Mapping[str, Any], question: Asked) -> str:
    before, now = entry["asked"].get(name), question.parts[name]
    if name == "messages":
        return _told_messages(entry, question)
    if name in _TEXTS:
        return f"{name} (known as a hash only)"
    return f"{name} ({_value(before)} was recorded, {_value(now)} is asked)"


def _told_messages(entry: Mapping[str, Any], question: Asked) -> str:
    before, now = entry["asked"]["messages"], question.parts["messages"]
    if len(before) != len(now):
        return f"the number of messages ({len(before)} were recorded, {len(now)} are asked)"
    at = next(i for i, (one, other) in enumerate(zip(before, now, strict=True)) if one != other)
    what = {"system": "the system text", "user": "the prompt"}.get(now[at][0], "a message")
    if prompt := entry.get("prompt"):
        text = " ".join(str(prompt[at][1]).split())
        short = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
        return f"{what} ({reading.plain(short)!r} was recorded)"
    return f"{what} (sha256 {before[at][1][:8]}… was recorded, {now[at][1][:8]}… is asked)"


def _value(value: Any) -> str:
    return "nothing" if value is None else str(value)[:_SHOWN]


def _different(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    return [name for name in now if before.get(name) != now[name]]


def _is_about(answer: Answer, question: Asked) -> bool:
    """Whether the signed request is this question, where that can be told."""
    receipt = answer.receipt
    known = receipt.evidence
    if known is None or receipt.route != "direct" or getattr(receipt, "sealed", False):
        return True
    bodies = (
        body_of(question.request, receipt.model, known.max_tokens, streamed=streamed)
        for streamed in (True, False)
    )
    return known.request_sha256 in [hashlib.sha256(body).hexdigest() for body in bodies]


def _entries(path: Path) -> list[dict[str, Any]]:
    shown = str(path)[:120]
    try:
        if path.stat().st_size > _MOST:
            raise BadInput(f"{shown} is larger than {_MOST >> 20} MB.")
        lines = [wire_json.loads(line) for line in path.read_bytes().split(b"\n") if line]
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise BadInput(
            f"The recording {shown} cannot be read ({why}).",
            next_step="Make one with: %zg record FILE",
        ) from None
    except (ValueError, RecursionError):
        lines = []
    if not lines or not isinstance(lines[0], dict) or lines[0].get(_HEAD) != FORM:
        raise BadInput(f"{shown} is no recording of answers that this version knows.")
    if not all(isinstance(line, dict) for line in lines):
        raise BadInput(f"{shown} is no recording of answers: a line of it is no object.")
    return lines[1:]


def _answer(path: Path, number: int, entry: Any) -> Answer:
    """An answer that stands up to its proof."""

    def changed(why: str) -> TrustError:
        return TrustError(
            f"The recording {path.name} is refused: answer {number} does not hold ({why}).",
            next_step="Ask whoever recorded it for another file.",
        )

    try:
        sealed = {name: value for name, value in entry.items() if name != "sha256"}
        answer = recorded.read(float(entry["at"]), dict(entry["answer"]))
        dict(entry["asked"])
        damaged = evidence.digest(sealed) != entry["sha256"]
    except (ValueError, TypeError, KeyError, AttributeError):
        raise changed("it cannot be read") from None
    if answer is None or answer.receipt.evidence is None:
        raise changed("it cannot be read")
    answer = replace(answer, receipt=replace(answer.receipt, replayed=True))
    try:
        found = proofs.judge(answer.receipt.proof())
    except (ValueError, TypeError, AttributeError, OverflowError, ZgError):
        raise changed("it cannot be read") from None
    if found.outcome == "failed":
        raise changed(found.why)
    if found.text is not None and found.text != answer.text:
        raise changed("its text is not the text that was signed")
    if damaged:
        raise changed("it was changed: its checksum does not fit")
    return answer


def _hash(value: Any) -> str:
    told = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()


Mode: TypeAlias = Recording | Replay
_now: Mode | None = None


def now() -> Mode | None:
    """Whether the answers of this process are being recorded, or come from a recording."""
    return _now


def use(mode: Mode | None) -> None:
    """From now on; the one before is left as it is."""
    global _now
    _now = mode
