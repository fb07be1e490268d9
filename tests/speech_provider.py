"""A stand-in for a provider of transcripts and of edits: no model, but the protocol's bytes, bill
and signature."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import json

from eth_account.messages import encode_defunct
from starlette.requests import Request

from tests.dispatch.conftest import head
from tests.image_provider import SIGNER, png
from zg_jupyter.records import Offer


class MediaProvider:
    """Serves ``/v1/proxy/audio/transcriptions``, ``/v1/proxy/images/edits`` and signatures.

    Parameters
    ----------
    kind:
        The type of its service.
    reply:
        Another reply than the text "hello" and its length, or so many grey squares.
    status, wait:
        Another HTTP status, and seconds before the answer.
    jobs:
        Whether it takes jobs; one is done at the third look.

    Attributes
    ----------
    looks:
        How often somebody looked at a job. Set it to a large negative number for one that lasts.
    job_status, job_state:
        Another HTTP status of looks, another word for a job that is done.
    """

    def __init__(self, kind="speech-to-text", reply=None, *, status=200, wait=0.0, jobs=False):
        self.kind, self._reply, self._status, self._wait = kind, reply, status, wait
        self._jobs, self._made, self.looks = jobs, b"", 0
        self.job_status, self.job_state = 200, "completed"
        self.asked = []
        self._tasks = set()
        self._signed = b""

    async def start(self, address, price=10**12, output=None):
        """Listen; gives the offer."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        speech = self.kind == "speech-to-text"
        prices = (price, output or 0) if speech else (0, price)
        return Offer(
            "direct", address, f"http://127.0.0.1:{port}", "worker", self.kind, *prices,
            verifiability="TeeML", signer=SIGNER.address, acknowledged=True, development=True,
        )  # fmt: skip

    async def close(self):
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0.01)

    async def _serve(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        with contextlib.suppress(
            ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError
        ):
            raw = await reader.readuntil(b"\r\n\r\n")
            first, *lines = raw.decode().split("\r\n")
            headers = dict(ln.lower().split(": ", 1) for ln in lines if ": " in ln)
            kind = next((ln[14:] for ln in lines if ln.lower().startswith("content-type: ")), "")
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            path = first.split()[1]
            if path.startswith("/v1/proxy/signature/key-1"):
                writer.write(head(kind="application/json") + self._signed)
            elif path in ("/v1/proxy/audio/transcriptions", "/v1/proxy/images/edits"):
                self.asked.append(await _form(kind, body))
                await asyncio.sleep(self._wait)
                writer.write(self._answer(body, self.asked[-1]))
            elif path == "/v1/async/images/edits" and self._jobs:
                self.asked.append(await _form(kind, body))
                self._made = self._answer(body, self.asked[-1]).partition(b"\r\n\r\n")[2]
                taken = b'{"jobId":"job-1","status":"pending"}'
                writer.write(head(202, "application/json", Retry_After=0) + taken)
            elif path == "/v1/async/jobs/job-1" and self._jobs:
                self.looks += 1
                writer.write(self._looked())
            else:
                writer.write(head(404, "application/json"))
            await writer.drain()
        writer.close()

    def _looked(self):
        if self.job_status != 200:
            return head(self.job_status, "application/json") + b'{"error":"not yours"}'
        if self.looks < 3:
            state = ("pending", "processing")[self.looks > 1]
            reply = json.dumps({"jobId": "job-1", "status": state}).encode()
            return head(kind="application/json", Retry_After=0) + reply
        done = {"jobId": "job-1", "status": self.job_state, "errorMessage": "no memory"}
        reply = json.dumps({**done, "data": json.loads(self._made)}).encode()
        return head(kind="application/json", ZG_Res_Key="key-1") + reply

    def _answer(self, body, asked):
        if self._status != 200:
            return head(self._status, "application/json") + b'{"error":"not now"}'
        if self.kind == "speech-to-text":
            length = {"type": "duration", "seconds": 1.4}
            reply = self._reply or json.dumps({"text": "hello", "usage": length}).encode()
            digest = hashlib.sha256(reply).hexdigest()
        else:
            made = [png(n) for n in range(int(asked["n"]))]
            data = [{"b64_json": base64.b64encode(image).decode()} for image in made]
            reply = self._reply or json.dumps({"created": 1, "data": data}).encode()
            digest = ",".join(hashlib.sha256(image).hexdigest() for image in made)
        text = f"{hashlib.sha256(body).hexdigest()}:{digest}"
        signature = SIGNER.sign_message(encode_defunct(text=text)).signature.hex()
        self._signed = json.dumps({"text": text, "signature": "0x" + signature}).encode()
        return head(kind="application/json", ZG_Res_Key="key-1") + reply


async def _form(kind, body):
    """The fields of a multipart body; files as (name, type, bytes), in a list where many."""

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", kind.encode())]}
    found = {}
    async with Request(scope, receive).form() as form:
        for name, value in form.multi_items():
            if isinstance(value, str):
                found[name] = value
            else:
                one = (value.filename, value.content_type, await value.read())
                found.setdefault(name, []).append(one)
    return found
