"""Image jobs of providers and routers: taken on at once, looked at until they are done.

Facts: protocol/inference.md 12 and protocol/router.md 9. A job goes on whoever waits for it, and is
charged when it is done: that nobody looks any more stops nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from zg_jupyter import wire_json
from zg_jupyter.chat_request import Queued
from zg_jupyter.errors import (
    NOTHING_CHARGED,
    JobLost,
    ProviderRefused,
    ProviderTimeout,
    ProviderUnreachable,
)
from zg_jupyter.records import Notice, Offer
from zg_jupyter.transport.direct import refusal_in
from zg_jupyter.transport.pieces import Body, Done
from zg_jupyter.transport.reading import plain

if TYPE_CHECKING:
    import httpx

_LONGEST = 3600.0  # seconds that a job is waited for, where nobody said otherwise
_SUBMITTING = 120.0  # seconds for the first reply
_LOOK = 30.0  # seconds for one look
_PAUSE = 3.0  # seconds between two looks, where nobody says
_PAUSES = (0.2, 60.0)  # seconds; the least and the most that anybody can say
_PATIENCE = 5  # looks in a row that may fail
_AROUND = 64 * 1024  # bytes of a reply beside its images
#: Statuses by which somebody says that he has no queue.
_NO_QUEUE = frozenset({404, 501, 503})
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_GOES_ON = "It goes on there and is charged when it is done."
_MAY_BE = "It may have been charged."


class Sender(Protocol):
    """Who sends one request and reads its reply."""

    async def exchanged(
        self,
        method: str,
        offer: Offer,
        token: str,
        path: str,
        deadline: float,
        *,
        body: Body | None = None,
        most: int,
    ) -> tuple[httpx.Response, bytes]:
        """Status and headers, and the bytes."""


@dataclass(frozen=True)
class Queue:
    """The queue of one provider.

    Parameters
    ----------
    sender:
        Sends.
    offer, token:
        Whose queue, and by which right.
    path:
        Of the service, behind ``/async``.
    """

    sender: Sender
    offer: Offer
    token: str
    path: str

    async def run(
        self, job: Queued, body: Body, most: int, timeout: float | None
    ) -> AsyncGenerator[Notice | Queued | Done, None]:
        """A job from its start, or from where it is, to its result; nothing without a queue.

        Parameters
        ----------
        job, body:
            The job, and what is sent for a new one.
        most:
            The longest result, in bytes.
        timeout:
            Seconds to wait for it.

        Raises
        ------
        ProviderRefused, ProviderUnreachable, ProviderTimeout, UnsafeAddress
            No job was taken on, or it failed, which costs nothing.
        JobLost
            What became of it cannot be seen from here.
        """
        wait = 0.0
        if not job.id:
            taken = await self._submitted(body)
            if taken is None:
                yield Notice(f"{self.offer.label} takes no jobs here; it is asked directly.")
                return
            job, wait = taken
            yield job
            yield Notice(
                f"Provider {self.offer.label} has job {job.id}: it goes on, and is charged, even "
                f"if this stops. It can be fetched then with: %zg jobs fetch {job.id}"
            )
        deadline, failed = time.monotonic() + (timeout or _LONGEST), 0
        while True:
            if time.monotonic() + wait > deadline:
                raise self._lost(job, "is not done yet")
            await asyncio.sleep(wait)
            try:
                response, reply = await self._look(job, most)
            except (ProviderUnreachable, ProviderTimeout) as error:
                failed, wait = failed + 1, _PAUSE
                if failed >= _PATIENCE:
                    raise self._lost(job, f"cannot be seen: {error.what.rstrip('.')}") from None
                continue
            if response.status_code == 429 or response.status_code >= 500:
                failed, wait = failed + 1, _pause(response)
                if failed >= _PATIENCE:
                    why = f"cannot be seen (HTTP {response.status_code})"
                    raise self._lost(job, why)
                continue
            if (done := self._done(job, response, reply)) is not None:
                yield done
                return
            failed, wait = 0, _pause(response)

    async def _submitted(self, body: Body) -> tuple[Queued, float] | None:
        response, reply = await self.sender.exchanged(
            "POST",
            self.offer,
            self.token,
            f"/async{self.path}",
            time.monotonic() + _SUBMITTING,
            body=body,
            most=_AROUND,
        )
        refused = refusal_in(self.offer, response, reply)
        if response.status_code in _NO_QUEUE or "unsupported endpoint" in refused.what:
            return None
        if response.status_code not in (200, 202):
            raise refused
        fields = _fields(reply)
        name, provider = fields.get("jobId"), fields.get("provider_address")
        if not isinstance(name, str) or not _ID.fullmatch(name):
            raise ProviderRefused(
                f"Provider {self.offer.label} took a job on and did not say which.",
                status=200,
                charged=_MAY_BE,
            )
        # One who cannot be named is looked for at whom it was asked of.
        who = provider if isinstance(provider, str) and _ID.fullmatch(provider) else ""
        return Queued(
            name, who or self.offer.provider, hashlib.sha256(body.content).hexdigest()
        ), _pause(response)

    async def _look(self, job: Queued, most: int) -> tuple[httpx.Response, bytes]:
        at = ""
        if self.offer.route == "router":  # which has to be told who has it
            who, model = job.provider or self.offer.provider, self.offer.model
            at = f"?provider_address={quote(who, safe='')}&model={quote(model, safe='')}"
        deadline = time.monotonic() + _LOOK
        path = f"/async/jobs/{job.id}{at}"
        return await self.sender.exchanged(
            "GET", self.offer, self.token, path, deadline, most=most + _AROUND
        )

    def _done(self, job: Queued, response: httpx.Response, reply: bytes) -> Done | None:
        """The result; ``None`` while there is none. Unknown states are those of work."""
        if response.status_code == 404:
            raise self._lost(job, "is not known there any more", gone=True)
        if response.status_code == 403:
            raise self._lost(
                job, "belongs to somebody else", step="Use the key or wallet that asked for it."
            )
        if response.status_code != 200:
            said = refusal_in(self.offer, response, reply)
            raise self._lost(job, f"cannot be seen: {said.what.rstrip('.')}")
        fields = _fields(reply)
        state, result = fields.get("status"), fields.get("data")
        if state == "failed":
            raise self._failed(job, fields)
        if state != "completed":
            return None
        if not isinstance(result, dict):
            result = {}
        key = response.headers.get("ZG-Res-Key", "")
        return Done(fields, result, reply, key, job.request_sha256)

    def _failed(self, job: Queued, fields: dict[str, Any]) -> ProviderRefused:
        # In which field a router says why, no source states.
        said = next((fields[n] for n in ("errorMessage", "error", "message") if fields.get(n)), "")
        said = said.get("message", "") if isinstance(said, dict) else said
        why = f": {plain(str(said))}" if said else ""
        return ProviderRefused(
            f"Job {job.id} of provider {self.offer.label} failed{why}.",
            status=502,
            charged=NOTHING_CHARGED,  # a fee is booked when a job is completed
        )

    def _lost(self, job: Queued, why: str, *, step: str = "", gone: bool = False) -> JobLost:
        if not gone:
            step = step or f"Fetch it later with: %zg jobs fetch {job.id}"
        error = JobLost(
            f"Job {job.id} of provider {self.offer.label} {why}.",
            charged=_MAY_BE if gone else _GOES_ON,
            next_step=step,
        )
        error.gone = gone
        return error


def _fields(reply: bytes) -> dict[str, Any]:
    try:
        found = wire_json.loads(reply)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _pause(response: httpx.Response) -> float:
    said = response.headers.get("Retry-After", "")
    wait = float(said) if re.fullmatch(r"[0-9]{1,6}(\.[0-9]+)?", said) else _PAUSE
    return min(max(wait, _PAUSES[0]), _PAUSES[1])
