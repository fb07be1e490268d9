"""Images, transcripts, jobs and videos of the router's stand-in."""

from __future__ import annotations

import base64
import hashlib
import io
import wave

import httpx
import openai
import pytest

from tests.standins.router import catalog
from tests.standins.router.answers import png

PINNED = {"X-0G-Provider-Address": catalog.EXAMPLE}
IMAGE, EDIT, SOUND, FILM = "qwen-image", "qwen-image-edit", "whisper-large-v3", "wan-video"
SUBMIT = "/async/images/generations"
WISH = {"model": IMAGE, "prompt": "a tree", "n": 2, "response_format": "b64_json"}


@pytest.fixture
def client(router, http):
    with openai.OpenAI(base_url=router.base_url, api_key=http.key, max_retries=0) as made:
        yield made


def code(reply):
    return reply.status_code, reply.json()["error"]["code"]


def tone(seconds):
    held = io.BytesIO()
    with wave.open(held, "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(2)
        made.setframerate(8000)
        made.writeframes(b"\0\0" * int(8000 * seconds))
    return held.getvalue()


def test_images_come_as_pngs_are_charged_each_and_signed(router, client):
    raw = client.images.with_raw_response.generate(**WISH, extra_headers=PINNED)
    answer = raw.parse()
    images = [base64.b64decode(one.b64_json) for one in answer.data]
    assert images == [png(0), png(1)]
    billing = answer.model_extra["x_0g_trace"]["billing"]
    assert billing["total_cost"] == str(2 * 4 * 10**15)
    assert router.account.spent == 2 * 4 * 10**15
    url = f"{router.provider_url(catalog.EXAMPLE)}/v1/proxy/signature/{raw.headers['zg-res-key']}"
    text = httpx.get(url, trust_env=False).json()["text"]
    digests = ",".join(hashlib.sha256(one).hexdigest() for one in images)
    assert text == f"{hashlib.sha256(router.requests[0].body).hexdigest()}:{digests}"


def test_images_are_links_unless_bytes_are_asked_for(router, client):
    answer = client.images.generate(model=IMAGE, prompt="a tree")
    assert httpx.get(answer.data[0].url, trust_env=False).content == png(0)
    router.faults.image_default = "b64_json"
    assert client.images.generate(model=IMAGE, prompt="a tree").data[0].b64_json


def test_an_edit_is_multipart_with_a_picture(router, client, http):
    answer = client.images.edit(
        model=EDIT,
        image=("a.png", png(9), "image/png"),
        prompt="darker",
        response_format="b64_json",
        extra_query={"verify_tee": "true"},
    )
    assert answer.data[0].b64_json
    assert answer.model_extra["x_0g_trace"]["tee_verified"] is True
    reply = http("POST", "/images/edits", json={"model": EDIT, "prompt": "x"})
    assert code(reply) == (400, "invalid_body")
    bare = {"model": (None, EDIT), "prompt": (None, "x")}
    assert code(http("POST", "/images/edits", files=bare)) == (400, "invalid_request")
    assert len(router.account.rows) == 1


def test_a_model_of_another_kind_is_not_capable(http):
    assert code(http.chat(IMAGE)) == (400, "model_not_capable")
    reply = http("POST", "/images/generations", json={"model": EDIT, "prompt": "x"})
    assert code(reply) == (400, "model_not_capable")
    assert code(http("POST", "/images/generations", json={"model": IMAGE})) == (
        400,
        "invalid_request",
    )
    many = {**WISH, "n": 11}
    assert code(http("POST", "/images/generations", json=many)) == (400, "invalid_request")


def test_a_ceiling_for_images_is_in_usd_each(http):
    ceiling = {"X-0G-Provider-Max-Price-Usd-Image": "0.01"}
    for _ in range(3):
        reply = http("POST", "/images/generations", json=WISH, headers=ceiling)
        assert reply.headers["x-provider"] == catalog.address_of("cheap")


def test_a_transcript_is_charged_by_begun_seconds(router, client):
    made = client.audio.transcriptions.create(model=SOUND, file=("a.wav", tone(1.5)), language="id")
    assert made.text.startswith(f"{len(tone(1.5))} bytes of a.wav.")
    assert made.model_extra["duration"] == 1.5
    assert made.model_extra["language"] == "id"
    assert made.model_extra["x_0g_trace"]["billing"]["total_cost"] == str(2 * 2 * 10**13)
    for form in ("text", "srt", "vtt"):
        text = client.audio.transcriptions.create(
            model=SOUND, file=("a.wav", tone(1)), response_format=form
        )
        assert "bytes of a.wav" in text
    assert len(router.account.rows) == 4


def test_a_recording_may_come_as_json(http):
    body = {"model": SOUND, "file_base64": base64.b64encode(tone(1)).decode(), "filename": "b.wav"}
    assert http("POST", "/audio/transcriptions", json=body).json()["duration"] == 1.0
    body["file_base64"] = "not base64!"
    assert code(http("POST", "/audio/transcriptions", json=body)) == (400, "invalid_request")


def poll(http, job, path="/async/jobs/", **query):
    asked = {"provider_address": job["provider_address"], **query}
    return http("GET", path + job["jobId"], params=asked)


def test_a_job_goes_from_pending_to_nested_data(router, http):
    reply = http("POST", SUBMIT, json=WISH, headers=PINNED)
    assert reply.status_code == 202
    assert reply.headers["retry-after"] == "5"
    job = reply.json()
    assert job.keys() == {"jobId", "status", "provider_address"}
    assert router.account.rows == []
    assert [poll(http, job).json()["status"] for _ in range(2)] == ["pending", "running"]
    done = poll(http, job, verify_tee="true").json()
    assert done["status"] == "completed"
    assert base64.b64decode(done["data"]["data"][1]["b64_json"]) == png(1)
    assert done["x_0g_trace"]["tee_verified"] is True
    assert done["x_0g_trace"]["billing"]["total_cost"] == str(8 * 10**15)
    assert poll(http, job).json()["x_0g_trace"]["billing"] == done["x_0g_trace"]["billing"]
    assert [row.cost for row in router.account.rows] == [8 * 10**15]
    row = router.account.rows[0]
    assert row.request_id == f"async-{catalog.EXAMPLE[-8:]}-{job['jobId']}"


def test_a_job_that_nobody_polls_is_charged_all_the_same(router, http):
    http("POST", SUBMIT, json=WISH, headers=PINNED)
    router.clock.advance(31)
    stats = http("GET", "/account/usage/stats", key=router.mk).json()
    assert stats["total_cost"] == str(8 * 10**15)


def test_a_failed_job_says_so_and_costs_nothing(router, http):
    router.faults.jobs_fail, router.faults.failed_field = True, "message"
    job = http("POST", SUBMIT, json=WISH).json()
    router.jobs.finish()
    reply = poll(http, job).json()
    assert (reply["status"], reply["message"]) == ("failed", "the model stopped")
    assert router.account.rows == []


def test_a_job_is_found_only_at_its_provider(http):
    job = http("POST", SUBMIT, json=WISH, headers=PINNED).json()
    other = {**job, "provider_address": catalog.address_of("cheap")}
    assert code(poll(http, other)) == (404, "async_job_not_found")
    assert code(poll(http, {**job, "jobId": "no"})) == (404, "async_job_not_found")
    assert code(http("GET", f"/async/jobs/{job['jobId']}")) == (400, "invalid_request")


def test_a_job_of_an_edit(router, http):
    files = {"image": ("a.png", png(1))}
    fields = {"model": EDIT, "prompt": "x", "response_format": "b64_json"}
    job = http("POST", "/async/images/edits", data=fields, files=files).json()
    router.jobs.finish()
    assert poll(http, job).json()["data"]["data"][0]["b64_json"]


def film(http, **more):
    body = {"model": FILM, "prompt": "a cat", "seconds": 4, **more}
    return http("POST", "/videos", json={k: v for k, v in body.items() if v is not None})


def test_a_video_is_charged_by_the_first_poll_that_sees_it_done(router, http):
    made = film(http, size="1080p").json()
    path = f"/videos/{made['id']}"
    states = [http("GET", path).json()["status"] for _ in range(2)]
    assert [made["status"], *states] == ["queued", "queued", "in_progress"]
    assert code(http("GET", path + "/content")) == (409, "video_not_ready")
    router.videos.finish()
    assert router.account.rows == []
    for _ in range(2):
        done = http("GET", path).json()
        assert done["status"] == "completed"
        assert done["x_0g_trace"]["billing"]["total_cost"] == str(4 * 3 * 10**16)
    assert len(router.account.rows) == 1


def test_a_video_that_was_not_polled_is_charged_by_its_download(router, http):
    path = f"/videos/{film(http, seconds=99).json()['id']}"
    router.videos.finish()
    assert http("GET", path + "/content").headers["content-type"] == "video/mp4"
    assert router.account.spent == 10 * 10**16  # clamped without a word
    assert http("GET", path).json()["seconds"] == "10"


def test_what_videos_refuse(router, http):
    assert code(film(http, seconds=None)) == (400, "invalid_request")
    assert code(film(http, size="8K")) == (400, "invalid_request")
    router.videos.in_flight = 1
    made = film(http).json()
    assert code(film(http)) == (429, "video_jobs_in_flight_limit")
    router.faults.jobs_fail = True
    path = f"/videos/{made['id']}"
    assert http("GET", path).json()["status"] == "failed"
    assert code(http("GET", path + "/content")) == (424, "video_job_failed")
    assert code(http("GET", "/videos/none")) == (404, "async_job_not_found")
