"""Starting, finding and stopping the embedded network, with real processes."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from zg_jupyter.devnet import accounts, run_files, up
from zg_jupyter.devnet import state as files
from zg_jupyter.devnet.children import ProviderSpec, default_specs
from zg_jupyter.errors import BadInput, DevnetError, MissingExtra

CANNED = "tests.bench.canned:CannedEngine"
ROOT = Path(__file__).parents[2]
STATE = files.DevnetState(
    instance="0" * 32,
    pid=2**22 + 1,  # above what any system hands out
    rpc_url="http://127.0.0.1:1",
    chain_id=31337,
    ledger="0x",
    inference="0x",
    started_at=1,
    log="",
    providers=(files.ProviderState("alpha", "0x", "http://127.0.0.1:1", "m", 1, 2, 2**22 + 2, ""),),
)


def processes(folder: Path) -> list[psutil.Process]:
    """Every process that works for a network of this folder."""
    return [p for p in psutil.process_iter() if p.pid != os.getpid() and _works_for(p, folder)]


def _works_for(process: psutil.Process, folder: Path) -> bool:
    try:
        named = any(str(folder) in word for word in process.cmdline())
        return named and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def wait_until(condition, what, seconds=40):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


@pytest.fixture
def folder(tmp_path):
    """State folder of the networks of one test; nothing is left running in it."""
    folder = tmp_path / "devnet"
    yield folder
    up.down(folder)
    wait_until(lambda: not processes(folder), f"left running: {processes(folder)}")


def run_python(code: str, *arguments: str, cwd: Path = ROOT) -> subprocess.Popen[str]:
    """Another Python with this package, as a second kernel would be."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


# -- up, find, status, down ------------------------------------------------------------------


def test_a_network_starts_is_found_and_stops_without_a_trace(folder):
    said = []
    state = up.up(providers=0, state_dir=folder, progress=said.append)
    assert [line.split()[0] for line in said] == ["chain", "contracts", "ready"]
    assert all(line.endswith(" s") for line in said)
    assert files.ask(state.rpc_url, "zg_instance") == state.instance
    assert up.find(folder) == state == files.read(folder)
    status = up.status(folder)
    assert (status.running, status.state, status.height) == (True, state, 10)
    assert 0 <= status.uptime < 60
    assert len(processes(folder)) == 1

    assert up.up(providers=2, state_dir=folder, progress=said.append) == state
    assert said[-1] == f"found the network at {state.rpc_url}"

    assert up.down(folder) is True
    assert processes(folder) == []
    assert up.find(folder) is None
    assert up.status(folder) == up.Status(False)
    assert up.down(folder) is False


def test_nothing_to_find_is_not_an_error(folder):
    assert up.find(folder) is None
    assert up.status(folder) == up.Status(running=False)
    assert up.down(folder) is False


def test_the_home_of_the_package_is_used_by_default(monkeypatch, tmp_path):
    monkeypatch.setenv("ZG_HOME", str(tmp_path))
    assert files.folder() == tmp_path / "devnet"


def test_a_fixed_port_is_used(folder):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert up.up(providers=0, state_dir=folder, port=port).rpc_url == f"http://127.0.0.1:{port}"


# -- providers -------------------------------------------------------------------------------


