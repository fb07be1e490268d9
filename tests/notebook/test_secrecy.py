"""Secrets in a real kernel: every wallet and key path, then a search of everything it left."""

from __future__ import annotations

import base64
import json
import os
import re
import sqlite3
import time
from pathlib import Path

import psutil
import pytest
from jupyter_client.manager import KernelManager

from zg_jupyter.devnet import up as devnet

ROOT = Path(__file__).parents[2]
KEY = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
PHRASE = "legal winner thank year wave sausage worth useful legal winner thank yellow"
PASSPHRASE = "tulip-anchor-basalt-77"
WRONG = "not-the-right-one-88"


class Watched:
    """A kernel whose every message is kept, and whose questions are answered."""

    def __init__(self, home: Path, **environ: str) -> None:
        self.home = home
        self.heard: list[dict] = []
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("ZG_")},
            "ZG_HOME": str(home / "zg"),
            "IPYTHONDIR": str(home / "ipython"),
            **environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        }
        self.log = (home / "kernel.log").open("wb")
        self.manager = KernelManager()
        self.manager.start_kernel(env=environment, stdout=self.log, stderr=self.log)
        self.channels = self.manager.client()
        self.channels.start_channels()
        self.channels.wait_for_ready(timeout=60)
        self.process = self.manager.provisioner.pid

    def run(self, code: str, answers: tuple[str, ...] = ()) -> str:
        """Run a cell; gives the status of its reply. Answers go to its password prompts."""
        cell = self.channels.execute(code, allow_stdin=True)
        waiting, until = list(answers), time.monotonic() + 60
        while time.monotonic() < until:
            while self.channels.stdin_channel.msg_ready():
                asked = self.channels.get_stdin_msg(timeout=1)
                self.heard.append(asked)
                assert asked["content"]["password"], "a secret is asked for where it is shown"
                self.channels.input(waiting.pop(0))
            if self.channels.shell_channel.msg_ready():
                reply = self.channels.get_shell_msg(timeout=1)
                if reply["parent_header"]["msg_id"] == cell:
                    self.heard.append(reply)
                    self.listen()
                    assert not waiting, "not every question was asked"
                    return reply["content"]["status"]
            self.listen()
            time.sleep(0.02)
        raise AssertionError(f"the cell did not end: {code[:30]}")

    def listen(self) -> None:
        while self.channels.iopub_channel.msg_ready():
            self.heard.append(self.channels.get_iopub_msg(timeout=1))

    def click(self, label: str) -> None:
        """Press a widget's button, as a page does."""
        for heard in reversed(self.heard):
            state = heard["content"].get("data", {})
            state = state.get("state", {}) if isinstance(state, dict) else {}
            if heard["msg_type"] == "comm_open" and state.get("description") == label:
                content = {
                    "comm_id": heard["content"]["comm_id"],
                    "data": {"method": "custom", "content": {"event": "click"}},
                }
                self.channels.shell_channel.send(self.channels.session.msg("comm_msg", content))
                self.run("1")
                return
        raise AssertionError(f"there is no button {label!r}")

    def saved(self) -> str:
        """What a page would write into the notebook: outputs, not widgets' states."""
        kept = ("stream", "display_data", "execute_result", "update_display_data", "error")
        return json.dumps([h["content"] for h in self.heard if h["msg_type"] in kept])

    def close(self) -> None:
        self.channels.stop_channels()
        self.manager.shutdown_kernel(now=False)
        self.manager.cleanup_resources()
        self.log.close()


def forms(secret: str) -> list[bytes]:
    """A secret as it could be written down."""
    raw = [secret, secret.upper(), secret.capitalize()]
    raw += [base64.b64encode(secret.encode()).decode(), secret.replace(" ", "\\n")]
    found = [text.encode() for text in raw]
    if re.fullmatch("[0-9a-f]{64}", secret):
        found += [bytes.fromhex(secret), base64.b64encode(bytes.fromhex(secret))]
    return found


def places_of(secrets: list[str], texts: dict[str, bytes]) -> list[str]:
    """Where a secret stands, in any of its forms."""
    return [
        place
        for place, content in texts.items()
        if any(form in content for secret in secrets for form in forms(secret))
    ]


def everything(kernel: Watched) -> dict[str, bytes]:
    """All that is left of a kernel: outputs, files, history, the process list."""
    texts = {"the notebook": kernel.saved().encode()}
    for path in kernel.home.rglob("*"):
        if path.is_file():
            texts[str(path.relative_to(kernel.home))] = path.read_bytes()
    listed = [" ".join(p.info["cmdline"] or ()) for p in psutil.process_iter(["cmdline"])]
    texts["the process list"] = "\n".join(listed).encode(errors="surrogateescape")
    return texts


def test_the_search_finds_what_is_planted(tmp_path):
    assert places_of([KEY], {"here": b"x" + KEY.upper().encode(), "there": b"x"}) == ["here"]
    assert places_of([KEY], {"raw": bytes.fromhex(KEY)}) == ["raw"]
    assert places_of([PHRASE], {"json": json.dumps(PHRASE).encode()}) == ["json"]


@pytest.fixture
def kernel(tmp_path):
    made = Watched(tmp_path)
    yield made
    made.close()


