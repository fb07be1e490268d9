"""Images and transcripts of the stand-in: grey squares and a fixed text, billed like real ones."""

from __future__ import annotations

import base64
import io
import math
import uuid
import wave
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from starlette.datastructures import UploadFile
from starlette.responses import JSONResponse, PlainTextResponse, Response

from tests.standins.router import answers
from tests.standins.router.call import Call
from tests.standins.router.deal import Deal, admit
from tests.standins.router.refusals import Refused
from tests.standins.router.signing import image_text

_FORMATS = ("json", "text", "srt", "verbose_json", "vtt")
_BYTES_PER_SECOND = 32_000  # 16 kHz, 16 bit, one channel: for what is no WAV file


@dataclass
class Form:
    """A request's fields and files, by whichever of the two ways they came."""

    fields: dict[str, Any]
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    def needs(self, *names: str) -> None:
        """Refuse when one of them is not there, or empty."""
        for name in names:
            if not self.fields.get(name) and not self.files.get(name, ("", b""))[1]:
                raise Refused(400, "invalid_request", f"{name} is required")


async def read_form(call: Call) -> Form:
    """Read a multipart body."""
    if not call.headers.get("content-type", "").startswith("multipart/form-data"):
        raise Refused(400, "invalid_body", "multipart/form-data is expected")
    found = Form({})
    async with call.request.form() as form:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                found.files[name] = (value.filename or "", await value.read())
            else:
                found.fields[name] = value
    return found


async def asked_images(call: Call, editing: bool) -> tuple[Form, Deal]:
    """Everything before the first pixel, for calls in place and jobs."""
    if editing:
        form, kind = await read_form(call), "image-editing"
        verify = call.query("verify_tee") == "true"
    else:
        form, kind = Form(call.body), "text-to-image"
        verify = form.fields.get("verify_tee") is True
    form.needs("model", "prompt", *(["image"] if editing else []))
    _count(form)
    return form, admit(call, form.fields, kind, verify)


def draw(deal: Deal, form: Form) -> tuple[dict[str, Any], int]:
    """The images' reply without a trace, signed; and what they cost."""
    router, count = deal.call.router, _count(form)
    made = [answers.png(n) for n in range(count)]
    deal.sign_text(image_text(deal.call.raw, made))
    kind = form.fields.get("response_format") or router.faults.image_default
    rows = [_linked(deal, one) if kind == "url" else _inline(one) for one in made]
    body = {"created": int(router.clock.now().timestamp()), "data": rows}
    return body, unit_cost(deal, "image", count)


async def generations(call: Call) -> Response:
    """``POST /images/generations``."""
    return _drawn(*await asked_images(call, editing=False))


async def edits(call: Call) -> Response:
    """``POST /images/edits``."""
    return _drawn(*await asked_images(call, editing=True))


def _drawn(form: Form, deal: Deal) -> Response:
    body, cost = draw(deal, form)
    return traced(deal, body, cost)


def traced(deal: Deal, body: dict[str, Any], cost: int) -> Response:
    """A JSON reply with its trace, after the charge. Units are output."""
    trace = deal.settle(0, cost)
    if deal.call.fault.name != "no_trace":
        body = {**body, "x_0g_trace": trace}
    return JSONResponse(body, headers=deal.headers())


def unit_cost(deal: Deal, unit: str, count: int) -> int:
    """What so many images or seconds cost, in the account's smallest unit."""
    endpoint = deal.endpoint
    if deal.call.router.account.currency == "usd":
        return math.ceil(Decimal(endpoint.usd[unit]) * 10**6 * count)
    return endpoint.prices[unit] * count


def _count(form: Form) -> int:
    try:
        count = int(form.fields.get("n") or 1)
    except (TypeError, ValueError):
        count = 0
    if not 1 <= count <= 10:
        raise Refused(400, "invalid_request", "n is out of range")
    return count


def _inline(image: bytes) -> dict[str, str]:
    return {"b64_json": base64.b64encode(image).decode()}


def _linked(deal: Deal, image: bytes) -> dict[str, str]:
    name = f"{uuid.uuid4().hex}.png"
    deal.call.router.files[name] = image
    return {"url": f"{deal.call.router.url}/made/{name}"}


async def transcriptions(call: Call) -> Response:
    """``POST /audio/transcriptions``, multipart or JSON."""
    if call.headers.get("content-type", "").startswith("multipart/"):
        form = await read_form(call)
    else:
        form = Form(call.body)
        form.needs("file_base64")
        try:
            sound = base64.b64decode(str(form.fields["file_base64"]), validate=True)
        except ValueError:
            raise Refused(400, "invalid_request", "file_base64 is not base64") from None
        form.files["file"] = (str(form.fields.get("filename") or ""), sound)
    form.needs("file", "model")
    kind = form.fields.get("response_format") or "json"
    if kind not in _FORMATS:
        raise Refused(400, "invalid_request", f"unknown response_format {kind!r}")
    deal = admit(call, form.fields, "speech-to-text", call.query("verify_tee") == "true")
    return _transcript(deal, form, kind)


def _transcript(deal: Deal, form: Form, kind: str) -> Response:
    name, sound = form.files["file"]
    given, seconds = deal.call.router.answer, _seconds(sound)
    text = given if isinstance(given, str) else f"{len(sound)} bytes of {name}. {answers.SENTENCE}"
    cost = unit_cost(deal, "prompt", math.ceil(seconds))
    end = f"00:{int(seconds) // 60:02}:{seconds % 60:06.3f}"
    written = {
        "text": text,
        "srt": f"1\n00:00:00,000 --> {end.replace('.', ',')}\n{text}\n",
        "vtt": f"WEBVTT\n\n00:00:00.000 --> {end}\n{text}\n",
    }
    if kind in written:
        deal.settle(0, cost)  # no room for a trace: who asks for text learns no cost
        return PlainTextResponse(written[kind], headers=deal.headers())
    language = form.fields.get("language") or "en"
    body: dict[str, Any] = {"text": text, "language": language, "duration": seconds}
    if kind == "verbose_json":
        body["segments"] = [{"id": 0, "start": 0.0, "end": seconds, "text": text}]
    return traced(deal, body, cost)


def _seconds(sound: bytes) -> float:
    """How long a WAV file is; of other bytes, by a rate."""
    try:
        with wave.open(io.BytesIO(sound)) as opened:
            return float(opened.getnframes() / opened.getframerate())
    except (wave.Error, EOFError):
        return len(sound) / _BYTES_PER_SECOND


def given(fields: Mapping[str, Any], name: str) -> str:
    """A field as text; empty when it is not there."""
    value = fields.get(name)
    return "" if value is None else str(value)


ROUTES = (
    ("POST", "/images/generations", "sk", generations),
    ("POST", "/images/edits", "sk", edits),
    ("POST", "/audio/transcriptions", "sk", transcriptions),
)
