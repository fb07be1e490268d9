"""Models of the hub: fetched whole, pinned, gone on from, refused in one sentence.

Against a stand-in for the hub on loopback (``hub_standin.py``); the real one was never asked.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.local import tiny
from tests.local.hub_standin import TOKEN, Hub
from zg_jupyter.errors import BadInput, MissingExtra, ModelError
from zg_jupyter.local import hub, hub_pull, models

pytest.importorskip("torch")
pytest.importorskip("tokenizers")
pytest.importorskip("huggingface_hub")

REPOSITORY = Path(models.__file__).parents[2]
NAME = "someone/tiny-llama"
MEGA = 1 << 20
PADDING = 4 * MEGA


@pytest.fixture
def standin(monkeypatch, tmp_path):
    """The stand-in, and a user's folder of its own."""
    server = Hub()
    for name in [n for n in os.environ if n.startswith(("HF_", "ZG_LOCAL"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("ZG_HOME", str(tmp_path / "home"))
    yield server
    server.close()


def make(family: str, path: Path, padding: int = PADDING) -> Path:
    """A tiny model with a tensor that nobody needs, so that there is something to download."""
    import torch
    from safetensors.torch import load_file, save_file

    tiny.folder(family, path)
    weights = load_file(path / "model.safetensors")
    weights["padding"] = torch.arange(padding // 4, dtype=torch.int32)
    save_file(weights, path / "model.safetensors", metadata={"format": "pt"})
    return path


@pytest.fixture
def published(standin, tmp_path) -> Path:
    folder = make("llama", tmp_path / "source")
    (folder / "README.md").write_text("not needed")
    (folder / "onnx.bin").write_bytes(b"not needed")
    standin.publish(NAME, folder)
    return folder


@pytest.fixture
def root(tmp_path) -> Path:
    return tmp_path / "home" / "models" / "hub"


def pulled(name: str = NAME, **options) -> hub.Fetched:
    return hub_pull.pull(name, **options)


def test_the_hubs_own_client_library_takes_the_stand_in_for_a_hub(standin, published, tmp_path):
    """In a process of its own: that library reads its environment once."""
    script = (
        "import sys; from huggingface_hub import hf_hub_download, model_info\n"
        "for name in ('config.json', 'model.safetensors'):\n"
        f"    print(hf_hub_download({NAME!r}, name, local_dir=sys.argv[1]))\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "theirs")]
    subprocess.run(command, check=True, timeout=60, capture_output=True)
    for name in ("config.json", "model.safetensors"):
        assert (tmp_path / "theirs" / name).read_bytes() == (published / name).read_bytes()


def test_only_what_is_needed_is_fetched_and_the_commit_is_written_down(standin, published):
    lines: list[str] = []
    here = pulled(progress=lines.append)
    commit = standin.repositories[NAME].names["main"]
    assert (here.name, here.commit, here.file, here.whole) == (NAME, commit, "", True)
    assert {path.name for path in here.path.iterdir()} == {
        *("config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors", hub.NOTE)
    }
    assert (here.path / "model.safetensors").read_bytes() == (
        published / "model.safetensors"
    ).read_bytes()
    assert lines[0] == f"Fetching {NAME}, {here.size / 1e6:.0f} MB, from 127.0.0.1."
    assert lines[-1] == f"{NAME} is ready, at commit {commit[:12]}."
    assert hub.find(NAME) == here
    assert models.folder(NAME) == models.find(NAME) == models.ensure(NAME) == here.folder


def test_what_was_fetched_is_used_even_when_main_has_moved(standin, published):
    first = pulled()
    (published / "generation_config.json").write_text("{}")
    second = standin.publish(NAME, published)
    asked = len(standin.seen)
    assert pulled() == first
    assert len(standin.seen) == asked
    newer = pulled(f"{NAME}@{second}")
    assert newer.commit == second != first.commit
    assert hub.find(NAME) == first
    assert hub.find(f"{NAME}@{second[:9]}") == newer


def test_a_tag_of_a_commit_that_is_here_fetches_nothing(standin, published):
    first = pulled()
    standin.publish(NAME, published, "v1")
    downloads = len(standin.downloads)
    assert pulled(f"{NAME}@v1").folder == first.folder
    assert len(standin.downloads) == downloads
    assert hub.find(NAME).folder == hub.find(f"{NAME}@v1").folder == first.folder


def test_broken_connections_are_gone_on_from_where_they_broke(standin, published):
    standin.breaks = [MEGA + 70_000, MEGA + 10, 3]
    here = pulled()
    assert (here.path / "model.safetensors").read_bytes() == (
        published / "model.safetensors"
    ).read_bytes()
    assert standin.downloads == ["", f"bytes={MEGA}-", f"bytes={2 * MEGA}-", f"bytes={2 * MEGA}-"]


def test_stopping_really_stops_and_the_next_one_goes_on(standin, published, root):
    standin.breaks, standin.stalls = [2 * MEGA + 5], True
    stop, lines = threading.Event(), []

    def progress(line: str) -> None:
        lines.append(line)
        if " of 4 MB, " in line and not line.startswith("0 "):
            stop.set()

    with pytest.raises(ModelError, match="Stopped while downloading the model"):
        pulled(progress=progress, stop=stop)
    assert hub.find(NAME) is None
    (half,) = hub.listed()
    assert (half.name, half.whole) == (NAME, False)
    assert half.size > 2 * MEGA
    standin.stalls = False
    pulled()
    assert standin.downloads == ["", f"bytes={2 * MEGA}-"]
    assert [one.whole for one in hub.listed()] == [True]


PULL = (
    "import sys; from zg_jupyter.local import hub_pull\n"
    f"hub_pull.pull({NAME!r}, progress=lambda line: print(line, flush=True))"
)


def in_another_process() -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", PULL],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )


def test_two_processes_at_once_fetch_it_once(standin, published):
    both = [in_another_process() for _ in range(2)]
    outputs = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    assert len(standin.downloads) == 1
    assert sum("Fetching" in output for output, _ in outputs) == 1
    assert hub.find(NAME) is not None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_an_end_in_the_middle_leaves_no_process_and_a_half_to_go_on_from(standin, published, how):
    import psutil

    standin.breaks, standin.stalls = [2 * MEGA + 5], True
    process = in_another_process()
    while " of 4 MB" not in process.stdout.readline():
        assert process.poll() is None
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(how)
    process.communicate(timeout=60)
    assert children
    assert not psutil.wait_procs(children, timeout=10)[1]
    standin.stalls = False
    pulled()
    assert standin.downloads[-1] == f"bytes={2 * MEGA}-"


def test_a_damaged_file_is_fetched_once_more_and_then_refused(standin, published, root):
    standin.damaged = {"model.safetensors"}
    lines: list[str] = []
    with pytest.raises(ModelError, match="its checksum differs"):
        pulled(progress=lines.append)
    assert "model.safetensors arrived damaged; fetching it once more." in lines
    assert len(standin.downloads) == 2
    assert hub.find(NAME) is None
    assert not list(root.rglob("model.safetensors*"))


def test_a_file_that_was_changed_or_cut_here_is_noticed_and_fetched_again(standin, published):
    here = pulled()
    weights = here.path / "model.safetensors"
    content = weights.read_bytes()
    os.utime(weights)
    assert hub.find(NAME) == here  # another time, the same content
    weights.write_bytes(content[:-1])
    assert hub.find(NAME) is None
    weights.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    assert hub.find(NAME) is None
    assert pulled().folder == here.folder
    assert weights.read_bytes() == content


def test_the_token_goes_to_the_hub_and_nowhere_else(standin, published, monkeypatch):
    standin.repositories[NAME].access = "private"
    with pytest.raises(
        BadInput, match=r"no model someone/tiny-llama on 127\.0\.0\.1, or it is private"
    ):
        pulled()
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    standin.seen.clear()
    pulled()
    assert {(seen.host, seen.authorized) for seen in standin.seen} == {
        *(("127.0.0.1", True), ("localhost", False))
    }


def test_gated_private_and_missing_are_told_apart(standin, published, monkeypatch):
    standin.repositories[NAME].access = "gated"
    with pytest.raises(ModelError, match=r"is gated: .* no token was sent.*Accept its terms"):
        pulled()
    with pytest.raises(BadInput, match="There is no model someone/nothing on 127"):
        pulled("someone/nothing")
    with pytest.raises(BadInput, match="has no revision 'v9'"):
        pulled(f"{NAME}@v9")
    standin.repositories[NAME].access = "refusing"
    with pytest.raises(ModelError, match=r"does not let us fetch someone/tiny-llama \(403\)"):
        pulled()
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    with pytest.raises(ModelError, match=r"does not let your token fetch .* \(401\)") as caught:
        pulled()
    assert "hf_wrong" not in str(caught.value)
    assert not standin.downloads


def test_offline_is_one_sentence_and_what_is_here_works(standin, published, monkeypatch):
    here = pulled()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert pulled() == here
    with pytest.raises(ModelError, match="HF_HUB_OFFLINE keeps everything off the network"):
        pulled("someone/other")
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert pulled() == here
    with pytest.raises(ModelError, match=r"127\.0\.0\.1 could not be reached"):
        pulled("someone/other")


def changed(folder: Path, **values) -> None:
    said = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**said, **values}))


def no_template(folder: Path) -> None:
    (folder / "tokenizer_config.json").write_text("{}")


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda folder: changed(folder, auto_map={"A": "b.C"}), "needs code of its own"),
        (lambda folder: changed(folder, model_type="abacus"), "'abacus' model, which transformers"),
        (lambda folder: changed(folder, quantization_config={"bits": 4}), "quantized in a way"),
        (no_template, "has no chat template: it goes on with a text"),
        (lambda folder: (folder / "tokenizer.json").unlink(), r"There is no tokenizer\.json"),
        (lambda folder: (folder / "config.json").unlink(), "holds no model that can be run here"),
    ],
)
def test_what_cannot_run_is_refused_before_anything_large(standin, published, spoil, sentence):
    pytest.importorskip("transformers")
    spoil(published)
    standin.repositories.clear()
    standin.publish(NAME, published)
    with pytest.raises(ModelError, match=sentence):
        pulled()
    assert not standin.downloads
    assert hub.find(NAME) is None


