"""What fits the memory is loaded, with fewer answers at a time where it must be; else refused."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.local import tiny
from tests.local.asked import all_of, asking, text_of
from zg_jupyter.errors import ModelError
from zg_jupyter.local import engine as engines
from zg_jupyter.local import hardware, memory, models, torch_engine
from zg_jupyter.local.memory import Need
from zg_jupyter.local.sampling import Sampling
from zg_jupyter.local.torch_engine import TorchEngine

REPOSITORY = Path(models.__file__).parents[2]
GB = 10**9
needs_torch = pytest.mark.skipif(not torch_engine.installed(), reason="without torch")
limits = pytest.mark.skipif(sys.platform != "linux", reason="limits memory as Linux does")


def test_everything_fits_where_there_is_room_and_where_nobody_knows():
    need = Need(2 * GB, slot=GB, second=2 * GB)
    assert memory.room(need, 4, 9 * GB, "m", "fp16") == memory.Room(4, second=True)
    assert memory.room(need, 4, None, "m", "fp16") == memory.Room(4, second=True)


def test_the_second_form_goes_first_and_then_answers_at_a_time():
    need = Need(2 * GB, slot=GB, second=2 * GB)
    assert memory.room(need, 4, 7 * GB, "m", "fp16") == memory.Room(4)
    fewer = memory.room(need, 4, 5 * GB, "m", "fp16")
    assert (fewer.parallel, fewer.second) == (2, False)
    assert fewer.fewer == "memory for 4 is not free"


def test_what_does_not_fit_is_refused_with_both_numbers_and_the_largest_that_would():
    with pytest.raises(ModelError) as caught:
        memory.room(Need(14 * GB, slot=GB), 4, 3 * GB, "big-7b", "llamacpp")
    assert str(caught.value) == (
        "big-7b needs about 15.1 GB of memory to give one answer at a time, and 3.0 GB are free. "
        "Nothing was charged. Close other programs, or take the largest one that fits: "
        "%zg local use smollm2-135m-instruct"
    )
    with pytest.raises(ModelError) as caught:
        memory.room(Need(14 * GB), 4, GB // 10, "big-7b", "llamacpp")
    assert caught.value.next_step == (
        "Close other programs: none of the models that are known here would fit."
    )


def test_a_larger_model_on_disk_is_named_before_a_smaller_one_of_the_list(tmp_path, monkeypatch):
    monkeypatch.setenv("ZG_HOME", str(tmp_path))
    (tmp_path / "models" / "mine").mkdir(parents=True)
    own = tmp_path / "models" / "own.gguf"
    for path, size in ((own, GB), (own.with_name("huge.gguf"), 9 * GB)):
        with path.open("wb") as file:
            file.truncate(size)
    with pytest.raises(ModelError) as caught:
        memory.room(Need(14 * GB), 1, 3 * GB, "big", "llamacpp")
    assert caught.value.next_step.endswith(f"%zg local use {own}")
    with pytest.raises(ModelError) as caught:  # which becomes far larger for torch
        memory.room(Need(14 * GB), 1, 3 * GB, "big", "fp16")
    assert caught.value.next_step.endswith("%zg local use smollm2-135m-instruct")


def test_what_a_gguf_file_takes_is_read_from_its_head(model_path):
    need = memory.of_gguf(model_path, 2048)
    assert need.weights == model_path.stat().st_size
    assert need.slot == 2048 * 2 * (30 * 3 * (64 + 64))  # layers, heads, keys and values
    assert need.work == 512 * 4 * 49152


def test_a_file_without_a_readable_head_counts_with_its_size(tmp_path):
    (tmp_path / "broken.gguf").write_bytes(b"GGUF" + bytes(1000))
    assert memory.of_gguf(tmp_path / "broken.gguf", 2048) == Need(1004)


LIMITED = """
import asyncio, json, resource, sys
from zg_jupyter.errors import ModelError
from zg_jupyter.local import engine as engines, hardware
from tests.local.asked import all_of, asking, text_of

