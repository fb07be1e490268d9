"""GGUF files: weights bit for bit, and whatever is damaged in one sentence."""

from __future__ import annotations

import hashlib
import random
import struct

import numpy as np
import pytest

from zg_jupyter.errors import ModelError
from zg_jupyter.local import gguf, gguf_blocks

#: Kind -> first letters of the SHA-256 of what ``gguf.quants.dequantize`` of the PyPI package
#: gguf 0.19 (llama.cpp's own) makes of ``blocks(kind)``, as little-endian 32-bit floats.
MADE_BY_LLAMACPP = {
    2: "3ff5c26faa230588",  # Q4_0
    3: "6c936b68f562637c",  # Q4_1
    6: "d34ad85d42b20042",  # Q5_0
    7: "e98027046098e684",  # Q5_1
    8: "ae3b73a7914d877c",  # Q8_0
    12: "297fcbb3dd42a04d",  # Q4_K
    13: "d8ea1595b33bd6f7",  # Q5_K
    14: "ccd4127e5d2cea2e",  # Q6_K
    30: "c8b3134e5fe1418d",  # BF16
}
#: Where the 16-bit scales of a block are.
SCALES = {2: [0], 3: [0, 2], 6: [0], 7: [0, 2], 8: [0], 12: [0, 2], 13: [0, 2], 14: [208]}


def blocks(kind: int) -> np.ndarray:
    """Eight rows of blocks with any bits, but for scales, which are numbers."""
    _, size, _ = gguf_blocks.KINDS[kind]
    made = bytearray(random.Random(kind).randbytes(64 * size))
    for start in range(0, len(made), size):
        for at in SCALES.get(kind, range(0, size, 2)):
            made[start + at + 1] &= 0xBB
    return np.frombuffer(bytes(made), np.uint8)


@pytest.mark.parametrize("kind", MADE_BY_LLAMACPP)
def test_weights_are_llamacpps_own_bit_for_bit(kind):
    floats = gguf_blocks.floats(blocks(kind), kind)
    assert np.isfinite(floats).all()
    digest = hashlib.sha256(floats.astype("<f4").tobytes()).hexdigest()
    assert digest.startswith(MADE_BY_LLAMACPP[kind])


def test_the_weights_of_the_real_model_are_llamacpps_own(model_path):
    reference = pytest.importorskip("gguf")
    mine = gguf.read(model_path).tensors
    for tensor in reference.GGUFReader(str(model_path)).tensors:
        expected = reference.quants.dequantize(tensor.data, tensor.tensor_type)
        assert mine[tensor.name].floats().tobytes() == expected.tobytes()
        assert mine[tensor.name].shape == expected.shape


def test_plain_floats_are_read_as_they_are():
    wide = np.array([1.5, -2.25, 1e-30, 3e38], "<f4")
    assert (gguf_blocks.floats(wide.view("u1"), 0) == wide).all()
    narrow = np.array([1.5, -2.25, 6e-8, 65504], "<f2")
    assert (gguf_blocks.floats(narrow.view("u1"), 1) == narrow.astype("f4")).all()


def test_the_real_model_describes_itself(model_path):
    file = gguf.read(model_path)
    assert file.metadata["general.architecture"] == "llama"
    assert file.metadata["llama.block_count"] == 30
    assert len(file.metadata["tokenizer.ggml.tokens"]) == 49152
    assert file.tensors["token_embd.weight"].shape == (49152, 576)


def text(said: str) -> bytes:
    return struct.pack("<Q", len(said.encode())) + said.encode()


def small(*, kind=0, offset=0, dimensions=(4, 2), data=b"\0" * 64, alignment=32) -> bytes:
    """A whole file with one tensor."""
    pairs = text("a.name") + struct.pack("<I", 8) + text("Größe")
    pairs += text("general.alignment") + struct.pack("<II", 4, alignment)
    pairs += text("a.list") + struct.pack("<IIQ", 9, 5, 3) + struct.pack("<3i", 1, -2, 3)
    info = text("w") + struct.pack("<I", len(dimensions))
    info += b"".join(struct.pack("<Q", n) for n in dimensions) + struct.pack("<IQ", kind, offset)
    head = b"GGUF" + struct.pack("<IQQ", 3, 1, 3) + pairs + info
    return head + bytes(-len(head) % max(alignment, 1)) + data


@pytest.fixture
def written(tmp_path):
    def write(content: bytes):
        path = tmp_path / "model.gguf"
        path.write_bytes(content)
        return path

    return write


def test_a_small_file_is_read(written):
    data = np.arange(8, dtype="<f4").tobytes() + bytes(32)
    file = gguf.read(written(small(data=data)))
    assert file.metadata == {"a.name": "Größe", "general.alignment": 32, "a.list": [1, -2, 3]}
    assert file.tensors["w"].floats().tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]


@pytest.mark.parametrize(
    "content",
    [
        small(data=b"\0" * 31),
        small(offset=2**62),
        small(dimensions=(2**33, 2**33)),
        small(dimensions=(4, 0)),
        small(dimensions=(1, 1, 1, 1, 1)),
        small(kind=2),
        small(alignment=0),
        b"GGUF" + struct.pack("<IQQ", 3, 2**63, 1),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 2**63),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("a") + struct.pack("<I", 99),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("a") + struct.pack("<I", 9) * 40,
        b"GGUF",
        b"GGUF\3\0",
    ],
)
def test_a_damaged_file_is_one_sentence(written, content):
    with pytest.raises(ModelError, match=r"model\.gguf is damaged or cut off") as caught:
        gguf.read(written(content))
    assert "Fetch it once more" in caught.value.next_step


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\3\4" + bytes(100), "is not a GGUF model file"),
        (b"GGUF" + struct.pack("<I", 1) + bytes(100), "is GGUF version 1"),
        (small(kind=20), r"of a kind that cannot be read here \(20\)"),
    ],
)
def test_what_is_not_for_this_reader_says_so(written, content, said):
    with pytest.raises(ModelError, match=said):
        gguf.read(written(content))


def test_an_empty_or_missing_file_is_one_sentence(written, tmp_path):
    for path in (written(b""), tmp_path / "none.gguf", tmp_path):
        with pytest.raises(ModelError):
            gguf.read(path)


def test_no_cut_and_no_wrong_byte_is_more_than_one_sentence(written):
    whole = small(data=bytes(64))
    noise = random.Random(7)
    damaged = [whole[:n] for n in range(len(whole) - 33)]
    for _ in range(1500):
        changed = bytearray(whole)
        for _ in range(noise.randint(1, 4)):
            changed[noise.randrange(len(changed))] = noise.randrange(256)
        damaged.append(bytes(changed))
    refused = 0
    for content in damaged:
        try:
            for tensor in gguf.read(written(content)).tensors.values():
                tensor.floats()
        except ModelError:
            refused += 1
    assert refused >= len(whole) - 33
