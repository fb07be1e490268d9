"""Recordings and edits of images in cells, through a router that is a stand-in."""

from __future__ import annotations

import getpass
import time

import nbformat
import pytest

from tests.image_provider import png
from tests.media_files import tone
from tests.standins.router.fixtures import router  # noqa: F401
from zg_jupyter import keyonly, notebooks
from zg_jupyter.errors import ZgError
from zg_jupyter.notebook import job_view
from zg_jupyter.notebook.completion import infer_candidates, zg_candidates
from zg_jupyter.notebook.formats import looks


@pytest.fixture
def cells(shell, home, monkeypatch, router, tmp_path):  # noqa: F811
    """A notebook that a router's key pays for, in a folder with a recording and a picture."""
    monkeypatch.setattr(keyonly, "_held", "")
    monkeypatch.setattr(keyonly, "_none_wanted", False)
    for name in ("ZG_NETWORK", "ZG_ROUTER_URL", "ZG_PROVIDER", "ZG_API_KEY", "ZG_MODEL"):
        monkeypatch.setenv(name, "")
    monkeypatch.setattr(getpass, "getpass", lambda *_: router.new_key())
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lecture one.wav").write_bytes(tone(2.5))
    (tmp_path / "photo.png").write_bytes(png(7))
    (tmp_path / "notes.txt").write_text("hello")
    shell.run_line_magic("zg", f"set router_url {router.base_url}")
    shell.run_line_magic("zg", "use key")
    return shell


def run(shell, code):
    done = shell.run_cell(code, store_history=True)
    return done.error_in_exec or done.error_before_exec or done.result


def posted(router, path):  # noqa: F811
    return [one for one in router.requests if one.path == f"/v1{path}"]


def test_a_recording_is_written_down_with_a_receipt(cells, router, capsys):  # noqa: F811
    run(cells, '%zg transcribe "lecture one.wav" --language id --out text Ani, Yogyakarta')
    assert "lecture one.wav" in cells.user_ns["text"].text
    (asked,) = posted(router, "/audio/transcriptions")
    assert b"\r\n\r\nAni, Yogyakarta\r\n" in asked.body
    said = capsys.readouterr().out
    assert "whisper-large-v3 · 3 s of sound · 0.00006 0G" in said
    assert cells.user_ns["_"] is cells.user_ns["text"]


def test_a_plan_of_a_recording_sends_nothing(cells, router):  # noqa: F811
    shown = run(cells, '%zg transcribe "lecture one.wav" --plan')
    assert shown.rows[0][3] == "0.00004 0G to 0.00006 0G"
    assert not posted(router, "/audio/transcriptions")


def test_the_model_that_is_set_for_text_is_not_asked_to_hear(cells):
    run(cells, "%zg set model qwen2.5-omni")
    answer = run(cells, 'zg.transcribe("lecture one.wav")')
    assert answer.receipt.model == "whisper-large-v3"


def test_a_recording_is_written_down_in_the_background(cells):
    job = run(cells, '%zg transcribe "lecture one.wav" --background')
    assert "lecture one.wav" in job.result(30).text


def test_an_image_is_edited_as_the_prompt_says(cells, router, capsys):  # noqa: F811
    run(cells, "%%zg_infer --edit photo.png --n 2 --out made\ndarker by {1 + 1}")
    assert len(cells.user_ns["made"].images) == 2
    (asked,) = posted(router, "/images/edits")
    assert png(7) in asked.body
    assert b'filename="photo.png"' in asked.body
    said = capsys.readouterr().out
    assert "Image 2: PNG" in said
    assert "2 images · 0.01 0G" in said