def test_two_providers_with_different_prices_serve_and_leave(folder):
    state = up.up(providers=2, engine=CANNED, model="canned-8t-0ms", state_dir=folder)
    alpha, beta = state.providers
    assert (alpha.name, beta.name) == ("alpha", "beta")
    assert alpha.address == accounts.provider(0).address
    assert 2 * beta.input_price == 3 * alpha.input_price
    assert 2 * beta.output_price == 3 * alpha.output_price
    for provider in state.providers:
        selector = "0x15a52302"  # getService(address)
        call = {"to": state.inference, "data": selector + provider.address[2:].rjust(64, "0")}
        service = files.ask(state.rpc_url, "eth_call", call, "latest")
        assert provider.url.encode().hex() in service
        flags = bytes.fromhex(service[2:])[32:][10 * 32 : 11 * 32]
        assert int.from_bytes(flags, "big") == 1, "the owner acknowledged its signer"
    for key in (accounts.owner().key, accounts.provider(0).key, accounts.provider(1).key):
        for file in folder.rglob("*"):
            if file.is_file():
                assert key[2:].encode() not in file.read_bytes(), file
        assert not any(key[2:] in " ".join(p.cmdline()) for p in processes(folder))

    psutil.Process(alpha.pid).kill()
    wait_until(lambda: files.read(folder).providers[0].exit_code is not None, "death unnoticed")
    assert files.read(folder).providers[1].exit_code is None
    assert up.find(folder) is not None

    assert up.down(folder) is True
    assert processes(folder) == []
    assert "service removed" in Path(beta.log).read_text(encoding="utf-8")


def test_a_provider_that_does_not_come_up_is_named_with_its_last_words(folder):
    bad = ProviderSpec("gone", accounts.PROVIDER_INDEXES[0], engine=CANNED, model="nonsense")
    with pytest.raises(DevnetError, match="Provider gone ended with code") as failed:
        up.up(providers=[bad], state_dir=folder)
    assert "'nonsense' is not a canned model" in str(failed.value)
    assert str(folder) in failed.value.next_step
    assert processes(folder) == []
    assert up.find(folder) is None


def test_an_unknown_model_is_refused_before_any_provider_starts(folder):
    with pytest.raises(DevnetError, match="no-such-model"):
        up.up(providers=1, model="no-such-model", state_dir=folder)
    assert processes(folder) == []


def test_prices_rise_from_provider_to_provider():
    specs = default_specs(9)
    assert len({s.name for s in specs}) == len({s.account_index for s in specs}) == 9
    prices = [s.output_price for s in specs]
    assert prices == sorted(set(prices))
    first = specs[0]
    # A short answer costs about 0.0001 0G at the first one.
    assert 50 * first.input_price + 40 * first.output_price == 105 * 10**12


@pytest.mark.parametrize("count", [-1, 10])
def test_more_providers_than_accounts_are_refused(folder, count):
    with pytest.raises(BadInput, match="0 to 9 providers"):
        up.up(providers=count, state_dir=folder)


# -- dead networks and races -----------------------------------------------------------------


def test_a_stale_state_file_is_replaced(folder):
    files.write(STATE, folder)
    assert up.find(folder) is None
    assert up.status(folder) == up.Status(False, STATE)
    state = up.up(providers=0, state_dir=folder)
    assert state.instance != STATE.instance
    assert files.read(folder) == state


def test_a_stale_state_file_is_taken_away_by_down(folder):
    files.write(STATE, folder)
    assert up.down(folder) is False
    assert files.read(folder) is None


def test_another_network_on_the_same_port_is_not_mistaken_for_ours(folder, tmp_path, node):
    from dataclasses import replace

    files.write(replace(STATE, rpc_url=node.url, pid=os.getpid()), folder)
    assert up.find(folder) is None
    assert up.down(folder) is False, "this very process must not be ended"


def test_a_killed_network_is_replaced_and_takes_its_providers_along(folder):
    state = up.up(providers=1, engine=CANNED, model="canned-8t-0ms", state_dir=folder)
    assert len(processes(folder)) == 2
    psutil.Process(state.pid).kill()
    wait_until(lambda: not processes(folder), "the provider outlived the network")
    assert up.find(folder) is None
    again = up.up(providers=0, state_dir=folder)
    assert again.instance != state.instance
    assert [p.name for p in folder.glob("run-*")] == [f"run-{again.instance}"]


def test_two_kernels_at_once_get_the_same_network(folder):
    code = (
        "import sys; from pathlib import Path; from zg_jupyter.devnet import up;"
        "print(up.up(providers=0, state_dir=Path(sys.argv[1])).instance)"
    )
    kernels = [run_python(code, str(folder)) for _ in range(3)]
    outputs = [kernel.communicate(timeout=120)[0] for kernel in kernels]
    assert [kernel.returncode for kernel in kernels] == [0, 0, 0], outputs
    assert {line.strip() for line in outputs} == {files.read(folder).instance}
    assert len(processes(folder)) == 1


