"""Hostile answers in a real browser: they run nothing, load nothing, and stay where they are."""

from __future__ import annotations

import http.server
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import pytest

from tests.hostile import FORGERIES, HOSTILE
from zg_jupyter import client
from zg_jupyter.devnet import up as devnet

from .conftest import _loopback_only

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    from .conftest import Lab

pytestmark = pytest.mark.browser

TRICKS = (*HOSTILE, *FORGERIES)
PER_CELL = 25  # JupyterLab shows 50 outputs of a cell
MODEL = r"<img src=x onerror=window.hit=1>$\href{https://name.evil.example/}{x}\def\sum{f}$"
SHOW = """\
import json
from IPython.display import display
from zg_jupyter.notebook.render import answer_bundle
for text in json.loads({texts!r}):
    display(answer_bundle(text), raw=True)"""
INNOCENT = """\
from IPython.display import Markdown, display
display(Markdown(r"$\\sum_i \\sin x_i$ **innocent**"))"""

# Everything that an output may be made of; formulas are looked at by their own rules.
LOOK = """() => {
  const harmless = new Set(('P EM STRONG DEL S CODE PRE SPAN UL OL LI BLOCKQUOTE BR HR H1 H2 H3 ' +
    'H4 H5 H6 A SUP TABLE THEAD TBODY TR TH TD DIV').split(' '));
  const found = {hit: window.hit, live: [], links: [], forged: [], outputs: 0, formulas: 0};
  const place = document.querySelectorAll('.jp-RenderedMarkdown.jp-OutputArea-output');
  for (const output of place) {
    found.outputs += 1;
    for (const node of output.querySelectorAll('*')) {
      const formula = node.closest('mjx-container');
      found.formulas += node === formula;
      const look = getComputedStyle(node);
      if (!formula && !harmless.has(node.tagName)) found.live.push(node.outerHTML.slice(0, 200));
      if (formula && ['A', 'IMG', 'SCRIPT', 'IFRAME', 'IMAGE'].includes(node.tagName.toUpperCase()))
        found.live.push(node.outerHTML.slice(0, 200));
      if (['fixed', 'sticky'].includes(look.position)) found.live.push('position ' + look.position);
      if (look.backgroundImage !== 'none') found.live.push(look.backgroundImage);
      for (const {name, value} of node.attributes)
        if (name.startsWith('on') || name === 'data-commandlinker-command' ||
            (name === 'id' && !formula)) found.live.push(name + '=' + value);
      if (node.tagName === 'A' && !/anchor/i.test(node.className))
        found.links.push([node.getAttribute('href'), node.textContent]);
      if (node.textContent.includes('good-model') && !['PRE', 'CODE'].includes(node.tagName) &&
          !node.closest('table, pre, code') && look.backgroundColor !== 'rgba(0, 0, 0, 0)')
        found.forged.push(node.outerHTML.slice(0, 200));
    }
  }
  return found;
}"""

# Points of the window at which something of an answer is seen outside of its output.
SPILLED = """() => {
  const found = [];
  for (let x = 4; x < innerWidth; x += 24) for (let y = 4; y < innerHeight; y += 16) {
    const seen = document.elementFromPoint(x, y);
    const output = seen?.closest('.jp-OutputArea-output');
    if (!output) continue;
    const box = output.closest('.jp-OutputArea').getBoundingClientRect();
    if (x < box.left - 1 || x > box.right + 1 || y < box.top - 1 || y > box.bottom + 1)
      found.push([x, y, seen.tagName]);
  }
  return found;
}"""


@dataclass
class Scene:
    """A browser in front of an executed notebook, and everything it asked for."""

    context: BrowserContext
    path: Path
    page: Page
    asked: list[str] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> Page:
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("dialog", lambda dialog: (self.surprises.append(dialog.message), dialog.dismiss()))
        page.on("popup", lambda popup: self.surprises.append(popup.url))
        page.on("download", lambda download: self.surprises.append(download.url))
        return page

    @property
    def strange_hosts(self) -> set[str]:
        return {host for url in self.asked if (host := urlsplit(url).hostname) != "127.0.0.1"}