def test_pickles_are_fetched_only_when_they_are_allowed(standin, published, monkeypatch):
    import torch
    from safetensors.torch import load_file

    from zg_jupyter.local import checkpoint

    weights = load_file(published / "model.safetensors")
    weights.pop("padding")
    torch.save(weights, published / "pytorch_model.bin")
    (published / "model.safetensors").unlink()
    standin.repositories.clear()
    standin.publish(NAME, published)
    with pytest.raises(ModelError, match=r"are pickles, .*set local_pickles on"):
        pulled()
    assert not standin.downloads
    monkeypatch.setenv("ZG_LOCAL_PICKLES", "on")
    here = pulled()
    with pytest.raises(ModelError, match="are pickles"):
        checkpoint.open_folder(here.path)
    model = checkpoint.open_folder(here.path, pickles=True)
    assert torch.equal(model.weights["embed"], weights["model.embed_tokens.weight"])


def test_a_pickle_with_code_in_it_does_not_run_it(tmp_path):
    import torch

    from zg_jupyter.local import checkpoint

    class Evil:
        def __reduce__(self):
            return Path.touch, (tmp_path / "ran",)

    folder = tiny.folder("llama", tmp_path / "model")
    (folder / "model.safetensors").unlink()
    torch.save({"model.norm.weight": Evil()}, folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match="are damaged"):
        checkpoint.open_folder(folder, pickles=True)
    assert not (tmp_path / "ran").exists()


