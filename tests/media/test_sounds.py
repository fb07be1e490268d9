"""Recordings: what they are and how long they may be, told by their bytes."""

from __future__ import annotations

import io
import os
import struct
import sys

import pytest

from tests.image_provider import png
from tests.media_files import tone
from zg_jupyter import sounds, transcribing, uploads
from zg_jupyter.errors import BadInput

MP3 = b"ID3\x04\x00\x00\x00\x00\x00\x00" + b"\xff\xfb\x90\x00" * 400


def flac(samples=16_000, rate=8000):
    """The head of a FLAC file: its STREAMINFO block says its length."""
    packed = (rate << 44) | (15 << 36) | samples
    info = bytes(10) + packed.to_bytes(8, "big") + bytes(16)
    return b"fLaC" + struct.pack(">I", 0x80000000 | len(info)) + info


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (tone(0.1), "audio/wav"),
        (flac(), "audio/flac"),
        (MP3, "audio/mpeg"),
        (b"\xff\xfb\x90\x00", "audio/mpeg"),
        (b"\xff\xf1\x50\x80", "audio/aac"),
        (b"OggS\x00\x02", "audio/ogg"),
        (b"\0\0\0\x20ftypM4A \0\0", "audio/mp4"),
        (b"\x1aE\xdf\xa3\x01", "audio/webm"),
        (b"\0\0\0\x20ftypheic\0\0", ""),  # a photograph
        ("text".encode("utf-16"), ""),  # begins as a frame of MPEG audio nearly does
        (png(), ""),
        (b"RIFF\x04\x00\x00\x00WEBPVP8 ", ""),
        (b"%PDF-1.7", ""),
        (b"", ""),
    ],
)
def test_kinds_are_told_by_the_first_bytes(data, kind):
    assert sounds.kind_of(data) == kind


@pytest.mark.parametrize(
    ("sound", "bounds"), [(tone(0.1), (1, 1)), (tone(2.5), (2, 3)), (tone(3), (3, 3))]
)
def test_a_wav_file_is_as_long_as_its_samples(sound, bounds):
    assert sounds.seconds(sound, "audio/wav") == bounds


def test_a_flac_file_says_its_length():
    assert sounds.seconds(flac(20_000), "audio/flac") == (2, 3)


def test_other_files_are_at_most_as_long_as_speech_can_be_packed():
    assert sounds.seconds(MP3, "audio/mpeg") == (1, -(-len(MP3) // 750))


def test_the_optional_package_tells_about_how_long_an_mp3_is():
    ten = (b"\xff\xfb\x90\x00" + bytes(413)) * 383  # 128 kbit/s
    asked = transcribing.request(ten)
    assert asked.length == (9, 13)
    assert asked.max_tokens == 13


@pytest.mark.parametrize("sound", [b"OggS" + bytes(7496), b"\0\0\0\x20ftypM4A " + bytes(7488)])
def test_what_nobody_can_tell_is_as_long_as_its_bytes_can_be(sound):
    assert transcribing.request(sound).length == (1, 10)


def test_without_the_optional_package_an_mp3_is_as_long_as_its_bytes_can_be(monkeypatch):
    monkeypatch.setitem(sys.modules, "tinytag", None)
    ten = (b"\xff\xfb\x90\x00" + bytes(413)) * 383
    assert transcribing.request(ten).length == (1, 213)


def test_a_wav_file_that_was_written_as_it_came_is_as_long_as_what_is_there():
    streamed = bytearray(tone(2))
    streamed[4:8] = streamed[40:44] = b"\xff\xff\xff\xff"
    assert sounds.seconds(bytes(streamed), "audio/wav") == (2, 2)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (tone(1)[:-100], "breaks off after 7950 of 8000 samples"),
        (tone(1)[:30], "WAV file that"),
        (tone(0), "without a sound"),
        (flac()[:20], "FLAC file that breaks off"),
        (b"not a sound", "is no recording"),
        (png(), "is no recording"),
        (b"", "is empty"),
        (12, "is a path, bytes, or a file"),
        (io.StringIO("text"), "is a path, bytes, or a file"),
        ("nowhere.wav", "cannot be read"),
        ("\0.wav", "cannot be read"),
    ],
)
def test_what_is_no_recording_is_refused_in_one_sentence(given, said):
    with pytest.raises(BadInput, match=said) as caught:
        transcribing.request(given)
    assert "Nothing was sent or charged." in str(caught.value)


def test_a_folder_and_a_file_that_is_too_large_are_refused_before_they_are_read(tmp_path):
    with pytest.raises(BadInput, match="is a folder"):
        transcribing.request(tmp_path)
    large = tmp_path / "large.wav"
    with large.open("wb") as sparse:
        sparse.truncate(33_000_000)
    with pytest.raises(BadInput, match=r"33\.0 MB, and a provider takes 32 MB"):
        transcribing.request(large)
    with pytest.raises(BadInput, match="32 MB"):
        transcribing.request(io.BytesIO(bytes(uploads.MOST + 1)))


def test_a_pipe_that_need_not_end_is_not_read(tmp_path):
    pipe = tmp_path / "endless.wav"
    os.mkfifo(pipe)
    with pytest.raises(BadInput, match="no regular file"):
        transcribing.request(pipe)


def test_paths_bytes_and_open_files_are_the_same_recording(tmp_path):
    file = tmp_path / "a.wav"
    file.write_bytes(tone(1))
    with file.open("rb") as opened:
        by_file = transcribing.request(opened)
    assert by_file == transcribing.request(str(file)) == transcribing.request(file)
    assert transcribing.request(tone(1)).files[0].name == "recording.wav"


@pytest.mark.parametrize("options", [{"language": "Indonesian"}, {"prompt": "x" * 4001}])
def test_what_cannot_be_asked_of_a_recording_is_refused(options):
    with pytest.raises(BadInput):
        transcribing.request(tone(1), **options)