@pytest.fixture(scope="module")
def hostile_network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An embedded network with one provider, which is up to no good."""
    home = tmp_path_factory.mktemp("hostile-home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZG_HOME", str(home))
        devnet.up(providers=1, engine="tests.hostile:HostileEngine", model=MODEL,
                  exit_with_parent=True)  # fmt: skip
        with client.connect("devnet") as payer:
            payer.deposit(3 * 10**18)
        yield home
        client.forget_session()
        devnet.down()


@pytest.fixture(scope="module")
def scene(lab: Lab, chromium: Browser, hostile_network: Path) -> Iterator[Scene]:
    parts = [TRICKS[at : at + PER_CELL] for at in range(0, len(TRICKS), PER_CELL)]
    name = lab.write_notebook(
        "hostile-answers.ipynb",
        *(SHOW.format(texts=json.dumps(part)) for part in parts),
        f"import os\nos.environ['ZG_HOME'] = {str(hostile_network)!r}\n%load_ext zg_jupyter",
        "%%zg_infer\nhello",
        INNOCENT,
    )
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(30_000)
    context.route("**/*", _loopback_only)
    made = Scene(context, lab.root / name, context.new_page())
    page = made.watch(made.page)
    lab.open(page, name)
    lab.run_all(page)
    page.wait_for_selector("text=innocent")
    page.wait_for_function("document.querySelectorAll('mjx-container').length > 5")
    page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
    yield made
    context.close()
    lab.end_kernels()


def judged(found: dict[str, Any]) -> None:
    assert found["hit"] is None
    assert found["live"] == []
    assert found["forged"] == []
    for href, words in found["links"]:
        assert href.startswith(("https://", "http://", "mailto:")), href
        target = unquote(href.partition(":")[2].lstrip("/"))
        assert target.rstrip("/")[:59] in unquote(words), (href, words)


def test_nothing_runs_loads_or_leaves_its_place(scene: Scene) -> None:
    page = scene.page
    found = page.evaluate(LOOK)
    assert found["outputs"] >= len(TRICKS)
    judged(found)
    for cell in range(page.locator(".jp-Cell").count()):
        page.evaluate(
            "n => { const notebook = window.jupyterapp.shell.currentWidget.content;"
            "notebook.activeCellIndex = n; return notebook.scrollToItem(n, 'start'); }",
            cell,
        )
        for _ in range(3):
            assert page.evaluate(SPILLED) == []
            page.mouse.wheel(0, 500)
            page.wait_for_timeout(50)
    assert page.url.startswith(f"http://127.0.0.1:{urlsplit(page.url).port}/lab")
    assert (scene.strange_hosts, scene.surprises) == (set(), [])


def test_the_formulas_of_others_stay_what_they_were(scene: Scene) -> None:
    innocent = scene.page.locator(".jp-RenderedMarkdown", has_text="innocent").last
    assert "fooled" not in innocent.inner_html()
    assert "∑" in innocent.locator("mjx-assistive-mml").first.inner_text()


def test_the_receipt_is_framed_and_nothing_else_is(scene: Scene) -> None:
    page = scene.page
    frames = page.locator(".jp-OutputArea-output .zg-line", has_text="+")
    assert frames.count() == 1
    line = frames.first
    assert "direct · 0x" in line.inner_text()
    assert "<img src=x" in line.inner_text()  # the name of the model, as it is written
    assert line.locator("mjx-container, a, img").count() == 0
    look = line.evaluate("node => [getComputedStyle(node).borderLeftWidth,"
                         "getComputedStyle(node).backgroundColor]")  # fmt: skip
    assert look == ["5px", "rgba(128, 128, 128, 0.15)"]
    assert page.evaluate("document.querySelectorAll('.jp-RenderedMarkdown .zg-line').length") == 0


def test_notebook_7_shows_the_same(scene: Scene, lab: Lab) -> None:
    page = scene.watch(scene.context.new_page())
    lab.open_in_notebook7(page, scene.path.name)
    page.wait_for_selector("text=innocent")
    judged(page.evaluate(LOOK))
    assert page.evaluate(SPILLED) == []
    assert (scene.strange_hosts, scene.surprises) == (set(), [])
    page.close()


class _Served(http.server.SimpleHTTPRequestHandler):
    paths: list[str]

    def do_GET(self) -> None:
        self.paths.append(self.path)
        super().do_GET()

    def log_message(self, *_: Any) -> None:
        pass


def test_an_exported_page_is_as_harmless(scene: Scene, tmp_path: Path) -> None:
    """nbconvert cleans nothing, so only what the notebook holds can be harmless."""
    command = [
        *(sys.executable, "-m", "nbconvert", "--to", "html", str(scene.path)),
        *("--output-dir", str(tmp_path), "--output", "exported"),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    served = type("Served", (_Served,), {"paths": []})
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(served, directory=str(tmp_path))
    )
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        page = scene.watch(scene.context.new_page())
        page.goto(f"http://127.0.0.1:{server.server_port}/exported.html", wait_until="load")
        page.wait_for_timeout(500)
        found = page.evaluate(LOOK.replace("(name === 'id' && !formula)", "false"))
        spilled = page.evaluate(SPILLED)
        frames = page.locator(".zg-line", has_text="direct · 0x").count()
        page.close()
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
    assert found["outputs"] >= len(TRICKS)
    judged(found)
    assert spilled == []
    assert frames == 1
    assert set(served.paths) <= {"/exported.html", "/favicon.ico"}
    # The template has its own scripts from there; answers have nothing from anywhere.
    assert scene.strange_hosts <= {"cdnjs.cloudflare.com", "cdn.jsdelivr.net", "unpkg.com"}
    assert scene.surprises == []
