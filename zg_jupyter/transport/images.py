"""Images from words, and edits of images: one reply, decoded and checked.

Facts: protocol/inference.md 2 and 9.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from zg_jupyter import image_kinds
from zg_jupyter.records import ChatRequest, Offer, Usage
from zg_jupyter.transport.pieces import Body, Read, Service, as_form, as_json, unreadable

_MOST_IMAGE = 20 * 1024 * 1024  # bytes of one file
_MOST_AROUND = 64 * 1024  # bytes of the reply that are no image
_NOTHING = "holds no images"


def _fields(request: ChatRequest, model: str, images: int) -> dict[str, Any]:
    return {
        "model": model,
        "prompt": "\n\n".join(m.content for m in request.messages if m.role == "user"),
        "n": images,
        **request.extra,
        "response_format": "b64_json",
    }


def _described(request: ChatRequest, model: str, images: int) -> Body:
    return as_json(_fields(request, model, images))


def _edited(request: ChatRequest, model: str, images: int) -> Body:
    return as_form(_fields(request, model, images), "image", request.files)


def _most(images: int) -> int:
    return images * (_MOST_IMAGE * 4 // 3 + 4) + _MOST_AROUND


def read(offer: Offer, fields: dict[str, Any], most: int) -> Read:
    """The images of a reply, and the digests that are signed.

    Raises
    ------
    ProviderRefused
        There are none, more than were asked for, or something that is no image.
    """
    images = _images_in(offer, fields, most)
    digest = ",".join(hashlib.sha256(image).hexdigest() for image in images)
    return Read(images=images, usage=Usage(0, 0, images=len(images)), digest=digest)


def _images_in(offer: Offer, fields: dict[str, Any], most: int) -> tuple[bytes, ...]:
    try:
        encoded = [entry["b64_json"] for entry in fields["data"]]
        if not all(isinstance(text, str) for text in encoded):
            raise TypeError
        images = tuple(base64.b64decode(text, validate=True) for text in encoded)
    except (ValueError, KeyError, TypeError):
        raise unreadable(offer, _NOTHING) from None
    if not 1 <= len(images) <= most:
        raise unreadable(offer, f"holds {len(images)} images, not {most}")
    if any(len(image) > _MOST_IMAGE for image in images):
        raise unreadable(offer, f"holds an image of more than {_MOST_IMAGE >> 20} MiB")
    if not all(map(image_kinds.kind_of, images)):
        raise unreadable(offer, "holds something that is no PNG, JPEG or WebP")
    return images


GENERATIONS = Service("/images/generations", _described, _most, read, _NOTHING)
EDITS = Service("/images/edits", _edited, _most, read, _NOTHING)
