"""The Llama shape in torch against what transformers computed (see reference.py)."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.local import reference, tiny
from tests.local.chats import CHATS
from zg_jupyter.errors import ModelError
from zg_jupyter.local import checkpoint, shapes, tokens

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")
pytest.importorskip("tokenizers")
from zg_jupyter.local.llama_torch import Llama  # noqa: E402

torch.set_num_threads(1)  # more of them wait for each other on a machine that tests in parallel
RECORDED = json.loads(reference.RECORDED.read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def _no_gradients():
    with torch.no_grad():
        yield


@pytest.fixture(scope="module")
def model(model_path, tmp_path_factory):
    return checkpoint.open_gguf(model_path, tmp_path_factory.mktemp("models"), print)


def loaded(model, dtype=torch.float32, **options) -> Llama:
    weights = {n: w.to(dtype if w.ndim > 1 else torch.float32) for n, w in model.weights.items()}
    return Llama(model.shape, weights, min(model.shape.context, 2048), **options)


def greedy(llama: Llama, prompt: list[int], most: int, ends=(), part: int = 1000) -> list[int]:
    memory = llama.memory()
    for at in range(0, len(prompt), part):
        logits = llama.read(memory, prompt[at : at + part])
    made: list[int] = []
    while len(made) < most:
        made.append(int(logits.argmax()))
        if made[-1] in ends:
            break
        logits = llama.step([memory], [made[-1]])
    return made


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16], ids=["fp32", "fp16"])
def test_greedy_answers_are_those_of_transformers(model, dtype):
    llama = loaded(model, dtype)
    for chat, recorded in zip(CHATS[:5], RECORDED["answers"][:5], strict=True):
        messages = [{"role": role, "content": said} for role, said in chat]
        prompt = model.vocabulary.prompt(messages, tokens.TEMPLATES["chatml"])
        assert prompt == recorded["prompt"]
        assert greedy(llama, prompt, reference.MOST, (2,)) == recorded["answer"]


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_every_family_computes_what_transformers_does(family, tmp_path):
    llama = loaded(checkpoint.open_folder(tiny.folder(family, tmp_path / "model")))
    assert greedy(llama, tiny.PROMPT, reference.TINY_MOST) == RECORDED["tiny"][family]


@pytest.mark.parametrize("part", [1, 2, 5])
def test_a_prompt_may_be_read_in_parts(part, tmp_path):
    llama = loaded(checkpoint.open_folder(tiny.folder("llama", tmp_path / "model")))
    assert greedy(llama, tiny.PROMPT, 20, part=part) == RECORDED["tiny"]["llama"][:20]


def test_several_contexts_at_once_do_not_disturb_each_other(tmp_path):
    llama = loaded(checkpoint.open_folder(tiny.folder("llama", tmp_path / "model")))
    prompts = [tiny.PROMPT[:n] for n in (11, 3, 7, 1, 5)]
    alone = [greedy(llama, prompt, 150) for prompt in prompts]
    memories = [llama.memory() for _ in prompts]
    rows = [
        [int(llama.read(memory, prompt).argmax())]
        for memory, prompt in zip(memories, prompts, strict=True)
    ]
    for _ in range(149):
        logits = llama.step(memories, [row[-1] for row in rows])
        for row, best in zip(rows, logits.argmax(-1).tolist(), strict=True):
            row.append(best)
    assert rows == alone


def test_a_context_can_go_back_to_where_it_was(tmp_path):
    llama = loaded(checkpoint.open_folder(tiny.folder("qwen2", tmp_path / "model")))
    memory = llama.memory()
    first = llama.read(memory, tiny.PROMPT)
    for token in (5, 6, 7):
        llama.step([memory], [token])
    memory.keep(4)
    assert torch.allclose(llama.read(memory, tiny.PROMPT[4:]), first, atol=1e-4)
    assert memory.tokens == tiny.PROMPT


def test_bf16_for_several_answers_is_close_to_the_truth(model):
    exact, short = loaded(model), loaded(model, torch.float16, batch_bf16=True)
    prompts = [recorded["prompt"] for recorded in RECORDED["answers"]]

    def shares(llama: Llama):
        memories = [llama.memory() for _ in prompts]
        for memory, prompt in zip(memories, prompts, strict=True):
            llama.read(memory, prompt)
        return llama.step(memories, [504] * len(prompts)).log_softmax(-1)

    truth, close = shares(exact), shares(short)
    apart = (truth.exp() * (truth - close)).sum(-1)
    assert float(apart.abs().max()) < 0.01


def test_a_second_load_opens_what_the_first_one_made(model_path, tmp_path):
    said: list[str] = []
    first = checkpoint.open_gguf(model_path, tmp_path, said.append)
    again = checkpoint.open_gguf(model_path, tmp_path, said.append)
    assert said == [f"Converting {model_path.name} for torch, once."]
    assert again.shape == first.shape
    assert all(torch.equal(first.weights[name], again.weights[name]) for name in first.weights)
    kept = checkpoint.kept(model_path, tmp_path)
    assert sorted(path.name for path in kept.iterdir()) == [
        *("model.json", "model.safetensors", "tokenizer.json")
    ]
    del first, again
    (kept / "model.safetensors").write_bytes(b"half of it")
    assert checkpoint.open_gguf(model_path, tmp_path, said.append).shape.layers == 30


@pytest.fixture
def folder(tmp_path):
    return tiny.folder("llama", tmp_path / "model")


def changed(folder, **values) -> None:
    said = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**said, **values}))


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"auto_map": {"AutoModel": "evil.Model"}}, "needs code of its own"),
        ({"model_type": "mamba"}, "not 'mamba'"),
        ({"model_type": None}, "Llama, Mistral and Qwen"),
        ({"quantization_config": {"bits": 4}}, "quantized in a way"),
        ({"rope_scaling": {"rope_type": "yarn"}}, r"not known here \(yarn\)"),
        ({"hidden_act": "gelu"}, "llama with gelu"),
        ({"hidden_size": "wide"}, "config.json cannot be meant"),
        ({"num_attention_heads": 0}, "do not fit together"),
        ({"num_key_value_heads": 4}, "do not fit together"),
        ({"num_hidden_layers": 10**9}, "do not fit together"),
        ({"num_hidden_layers": 4}, "lacks weights of layer 3"),
        ({"intermediate_size": 81}, r"sizes that it describes \(0\.gate_up\)"),
    ],
)
def test_a_folder_that_cannot_be_run_says_why(folder, values, sentence):
    changed(folder, **values)
    with pytest.raises(ModelError, match=sentence):
        checkpoint.open_folder(folder)


def test_pickles_are_not_opened(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match="are pickles, which can hold code"):
        checkpoint.open_folder(folder)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_missing_or_damaged_file_is_one_sentence(folder, name):
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(ModelError, match="damaged"):
        checkpoint.open_folder(folder)
    (folder / name).unlink()
    with pytest.raises(ModelError, match=r"There (is|are) no "):
        checkpoint.open_folder(folder)


def test_weights_in_several_files_are_one_model(folder):
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    names = sorted(weights)
    for n, part in enumerate((names[::2], names[1::2])):
        save_file({name: weights[name] for name in part}, folder / f"model-{n}.safetensors")
    (folder / "model.safetensors").unlink()
    llama = loaded(checkpoint.open_folder(folder))
    assert greedy(llama, tiny.PROMPT, 20) == RECORDED["tiny"]["llama"][:20]


def test_a_window_of_attention_bounds_the_context():
    said = tiny.config("mistral")
    assert shapes.of_folder({**said, "sliding_window": 64}).context == 64
    assert shapes.of_folder({**said, "sliding_window": None}).context == 256
    off = {"sliding_window": 64, "use_sliding_window": False}
    assert shapes.of_folder({**said, **off}).context == 256


def test_a_full_disk_is_one_sentence(model_path, tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10**6))
    with pytest.raises(ModelError, match="not enough room on the disk"):
        checkpoint.open_gguf(model_path, tmp_path, print)
    assert not list(tmp_path.glob("*.torch"))
