"""A real JupyterLab server and a real Chromium in front of it.

`lab` is one server for the whole run, with folders of its own. `page` is a fresh browser page
that reaches nothing but loopback; its kernels end with the test. Without Chromium or JupyterLab
these tests are skipped with a reason, or fail when ZG_REQUIRE_BROWSER=1.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

import httpx
import nbformat
import pytest

from tests import lab_metadata
from zg_jupyter import _version

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

PACKAGE = Path(_version.__file__).parent
#: Where pictures of pages are kept, for whoever wants to see what the tests saw.
PICTURES = Path(
    os.environ.get("ZG_TEST_PICTURES") or Path(tempfile.gettempdir(), "zg-jupyter-pictures")
)
START_S = 90
LOAD_MS = 60_000
PATIENCE_MS = 20_000  # how long a busy machine may take to do what was asked
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
# The notebook in front, as `expose_app_in_browser` shows it.
KERNEL = "window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel"


def unavailable(reason: str) -> NoReturn:
    """Skip, or fail where a browser was promised."""
    if os.environ.get("ZG_REQUIRE_BROWSER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab server; `url` has its base URL, `root` is the folder it shows."""

    url: str
    token: str
    root: Path

    def write_notebook(self, name: str, *sources: str) -> str:
        """A new Python notebook with one code cell per source; returns its path."""
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(source) for source in sources],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        )
        nbformat.write(notebook, self.root / name)
        return name

    def open(self, page: Page, path: str) -> None:
        """Load JupyterLab in a workspace of its own, on one notebook with an idle kernel."""
        place = f"/lab/workspaces/t{uuid.uuid4().hex}/tree/{path}?token={self.token}"
        page.goto(self.url + place, timeout=LOAD_MS)
        self.wait_idle(page)

    def open_in_notebook7(self, page: Page, path: str) -> None:
        """Load Notebook 7, served by the same server, on one notebook with an idle kernel."""
        if find_spec("notebook") is None:
            unavailable("Notebook 7 is not installed: pip install 'zg-jupyter[test]'")
        page.goto(f"{self.url}/notebooks/{path}?token={self.token}", timeout=LOAD_MS)
        self.wait_idle(page)

    def show(self, page: Page, path: str) -> None:
        """Open another notebook in the page, or bring it to the front."""
        page.evaluate(
            "path => void window.jupyterapp.commands.execute('docmanager:open', {path})", path
        )
        page.wait_for_function(
            "path => window.jupyterapp.shell.currentWidget?.context?.path === path",
            arg=path,
            timeout=LOAD_MS,
        )
        self.wait_idle(page)

    def run_all(self, page: Page) -> None:
        """Run all cells of the notebook in front and wait for them."""
        page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
        self.wait_idle(page)

    def wait_idle(self, page: Page) -> None:
        """Wait until the kernel of the notebook in front is connected and idle."""
        page.wait_for_function(
            f"{KERNEL}?.connectionStatus === 'connected' && {KERNEL}?.status === 'idle'",
            timeout=LOAD_MS,
        )

    def api(self, method: str, path: str) -> httpx.Response:
        """One call of the server's REST interface."""
        headers = {"Authorization": f"token {self.token}"}
        return httpx.request(method, f"{self.url}/api/{path}", headers=headers, timeout=30)

    def end_kernels(self) -> None:
        """End every kernel and what the notebooks keep of it."""
        for session in self.api("GET", "sessions").json():
            self.api("DELETE", f"sessions/{session['id']}")


def _extension_options(scratch: Path) -> list[str]:
    """The build of the package under test, unless the very same one is installed."""
    installed = Path(sys.prefix) / "share/jupyter/labextensions/zg-jupyter/package.json"
    built = PACKAGE / "labextension"
    here = built / "package.json"
    if installed.is_file() and (not here.is_file() or installed.read_bytes() == here.read_bytes()):
        return []
    if not (built / "package.json").is_file():
        unavailable("the lab extension is not built: run `pip wheel . --no-deps` in the checkout")
    shutil.copytree(built, scratch / "labextensions" / "zg-jupyter")
    return [f"--LabServerApp.extra_labextensions_path={scratch / 'labextensions'}"]


