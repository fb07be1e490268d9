"""Cells that fail in Indonesian, on real parts: no English sentence is left in what people read."""

from __future__ import annotations

import re

import pytest

from tests.notebook.test_class_commands import here  # noqa: F401
from zg_jupyter import client, endpoints
from zg_jupyter.errors import BadInput, InsufficientFunds, ModelError, RouteError, ZgError

KEY = "4f3edf983ac636a65a842ce7c78d9aa706d3b113bce9c46f30d7d21715b23b1d"
#: Words without which hardly an English sentence is made.
ENGLISH = {
    *("the", "is", "are", "was", "were", "not", "and", "or", "of", "to", "for", "with", "that"),
    *("this", "it", "its", "your", "you", "there", "has", "have", "be", "can", "cannot", "no"),
    *("nothing", "than", "more", "from", "at", "in", "on", "by", "what", "which", "does", "will"),
}
#: The same in both languages, or a value in them.
NO_SENTENCE = re.compile(
    r"0x\S+|(?<=\s)/\S+|%%?zg[^.;]*|https?://\S+|'[^']*'|\"[^\"]*\"|--[a-z-]+( local| warn)?"
)


def english_in(text: str) -> set[str]:
    return set(re.findall(r"(?<!\w)[A-Za-z]+(?!\w)", NO_SENTENCE.sub(" ", text).lower())) & ENGLISH


@pytest.fixture
def indonesian(here):  # noqa: F811
    """An IPython without a network that speaks Indonesian."""
    run(here, "%zg set language id")
    return here


@pytest.fixture
def paying(online):
    """An IPython at the running network that speaks Indonesian."""
    run(online, "%zg set language id")
    yield online
    run(online, "%zg set language en")


def run(shell, code):
    done = shell.run_cell(code, store_history=True)
    return done.error_in_exec or done.error_before_exec or done.result


def read(error, capsys) -> str:
    """All that a person sees of a cell that failed."""
    assert isinstance(error, ZgError), error
    out = capsys.readouterr()
    shown = "\n".join((*error._render_traceback_(), out.out, out.err))
    assert not english_in(str(error)), str(error)
    assert not english_in(out.out), out.out
    return shown


def test_the_words_that_are_looked_for_find_english():
    assert english_in("Provider 0x12 does not answer. Nothing was charged.") >= {"not", "nothing"}
    assert not english_in("Jalankan: %zg deposit 5")
    assert not english_in("Penyedia 0x12…ab tidak menjawab. Tidak ada biaya yang ditagih.")


def test_a_cell_without_money(paying, monkeypatch, capsys):
    monkeypatch.setenv("ZG_PRIVATE_KEY", "0x" + KEY)  # a wallet that owns nothing
    client.forget_session()
    capsys.readouterr()
    error = run(paying, "%%zg_infer\nhi")
    assert isinstance(error, InsufficientFunds)
    shown = read(error, capsys)
    assert "Tidak ada biaya yang ditagih." in shown
    assert "%zg deposit" in shown
    assert "in your sub-account" in error.what  # programs read English


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("%%zg_infer --model gpt-9\nhi", "Tidak ada yang menawarkan model 'gpt-9'"),
        ("%%zg_infer --provider 0x1234567890\nhi", "Tidak ada penyedia"),
        ("%%zg_infer --max-price 0.000000000001\nhi", "tidak ikut karena sejuta token"),
        ("%%zg_infer --max-cost 0.000000000000000001\nhi", "batas sel ini"),
        ("%zg deposit 1000000000", "Dompet"),
        ("%zg transfer 0x1234567890 1", "Tidak ada penyedia"),
        ("%zg withdraw 1000000", "lebih banyak daripada yang bebas"),
        ("%zg deposit 1,5", "Pakai titik sebelum desimal"),
        ("%zg wallet use nobody", "Tidak ada dompet bernama"),
        ("%zg keys revoke 0x1234567890 4", "Tidak ada penyedia"),
        ("%zg set timeout -1", "harus lebih besar dari nol"),
        ("%zg set nowhere 1", "Tidak ada pengaturan"),
    ],
)
def test_what_cannot_be_done_at_the_network(paying, code, said, capsys):
    capsys.readouterr()
    assert said in read(run(paying, code), capsys)