name, context, room = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_DATA, (resource.RLIM_INFINITY,) * 2)
with open("/proc/self/status") as file:
    used = next(int(x.split()[1]) * 1024 for x in file if x.startswith("VmData:"))

async def main():
    kind = type(engines.create(name, "smollm2-135m-instruct"))
    engine = kind(context_length=context, parallel=8, threads=1)
    resource.setrlimit(resource.RLIMIT_DATA, (used + room, resource.RLIM_INFINITY))
    try:
        await engine.start()
        said = text_of(await all_of(engine, asking("What is the capital of France?")))
        print(json.dumps([engine.parallel, engine.about["fewer"], said]))
    except ModelError as error:
        print(json.dumps(error.what))
    await engine.aclose()

asyncio.run(main())
"""


def under_a_limit(name: str, context: int, room: int):
    """What an engine says whose process may have so many bytes of data and no more."""
    result = subprocess.run(
        [sys.executable, "-c", LIMITED, name, str(context), str(room)],
        capture_output=True,
        text=True,
        timeout=180,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "ZG_TORCH_DEVICE": "cpu"},
    )
    return json.loads(result.stdout) if result.stdout else result.stderr


@limits
@pytest.mark.parametrize(
    ("name", "context", "room"),
    [("llamacpp", 8192, 1100 << 20), pytest.param("torch", 8192, 2500 << 20, marks=needs_torch)],
)
def test_under_a_real_limit_there_are_fewer_answers_at_a_time(name, context, room, model_path):
    parallel, fewer, said = under_a_limit(name, context, room)
    assert 1 <= parallel < 8
    assert fewer == "memory for 8 is not free"
    assert said == "The capital of France is Paris."


@limits
@pytest.mark.parametrize("name", ["llamacpp", pytest.param("torch", marks=needs_torch)])
def test_under_a_real_limit_too_large_a_model_is_refused(name, model_path):
    what = under_a_limit(name, 8192, (250 if name == "llamacpp" else 900) << 20)
    assert "smollm2-135m-instruct needs about" in what
    assert "GB are free." in what


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not say who ended a process")
@pytest.mark.anyio
@pytest.mark.parametrize("name", ["llamacpp", pytest.param("torch", marks=needs_torch)])
async def test_a_process_that_the_system_ended_comes_back_with_half_the_answers(name, model_path):
    engine = engines.create(name, models.DEFAULT_MODEL)
    try:
        await engine.start()
        wanted = engine.parallel
        psutil.Process(engine.pid).kill()  # as a system does that runs out of memory
        with contextlib.suppress(ModelError):  # it was asked before its end was known
            await all_of(engine, asking("What is the capital of France?"))
        pieces = await all_of(engine, asking("What is the capital of France?"))
        assert text_of(pieces) == "The capital of France is Paris."
        assert engine.parallel == wanted // 2
    finally:
        await engine.aclose()


def data_of(pid: int) -> int:
    """Bytes that a limit on data counts."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(x.split()[1]) * 1024 for x in lines if x.startswith("VmData:"))


@limits
@needs_torch
@pytest.mark.anyio
async def test_memory_that_runs_out_leaves_fewer_answers_at_a_time_and_the_same_ones(
    model_path, monkeypatch
):
    # What loading took is given back at once, not kept for later: the limit below means something.
    monkeypatch.setenv("MALLOC_MMAP_THRESHOLD_", "1000000")
    engine = TorchEngine(precision="fp32", device="cpu", context_length=256)
    questions = [asking(f"Tell me a story of {n} cats. " * 8, max_tokens=24) for n in range(6)]

    async def answers() -> list[str]:
        return [text_of(p) for p in await asyncio.gather(*(all_of(engine, q) for q in questions))]

    try:
        expected = await answers()
        pid = engine.pid
        limit = data_of(pid) + (30 << 20)  # an answer of these takes 12 MB
        psutil.Process(pid).rlimit(psutil.RLIMIT_DATA, (limit, psutil.RLIM_INFINITY))
        assert await answers() == expected
        assert engine.pid == pid
        assert 1 <= engine.parallel < 6
        assert engine.about["fewer"] == "memory ran out"
    finally:
        await engine.aclose()


