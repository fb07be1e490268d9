"""A stand-in for a provider of images: no model, but the protocol's bytes, bill and signature."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import json
import struct
import zlib

from eth_account import Account
from eth_account.messages import encode_defunct

from tests.dispatch.conftest import head
from zg_jupyter.records import Offer

SIGNER = Account.from_key("0x" + "22" * 32)


def png(shade=0, size=4):
    """A grey square."""

    def part(kind, data):
        checked = kind + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    rows = b"".join(b"\0" + bytes([shade]) * size for _ in range(size))
    header = struct.pack(">IIBBBBB", size, size, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + part(b"IHDR", header)
        + part(b"IDAT", zlib.compress(rows))
        + part(b"IEND", b"")
    )


class ImageProvider:
    """Serves ``/v1/proxy/images/generations`` and signatures on loopback.

    Parameters
    ----------
    made:
        Gives the images for a request body; a grey square each when omitted.
    status, body, wait:
        Another HTTP status, another reply, seconds before it.
    signs:
        What is signed instead of the images that were delivered.
    """

    def __init__(self, made=None, *, status=200, body=None, wait=0.0, signs=None):
        self._made = made or (lambda asked: [png(n) for n in range(asked["n"])])
        self._status, self._body, self._wait, self._signs = status, body, wait, signs
        self.asked = []
        self._tasks = set()
        self._signed = ""

    async def start(self, address, price=10**15):
        """Listen; gives the offer."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        return Offer(
            "direct", address, f"http://127.0.0.1:{port}", "painter", "text-to-image", 0, price,
            verifiability="TeeML", signer=SIGNER.address, acknowledged=True, development=True,
        )  # fmt: skip

    async def close(self):
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0.01)  # closed transports say so in the next round of the loop

    async def _serve(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        with contextlib.suppress(
            ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError
        ):
            lines = (await reader.readuntil(b"\r\n\r\n")).lower().split(b"\r\n")
            size = [int(ln.split(b":")[1]) for ln in lines if ln.startswith(b"content-length")]
            body = await reader.readexactly(size[0] if size else 0)
            path = lines[0].split()[1]
            if path.startswith(b"/v1/proxy/signature/key-1"):
                writer.write(head(kind="application/json") + self._signed)
            elif path == b"/v1/proxy/images/generations":
                await asyncio.sleep(self._wait)
                writer.write(self._generated(body))
            else:
                writer.write(head(404, "application/json"))
            await writer.drain()
        writer.close()

    def _generated(self, body):
        asked = json.loads(body)
        self.asked.append(asked)
        if self._status != 200:
            return head(self._status, "application/json") + b'{"error":"not now"}'
        images = self._made(asked)
        hashes = ",".join(hashlib.sha256(image).hexdigest() for image in self._signs or images)
        text = f"{hashlib.sha256(body).hexdigest()}:{hashes}"
        signature = SIGNER.sign_message(encode_defunct(text=text)).signature.hex()
        self._signed = json.dumps({"text": text, "signature": "0x" + signature}).encode()
        data = [{"b64_json": base64.b64encode(image).decode()} for image in images]
        reply = self._body or json.dumps({"created": 1, "data": data}).encode()
        return head(kind="application/json", ZG_Res_Key="key-1") + reply
