"""What kind of file a recording is, by its first bytes, and how long it is at most. Pure.

A second of sound is what a transcription is paid by, so the longest that a file can be is known
before it is sent. WAV and FLAC files say their length. For the others it is a bound: no codec in
use for speech spends less than :data:`SPARSEST` on a second.
"""

from __future__ import annotations

import io
import math
import wave

#: Bytes of a second in the sparsest stream of speech: 6 kbit/s, Opus at its lowest.
SPARSEST = 750
#: What is known, by MIME type, for file names and for people.
ENDINGS = {
    "audio/wav": "wav",
    "audio/flac": "flac",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/mp4": "m4a",
    "audio/webm": "webm",
    "audio/aac": "aac",
}
_WAV, _FLAC = "audio/wav", "audio/flac"
#: Brands of the same container that are still images.
_STILL = frozenset({b"heic", b"heix", b"mif1", b"avif", b"avis"})
_UNTOLD = 2**31 - 2**16  # bytes; who writes a WAV file as it comes cannot know its length


def kind_of(sound: bytes) -> str:
    """MIME type of a recording; empty for anything that is none."""
    if sound[:4] == b"RIFF" and sound[8:12] == b"WAVE":
        return _WAV
    if sound[:4] == b"fLaC":
        return _FLAC
    if sound[:4] == b"OggS":
        return "audio/ogg"
    if sound[4:8] == b"ftyp" and sound[8:12] not in _STILL:
        return "audio/mp4"
    if sound[:4] == b"\x1aE\xdf\xa3":
        return "audio/webm"
    if sound[:1] == b"\xff" and len(sound) > 2:
        if sound[1] & 0xF6 == 0xF0:
            return "audio/aac"
        # The eleven bits of a frame of MPEG audio, layer II or III.
        if sound[1] & 0xE0 == 0xE0 and sound[1] & 0x06 in (0x02, 0x04):
            return "audio/mpeg"
    return "audio/mpeg" if sound[:3] == b"ID3" else ""


def says_its_length(kind: str) -> bool:
    """Whether :func:`seconds` is exact for files of this kind, as a rule."""
    return kind in (_WAV, _FLAC)


def about(length: float) -> tuple[int, int]:
    """Least and most seconds of a recording that is about so long: a tenth more or less."""
    return max(1, math.floor(length * 0.9)), max(1, math.ceil(length * 1.1)) + 1


def seconds(sound: bytes, kind: str) -> tuple[int, int]:
    """Least and most seconds, as they are billed, that a recording may be long.

    Parameters
    ----------
    sound, kind:
        The file, and what :func:`kind_of` says of it.

    Raises
    ------
    ValueError
        The file is broken off or damaged; the words go behind its name.
    """
    length = _wav(sound) if kind == _WAV else _flac(sound) if kind == _FLAC else None
    if length is None:
        return 1, max(1, math.ceil(len(sound) / SPARSEST))
    # Brokers round, and others count a second that has begun.
    return max(1, math.floor(length)), max(1, math.ceil(length))


def _wav(sound: bytes) -> float | None:
    """Seconds; ``None`` for a WAV file that holds another codec than plain samples."""
    try:
        with wave.open(io.BytesIO(sound)) as opened:
            frames, rate = opened.getnframes(), opened.getframerate()
            width = opened.getsampwidth() * opened.getnchannels()
            there = len(opened.readframes(frames)) // width
            if frames * width >= _UNTOLD:
                frames = there
    except wave.Error as error:
        if "unknown format" in str(error):
            return None
        raise ValueError("is a WAV file that is damaged") from None
    except (EOFError, ZeroDivisionError):
        raise ValueError("is a WAV file that breaks off") from None
    if there < frames:
        raise ValueError(f"is a WAV file that breaks off after {there} of {frames} samples")
    if not frames or not rate:
        raise ValueError("is a WAV file without a sound in it")
    return float(frames / rate)


def _flac(sound: bytes) -> float | None:
    """Seconds, from the STREAMINFO block, which is always first; ``None`` where it does not say."""
    info = sound[8:42]
    if len(info) < 34 or sound[4] & 0x7F:
        raise ValueError("is a FLAC file that breaks off")
    rate = int.from_bytes(info[10:13], "big") >> 4
    samples = int.from_bytes(info[13:18], "big") & (2**36 - 1)
    return samples / rate if rate and samples else None
