"""A real JupyterHub on loopback: its users ask without a key, and each has a share of his own."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest

from tests.gateway.conftest import MODEL, Classroom
from zg_jupyter.errors import ConfigError
from zg_jupyter.gateway import hub
from zg_jupyter.units import parse_amount

pytest.importorskip("jupyterhub", reason="JupyterHub is not installed")

PEERS = Path(__file__).parents[1] / "peers"
CONFIG = """
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_port = {hub_port}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy_port}"
c.ConfigurableHTTPProxy.command = {proxy!r}
c.ConfigurableHTTPProxy.auth_token = "{secret}"
c.JupyterHub.cookie_secret_file = "{folder}/cookie"
c.JupyterHub.db_url = "sqlite:///{folder}/hub.sqlite"
c.JupyterHub.pid_file = "{folder}/pid"
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.Spawner.cmd = ["{python}", "{folder}/student.py"]
c.Spawner.environment = {{
    "ZG_ROUTER_URL": "http://127.0.0.1:{port}/services/class/v1",
    "ZG_HOME": "{folder}/homes",
    "PYTHONPATH": {path!r},
}}
c.JupyterHub.load_roles = [
    {{"name": "maker", "scopes": ["admin:users", "admin:servers", "tokens"], "services": ["maker"]}}
]
c.JupyterHub.services = [
    {{"name": "maker", "api_token": "{secret}"}},
    {{
        "name": "class",
        "url": "http://127.0.0.1:{service_port}",
        "command": [
            "{python}", "-m", "zg_jupyter", "gateway", "--jupyterhub", "--network", "devnet",
            "--class", "{name}", "--share", "0.5", "--model", "{model}",
        ],
        "environment": {{"ZG_HOME": {home!r}, "PYTHONPATH": {path!r}}},
    }},
]
"""
#: Stands where a notebook server of a student would: it has the token that the Hub gives one.
STUDENT = """
import json, os
from zg_jupyter import client
with client.connect("testnet") as me:
    answer = me.ask("one two three", model={model!r}, max_tokens=16)
said = {{"text": answer.text, "cost": answer.cost}}
path = {folder!r} + "/" + os.environ["JUPYTERHUB_USER"] + ".json"
with open(path + ".new", "w") as file:
    json.dump(said, file)
os.rename(path + ".new", path)
import http.server, urllib.parse
at = urllib.parse.urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
http.server.HTTPServer((at.hostname, at.port), http.server.SimpleHTTPRequestHandler).serve_forever()
"""


def free_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


def until(found, seconds=90):
    deadline = time.monotonic() + seconds
    while not (result := found()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return result


class Running:
    """A Hub, its class, and who may make users there."""

    def __init__(self, folder, home, proxy):
        self.folder, self.name = folder, f"hub-{secrets.token_hex(4)}"
        self.port, self.secret = free_port(), secrets.token_hex(16)
        names = {"port": self.port, "hub_port": free_port(), "proxy_port": free_port()}
        names |= {"service_port": free_port(), "secret": self.secret, "folder": str(folder)}
        names |= {"python": sys.executable, "path": os.environ.get("PYTHONPATH", str(Path.cwd()))}
        names["proxy"] = proxy
        names |= {"name": self.name, "model": MODEL, "home": str(home)}
        (folder / "config.py").write_text(CONFIG.format(**names))
        (folder / "student.py").write_text(STUDENT.format(model=MODEL, folder=str(folder)))
        (folder / "homes").mkdir()
        self._log = (folder / "log").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "-f", str(folder / "config.py")],
            cwd=folder,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        self.url = f"http://127.0.0.1:{self.port}/services/class/v1"
        self.manager = home / "gateway" / f"{self.name}.key"

    def api(self, method, path, body=None):
        headers = {"Authorization": f"token {self.secret}"}
        url = f"http://127.0.0.1:{self.port}/hub/api{path}"
        return httpx.request(method, url, headers=headers, json=body, timeout=60)

    def serves(self):
        assert self.process.poll() is None, (self.folder / "log").read_text()[-3000:]
        try:
            return httpx.get(f"{self.url}/models").status_code == 200
        except httpx.HTTPError:
            return False

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)  # its session: nobody else is in it
            self._end_proxy()
            self._log.close()

    def _end_proxy(self):
        """The Hub ends the program that starts Node, and Node itself may outlive that one."""
        for process in psutil.process_iter(["cmdline"]):
            words = process.info["cmdline"] or []
            if str(self.port) in words and any("configurable-http-proxy" in w for w in words):
                process.kill()


@pytest.fixture(scope="module")
def proxy():
    """The Hub's own proxy, as npm delivers it to the tests with other programs."""
    if str(PEERS) not in sys.path:
        sys.path.insert(0, str(PEERS))
    from peer_kit.node import program

    return program("configurable-http-proxy", "bin/configurable-http-proxy")


@pytest.fixture
def running(network_home, tmp_path, proxy):
    made = Running(tmp_path, network_home, proxy)
    try:
        until(made.serves)
        yield made
    finally:
        made.close()


@pytest.mark.peers
def test_users_of_a_hub_ask_without_a_key_and_each_has_a_share(running):
    students = ("amina", "budi")
    running.api("POST", "/users", {"usernames": students})
    for who in students:
        assert running.api("POST", f"/users/{who}/server").status_code in (201, 202)
    answers = {}
    for who in students:
        path = running.folder / f"{who}.json"
        until(path.exists)
        answers[who] = json.loads(path.read_text())
    room = Classroom(running.url, running.manager.read_text().strip(), None, running.name)
    items = {one["name"]: one for one in room.teacher("GET", "/api-keys").json()["data"]}
    assert set(items) == set(students)
    for who in students:
        assert answers[who]["text"].startswith("wörd0")
        assert items[who]["credit_limit"] == "0.5"
        assert parse_amount(items[who]["used"]) == answers[who]["cost"] > 0

    token = running.api("POST", "/users/amina/tokens", {"note": "test"}).json()["token"]
    assert room.ask(token, max_tokens=16).status_code == 200
    assert room.item(items["amina"]["key_id"])["requests"] == 2
    room.teacher("DELETE", f"/api-keys/{items['amina']['key_id']}")
    reply = room.ask(token, max_tokens=16)
    assert (reply.status_code, reply.json()["error"]["code"]) == (401, "api_key_revoked")
    for wrong in ("not-a-token", running.secret):  # the second one is a service's
        reply = room.ask(wrong, max_tokens=16)
        assert (reply.status_code, reply.json()["error"]["code"]) == (401, "invalid_api_key")


def test_what_no_hub_started_is_no_service():
    with pytest.raises(ConfigError, match="not a service"):
        hub.service_of({"JUPYTERHUB_API_URL": "http://127.0.0.1:8081/hub/api"})
    found = hub.service_of(
        {
            "JUPYTERHUB_API_URL": "http://127.0.0.1:8081/hub/api",
            "JUPYTERHUB_SERVICE_URL": "http://127.0.0.1:8700",
            "JUPYTERHUB_SERVICE_PREFIX": "/services/class/",
        }
    )
    assert (found.prefix, found.host, found.port) == ("/services/class", "127.0.0.1", 8700)