def test_a_plan_and_its_table(paying):
    shown = repr(run(paying, "%%zg_infer --plan\nhi"))
    assert "termurah" in shown
    assert "penyedia berikutnya" in shown
    assert not english_in(shown)


def test_what_was_looked_at_behind_a_provider(paying):
    provider = client.session().offers()[0].provider
    shown = repr(run(paying, f"%zg verify {provider}"))
    assert "Atestasi pengembangan" in shown
    assert "tidak ada perangkat keras TEE di belakangnya" in shown
    assert not english_in(shown)


def test_the_doctor_speaks_too(paying):
    shown = repr(run(paying, "%zg doctor"))
    assert "setoran pertama" in shown
    assert not english_in(shown)


def test_no_network_at_all(indonesian, capsys):
    shown = read(run(indonesian, "%%zg_infer\nhi"), capsys)
    assert "Jaringan bawaan tidak sedang berjalan." in shown
    assert "Jalankan: %zg up" in shown


@pytest.mark.parametrize("way", ["server-error", "not-openai", "silent-end"])
def test_a_server_that_refuses_or_breaks_off(indonesian, odd_server, way, capsys):
    endpoints.add("odd", odd_server.url)
    odd_server.way = way
    error = run(indonesian, "%%zg_infer --provider odd\nhi")
    if isinstance(error, ZgError):
        assert isinstance(error, RouteError)
        read(error, capsys)


def test_a_server_that_wants_another_key(indonesian, odd_server, capsys):
    endpoints.add("odd", odd_server.url)
    odd_server.key = "another"
    error = run(indonesian, "%%zg_infer --provider odd\nhi")
    shown = read(error, capsys)
    assert "Penyedia odd menolak (HTTP 401)" in shown
    assert "Berikan kunci yang benar: %zg endpoint key odd" in shown


@pytest.mark.parametrize(
    ("engine", "said"),
    [("llamacpp", "tidak bisa memuat modelnya"), ("torch", "rusak atau terpotong")],
)
def test_a_broken_model_file(indonesian, engine, said, tmp_path, monkeypatch):
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + b"\x03\x00\x00\x00" + b"\xff" * 100)
    monkeypatch.setenv("ZG_LOCAL_MODEL", str(broken))
    monkeypatch.setenv("ZG_LOCAL_ENGINE", engine)
    error = run(indonesian, "%%zg_infer --provider local\nhi")
    assert isinstance(error, (ModelError, RouteError)), error
    assert said in str(error)
    theirs = re.search(r"RuntimeError: [^.]*", str(error))  # what llama.cpp itself says
    assert not english_in(str(error).replace(theirs.group() if theirs else "", ""))


def test_a_model_file_that_is_not_there(indonesian, capsys):
    shown = read(run(indonesian, "%zg local use /nowhere/x.gguf"), capsys)
    assert "Tidak ada berkas model" in shown


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("%zg join K7QX-3M9P", "Kode ini tidak menyebutkan di mana kelas Anda."),
        ("%zg join hello", "Itu bukan kode sebuah kelas."),
        ("%zg join http://127.0.0.1:9/join/K7QX-3M9P", "Apakah Anda di jaringan yang sama"),
    ],
)
def test_joining_a_class_with_what_is_no_code(indonesian, code, said, capsys):
    error = run(indonesian, code)
    assert said in read(error, capsys)


def test_two_reasons_in_one_sentence(indonesian, capsys):
    error = run(indonesian, "%zg class new x --students 2 --limit 0 --network testnet")
    assert isinstance(error, BadInput)
    read(error, capsys)
