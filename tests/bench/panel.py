"""``python -m tests.bench.panel``: what people wait for in JupyterLab, in a real Chromium.

Each figure has its baseline in the same run: the panel beside one plain button of ipywidgets, the
status bar beside the end of the cell, the lab with our extension beside the lab without it.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import shutil
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.browser.conftest import CHROMIUM_ARGS, Lab, started

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

ECHO = (
    "import os\nos.environ['ZG_LOCAL_ENGINE'] = 'tests.notebook.echo:EchoEngine'\n"
    "os.environ['ZG_LOCAL_MODEL'] = 'echo'\n%load_ext zg_jupyter"
)
BUTTON = "import ipywidgets\nipywidgets.Button(description='Ask this machine')"
# Milliseconds from a command until its button is drawn in the given place and can be pressed.
UNTIL_DRAWN = """([command, place]) => new Promise(resolve => {
  const began = performance.now();
  const look = () => {
    const found = [...document.querySelectorAll(place + ' button')].find(button =>
      button.textContent.includes('Ask this machine') && button.offsetParent && !button.disabled);
    if (found) { resolve(performance.now() - began); } else { requestAnimationFrame(look); }
  };
  void window.jupyterapp.commands.execute(command);
  look();
})"""
# Settled: told by the kernel, with its clock, which is the page's clock on this machine.
WATCH = """import time, IPython
session = IPython.get_ipython().magics_manager.registry["ZgMagics"].session
settled = []
session.answered.insert(0, lambda answer: settled.append(time.time() * 1000))"""
SEEN = """() => { window.seen = [];
  new MutationObserver(() => window.seen.push(performance.timeOrigin + performance.now()))
    .observe(document.querySelector('#zg-jupyter-status'),
             {subtree: true, childList: true, characterData: true, attributes: true}); }"""
FILES = """() => performance.getEntriesByType('resource')
  .filter(file => file.name.includes('/extensions/zg-jupyter/') && /\\.js(\\?|$)/.test(file.name))
  .map(file => file.decodedBodySize)"""
ENTRY = re.compile(r'\{[^{}]*"name":\s*"zg-jupyter"[^{}]*\},?\s*')


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    """Chromium as the tests use it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = shutil.which("chromium") or shutil.which("google-chrome")
        yield playwright.chromium.launch(executable_path=found, args=CHROMIUM_ARGS)


def opening(lab: Lab, chromium: Browser) -> tuple[float, float]:
    """Milliseconds until the panel, and until a plain button, of a kernel that runs already."""
    page = chromium.new_page()
    lab.open(page, lab.write_notebook("opening.ipynb", ECHO, BUTTON))
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-cell-and-select-next')")
    lab.wait_idle(page)
    plain = page.evaluate(UNTIL_DRAWN, ["notebook:run-cell", ".jp-Notebook"])
    lab.wait_idle(page)
    panel = page.evaluate(UNTIL_DRAWN, ["zg-jupyter:open-panel", "#zg-jupyter-panel"])
    page.close()
    lab.end_kernels()
    return panel, plain


def status_bar(lab: Lab, chromium: Browser, rounds: int) -> list[float]:
    """Milliseconds from each settled request until the status bar has changed."""
    page = chromium.new_page()
    cell = "%%zg_infer --provider local\nWhat is seen of it?"
    lab.open(page, lab.write_notebook("status.ipynb", f"{ECHO}\n{WATCH}", cell, "print(settled)"))
    lab.run_all(page)
    page.wait_for_selector("#zg-jupyter-status button")
    waits = []
    for _ in range(rounds):
        page.evaluate(SEEN)
        settled = _settled(page)
        page.wait_for_function("at => window.seen.some(seen => seen >= at)", arg=settled)
        seen = page.evaluate("window.seen")
        waits.append(min(at for at in seen if at >= settled) - settled)
        page.wait_for_timeout(1500)
    page.close()
    lab.end_kernels()
    return waits


def _settled(page: Page) -> float:
    """Run the question once more; gives when it was settled."""
    page.evaluate(
        """async () => {
             window.jupyterapp.shell.currentWidget.content.activeCellIndex = 1;
             await window.jupyterapp.commands.execute('notebook:run-cell'); }"""
    )
    told: str = page.evaluate(
        """() => new Promise(resolve => {
             const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
             const asked = kernel.requestExecute({code: 'print(settled[-1])'});
             asked.onIOPub = message => message.content.text && resolve(message.content.text);
           })"""
    )
    return float(told)


def lab_start(lab: Lab, chromium: Browser, *, without: bool) -> tuple[float, float, list[int]]:
    """Milliseconds of main thread and clock until the lab is there, and sizes of our files."""
    context = chromium.new_context()

    def trimmed(route: Route) -> None:
        answer = route.fetch()
        text = answer.text()
        route.fulfill(response=answer, body=ENTRY.sub("", text) if without else text)

    page = context.new_page()
    page.route("**/lab/workspaces/*", trimmed)
    devtools = context.new_cdp_session(page)
    devtools.send("Performance.enable")
    page.goto(f"{lab.url}/lab/workspaces/b{id(page)}?token={lab.token}")
    page.wait_for_function("window.jupyterapp?.restored")
    clock = page.evaluate("window.jupyterapp.restored.then(() => performance.now())")
    found: list[Any] = devtools.send("Performance.getMetrics")["metrics"]
    busy = next(one["value"] for one in found if one["name"] == "TaskDuration") * 1000
    files = page.evaluate(FILES)
    if bool(files) is without:
        raise AssertionError("the extension was not where it should be")
    context.close()
    return busy, clock, files


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    with (
        tempfile.TemporaryDirectory() as folder,
        started(Path(folder)) as lab,
        browser() as chromium,
    ):
        opened = [opening(lab, chromium) for _ in range(rounds)]
        panel, plain = (statistics.median(one) for one in zip(*opened, strict=True))
        print(f"panel opens          {panel:6.0f} ms, one plain button {plain:.0f} ms (medians)")
        waits = status_bar(lab, chromium, rounds)
        print(
            f"status bar           {statistics.median(waits):6.0f} ms after a request is settled, "
            f"slowest {max(waits):.0f} ms"
        )
        lab_start(lab, chromium, without=False)  # fills the caches of the server
        both = [
            (lab_start(lab, chromium, without=False), lab_start(lab, chromium, without=True))
            for _ in range(2 * rounds)
        ]
        print(f"start-up JavaScript  {sum(both[0][0][2]) / 1000:6.1f} kB")
        for place, what in enumerate(("main thread", "clock")):
            ours, bare = (statistics.median(pair[i][place] for pair in both) for i in (0, 1))
            apart = statistics.median(pair[0][place] - pair[1][place] for pair in both)
            print(
                f"lab start, {what:<11}{ours:6.0f} ms with, {bare:.0f} ms without; "
                f"median difference {apart:+.0f} ms"
            )


if __name__ == "__main__":
    main()
