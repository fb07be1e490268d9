"""Further faults of providers: bytes that drip, bodies that stall, JSON of another shape, TLS."""

from __future__ import annotations

import asyncio
import json
import shutil
import ssl
import subprocess
import time

import pytest

from tests.dispatch.conftest import WORDS, event, good, head, usage
from zg_jupyter.errors import ProviderRefused, ProviderTimeout, ProviderUnreachable, RouteError
from zg_jupyter.transport import direct

pytestmark = pytest.mark.anyio
WHOLE = "".join(WORDS)
JSON = "application/json"


def dripping(content, seconds=0.05, *, after=b""):
    """One byte at a time: never silent for long, and never done."""

    async def behaviour(writer):
        writer.write(after)
        for byte in content:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(seconds)

    return behaviour


def stalling(status, kind=JSON, part=b'{"error":"'):
    async def behaviour(writer):
        writer.write(head(status, kind) + part)
        await writer.drain()
        await asyncio.sleep(8)

    return behaviour


def saying(body, *, status=200, kind=JSON, **headers):
    async def behaviour(writer):
        writer.write(head(status, kind, **headers) + body)

    return behaviour


async def test_a_closed_port_is_passed_over_and_costs_nothing(world):
    gone = await world.provider(good, price=1, url="http://127.0.0.1:9")
    fine = await world.provider(good, price=5)
    seen = await world.ask(gone, fine)
    assert (seen.error, seen.text) == (None, WHOLE)
    assert world.store.attempts(world.row.id)[0].cost == 0
    alone = await world.ask(gone)
    assert isinstance(alone.error, ProviderUnreachable)
    assert "Nothing was charged" in str(alone.error)


async def test_headers_that_drip_are_given_up_after_the_time_for_the_first_byte(world):
    slow = await world.provider(dripping(head()))
    fine = await world.provider(good)
    started = time.monotonic()
    seen = await world.ask(slow, fine)
    assert (seen.error, seen.text) == (None, WHOLE)
    assert time.monotonic() - started < 3


@pytest.mark.parametrize("first", [b"", event("part ")])
async def test_an_answer_that_drips_byte_by_byte_ends_with_its_time(world, first):
    slow = await world.provider(dripping(event("x" * 999), 0.03, after=head() + first))
    started = time.monotonic()
    seen = await world.ask(slow, timeout=0.8)
    assert isinstance(seen.error, ProviderTimeout)
    assert seen.text == ("part " if first else "")
    assert time.monotonic() - started < 3
    assert world.row.state == "estimated"


async def test_bytes_that_never_pause_are_stopped_by_the_time_for_the_whole_answer(world):
    busy = await world.provider(dripping(event("x" * 9999), 0.003, after=head()))
    started = time.monotonic()
    seen = await world.ask(busy, timeout=0.8)
    assert isinstance(seen.error, ProviderTimeout)
    assert time.monotonic() - started < 3


@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.parametrize("how", ["stalls", "drips"])
async def test_a_refusal_whose_text_never_ends_is_no_hang(world, status, how, monkeypatch):
    monkeypatch.setattr(direct, "REFUSAL_SECONDS", 0.5)
    endless = dripping(b'{"error":"' + b"x" * 300, 0.02, after=head(status, JSON))
    slow = await world.provider(stalling(status) if how == "stalls" else endless)
    fine = await world.provider(good)
    started = time.monotonic()
    seen = await asyncio.wait_for(world.ask(slow, fine, timeout=1.0), 5)
    assert (seen.error, seen.text) == (None, WHOLE)
    assert time.monotonic() - started < 4
    assert f"HTTP {status}" in seen.notices[0]


SHAPES = {
    "cut short": b'{"choices":[{"message"',
    "a list": b"[1,2]",
    "a number": b"7",
    "choices that are an object": b'{"choices":{}}',
    "choices of numbers": b'{"choices":[7]}',
    "a message that is text": b'{"choices":[{"message":"hello"}]}',
    "nested without end": b"[" * 5000,
    "not UTF-8": b'{"choices":[{"message":{"content":"\xff\xfe"}}]}',
    "empty": b"",
}