def test_files_next_to_a_notebook_do_not_get_in_the_way(folder, tmp_path):
    for name in ("random", "eth", "uvicorn", "logging"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('shadowed')")
    code = (
        "import sys; sys.path.remove('');"  # as Jupyter does while it loads a kernel
        "from pathlib import Path; from zg_jupyter.devnet import up;"
        "up.up(providers=0, state_dir=Path(sys.argv[1]))"
    )
    with run_python(code, str(folder), cwd=tmp_path) as kernel:
        output = kernel.communicate(timeout=60)[0]
    assert kernel.returncode == 0, output
    assert up.find(folder) is not None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "{}", '{"version": 2}', '{"version": 1, "providers": 5}', "\0"]
)
def test_a_broken_state_file_counts_as_none(folder, text):
    folder.mkdir()
    (folder / files.FILE_NAME).write_text(text)
    assert files.read(folder) is None
    assert up.find(folder) is None
    assert up.down(folder) is False


def test_a_port_that_stays_silent_is_not_a_network(folder, monkeypatch):
    from dataclasses import replace

    monkeypatch.setattr(files.ask, "__kwdefaults__", {"timeout": 0.2})
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        files.write(replace(STATE, rpc_url=url), folder)
        assert up.find(folder) is None


# -- endings ---------------------------------------------------------------------------------


def test_a_stop_while_it_starts_leaves_nothing(folder):
    def stop(_line):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        up.up(providers=0, state_dir=folder, progress=stop)
    assert processes(folder) == []
    assert up.find(folder) is None


def test_it_does_not_survive_a_starter_that_is_killed_while_it_starts(folder):
    code = (
        "import os, sys; from pathlib import Path; from zg_jupyter.devnet import up;"
        "up.up(providers=0, state_dir=Path(sys.argv[1]), progress=lambda line: os._exit(9))"
    )
    with run_python(code, str(folder)) as kernel:
        assert kernel.wait(60) == 9
    wait_until(lambda: not processes(folder), "it outlived its starter")


def test_it_outlives_its_starter_once_it_is_ready(folder):
    code = (
        "import sys; from pathlib import Path; from zg_jupyter.devnet import up;"
        "up.up(providers=0, state_dir=Path(sys.argv[1]))"
    )
    with run_python(code, str(folder)) as kernel:
        assert kernel.wait(60) == 0
    time.sleep(0.5)
    assert up.find(folder) is not None


def test_it_ends_with_its_starter_when_that_was_asked_for(folder):
    code = (
        "import sys; from pathlib import Path; from zg_jupyter.devnet import up;"
        "up.up(providers=0, state_dir=Path(sys.argv[1]), exit_with_parent=True)"
    )
    with run_python(code, str(folder)) as kernel:
        assert kernel.wait(60) == 0
    wait_until(lambda: not processes(folder), "it outlived its starter")
    assert files.read(folder) is None


def test_it_ends_by_itself_when_nobody_uses_it(folder):
    up.up(providers=0, state_dir=folder, idle_hours=1.0 / 3_600)
    wait_until(lambda: not processes(folder), "it stayed")
    assert files.read(folder) is None


def test_use_keeps_it_awake(folder):
    import httpx

    state = up.up(providers=0, state_dir=folder, idle_hours=4.0 / 3_600)
    body = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}
    deadline = time.monotonic() + 7
    while time.monotonic() < deadline:
        assert httpx.post(state.rpc_url, json=body, trust_env=False).status_code == 200
        time.sleep(0.2)
    assert up.find(folder) is not None


