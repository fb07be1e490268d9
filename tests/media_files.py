"""Recordings for tests: tones, made here."""

from __future__ import annotations

import io
import wave


def tone(seconds=1.0, rate=8000):
    """A silent WAV file of that length, one channel of 16 bits."""
    held = io.BytesIO()
    with wave.open(held, "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(2)
        made.setframerate(rate)
        made.writeframes(b"\0\0" * int(rate * seconds))
    return held.getvalue()
