"""What is said about the form of answers: formats, schemas, tries, and models side by side."""

from __future__ import annotations

OPTION_HELP = {
    "format": "markdown, text, code (offered as the next cell), json, html (in a frame), or image",
    "n": "how many images, with --format image",
    "size": "size of the images, for example 512x512",
    "schema": "variable or .json file with the form of an answer that is data",
}

# Said to the model ---------------------------------------------------------------------------
WISH_CODE = (
    "Answer with one fenced code block and nothing else. Use Python unless another language is "
    "asked for."
)
WISH_HTML = (
    "Answer with one HTML document in a fenced code block and nothing else. It is shown without "
    "scripts and without anything from the network: use inline styles, inline SVG and data: images."
)

# Said to the user ----------------------------------------------------------------------------
PLAIN_AND = "--plain is --format text, so it cannot be used together with --format {format}."
SCHEMA_AND = "--schema asks for JSON, so it cannot be used together with --format {format}."
HTML_OFF = "HTML of a model is not shown in this session, so nothing was sent."
HTML_ON = "To show it in a frame without scripts and network, run: %zg set allow_html on"
NO_SCHEMA = "There is no variable {name!r} with the form of an answer."
NO_SCHEMA_NEXT = "Give the name of a pydantic model or of a dict, or the path of a .json file."
NO_SCHEMA_FILE = "The schema {name!r} cannot be read ({error})."
SCHEMA_TOO_LARGE = "it is larger than {limit} kB"
SCHEMA_NO_OBJECT = "it is not a JSON object"
IMAGE_AND = "--format image cannot be used together with {other}."
IMAGE_ONLY = "{name} is about images, so it needs --format image."
IMAGE_LINE = "Image {number}: {kind}, {size} kB; the file is .images[{index}] of the answer."
IMAGE_ALT = "<{kind} image, {size} kB>"
RECEIPT_IMAGE = "1 image"
RECEIPT_IMAGES = "{count} images"
SPEED = "{speed:.1f} tokens/s"
ENERGY = "{joules:.1f} J (the whole processor)"

# Tries -----------------------------------------------------------------------------------------
ORDINALS = {2: "2nd", 3: "3rd"}
ORDINAL = "{number}th"
TRY = "{number} try ({failures})"
REFUSED = "refused {status}"
MORE_TRIES = "{count} more"
TRIES_HEAD = ("", "provider", "model", "outcome", "why", "after", "received", "cost")

# Side by side ----------------------------------------------------------------------------------
SIDE_ROWS = ("answer", "first token", "total", "pace", "cost", "from", "on", "energy")
