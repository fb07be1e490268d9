"""Image jobs of the stand-in: 202, polls, nested data, and a bill also for who never polls."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

from tests.standins.router.call import Call
from tests.standins.router.clock import written
from tests.standins.router.deal import Deal
from tests.standins.router.media import Form, asked_images, draw
from tests.standins.router.refusals import Refused

if TYPE_CHECKING:
    from tests.standins.router.server import RouterStandin


@dataclass
class Job:
    """One job; ``result`` is there when it is done, ``cost`` then what it cost."""

    id: str
    deal: Deal
    form: Form
    began: dt.datetime
    polls: int = 0
    failed: bool = False
    result: dict[str, Any] | None = None
    cost: int = 0


class Jobs:
    """All image jobs. One is done after ``polls`` polls, or ``seconds`` of the stand-in's clock."""

    def __init__(self, router: RouterStandin) -> None:
        self._router = router
        self.held: dict[str, Job] = {}
        self.polls, self.seconds = 2, 30.0

    def submit(self, deal: Deal, form: Form) -> Job:
        """Take a job on."""
        job = Job(uuid.uuid4().hex[:24], deal, form, self._router.clock.now())
        self.held[job.id] = job
        return job

    def tick(self) -> None:
        """Finish, and charge, what is due by the clock: whoever polls or not."""
        now = self._router.clock.now()
        for job in list(self.held.values()):
            if (now - job.began).total_seconds() >= self.seconds:
                self.finish(job)

    def finish(self, job: Job | None = None) -> None:
        """Finish a job, or all of them, now. A failed one costs nothing (unverified)."""
        for one in [job] if job else list(self.held.values()):
            if one.result is not None or one.failed:
                continue
            if self._router.faults.jobs_fail:
                one.failed = True
                continue
            one.result, one.cost = draw(one.deal, one.form)
            name = f"async-{one.deal.endpoint.address[-8:]}-{one.id}"
            one.deal.settle(0, one.cost, request_id=name)


async def generations(call: Call) -> Response:
    """``POST /async/images/generations``."""
    return _accepted(call, *await asked_images(call, editing=False))


async def edits(call: Call) -> Response:
    """``POST /async/images/edits``."""
    return _accepted(call, *await asked_images(call, editing=True))


def _accepted(call: Call, form: Form, deal: Deal) -> Response:
    job = call.router.jobs.submit(deal, form)
    body = {"jobId": job.id, "status": "pending", "provider_address": deal.endpoint.address}
    return JSONResponse(body, 202, headers=_wait(call))


def _wait(call: Call) -> dict[str, str]:
    return {"Retry-After": str(call.router.faults.job_retry_after)}


async def poll(call: Call) -> Response:
    """``GET /async/jobs/{jobId}?provider_address=``."""
    jobs, address = call.router.jobs, call.query("provider_address")
    if not address:
        raise Refused(400, "invalid_request", "provider_address is required")
    job = jobs.held.get(call.request.path_params["job_id"])
    if job is None or job.deal.endpoint.address.lower() != address.lower():
        raise Refused(404, "async_job_not_found", "job not found")
    job.polls += 1
    if job.polls > jobs.polls:
        jobs.finish(job)
    body: dict[str, Any] = {"status": "pending", "createdAt": written(job.began)}
    if job.failed:
        failed = {call.router.faults.failed_field: "the model stopped"}
        return JSONResponse({**body, "status": "failed", **failed})
    if job.result is None:
        if job.polls > 1:
            body["status"] = call.router.faults.running_word
        return JSONResponse(body, headers=_wait(call))
    job.deal.verify = call.query("verify_tee") == "true"
    # Settled once; a later poll repeats the amount.
    trace = job.deal.settle(0, job.cost)
    done = {**body, "status": "completed", "data": job.result}
    if call.fault.name != "no_trace":
        done["x_0g_trace"] = trace
    return JSONResponse(done, headers=job.deal.headers())


ROUTES = (
    ("POST", "/async/images/generations", "sk", generations),
    ("POST", "/async/images/edits", "sk", edits),
    ("GET", "/async/jobs/{job_id}", "sk", poll),
)
