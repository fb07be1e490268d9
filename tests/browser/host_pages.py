"""Pages that show widgets as VS Code and as Colab do, before a kernel of a real Jupyter server.

Stand-ins: neither VS Code nor Colab can run here. What they have in common with them is written
at the top of ``hosts/vscode.js`` and ``hosts/colab.js``. As there, the output of a cell is a frame
of another origin, without a clipboard, inside a page that it knows nothing of. Harder than there,
it is no secure context either: the page in front has no https.
"""

from __future__ import annotations

import importlib
import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlencode

import anywidget
import httpx

from zg_jupyter import _version

if TYPE_CHECKING:
    from playwright.sync_api import Frame, Page

    from .conftest import Lab

Kind = Literal["vscode", "colab"]

PEERS = Path(__file__).parents[1] / "peers"
HOSTS = Path(__file__).with_name("hosts")
ANYWIDGET = Path(anywidget.__file__).parent / "nbextension" / "index.js"
FRAME_CSS = Path(_version.__file__).parent / "panel" / "static" / "frame.css"
#: Where Colab's manager and html-manager look for widget modules.
CDN = "https://cdn.jsdelivr.net/npm/"
_FRAME = (
    '<iframe name="output" sandbox="allow-scripts allow-same-origin allow-forms allow-downloads"'
    ' style="width: {width}px; height: 700px; border: 0" src="{src}"></iframe>'
)


def built(folder: Path) -> Path:
    """Build both pages into a folder; gives the one that a web server shows."""
    place = _packages()
    sources, pages = folder / "sources", folder / "pages"
    shutil.copytree(HOSTS, sources)
    (sources / "node_modules").symlink_to(place / "node_modules", target_is_directory=True)
    pages.mkdir()
    bundler = place / "node_modules" / "esbuild" / "bin" / "esbuild"
    options = ["--bundle", "--format=esm", "--loader:.svg=dataurl", "--log-level=warning"]
    subprocess.run(
        [_node().node(), bundler, "vscode.js", "colab.js", *options, f"--outdir={pages}"],
        cwd=sources,
        check=True,
        timeout=120,
    )
    for page in HOSTS.glob("*.html"):
        shutil.copy(page, pages)
    shutil.copy(place / "node_modules" / "requirejs" / "require.js", pages)
    package = place / "whole" / "@vscode" / "jupyter-ipywidgets8" / "package"
    shutil.copy(package / "dist" / "ipywidgets.js", pages)
    modules = pages / "nbextensions" / "anywidget"
    modules.mkdir(parents=True)
    shutil.copy(ANYWIDGET, modules)
    return pages


def embedding() -> dict[str, Path]:
    """What a page with saved widgets loads from elsewhere, by parts of its address."""
    place = _packages()
    manager = place / "whole" / "@jupyter-widgets" / "html-manager" / "package" / "dist"
    return {
        "/require.min.js": place / "node_modules" / "requirejs" / "require.js",
        "/html-manager@*/dist/embed-amd.js": manager / "embed-amd.js",
        "/dist/index.js": ANYWIDGET,
    }


def _node() -> ModuleType:
    if str(PEERS) not in sys.path:
        sys.path.insert(0, str(PEERS))
    return importlib.import_module("peer_kit.node")


def _packages() -> Path:
    whole = json.loads((HOSTS / "whole.json").read_text(encoding="utf-8"))
    place: Path = _node().packages("host-pages", HOSTS, whole)
    return place


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def web_server(folder: Path) -> Iterator[str]:
    """A folder on an origin of its own, as long as the block runs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        serving.join(10)


def add_kernel(lab: Lab, name: str, python: Path) -> None:
    """Another Python among the kernels of a server."""
    folder = lab.root.parent / "data" / "kernels" / name
    folder.mkdir(parents=True)
    argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": argv, "display_name": name, "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")


@dataclass(frozen=True)
class Host:
    """A page of this kind with one kernel behind it."""

    kind: Kind
    page: Page
    frame: Frame
    kernel: str
    asked_elsewhere: list[str]

    def run(self, source: str) -> None:
        """Run a cell, wait until the kernel has finished, and see that nothing went wrong."""
        assert self.frame.evaluate("code => window.notebook.run(code)", source) == "ok"

    def theme(self, name: str) -> None:
        """``light`` or ``dark``, or one of VS Code's ``high-contrast``, as the page tells it."""
        if self.kind == "vscode":
            classes = {"high-contrast-light": "vscode-high-contrast vscode-high-contrast-light"}
            self.frame.evaluate(
                "name => { document.body.className = document.body.className"
                ".replace(/vscode-[\\w-]+/g, '') + ' ' + name; }",
                classes.get(name, f"vscode-{name}"),
            )
        else:
            self.frame.evaluate(
                "name => document.documentElement.setAttribute('theme', name)", name
            )

    def forget_colours(self) -> None:
        """As in a page that has none of the names in which the panel looks for colours."""
        names = re.findall(r"var\((--(?!zg-)[\w-]+)", FRAME_CSS.read_text(encoding="utf-8"))
        self.frame.evaluate(
            "names => names.forEach(name => document.body.style.setProperty(name, 'initial'))",
            names,
        )

    def width(self, pixels: int) -> None:
        """Make the frame of the outputs as wide as that."""
        self.page.evaluate(
            "pixels => { document.querySelector('iframe').style.width = `${pixels}px`; }", pixels
        )


def opened(kind: Kind, page: Page, lab: Lab, web: str) -> Host:
    """A page with a new kernel; nothing has been run in it."""
    elsewhere: list[str] = []
    page.context.on(
        "request",
        lambda request: (
            None
            if request.url.startswith(("http://127.0.0.1:", "blob:", "data:", "about:"))
            else elsewhere.append(request.url)
        ),
    )
    # The one thing that Colab takes from a CDN; the wheel's file stands for it.
    page.context.route(
        f"{CDN}anywidget@*/dist/index.js",
        lambda route: route.fulfill(
            path=ANYWIDGET, headers={"access-control-allow-origin": "*"}, content_type="text/plain"
        ),
    )
    name = "colab" if kind == "colab" else "python3"
    started = httpx.post(
        f"{lab.url}/api/kernels",
        json={"name": name},
        headers={"Authorization": f"token {lab.token}"},
        timeout=60,
    )
    kernel = str(started.json()["id"])
    given = {"server": lab.url, "token": lab.token, "kernel": kernel}
    page.set_content(_FRAME.format(width=900, src=f"{web}/{kind}.html?{urlencode(given)}"))
    frame = page.frame("output")
    assert frame is not None
    frame.wait_for_function("window.notebook !== undefined", timeout=60_000)
    return Host(kind, page, frame, kernel, elsewhere)
