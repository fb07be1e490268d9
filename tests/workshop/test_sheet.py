"""The sheet to print and its CSV: private, self-contained, and inert whatever a name says."""

from __future__ import annotations

import csv
import io
import re
import stat
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest

from zg_jupyter.errors import BadInput, ConfigError
from zg_jupyter.workshop import codes, register, sheet

HOSTILE = [
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    '"><img src=x onerror=y>',
    "Dewi & Söns",
]


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.texts = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.texts.append(data)


@pytest.fixture
def course(plan):
    made = plan(HOSTILE, expires="2127-01-31", model="qwen2.5-omni")
    made.mint()
    return made


def rows_of(path):
    text = path.read_bytes().decode("utf-8")
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:], newline="")))


def test_both_files_are_their_users_alone(course, tmp_path):
    for path in course.sheet(tmp_path / "out"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700


def test_a_file_that_everybody_could_read_is_replaced(course, tmp_path):
    (tmp_path / "phys101-keys.csv").write_text("old", encoding="utf-8")
    (tmp_path / "phys101-keys.csv").chmod(0o644)
    for path in course.sheet(tmp_path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_there_is_a_card_for_each_and_names_run_nothing(course, tmp_path):
    page, _ = course.sheet(tmp_path)
    read = Page(page.read_text(encoding="utf-8"))
    kinds = [tag for tag, _ in read.tags]
    assert kinds.count("section") == kinds.count("img") == len(HOSTILE)
    assert "script" not in kinds
    assert not [1 for _, found in read.tags if any(n.startswith("on") for n in found)]
    assert all(name in read.texts for name in HOSTILE)


def test_the_page_needs_nothing_from_anywhere(course, tmp_path):
    page, _ = course.sheet(tmp_path)
    read = Page(page.read_text(encoding="utf-8"))
    sources = [v for _, found in read.tags for n, v in found.items() if n in ("src", "href")]
    assert sources
    assert all(source.startswith("data:image/svg+xml") for source in sources)
    assert not [tag for tag, _ in read.tags if tag in ("link", "iframe", "object")]


def test_no_cell_of_the_csv_is_a_formula_and_codes_are_whole(course, tmp_path):
    _, table = course.sheet(tmp_path)
    head, *rows = rows_of(table)
    assert head == ["name", "code", "link", "key", "limit_0g", "expires"]
    assert [row[0] for row in rows] == [HOSTILE[0], f"'{HOSTILE[1]}", *HOSTILE[2:]]
    for row, pupil in zip(rows, course._content.pupils, strict=True):
        ticket = codes.read(row[1])
        assert (ticket.key, ticket.model, ticket.budget) == (pupil.secret, "qwen2.5-omni", "0.5")
        assert row[3] == pupil.secret


def test_a_qr_code_holds_the_code(course, tmp_path):
    """Drawn anew from the code it must be the same picture: no reader of QR codes is at hand."""
    import segno

    page, table = course.sheet(tmp_path)
    pictures = re.findall(r'src="(data:[^"]+)"', page.read_text(encoding="utf-8"))
    for picture, row in zip(pictures, rows_of(table)[1:], strict=True):
        drawn = segno.make(row[1], error="m", micro=False).svg_data_uri(border=2, light="white")
        assert unquote(picture.replace("&#x27;", "'")) == unquote(drawn)


def test_the_sheet_speaks_indonesian(course, tmp_path):
    page, table = course.sheet(tmp_path, language="id")
    assert "Simpan kartu ini" in page.read_text(encoding="utf-8")
    assert rows_of(table)[0][0] == "nama"


def test_both_languages_say_the_same_things():
    from string import Formatter

    from zg_jupyter.workshop.sheet_words import WORDS

    english, other = WORDS["en"], WORDS["id"]
    assert english.keys() == other.keys()
    for name, text in english.items():
        if isinstance(text, str):
            values = [{v for _, v, _, _ in Formatter().parse(t) if v} for t in (text, other[name])]
            assert values[0] == values[1], name


def test_a_short_code_is_printed_as_a_command_with_its_link(course, tmp_path):
    for pupil in course._content.pupils:
        pupil.join_code, pupil.secret = "K7QX-3M9P", ""
    course._content.url = "http://192.168.1.20:8400/v1"
    page, table = sheet.write(course._content, tmp_path)
    link = "http://192.168.1.20:8400/join/K7QX-3M9P"
    assert f"%zg join {link}" in page.read_text(encoding="utf-8")
    assert rows_of(table)[1][1:4] == ["K7QX-3M9P", link, ""]


def test_before_there_are_keys_there_is_no_sheet(plan, tmp_path):
    with pytest.raises(BadInput, match="nothing to print"):
        plan(2).sheet(tmp_path)


def test_a_folder_that_cannot_be_one_is_said(course, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot be a folder"):
        course.sheet(tmp_path / "file")


def test_a_language_that_is_not_there_is_refused(course, tmp_path):
    with pytest.raises(BadInput, match="no sheets in"):
        course.sheet(tmp_path, language="xx")


def test_a_draft_of_an_interrupted_write_is_no_trap(tmp_path, home):
    target = tmp_path / "other"
    target.write_text("", encoding="utf-8")
    import os

    (tmp_path / f".x.csv.{os.getpid()}.part").symlink_to(target)
    register.write_private(tmp_path / "x.csv", "secret")
    assert target.read_text(encoding="utf-8") == ""