def test_weights_in_several_files_come_by_their_index(standin, published):
    from safetensors.torch import load_file, save_file

    weights = load_file(published / "model.safetensors")
    places = {}
    for n, part in enumerate((sorted(weights)[::2], sorted(weights)[1::2])):
        file = f"model-0000{n + 1}-of-00002.safetensors"
        save_file({name: weights[name] for name in part}, published / file)
        places.update(dict.fromkeys(part, file))
    index = {"metadata": {}, "weight_map": places}
    (published / "model.safetensors.index.json").write_text(json.dumps(index))
    (published / "model.safetensors").rename(published / "consolidated.safetensors")
    standin.repositories.clear()
    standin.publish(NAME, published)
    assert sorted(path.name for path in pulled().path.glob("*.safetensors")) == sorted(
        set(places.values())
    )


def gguf_repository(standin, folder: Path, *names: str, **about) -> None:
    folder.mkdir()
    for name in names:
        (folder / name).write_bytes(b"GGUF" + name.encode() * 1000)
    said = {"architecture": "llama", "chat_template": "x", **about}
    standin.publish("someone/tiny-GGUF", folder, gguf=said)


def test_a_gguf_file_is_chosen_by_name_or_by_custom(standin, tmp_path):
    gguf_repository(standin, tmp_path / "g", "a.Q8_0.gguf", "a.Q4_K_M.gguf", "a.Q2_K.gguf")
    lines: list[str] = []
    here = pulled("someone/tiny-GGUF", progress=lines.append)
    assert here.path.name == "a.Q4_K_M.gguf"
    assert "Of 3 files, a.Q4_K_M.gguf is taken" in lines[0]
    other = pulled("someone/tiny-GGUF:a.Q2_K.gguf")
    assert other.path.name == "a.Q2_K.gguf"
    assert models.find("someone/tiny-GGUF") == here.path
    assert models.ensure("someone/tiny-GGUF:a.Q2_K.gguf") == other.path
    assert models.folder("someone/tiny-GGUF") is None
    with pytest.raises(BadInput, match=r"has no file 'b\.gguf'.*a\.Q2_K\.gguf"):
        pulled("someone/tiny-GGUF:b.gguf")
    assert [one.name for one in hub.remove("someone/tiny-GGUF:a.Q2_K.gguf")] == [other.name]
    assert hub.find("someone/tiny-GGUF") == here


