"""``--format image``: a cell that is answered with images. The provider is a stand-in."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from IPython.utils.capture import capture_output

from tests.dispatch.conftest import unchained
from tests.image_provider import ImageProvider, png
from tests.notebook.test_render import ANSWER, RECEIPT
from zg_jupyter.background import shared
from zg_jupyter.errors import BadInput
from zg_jupyter.notebook.pictures import ImageView
from zg_jupyter.notebook.render import receipt_line
from zg_jupyter.records import Usage

JPEG = b"\xff\xd8\xff\xe0rest"
MADE = replace(
    ANSWER, text="", images=(png(), JPEG), receipt=replace(RECEIPT, usage=Usage(0, 0, images=2))
)


@pytest.fixture
def painter(echo):
    """A provider of images among the offers of the shell's client; its session is open."""
    from zg_jupyter import client

    made = ImageProvider()
    offer = shared().run(made.start("0x" + "ab" * 20))
    inner = client.session()._inner

    class Listed:
        async def offers(self, *, fresh=False):
            return [offer]

    inner.catalog = Listed()
    unchained(inner)
    yield made
    client.session().checked()  # nobody is asked for a signature any more
    shared().run(made.close())


def run(shell, code):
    done = shell.run_cell(code, store_history=True)
    return done.error_in_exec or done.error_before_exec or done.result


def test_a_cell_gets_images_and_a_receipt(echo, painter, capsys):
    run(echo, "%%zg_infer --format image --n 2 --size 256x256 --out made\na {5}[0] grey square")
    made = echo.user_ns["made"]
    assert made.images == (png(0), png(1))
    assert (painter.asked[0]["n"], painter.asked[0]["size"]) == (2, "256x256")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Image 1: PNG, 1 kB; the file is .images[0] of the answer."
    assert "· painter · 2 images · 0.002 0G ·" in lines[2]
    assert lines[2].endswith("verified (development signer, no TEE hardware)")
    assert echo.user_ns["_"] is made


def test_code_can_ask_for_images_too(echo, painter):
    assert run(echo, "zg.image('a square').images") == (png(0),)


def test_a_plan_for_images_sends_nothing(echo, painter):
    shown = run(echo, "%%zg_infer --format image --n 3 --plan\na square")
    assert shown.rows[0][3] == "0.001 0G to 0.003 0G"
    assert painter.asked == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--format image --n 11", "whole number from 1 to 10"),
        ("--format image --size huge", "'huge' is not a size"),
        ("--format image --chat x", "together with --chat"),
        ("--format image --max-tokens 5", "together with --max-tokens"),
        ("--format image -s kind", "together with --system"),
        ("--format image --plain", "--plain is --format text"),
        ("--n 2", "--n is about images"),
        ("--size 512x512", "needs --format image"),
    ],
)
def test_what_cannot_be_painted_sends_nothing(echo, painter, options, said):
    refused = run(echo, f"%%zg_infer {options}\na square")
    assert isinstance(refused, BadInput)
    assert said in str(refused)
    assert painter.asked == []


def test_a_notebook_shows_every_image_and_then_the_receipt(shell):
    with capture_output(stdout=False, stderr=False) as seen:
        ImageView().close(MADE)
    first, second, line = [output.data for output in seen.outputs]
    assert base64.b64decode(first["image/png"]) == png()
    assert base64.b64decode(second["image/jpeg"]) == JPEG
    assert line["text/plain"] == receipt_line(MADE.receipt)
    assert "2 images" in line["text/plain"]


def test_images_as_a_result_are_shown_as_one(shell):
    shown, _ = shell.display_formatter.format(MADE)
    assert shown["image/png"] in (png(), base64.b64encode(png()).decode())
    assert "text/markdown" not in shown
    assert "image/png" not in shell.display_formatter.format(ANSWER)[0]