def test_a_plan_of_an_edit_sends_nothing(cells, router):  # noqa: F811
    shown = run(cells, "%%zg_infer --edit photo.png --n 3 --plan\ndarker")
    assert shown.rows[0][3] == "0.005 0G to 0.015 0G"
    assert not posted(router, "/images/edits")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("%zg transcribe", "needs a recording"),
        ("%zg transcribe --plan", "needs a recording"),
        ("%zg transcribe notes.txt", "'notes.txt' is no recording"),
        ("%zg transcribe nowhere.wav", "cannot be read"),
        ("%zg transcribe .", "is a folder"),
        ('%zg transcribe "lecture one.wav" --chat a', "together with --chat"),
        ('%zg transcribe "lecture one.wav" --max-tokens 5', "together with --max-tokens"),
        ('%zg transcribe "lecture one.wav" --format json', "together with --format json"),
        ('%zg transcribe "lecture one.wav" --language Indonesian', "not the code of a language"),
        ('%zg transcribe "lecture one.wav" --langage id', "Did you mean '--language'"),
        ('%zg transcribe "lecture one.wav" --model qwen2.5-omni', "is for chat, not for"),
        ('%zg transcribe "lecture one.wav" --private', "private prompts for text only"),
        ("%%zg_infer --language id\nhello", "--language is about recordings"),
        ("%%zg_infer --edit notes.txt\ndarker", "'notes.txt' is no image"),
        ("%%zg_infer --edit photo.png --format text\ndarker", "--edit is about images"),
        ("%%zg_infer --edit photo.png --chat a\ndarker", "together with --chat"),
    ],
)
def test_what_cannot_be_meant_sends_nothing(cells, router, code, said):  # noqa: F811
    refused = run(cells, code)
    assert isinstance(refused, ZgError)
    assert said in str(refused)
    assert "charged" in str(refused)
    asked = [one.path for one in router.requests if one.method == "POST"]
    assert [path for path in asked if "preview" not in path] == []


def test_files_of_the_right_kind_are_offered(cells):
    assert zg_candidates("%zg transcribe ") == ['"lecture one.wav"']
    assert zg_candidates("%zg transcribe le") == ['"lecture one.wav"']
    assert "--language" in zg_candidates("%zg transcribe a.wav ")
    assert infer_candidates("%%zg_infer --edit ", tuple) == ["photo.png"]
    assert zg_candidates("%zg transcribe nowhere/") == []


def test_images_in_the_background_are_a_job_that_another_kernel_can_fetch(
    cells,
    router,  # noqa: F811
    capsys,
):
    router.faults.job_retry_after, router.jobs.polls = 0, 10**6
    job = run(cells, "%%zg_infer --format image --n 2 --background\na square")
    while not cells.user_ns["zg"].client.queued():
        time.sleep(0.05)
    assert len(run(cells, "%zg jobs").rows) == 1  # not twice: as a job, and as one at a provider
    run(cells, f"%zg jobs cancel {job.number}")
    (waiting,) = cells.user_ns["zg"].client.queued()
    shown = run(cells, "%zg jobs").rows
    assert shown[-1][1] == "at its provider"
    assert f"2 images by qwen-image; %zg jobs fetch {waiting.job.id}" in shown[-1][2]
    router.jobs.finish()
    capsys.readouterr()
    answer = run(cells, f"%zg jobs fetch {waiting.job.id}")
    assert answer.images == (png(0), png(1))
    assert "2 images · 0.006 0G" in capsys.readouterr().out
    assert isinstance(run(cells, f"%zg jobs fetch {waiting.job.id}"), ZgError)


class Published:
    """What a job shows, as a saved notebook keeps it: outputs that are updated in their places."""

    def __init__(self):
        self.outputs = {}

    def publish(self, *, data, metadata, transient, update):
        kept = {"output_type": "display_data", "data": data, "metadata": metadata}
        self.outputs[transient["display_id"]] = kept


@pytest.mark.parametrize("made", [3, 2])
def test_a_job_shows_all_of_its_images_and_its_receipt_holds(
    cells,
    router,  # noqa: F811
    made,
    tmp_path,
):
    router.faults.job_retry_after = 0
    here, asker = Published(), cells.user_ns["zg"].client
    view = job_view.JobView(here, 3)
    job = asker.image("a square", n=made, background=True)
    view.open(job)
    job.result(30)
    view.draw(job)
    *shown, line = here.outputs.values()
    assert [("image/png" in one["data"]) for one in shown] == [n < made for n in range(3)]
    assert f"{made} images" in line["data"]["text/plain"]
    cell = nbformat.v4.new_code_cell("%%zg_infer --format image --background")
    cell.outputs = [nbformat.from_dict(one) for one in here.outputs.values()]
    path = tmp_path / "saved.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    (row,) = notebooks.examine(path, looks)
    assert row.outcome == "unsigned"  # it came through a router: nothing is wrong with it