@limits
@needs_torch
@pytest.mark.anyio
async def test_an_answer_that_alone_takes_too_much_fails_and_the_next_one_does_not(model_path):
    engine = TorchEngine(precision="fp32", device="cpu", parallel=2)
    try:
        await engine.start()
        pid = engine.pid
        limit = data_of(pid) + (24 << 20)  # two thousand tokens take 94 MB
        psutil.Process(pid).rlimit(psutil.RLIMIT_DATA, (limit, psutil.RLIM_INFINITY))
        with pytest.raises(ModelError, match="ran out of memory") as caught:
            await all_of(engine, asking("word " * 1900, max_tokens=2))
        assert "shorter prompt" in caught.value.next_step
        pieces = await all_of(engine, asking("What is the capital of France?"))
        assert text_of(pieces) == "The capital of France is Paris."
        assert engine.pid == pid
    finally:
        await engine.aclose()


@limits
def test_a_limit_of_the_process_counts_as_memory(tmp_path):
    code = (
        "import resource; from zg_jupyter.local import hardware\n"
        "resource.setrlimit(resource.RLIMIT_DATA, (1 << 30, resource.RLIM_INFINITY))\n"
        "print(hardware.free_memory())"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    assert 0 < int(result.stdout) < 1 << 30
    assert hardware.free_memory() is not None


@needs_torch
def test_an_answer_that_waits_for_memory_goes_on_or_can_be_cancelled(tmp_path, monkeypatch):
    """Memory runs out once, at a step of all three: an error of the allocator's class there."""
    import torch

    from zg_jupyter.local import torch_load, torch_loop
    from zg_jupyter.local.llama_torch import Llama

    step, short = Llama.step, []

    def runs_out(self, memories, tokens):
        if short and len(memories) == short[0]:
            short.clear()
            raise MemoryError
        return step(self, memories, tokens)

    monkeypatch.setattr(Llama, "step", runs_out)
    config = {
        "path": str(tiny.folder("llama", tmp_path / "tiny")),
        "name": "tiny",
        "models": str(tmp_path),
        "chat_template": "",
        "context_length": 64,
        "parallel": 3,
        "threads": torch.get_num_threads(),
        "device": "cpu",
        "or_cpu": False,
        "precision": "fp32",
    }

    def answers(cancelled: int = 0) -> tuple[dict[int, str], torch_loop.Loop]:
        loop = torch_load.load(config, print)
        for n in (1, 2, 3):
            messages = [{"role": "user", "content": f"w{n + 4} w{n + 9}"}]
            sampling = Sampling(temperature=0).as_json()
            asked = {"ask": n, "messages": messages, "max_tokens": 20, "stop": []}
            loop.take({**asked, "sampling": sampling})
        said = {1: "", 2: "", 3: ""}
        while loop.busy:
            for message in loop.turn():
                if message.get("about", {}).get("fewer"):
                    loop.take({"cancel": cancelled})
                    loop.take({"state": 9})
                if "id" in message and message["id"] in said:
                    said[message["id"]] += message.get("text", "") + message.get("end", "")
        return said, loop

    expected, loop = answers()
    assert loop.about()["parallel"] == 3
    short.append(3)
    said, loop = answers()
    assert said == expected
    assert (loop.about()["parallel"], loop.about()["fewer"]) == (2, "memory ran out")
    short.append(3)
    said, loop = answers(cancelled=3)
    assert (said[1], said[2]) == (expected[1], expected[2])
    assert said[3] != expected[3]
    assert loop.about()["parallel"] == 2
