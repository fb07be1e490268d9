"""The model's own process: silent, ended with its owner, and no guest in the notebook's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from zg_jupyter.local import models, torch_engine

REPOSITORY = Path(models.__file__).parents[2]
START = """
import asyncio, os, signal, sys, time
from zg_jupyter.local.llamacpp import LlamaCppEngine
from zg_jupyter.records import ChatRequest, Message

async def main():
    engine = LlamaCppEngine()
    await engine.start()
    async for piece in engine.stream(ChatRequest((Message("user", "Hi"),), max_tokens=3)):
        pass
    print(engine.pid, flush=True)
    return engine
"""


def start(script: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", START + script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        start_new_session=True,
    )


def gone(pid: int) -> bool:
    try:
        psutil.Process(pid).wait(timeout=20)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        return False
    return True


def test_llamacpp_writes_nothing_and_an_exit_without_closing_does_not_hang(model_path):
    process = start("engine = asyncio.run(main())")
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0
    assert errors == ""
    assert gone(int(output))  # and nothing else was printed


def test_a_killed_owner_takes_the_model_with_it(model_path):
    process = start("engine = asyncio.run(main()); time.sleep(60)")
    pid = int(process.stdout.readline())
    assert psutil.pid_exists(pid)
    process.kill()
    process.communicate(timeout=20)
    assert gone(pid)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_the_stop_button_still_raises_keyboardinterrupt_and_the_model_lives_on(model_path):
    process = start("""
engine = asyncio.run(main())
try:
    os.killpg(0, signal.SIGINT)  # as Jupyter does it
    time.sleep(10)
except KeyboardInterrupt:
    os.kill(engine.pid, 0)
    print("interrupted")
""")
    output, errors = process.communicate(timeout=120)
    assert output.splitlines()[1] == "interrupted", errors


@pytest.mark.parametrize("name", ["llamacpp", "torch"])
def test_two_processes_that_load_one_model_at_once_both_answer(name, model_path, tmp_path):
    if name == "torch" and not torch_engine.installed():
        pytest.skip("without torch")
    script = f"""
import asyncio, sys
from zg_jupyter.local.engine import create
from zg_jupyter.records import ChatRequest, Message

async def main():
    engine = create({name!r}, {str(model_path)!r})
    sys.stdin.readline()  # both begin together
    request = ChatRequest((Message("user", "Hello!"),), temperature=0, max_tokens=8)
    print("".join([piece.text async for piece in engine.stream(request)]))
    await engine.aclose()

asyncio.run(main())
"""
    # A home of their own: the model's form for torch is not made yet, and both want to make it.
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "ZG_HOME": str(tmp_path)}
    both = [
        subprocess.Popen(
            [sys.executable, "-c", script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for _ in range(2)
    ]
    try:
        for process in both:
            process.stdin.write("\n")
            process.stdin.flush()
        said = [process.communicate(timeout=240) for process in both]
        assert [errors for _, errors in said] == ["", ""]
        assert said[0] == said[1]
        assert said[0][0].strip()
    finally:
        for process in both:
            process.kill()
    if name == "torch":
        folders = [path for path in (tmp_path / "models").iterdir() if path.is_dir()]
        assert [path.suffix for path in folders] == [".torch"]  # made once, nothing left behind


def test_without_xllamacpp_the_extra_is_named():
    script = (
        "import sys; sys.modules['xllamacpp'] = None\n"
        "from zg_jupyter.local.engine import create\n"
        "try: create('llamacpp', 'smollm2-135m-instruct')\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    result = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    assert result.stdout.strip() == (
        "MissingExtra The llama.cpp engine needs an optional part that is not installed. "
        'Nothing was charged. Run: pip install "zg-jupyter[cpu]"'
    )


def test_the_server_of_the_model_wants_its_key_and_listens_on_loopback_only(model_path):
    process = start("engine = asyncio.run(main()); sys.stdin.readline()")
    pid = int(process.stdout.readline())
    try:
        sockets = psutil.Process(pid).net_connections(kind="inet")
        listening = [s.laddr for s in sockets if s.status == psutil.CONN_LISTEN]
        assert [address.ip for address in listening] == ["127.0.0.1"]
        import httpx

        base = f"http://127.0.0.1:{listening[0].port}"
        for path in ("/slots", "/metrics", "/props"):
            assert httpx.get(base + path, trust_env=False).status_code == 401
        body = {"messages": [{"role": "user", "content": "Hi"}]}
        answer = httpx.post(base + "/v1/chat/completions", json=body, trust_env=False)
        assert answer.status_code == 401
        assert not any(len(word) == 32 for word in psutil.Process(pid).cmdline())
    finally:
        process.communicate("\n", timeout=60)
