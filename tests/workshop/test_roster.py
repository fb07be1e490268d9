"""Who is in the class: numbers, files of every make, and one sentence for each fault."""

from __future__ import annotations

import csv
import io

import pytest

from zg_jupyter.errors import BadInput
from zg_jupyter.workshop import roster


@pytest.fixture
def file(tmp_path):
    def write(content, encoding="utf-8"):
        path = tmp_path / "roster.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


def test_a_number_makes_names_that_sort():
    assert roster.read(3) == ["student-01", "student-02", "student-03"]
    assert roster.read(500)[0] == "student-001"


@pytest.mark.parametrize("count", [0, -1, 100_000])
def test_a_number_that_is_no_class_is_refused(count):
    with pytest.raises(BadInput, match="from 1 to"):
        roster.read(count)


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("name\nAmina\nBudi Söder\n", "utf-8"),
        ("name\r\nAmina\r\nBudi Söder\r\n", "utf-8-sig"),
        ("No;Nama;Kelas\r\n1;Amina;X\r\n2;Budi Söder;X\r\n", "cp1252"),
        ("name\temail\nAmina\ta@x\nBudi Söder\tb@x\n", "utf-16"),
        ("sep=;\r\nid;Full Name\r\n1;Amina\r\n2;Budi Söder\r\n", "utf-8-sig"),
        ("Amina\nBudi Söder\n", "utf-8"),
        ('"Amina"\n\n  Budi Söder  \n,,\n', "utf-8"),
    ],
)
def test_files_are_read_as_schools_write_them(file, content, encoding):
    assert roster.read(file(content, encoding)) == ["Amina", "Budi Söder"]


def test_five_hundred_rows_are_no_trouble(file):
    names = [f"Student {n}" for n in range(500)]
    assert roster.read(file("name\n" + "\n".join(names))) == names


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("name,email\nAmina,a\n,b\n", "Row 3: the name is empty."),
        ("name\nAmina\nBudi\nAMINA\n", "Row 4: 'AMINA' is already in row 2."),
        (
            "name\nAmina\nevil\u202egnp.exe\n",
            "Row 3: the name holds an invisible character (U+202E)",
        ),
        ("name\nAmina\n---\n", "Row 3: '---' has no letter."),
        ("name\n" + "x" * 81 + "\n", "Row 2: the name is longer than 80"),
    ],
)
def test_a_fault_is_one_sentence_with_its_row(file, content, said):
    with pytest.raises(BadInput) as caught:
        roster.read(file(content))
    assert said in str(caught.value)
    assert "No key was made." in str(caught.value)


def test_of_many_faults_the_first_are_told_and_the_rest_counted(file):
    with pytest.raises(BadInput) as caught:
        roster.read(file("name,x\n" + ",1\n" * 12))
    assert "Row 6" in str(caught.value)
    assert "Row 7" not in str(caught.value)
    assert "7 more rows" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"name\n", b"PK\x03\x04\x00\x00", b"\n\n"])
def test_a_file_without_students_is_refused(file, content):
    with pytest.raises(BadInput):
        roster.read(file(content))


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(BadInput, match="cannot be read"):
        roster.read(tmp_path / "none.csv")


def test_markup_and_formulas_are_names_like_others(file):
    names = ["<b>Amina</b>", "=cmd|' /C calc'!A0"]
    quoted = "\n".join(f'"{name}"' for name in names)
    assert roster.read(file("name\n" + quoted)) == names


@pytest.mark.parametrize(
    "start", ["=cmd|' /C calc'!A0", "+1", "-2+3", "@SUM(1)", "\t=1", "\r=1", " =1"]
)
def test_no_cell_of_a_csv_is_a_formula(start):
    text = roster.to_csv(["name"], [[start], ["Amina"]])
    rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff"), newline="")))
    assert rows[1] == [f"'{start}"]
    assert rows[2] == ["Amina"]


def test_letters_of_scripts_that_need_joiners_are_kept(file):
    assert roster.read(file("name\nक\u200cष\nक्\u200dष\n")) == ["क\u200cष", "क्\u200dष"]