def test_gguf_files_that_cannot_be_taken_say_why(standin, tmp_path):
    gguf_repository(standin, tmp_path / "g", "a.Q8_0.gguf", "b.Q8_0.gguf")
    with pytest.raises(BadInput, match=r"has 2 \.gguf files, and none is the usual"):
        pulled("someone/tiny-GGUF")
    gguf_repository(standin, tmp_path / "s", "a-00001-of-00002.gguf")
    with pytest.raises(ModelError, match="is one part of a model in several files"):
        pulled("someone/tiny-GGUF")
    gguf_repository(standin, tmp_path / "t", "a.gguf", chat_template=None)
    with pytest.raises(ModelError, match="has no chat template"):
        pulled("someone/tiny-GGUF")
    assert not standin.downloads


def test_removing_gives_the_room_back(standin, published, root):
    pulled()
    standin.publish(NAME, published, "v1")
    (removed,) = hub.remove(NAME)
    assert removed.size > PADDING
    assert hub.find(NAME) is None
    assert not [path for path in root.iterdir() if path.is_dir()]
    assert hub.remove(NAME) == []


def test_a_full_disk_is_noticed_before_the_download(standin, published, tmp_path):
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("needs to mount a disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        with pytest.raises(ModelError, match=r"not enough room on the disk .*\(7\d MB"):
            pulled(cache_dir=disk)
        assert not standin.downloads
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_hub_that_lists_what_it_does_not_have_is_one_sentence(standin, published):
    standin.lost = True
    with pytest.raises(
        ModelError, match="lists a file of someone/tiny-llama that it does not have"
    ):
        pulled()


def test_without_huggingface_hub_it_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("ZG_HOME", str(tmp_path))
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(MissingExtra, match=r'pip install "zg-jupyter\[hub\]"'):
        pulled()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a/b", ("a/b", "", "")),
        ("a/b@main", ("a/b", "", "")),
        ("a/b@v1.0", ("a/b", "v1.0", "")),
        ("a/b:c.Q4_K_M.gguf", ("a/b", "", "c.Q4_K_M.gguf")),
        ("a/b@refs/pr/1:c.gguf", ("a/b", "refs/pr/1", "c.gguf")),
    ],
)
def test_names_of_the_hub(name, expected):
    wanted = hub.read(name)
    assert (wanted.repo, wanted.revision, wanted.file) == expected


@pytest.mark.parametrize(
    "name", ["a", "a/b/c", "/a/b", "./a/b", "models/x.gguf", "a/b:c.bin", "../b", "a b/c", ""]
)
def test_other_names_are_not_the_hubs(name):
    assert hub.read(name) is None