@pytest.mark.skipif(os.name != "posix", reason="signals are a matter of POSIX")
def test_a_signal_ends_it_cleanly(folder):
    state = up.up(providers=1, engine=CANNED, model="canned-8t-0ms", state_dir=folder)
    os.kill(state.pid, signal.SIGTERM)
    wait_until(lambda: not processes(folder), "it stayed")
    assert files.read(folder) is None
    assert "service removed" in Path(state.providers[0].log).read_text(encoding="utf-8")


@pytest.mark.skipif(os.name != "posix", reason="only POSIX can stop a process in its tracks")
def test_down_ends_by_force_what_does_not_listen(folder):
    state = up.up(providers=1, engine=CANNED, model="canned-8t-0ms", state_dir=folder)
    for pid in (state.pid, state.providers[0].pid):
        os.kill(pid, signal.SIGSTOP)
    assert up.down(folder, timeout=0.5) is True
    assert processes(folder) == []


# -- faults ----------------------------------------------------------------------------------


def test_a_port_in_use_is_one_clear_sentence(folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(DevnetError, match=f"Port {port} on 127.0.0.1 cannot be used") as failed:
            up.up(providers=0, state_dir=folder, port=port)
    assert "the system chooses" in failed.value.next_step
    assert processes(folder) == []


def test_a_folder_that_cannot_be_made_is_one_clear_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DevnetError, match="cannot be written: Not a directory") as failed:
        up.up(providers=0, state_dir=tmp_path / "file" / "devnet")
    assert "ZG_HOME" in failed.value.next_step


def test_a_full_disk_is_one_clear_sentence_and_leaves_no_half_file(folder, monkeypatch):
    def full(_descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    files.write(STATE, folder)
    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(DevnetError, match="cannot be written: No space left") as failed:
        files.write(STATE, folder)
    assert "ZG_HOME" in failed.value.next_step
    assert [p.name for p in folder.iterdir()] == [files.FILE_NAME]
    assert files.read(folder) == STATE


@pytest.mark.parametrize("missing", ["eth_tester", "starlette", "psutil"])
def test_a_missing_extra_says_what_to_install(folder, monkeypatch, missing):
    real = up.importlib.util.find_spec
    monkeypatch.setattr(
        up.importlib.util, "find_spec", lambda name: None if name == missing else real(name)
    )
    with pytest.raises(MissingExtra, match="embedded network") as failed:
        up.up(providers=0, state_dir=folder)
    assert 'pip install "zg-jupyter[cpu,devnet]"' in str(failed.value)


def test_a_network_that_does_not_get_on_is_given_up(folder):
    with pytest.raises(DevnetError, match="did not get on for") as failed:
        up.up(providers=0, state_dir=folder, timeout=0.01)
    assert "Read its log" in failed.value.next_step
    assert processes(folder) == []


# -- the state file --------------------------------------------------------------------------


def test_the_state_file_is_whole_whenever_it_is_read(folder):
    files.write(STATE, folder)
    stop = threading.Event()
    broken = []

    def watch():
        while not stop.is_set():
            if files.read(folder) != STATE:
                broken.append(1)

    reader = threading.Thread(target=watch)
    reader.start()
    for _ in range(50):
        files.write(STATE, folder)
    stop.set()
    reader.join(10)
    assert broken == []


@pytest.mark.skipif(os.name != "posix", reason="file modes are a matter of POSIX")
def test_the_state_file_belongs_to_this_user_alone(folder):
    files.write(STATE, folder)
    assert (folder / files.FILE_NAME).stat().st_mode & 0o777 == 0o600


def test_only_the_own_state_file_is_taken_away(folder):
    files.write(STATE, folder)
    files.remove("f" * 32, folder)
    assert files.read(folder) == STATE
    files.remove(STATE.instance, folder)
    assert files.read(folder) is None


def test_the_report_is_read_line_by_line(tmp_path):
    path = tmp_path / "report.jsonl"
    report = run_files.Report(path)
    report.line("one")
    report.failed(MissingExtra("It", "devnet"))
    report.ready()
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert lines[0] == {"line": "one"}
    assert lines[1]["extra"] == "devnet"
    assert lines[2] == {"ready": True}
