"""Videos of the stand-in (beta at the router): charged by the first poll that sees one done."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import Any

from starlette.responses import JSONResponse, Response

from tests.standins.router.call import Call
from tests.standins.router.deal import Deal, admit
from tests.standins.router.media import Form, given, read_form, unit_cost
from tests.standins.router.refusals import Refused

LONGEST = 10  # seconds; longer wishes are clamped without a word
CONTENT = b"no film, but bytes of a stand-in"
_PIXELS = re.compile(r"\d+x\d+")


@dataclass
class Video:
    """One job."""

    id: str
    deal: Deal
    seconds: int
    resolution: str
    polls: int = 0
    failed: bool = False

    def done(self, polls: int) -> bool:
        """Whether it is rendered after so many polls."""
        return self.polls > polls and not self.failed


class Videos:
    """All video jobs; ``in_flight`` unfinished ones at most (the real number is unpublished)."""

    def __init__(self) -> None:
        self.held: dict[str, Video] = {}
        self.in_flight, self.polls = 4, 2

    def finish(self) -> None:
        """Render everything now; nothing is charged before somebody looks."""
        for video in self.held.values():
            video.polls = max(video.polls, self.polls + 1)


async def create(call: Call) -> Response:
    """``POST /videos``."""
    multipart = call.headers.get("content-type", "").startswith("multipart/")
    form = await read_form(call) if multipart else Form(call.body)
    form.needs("model", "prompt", "seconds")
    seconds = given(form.fields, "seconds")
    if not seconds.isdecimal():
        raise Refused(400, "invalid_request", "seconds is no whole number")
    deal = admit(call, form.fields, "video-generation")
    videos, size = call.router.videos, given(form.fields, "size").lower()
    open_ones = [v for v in videos.held.values() if not v.failed and not v.done(videos.polls)]
    if len(open_ones) >= videos.in_flight:
        raise Refused(429, "video_jobs_in_flight_limit", "too many video jobs")
    tiers = [one["dimensions"]["resolution"] for one in deal.model.variants]
    if size and size not in tiers and not _PIXELS.fullmatch(size):
        raise Refused(400, "invalid_request", f"no such size; priced are {', '.join(tiers)}")
    resolution = size if size in tiers else tiers[0]
    video = Video(uuid.uuid4().hex, deal, min(LONGEST, max(1, int(seconds))), resolution)
    videos.held[video.id] = video
    address = deal.endpoint.address
    return JSONResponse({"id": video.id, "status": "queued", "provider_address": address})


def _find(call: Call) -> Video:
    video = call.router.videos.held.get(call.request.path_params["video_id"])
    address = call.query("provider_address").lower()
    if video is None or (address and video.deal.endpoint.address.lower() != address):
        raise Refused(404, "async_job_not_found", "video not found")
    if call.router.faults.jobs_fail:
        video.failed = True
    return video


def _settle(video: Video) -> dict[str, Any]:
    unit = next(
        int(one["unit_price"])
        for one in video.deal.model.variants
        if one["dimensions"]["resolution"] == video.resolution
    )
    usd = video.deal.call.router.account.currency == "usd"
    cost = unit_cost(video.deal, "video", video.seconds) if usd else unit * video.seconds
    half = video.deal.endpoint.address[2:18].lower()
    return video.deal.settle(0, cost, request_id=f"async-{half}-{video.id}")


async def poll(call: Call) -> Response:
    """``GET /videos/{id}``; tells what is rendered, not what was asked for."""
    video, polls = _find(call), call.router.videos.polls
    video.polls += 1
    status = "queued" if video.polls == 1 else "in_progress"
    body: dict[str, Any] = {"id": video.id, "object": "video", "model": video.deal.model.id,
                            "provider_address": video.deal.endpoint.address}  # fmt: skip
    if video.failed:
        failed = {call.router.faults.failed_field: {"message": "the model stopped"}}
        return JSONResponse({**body, "status": "failed", **failed})
    if not video.done(polls):
        return JSONResponse({**body, "status": status})
    rendered = {"seconds": str(video.seconds), "size": video.resolution}
    body = {**body, "status": "completed", **rendered, "x_0g_trace": _settle(video)}
    return JSONResponse(body)


async def content(call: Call) -> Response:
    """``GET /videos/{id}/content``; charges first if nobody polled."""
    video = _find(call)
    if video.failed:
        raise Refused(424, "video_job_failed", "the video could not be made")
    if not video.done(call.router.videos.polls):
        raise Refused(409, "video_not_ready", "the video is not ready")
    _settle(video)
    return Response(CONTENT, media_type="video/mp4")


ROUTES = (
    ("POST", "/videos", "sk", create),
    ("GET", "/videos/{video_id}", "sk", poll),
    ("GET", "/videos/{video_id}/content", "sk", content),
)
