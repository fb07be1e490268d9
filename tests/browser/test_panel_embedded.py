"""A notebook with a panel, saved and made into a page of its own: nobody is behind it any more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter

from zg_jupyter import _version

from . import host_pages

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

PLACE = "http://127.0.0.1/saved.html"  # answered by the test itself
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page that nbconvert makes of it, with the states of all widgets."""
    folder = tmp_path_factory.mktemp("saved")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZG_HOME", str(folder))
        patch.setenv("IPYTHONDIR", str(folder / "ipython"))
        patch.setenv("PYTHONPATH", str(Path(_version.__file__).parents[1]))
        cell = nbformat.v4.new_code_cell("%load_ext zg_jupyter\n%zg panel")
        notebook = nbformat.v4.new_notebook(cells=[cell])
        NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    assert notebook.metadata.widgets
    return str(HTMLExporter().from_notebook_node(notebook)[0])


@pytest.fixture(scope="module")
def scripts() -> dict[str, Path]:
    """What the page loads from elsewhere, by the end of its address."""
    return host_pages.embedding()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context()
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("reachable", ["everything", "no module of widgets", "nothing"])
def test_the_still_picture_is_what_is_seen(
    page: Page, saved: str, scripts: dict[str, Path], reachable: str
) -> None:
    from playwright.sync_api import expect

    loaded: list[str] = []

    def answer(route: Route) -> None:
        path = urlsplit(route.request.url).path
        found = next((file for end, file in scripts.items() if path.endswith(end)), None)
        lost = reachable == "nothing" or (reachable != "everything" and "anywidget" in path)
        if found is None or lost:
            route.abort()
        else:
            loaded.append(path)
            route.fulfill(path=found, headers={"access-control-allow-origin": "*"})

    page.route("**/*", answer)
    page.route(PLACE, lambda route: route.fulfill(body=saved, content_type="text/html"))
    page.goto(PLACE, wait_until="domcontentloaded")
    if reachable == "everything":  # the panel is drawn, and knows that it is nobody's
        expect(page.get_by_role("tablist", include_hidden=True)).to_be_attached(timeout=20_000)
    still = page.locator(".zg-still")
    expect(still).to_be_visible()
    expect(still).to_contain_text("Not connected to a network yet.")
    # Without its module the panel cannot know that it is nobody's: its boxes are drawn beside it.
    if reachable != "no module of widgets":
        expect(page.locator(".zg-panel").and_(page.locator(":visible"))).to_have_count(0)
    asked = [path for path in loaded if "anywidget" in path]
    assert len(asked) == (1 if reachable == "everything" else 0)
