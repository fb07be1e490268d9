"""The sync face over one event loop: results, errors, and a stop button that stops."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time

import pytest

from zg_jupyter.background import LoopThread


@pytest.fixture
def loop():
    loop = LoopThread()
    yield loop
    loop.close()


def interrupt_soon(seconds=0.3, begun=None):
    def send():
        if begun is not None:
            begun.wait()
        time.sleep(seconds)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=send)
    thread.start()
    return thread


def test_a_result_and_an_error_come_through(loop):
    async def good():
        await asyncio.sleep(0)
        return 7

    async def bad():
        raise TimeoutError("mine")

    assert loop.run(good()) == 7
    with pytest.raises(TimeoutError, match="mine"):
        loop.run(bad())


def test_ctrl_c_cancels_the_work_and_waits_for_its_tidying_up(loop):
    left = []

    async def work():
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.05)
            left.append("tidy")

    thread = interrupt_soon()
    with pytest.raises(KeyboardInterrupt):
        loop.run(work())
    thread.join()
    assert left == ["tidy"]


def test_ctrl_c_in_a_stream_closes_the_generator(loop):
    left = []

    async def numbers():
        try:
            yield 1
            await asyncio.sleep(60)
            yield 2
        finally:
            left.append("closed")

    seen = []
    thread = interrupt_soon()
    with pytest.raises(KeyboardInterrupt):
        for number in loop.iterate(numbers()):
            seen.append(number)
    thread.join()
    assert (seen, left) == ([1], ["closed"])


def test_leaving_a_stream_early_closes_it(loop):
    left = []

    async def numbers():
        try:
            for i in range(100):
                yield i
        finally:
            left.append("closed")

    stream = loop.iterate(numbers())
    assert next(stream) == 0
    stream.close()
    assert left == ["closed"]


def test_falsy_items_do_not_end_a_stream(loop):
    async def items():
        for item in ("", 0, None):
            yield item

    assert list(loop.iterate(items())) == ["", 0, None]


def test_waiting_inside_the_loop_itself_is_refused(loop):
    async def inner():
        return 1

    async def outer():
        return loop.run(inner())

    with pytest.raises(RuntimeError, match="await instead"):
        loop.run(outer())


def test_ctrl_c_at_any_moment_of_a_stream_closes_it_once(loop):
    """Also between two pieces, where the next one is only just being asked for."""
    closed, begun = [], threading.Event()

    async def numbers():
        try:
            while True:
                await asyncio.sleep(0)
                yield 1
                begun.set()  # from here on, the stop can meet nothing but the stream
        finally:
            closed.append(True)

    def read():
        for _ in loop.iterate(numbers()):
            pass

    for turn in range(60):
        begun.clear()
        thread = interrupt_soon(turn / 20_000, begun)
        with pytest.raises(KeyboardInterrupt):
            read()
        thread.join()
        assert len(closed) == turn + 1
