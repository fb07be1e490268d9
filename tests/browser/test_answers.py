"""Answers as JSON and HTML in a real JupyterLab: drawn, and unable to do anything."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from .conftest import Lab

pytestmark = pytest.mark.browser

SHOWING = """
from zg_jupyter.notebook import formats
from zg_jupyter.records import Answer, Receipt, Usage, Verdict
receipt = Receipt("1", "devnet", "direct", "0x" + "12" * 20, "m", Usage(1, 1), 1, 0.1, 0.2,
                  Verdict("unsigned", "nobody signs"))
text = {text!r}
view = formats.view({name!r})
view.delta(text[:20])
view.delta(text[20:])
view.close(Answer(text, "stop", receipt))
"""
HOSTILE = """
<h1 style="color:rgb(1, 2, 3)">Drawn</h1>
<script>document.title = "taken"; fetch("{url}/script")</script>
<img src="{url}/image" onerror="fetch('{url}/handler')">
<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" alt="ours">
<link rel="stylesheet" href="{url}/style"><style>@import "{url}/import";</style>
<iframe src="{url}/frame"></iframe><object data="{url}/object"></object>
<video autoplay src="{url}/video"></video>
<meta http-equiv="refresh" content="0;url={url}/refresh">
<form action="{url}/form"><button autofocus>Send</button></form>
<a id="link" href="{url}/link">Go</a>
"""


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """A listener on loopback, and the path of every request that reached it."""
    asked: list[str] = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Listener) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}", asked
        listening.shutdown()
        thread.join(10)


def test_html_is_drawn_in_a_frame_that_can_do_nothing(
    lab: Lab, page: Page, server: tuple[str, list[str]]
) -> None:
    from playwright.sync_api import expect

    url, asked = server
    source = SHOWING.format(text=HOSTILE.replace("{url}", url), name="html")
    lab.open(page, lab.write_notebook("html.ipynb", source))
    lab.run_all(page)
    frame = page.frame_locator(".jp-OutputArea iframe[sandbox]")
    expect(frame.locator("h1")).to_have_text("Drawn")
    expect(frame.locator("h1")).to_have_css("color", "rgb(1, 2, 3)")
    frame.locator("button").click()
    frame.locator("#link").click()
    page.wait_for_timeout(1500)
    assert asked == []
    assert page.title() != "taken"
    expect(frame.locator("h1")).to_have_text("Drawn")


def test_json_is_drawn_as_a_tree_and_replaces_what_was_written(lab: Lab, page: Page) -> None:
    from playwright.sync_api import expect

    text = '{"city": "Paris", "note": "<img src=x onerror=document.title=1>"}'
    lab.open(page, lab.write_notebook("json.ipynb", SHOWING.format(text=text, name="json")))
    lab.run_all(page)
    expect(page.locator(".jp-RenderedJSON")).to_be_visible()
    expect(page.locator(".jp-OutputArea .jp-RenderedMarkdown")).to_have_count(0)
    expect(page.locator(".jp-RenderedJSON img")).to_have_count(0)