def test_no_secret_is_left_by_any_path_of_wallets_and_keys(kernel):
    run = kernel.run
    assert run("%load_ext zg_jupyter\n%xmode Verbose") == "ok"
    assert run("%zg wallet create main", (PASSPHRASE, PASSPHRASE)) == "ok"
    kernel.click("Show")
    shown = [
        h["content"]["data"]["state"]["value"]
        for h in kernel.heard
        if h["msg_type"] == "comm_msg" and "value" in h["content"]["data"].get("state", {})
    ]
    fresh = re.search(r"(?:[a-z]+ ){11}[a-z]+", shown[-1].rpartition(">")[0].rpartition(">")[2])
    assert fresh, "the phrase is shown once"
    kernel.click("Show")  # the same button, now called "Hide for good"
    assert run("%zg wallet import other", (KEY, PASSPHRASE, PASSPHRASE)) == "ok"
    assert run("%zg wallet import third --phrase", (PHRASE, PASSPHRASE, PASSPHRASE)) == "ok"
    assert run("%zg wallet use other") == "ok"
    failures = [
        ("%zg wallet create main2", (PASSPHRASE, WRONG)),
        ("%zg wallet import bad", (KEY[:-2], PASSPHRASE, PASSPHRASE)),
        ("%zg wallet import bad --phrase", (PHRASE + " zebra", PASSPHRASE, PASSPHRASE)),
        ("%zg wallet unlock other", (WRONG,)),
        (f"%zg wallet import bad {KEY}", ()),
        (f"wallet_key = '0x{KEY}'", ()),
        (f"phrase = '{PHRASE}'", ()),
        (f"%%zg_infer\nIs {KEY} a key?", ()),
    ]
    for code, answers in failures:
        assert run(code, answers) == "error", code
    assert run("%zg wallet unlock other", (PASSPHRASE,)) == "ok"
    sign = "from zg_jupyter.wallet import choice; from zg_jupyter import wallets\n"
    sign += "w = choice.resolve('other', wallets.network()); w, w.sign_message(b'x')"
    assert run(sign) == "ok"
    assert run("%zg wallet lock") == "ok"
    assert run("w.sign_message(b'x')") == "error"
    assert run("%zg wallet remove third", (PASSPHRASE,)) == "ok"
    assert run("%zg wallet list") == "ok"
    assert run("print(In, [globals().get(n) for n in ('_i', '_ii', '_iii')], Out)") == "ok"
    assert run("get_ipython().history_manager.writeout_cache()") == "ok"

    secrets = [KEY, KEY[:-2], PHRASE, PASSPHRASE, WRONG, fresh[0]]
    # The search of a clean place must be able to fail: the history is really there.
    history = kernel.home / "ipython" / "profile_default" / "history.sqlite"
    with sqlite3.connect(history) as db:
        kept = " ".join(row[0] for row in db.execute("SELECT source_raw FROM history"))
    db.close()
    assert "%zg wallet unlock other" in kept
    assert "removed: it looked like a key" in kept
    assert places_of(secrets, everything(kernel)) == []


RPC_KEY = "rpc-key-4711-0815"


@pytest.fixture
def on_the_network(canned_network, tmp_path, monkeypatch):
    """A kernel whose RPC URL carries a key, as those of RPC services do."""
    with monkeypatch.context() as patch:
        patch.setenv("ZG_HOME", str(canned_network))
        state = devnet.find()
    url = state.rpc_url.replace("http://", f"http://{RPC_KEY}@") + f"/?apikey={RPC_KEY}"
    made = Watched(tmp_path, ZG_RPC_URL=url, ZG_WALLET="devnet:19")
    yield made
    made.close()


def test_no_token_no_api_key_and_no_key_of_an_rpc_service_is_left(on_the_network):
    kernel, run = on_the_network, on_the_network.run
    assert run("%load_ext zg_jupyter\n%xmode Verbose") == "ok"
    assert run("%zg deposit 6") == "ok"
    assert run("import zg_jupyter; p = zg_jupyter.session().offers()[0].provider") == "ok"
    assert run("get_ipython().run_line_magic('zg', f'transfer {p} 2')") == "ok"
    assert run("%%zg_infer\nHello") == "ok"
    create = "get_ipython().run_line_magic('zg', f'keys create {p} --label class')"
    assert run(create) == "ok"
    assert run(create) == "error"  # the label is taken
    kernel.click("Show")
    updates = [
        h["content"]["data"]["state"]["value"]
        for h in kernel.heard
        if h["msg_type"] == "comm_msg" and "value" in h["content"]["data"].get("state", {})
    ]
    secret = re.search(r"app-sk-[\w+/=-]+", updates[-1])
    assert secret, "the key is shown once"
    kernel.click("Show")
    for command in ("keys list", "settings", "status", "doctor", "balances", "history", "network"):
        assert run(f"%zg {command}") == "ok", command
    assert run("get_ipython().run_line_magic('zg', f'keys revoke {p} class')") == "ok"
    assert (
        run("import os; os.environ['ZG_RPC_URL'] = 'http://127.0.0.1:9/" + RPC_KEY[:9] + "'")
        == "ok"
    )
    assert run("zg_jupyter.client.forget_session()") == "ok"
    assert run("%zg balances") == "error"
    assert run("zg_jupyter.session()") == "error"

    texts = everything(kernel)
    assert len(texts) > 5
    assert places_of([secret[0], secret[0][10:60]], texts) == []
    assert [place for place, text in texts.items() if b"app-sk-" in text] == []
    # The search includes what was typed: only a part of the key stands there.
    assert places_of([RPC_KEY], texts) == []
    assert RPC_KEY[:9].encode() not in kernel.saved().encode()
