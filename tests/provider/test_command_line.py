"""``python -m zg_jupyter.provider``: one clear sentence when it cannot, a clean end when it can."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import psutil
import pytest

from zg_jupyter.errors import ConfigError
from zg_jupyter.provider.__main__ import parser, read_config

from .command import Command, Seller, funded
from .conftest import OG, chat

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("way", ["SIGTERM", "SIGINT", "stdin"])
async def test_it_serves_settles_and_leaves_when_asked_to(world, way):
    key, address = await funded(world)
    owner = asyncio.ensure_future(world.acknowledge(address))
    async with Command(world, "--exit-with-parent", "--settle-every", "3600", key=key) as command:
        said = await command.ready()
        assert said["pid"] == command.process.pid
        seller = Seller(said)
        user = await world.user(seller)
        assert (await world.ask(seller, user, chat("a secret prompt"))).status_code == 200
        if way == "stdin":
            command.process.stdin.close()
        else:
            command.process.send_signal(getattr(signal, way))
        code, told = await command.ended()
        assert code == 0, told
    await owner
    assert await world.contracts.service(address) is None
    account = await world.contracts.account(user.address, address)
    assert account.balance < 2 * OG
    assert not command.announce.exists()
    token = user.headers(seller)["Authorization"][7:60]
    for secret in (key, "secret prompt", token, "Traceback"):
        assert secret not in told
    assert told.count("INFO chat ") == 1


async def test_the_key_is_neither_in_the_arguments_nor_left_in_the_environment(world):
    key, address = await funded(world)
    owner = asyncio.ensure_future(world.acknowledge(address))
    async with Command(world, key=key) as command:
        await command.ready()
        process = psutil.Process(command.process.pid)
        assert key not in " ".join(process.cmdline())
        assert all(key not in " ".join(p.cmdline()) for p in process.children(recursive=True))
    await owner


@pytest.mark.parametrize(
    ("options", "key", "sentence"),
    [
        ([], None, "ZG_PROVIDER_KEY is not set"),
        ([], "not-a-key-but-secret", "That is not a private key"),
        (["--rpc", "http://127.0.0.1:9"], "11" * 32, "does not answer"),
        ([], "22" * 32, "needs 100.1 0G for the stake"),
        (["--port", "70000"], "11" * 32, "A port is a number from 0 to 65535"),
        (["--max-concurrent", "0"], "11" * 32, "At least one request"),
        (["--input-price", "-1"], "11" * 32, "is not a price"),
    ],
)
async def test_what_prevents_the_start_is_one_sentence_and_exit_code_2(
    world, options, key, sentence
):
    async with Command(world, *options, key=key) as command:
        code, told = await command.ended()
    assert code == 2
    assert sentence in told
    assert "Traceback" not in told
    assert len(told.strip().splitlines()) == 1
    assert key is None or key not in told


async def test_a_port_in_use_an_unknown_engine_and_a_bad_folder_are_named(world):
    key, _ = await funded(world)
    blocked = world.tmp_path / "file"
    blocked.write_text("")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        for options, sentence in (
            (["--port", str(taken.getsockname()[1])], "Cannot listen on 127.0.0.1 port"),
            (["--engine", "llamacp"], "Did you mean 'llamacpp'?"),
            (["--state-dir", str(blocked)], "cannot be used"),
        ):
            async with Command(world, *options, key=key) as command:
                code, told = await command.ended()
            assert code == 2
            assert sentence in told
            assert "Traceback" not in told
            command.log.unlink()


async def test_a_stop_in_the_middle_of_the_start_undoes_it(world):
    key, address = await funded(world)
    async with Command(world, key=key) as command:  # nobody acknowledges: it waits
        while await world.contracts.service(address) is None:
            await asyncio.sleep(0.05)
        command.process.send_signal(signal.SIGTERM)
        code, told = await command.ended()
    assert (code, "Traceback" in told) == (0, False), told
    assert await world.contracts.service(address) is None


def test_rates_are_for_strangers_and_not_for_loopback():
    local = read_config(parser().parse_args(["--rpc", "http://x"]))
    assert local.limits.requests_per_second == 0
    far = ["--rpc", "http://x", "--host", "0.0.0.0"]
    with pytest.raises(ConfigError, match="must say where clients find it"):
        read_config(parser().parse_args(far))
    remote = read_config(parser().parse_args([*far, "--public-url", "https://a.example/"]))
    assert remote.public_url == "https://a.example"
    assert (remote.limits.requests_per_second, remote.limits.burst) == (10, 20)


async def test_without_the_extra_it_names_the_extra(tmp_path):
    """starlette is hidden from the interpreter, as on an installation without the extra."""
    code = (
        "import sys; sys.modules['starlette.applications'] = None\n"
        "from zg_jupyter.provider.__main__ import main\n"
        "sys.exit(main(['--rpc', 'http://127.0.0.1:9']))"
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code),
        env={**os.environ, "PYTHONPATH": str(Path.cwd()), "ZG_PROVIDER_KEY": "11" * 32},
        stderr=asyncio.subprocess.PIPE,
        stdin=asyncio.subprocess.DEVNULL,
    )
    _, told = await asyncio.wait_for(process.communicate(), 40)
    assert process.returncode == 2
    assert b'pip install "zg-jupyter[devnet]"' in told
    assert b"Traceback" not in told


async def test_a_public_url_goes_on_chain_instead_of_host_and_port(world):
    provider = await world.start(public_url="https://provider.example")
    service = await world.contracts.service(provider.address)
    assert service.url == provider.url == "https://provider.example"


def has_ipv6():
    """Whether this machine has a loopback address for it."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6 loopback")
async def test_it_listens_on_ipv6_too(world):
    provider = await world.start(host="::1")
    assert provider.url.startswith("http://[::1]:")
    assert (await world.http.get(f"{provider.url}/health")).json()["status"] == "healthy"
