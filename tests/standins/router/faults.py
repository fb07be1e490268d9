"""What goes wrong at the stand-in, and what no source says: a queue of faults, and switches."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Literal

from tests.relay import Edit, unchanged

#: Names of faults that refuse, with their codes; more with :meth:`Faults.refuse`.
_REFUSALS = {
    "400": (400, "invalid_request"),
    "401": (401, "invalid_api_key"),
    "402": (402, "insufficient_balance"),
    "403": (403, "access_denied"),
    "423": (423, "refund_pending"),
    "429": (429, "rate_limit_exceeded"),
    "500": (500, "internal_error"),
    "502": (502, "provider_error"),
    "503": (503, "no_available_provider"),
    "model_not_found": (404, "model_not_found"),
    "vault_unavailable": (503, "vault_unavailable"),
    "usage_query_busy": (429, "usage_query_busy"),
}
#: Faults that change an answer instead.
_CHANGES = frozenset(
    {
        "json_instead_of_sse",  # a stream was asked for, 200 with one JSON body comes
        "truncated",  # the stream ends in order after ``after`` frames, without [DONE]
        "dropped",  # done and charged, and the connection breaks: after ``after`` frames, or in
        # half of a JSON body (also ``on`` other paths: a key that was made and never seen)
        "stalled",  # ``seconds`` of silence after ``after`` frames, then the rest
        "error_in_stream",  # an envelope as a frame after ``after`` frames (shape unverified)
        "slow",  # ``seconds`` before the first byte
        "no_trace",
        "no_billing",
        "no_usage",
        "not_json",  # 200 with an HTML page
        "gateway_html",  # 502 with an HTML page, as a proxy in between has them
    }
)


@dataclass
class Fault:
    """One of them, for ``times`` calls whose path starts with ``on``, after ``skip`` others."""

    name: str
    times: int | None = 1
    skip: int = 0
    on: str = ""
    status: int = 0
    code: str = ""
    type: str = ""
    message: str = ""
    retry_after: int | None = None
    failure_source: str = ""
    after: int = 2
    seconds: float = 0.3


@dataclass
class Faults:
    """The queue, first in first out, and the switches.

    Attributes
    ----------
    res_key:
        Whether providers send ``ZG-Res-Key`` (only if the provider sent one).
    tee_verified:
        What the trace says when ``verify_tee`` was asked, of providers that sign.
    usage_unasked:
        Usage frame also without ``include_usage``. Unverified; off, as at OpenAI.
    default_choice:
        CONFLICT: round robin over healthy providers, or the cheapest. Round robin here, so that
        nobody relies on a price without asking for it.
    rate_code, no_provider_code:
        CONFLICT: the other ones are ``too_many_requests`` and ``no_providers_available``.
    limit_reply:
        When a key's own ``credit_limit`` is spent. Unverified; here the one 402 that is stated,
        which by its code alone nobody can tell from an empty account.
    model_reply, expired_reply, duplicate_reply, revoked_patch_reply:
        Unverified codes: a model outside ``allowed_models``, an expired key, a name that is taken,
        PATCH of a revoked key.
    duplicate_on_create:
        Whether POST refuses a name that is taken as PATCH does. Unverified.
    null_clears_limit:
        Whether PATCH of ``credit_limit`` to null lifts the limit. Unverified; off.
    booleans_strict:
        Whether ``1`` and ``yes`` are refused as header values (current) or ignored (older).
    standard_header:
        CONFLICT: whether ``standard`` is taken as a header value.
    request_id_in_body:
        Whether error bodies have ``request_id``.
    preview:
        Whether ``/routing/preview`` exists (beta).
    failed_field:
        Field with the text of a failed job. Unverified.
    running_word:
        CONFLICT: what an unfinished image job says, ``running`` or ``processing``.
    jobs_fail:
        Whether jobs of images and videos fail.
    job_retry_after:
        Seconds in ``Retry-After`` of unfinished jobs; brokers send 5.
    image_default:
        What images are without ``response_format``. Unverified; links, as at OpenAI.
    abandoned:
        What a stream costs that the client leaves or that breaks: ``all`` of the answer, or the
        tokens ``sent``. Unverified; all.
    comments:
        SSE comment lines between frames.
    signs:
        What providers sign: ``upstream`` (the bytes they got from the router and gave it, before
        it added its trace; how these relate to a client's bytes is unverified), ``client`` (the
        bytes of the client's own exchange), ``other`` (another text) or ``stranger`` (by a key
        that is not registered).
    seals:
        What becomes of sealed requests: ``passed on``, ``refused`` (a router that knows none, or
        drops ``_e2ee``), or ``in the clear`` (it answers by itself).
    sealed_trace:
        Where the trace of a sealed stream stands: in a frame of its ``own``, or in the ``final``
        frame, of which brokers leave that field unbound. Unverified; its own, as in plain streams.
    sealed_refusal:
        How a broker's refusal of a sealed request comes: with its ``own`` status, or ``wrapped``
        as 502. Unverified; wrapped, which says less.
    sealed_request, sealed_reply:
        What a dishonest router does to the bytes of a sealed exchange, as
        :data:`tests.relay.Edit`; a reply is changed when it is whole.
    sealed_to:
        Base URL of whom a sealed request goes to, instead of the provider that was named.
    day_limit:
        Requests per day; adds the ``-Day`` headers. Values unverified; none.
    """

    res_key: bool = True
    tee_verified: bool | None = True
    usage_unasked: bool = False
    default_choice: Literal["round_robin", "price"] = "round_robin"
    rate_code: str = "rate_limit_exceeded"
    no_provider_code: str = "no_available_provider"
    limit_reply: tuple[int, str] = (402, "insufficient_balance")
    model_reply: tuple[int, str] = (403, "access_denied")
    expired_reply: tuple[int, str] = (401, "invalid_api_key")
    duplicate_reply: tuple[int, str] = (409, "duplicate_name")
    revoked_patch_reply: tuple[int, str] = (410, "api_key_revoked")
    duplicate_on_create: bool = True
    null_clears_limit: bool = False
    booleans_strict: bool = True
    standard_header: bool = True
    request_id_in_body: bool = True
    preview: bool = True
    failed_field: str = "error"
    running_word: str = "running"
    jobs_fail: bool = False
    job_retry_after: int = 5
    image_default: Literal["url", "b64_json"] = "url"
    abandoned: Literal["all", "sent"] = "all"
    comments: bool = False
    signs: Literal["upstream", "client", "other", "stranger"] = "upstream"
    seals: Literal["passed on", "refused", "in the clear"] = "passed on"
    sealed_trace: Literal["own", "final"] = "own"
    sealed_refusal: Literal["own", "wrapped"] = "wrapped"
    sealed_request: Edit = unchanged
    sealed_reply: Edit = unchanged
    sealed_to: tuple[str, str] | None = None
    day_limit: int | None = None
    _queue: list[Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, name: str, times: int | None = 1, **fields: object) -> None:
        """Queue a fault by its name.

        Parameters
        ----------
        name:
            One of the names above, for example ``"429"`` or ``"truncated"``.
        times:
            For how many calls; ``None`` until :meth:`clear`.
        fields:
            Of :class:`Fault`: ``on`` (a path such as ``/models``; any inference call when empty),
            ``skip`` (how many calls pass first),
            ``code``, ``retry_after`` (s), ``after`` (frames), ``seconds``, ``failure_source``.

        Raises
        ------
        KeyError
            For a name that there is not.
        """
        fault = Fault(name, times, **fields)  # type: ignore[arg-type]
        if name in _REFUSALS:
            status, code = _REFUSALS[name]
            fault.status, fault.code = fault.status or status, fault.code or code
        elif name not in _CHANGES:
            raise KeyError(name)
        with self._lock:
            self._queue.append(fault)

    def refuse(self, status: int, code: str, times: int | None = 1, **fields: object) -> None:
        """Queue a refusal by status and code."""
        fault = Fault("refused", times, status=status, code=code, **fields)  # type: ignore[arg-type]
        with self._lock:
            self._queue.append(fault)

    def clear(self) -> None:
        """Forget the queue; switches stay."""
        with self._lock:
            self._queue.clear()

    def take(self, path: str, inference: bool) -> Fault:
        """The fault of a call; one without a name when nothing is queued for it."""
        with self._lock:
            for fault in self._queue:
                if path.startswith(fault.on) if fault.on else inference:
                    if fault.skip > 0:
                        fault.skip -= 1
                        continue
                    if fault.times is not None:
                        fault.times -= 1
                        if fault.times <= 0:
                            self._queue.remove(fault)
                    return fault
        return Fault("")