def _environment(scratch: Path) -> dict[str, str]:
    """Nothing of the user's own Jupyter is read or written."""
    names = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    folders = {name: scratch / folder for name, folder in names.items()}
    for folder in folders.values():
        folder.mkdir()
    news = folders["JUPYTERLAB_SETTINGS_DIR"] / "@jupyterlab/apputils-extension"
    news.mkdir(parents=True)
    (news / "notification.jupyterlab-settings").write_text(
        json.dumps({"fetchNews": "false", "checkForUpdates": False})
    )
    metadata = str(lab_metadata.write(scratch / "metadata"))
    paths = [metadata, str(PACKAGE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        **os.environ,
        **{name: str(folder) for name, folder in folders.items()},
        "PYTHONPATH": os.pathsep.join(paths),
    }


def _wait_for_server(process: subprocess.Popen[bytes], runtime: Path, log: Path) -> str:
    """The server's address, once it answers; the port was chosen by the system."""
    state = runtime / f"jpserver-{process.pid}.json"
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError, ValueError, httpx.TransportError):
            found = json.loads(state.read_text())
            url = f"http://127.0.0.1:{found['port']}{found['base_url'].rstrip('/')}"
            if httpx.get(f"{url}/api", timeout=5).is_success:
                return url
        time.sleep(0.1)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-3000:]}")


@contextmanager
def started(scratch: Path, *options: str) -> Iterator[Lab]:
    """A server of its own as long as the block runs, with further options of the command line."""
    if find_spec("jupyterlab") is None:
        unavailable("JupyterLab is not installed: pip install 'zg-jupyter[test]'")
    root = scratch / "root"
    root.mkdir()
    environment = _environment(scratch)
    token = secrets.token_urlsafe(24)
    environment["JUPYTER_TOKEN"] = token
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        f"--ServerApp.root_dir={root}",
        "--ServerApp.ip=127.0.0.1",
        "--ServerApp.port=0",
        r"--ServerApp.allow_origin_pat=http://127\.0\.0\.1:\d+",  # pages of ``host_pages``
        "--LabApp.expose_app_in_browser=True",
        "--LabApp.extension_manager=readonly",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        *_extension_options(scratch),
        *options,
    ]
    if find_spec("notebook") is not None:  # the same server then serves Notebook 7 too
        command.append("--JupyterNotebookApp.expose_app_in_browser=True")
    log = scratch / "server.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            command, env=environment, cwd=root, stdout=sink, stderr=subprocess.STDOUT
        )
    try:
        url = _wait_for_server(process, scratch / "runtime", log)
        running = Lab(url, token, root)
        yield running
        with suppress(httpx.HTTPError):
            running.api("POST", "shutdown")
        process.wait(30)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(30)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with started(tmp_path_factory.mktemp("lab")) as running:
        yield running


# Not for the session: while it lives, Playwright holds this thread's event loop.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    found = filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))
    executable = next(found, None)
    if executable is None:
        unavailable("no Chromium here: apt-get install chromium")
    if find_spec("playwright") is None:
        unavailable("playwright is not installed: pip install 'zg-jupyter[test]'")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGS)
        yield browser
        browser.close()


def playwright_error() -> type[Exception]:
    """What playwright raises: it is not installed everywhere."""
    from playwright.sync_api import Error

    return Error


def _loopback_only(route: Route) -> None:
    if urlsplit(route.request.url).hostname == "127.0.0.1":
        route.continue_()
    else:
        route.abort()


@pytest.fixture
def keep(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Keeps a picture of a page, for people: named for the test, and for what is to be seen."""
    name = request.node.nodeid.rpartition("/")[2].replace("::", "-").replace(".py", "")
    PICTURES.mkdir(parents=True, exist_ok=True)

    def kept(page: Page, what: str) -> None:
        file = re.sub(r"[^\w.-]+", "-", f"{name}-{what}")[:200]
        with suppress(playwright_error()):  # a page that its test has closed
            page.screenshot(path=PICTURES / f"{file}.png", timeout=5000)

    return kept


@pytest.fixture
def new_page(
    chromium: Browser,
    lab: Lab,
    keep: Callable[[Page, str], None],
    request: pytest.FixtureRequest,
) -> Iterator[Callable[[], Page]]:
    """Makes pages; a picture of how each ended is kept."""
    failed_before = request.session.testsfailed
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE_MS)
    context.route("**/*", _loopback_only)
    yield context.new_page
    how = "failed" if request.session.testsfailed > failed_before else "end"
    for number, page in enumerate(context.pages):
        keep(page, f"{how}-{number}")
    context.close()
    lab.end_kernels()


@pytest.fixture
def page(new_page: Callable[[], Page]) -> Page:
    return new_page()
