"""What kind of file an image is, by its first bytes."""

from __future__ import annotations


def kind_of(image: bytes) -> str:
    """MIME type of a PNG, JPEG or WebP file; empty for anything else."""
    if image.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if image.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if image[:4] == b"RIFF" and image[8:12] == b"WEBP":
        return "image/webp"
    return ""