@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize("how", SHAPES)
async def test_json_of_another_shape_is_no_answer(world, how, streamed):
    odd = await world.provider(saying(SHAPES[how]))
    fine = await world.provider(good if streamed else saying(whole()))
    seen = await world.ask(odd, fine, streamed=streamed)
    if how == "choices that are an object":
        assert seen.error is None  # nothing was said, and nothing is wrong with it
        return
    assert seen.error is None
    assert seen.answer.text == WHOLE
    first = world.store.attempts(world.row.id)[0]
    assert (first.provider, first.outcome) == (odd.provider, "failed")


def whole(told=None):
    message = {"message": {"role": "assistant", "content": WHOLE}, "finish_reason": "stop"}
    return json.dumps({"choices": [message], "usage": told or usage()}).encode()


@pytest.mark.parametrize(
    "told",
    [
        {"prompt_tokens": -5, "completion_tokens": 3},
        {"prompt_tokens": "many", "completion_tokens": 3},
        {"prompt_tokens": 5.5, "completion_tokens": 3},
        {"prompt_tokens": 5, "completion_tokens": 10**400},
        {"prompt_tokens": 5},
        [5, 3],
        "5",
    ],
    ids=str,
)
@pytest.mark.parametrize("streamed", [True, False])
async def test_usage_that_makes_no_sense_is_never_a_bill(world, told, streamed):
    end = event(choices=[{"delta": {}, "finish_reason": "stop"}], usage=told)
    behaviour = saying(event(WHOLE) + end, kind="text/event-stream") if streamed else None
    odd = await world.provider(behaviour or saying(whole(told)))
    seen = await world.ask(odd, streamed=streamed)
    assert isinstance(seen.error, ProviderRefused)
    assert "is not a chat completion" in str(seen.error)
    assert 0 < world.row.cost <= world.row.reserved
    assert world.row.state == "estimated"


async def test_twenty_megabytes_in_one_piece_for_ten_tokens_are_not_taken(world):
    body = json.dumps({"choices": [{"message": {"content": "x" * 20_000_000}}]}).encode()
    flood = await world.provider(saying(body))
    seen = await world.ask(flood, max_tokens=10, streamed=False)
    assert "sends more than the 10 tokens" in str(seen.error)
    assert world.row.cost <= world.row.reserved


async def test_a_retry_after_is_waited_for(world):
    times = []

    async def busy_then_fine(writer):
        times.append(time.monotonic())
        if len(times) == 1:
            writer.write(head(429, JSON, retry_after=1) + b"{}")
        else:
            await good(writer)

    seen = await world.ask(await world.provider(busy_then_fine), retries=1)
    assert (seen.error, seen.text, len(times)) == (None, WHOLE, 2)
    assert 1 <= times[1] - times[0] < 3


@pytest.mark.parametrize("wait", ["soon", "-1", "9" * 50, "Wed, 21 Oct 2026 07:28:00 GMT"])
async def test_a_retry_after_that_is_no_number_of_seconds_stops_nothing(world, wait):
    busy = await world.provider(saying(b"{}", status=429, retry_after=wait))
    fine = await world.provider(good)
    seen = await world.ask(busy, fine)
    assert (seen.error, seen.text) == (None, WHOLE)


async def test_who_failed_inside_once_is_asked_again_by_the_next_request(world):
    tries = []

    async def fails_once(writer):
        tries.append(1)
        if len(tries) == 1:
            writer.write(head(500, JSON) + b'{"error":"oops"}')
        else:
            await good(writer)

    only = await world.provider(fails_once)
    first, second = await world.ask(only), await world.ask(only)
    assert isinstance(first.error, RouteError)
    assert "Nothing was charged" in str(first.error)
    assert (second.error, second.text) == (None, WHOLE)
    assert [row.state for row in world.store.rows()] == ["released", "settled"]


async def test_a_certificate_that_nobody_vouches_for_gets_no_token(world, tmp_path):
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    received = []

    async def listen(reader, writer):
        received.append(await reader.read(99))
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    false = await world.provider(good, price=1, url=f"https://127.0.0.1:{port}")
    fine = await world.provider(good, price=5)
    seen = await world.ask(false, fine)
    server.close()
    assert (seen.error, seen.text) == (None, WHOLE)
    assert not any(received)
    assert world.store.attempts(world.row.id)[0].cost == 0
