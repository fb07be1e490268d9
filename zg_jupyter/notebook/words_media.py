"""What is said about images that are edited, and recordings that are written down."""

from __future__ import annotations

OPTION_HELP = {
    "edit": "an image file to make new images from, as the prompt says",
    "language": "which language is spoken, as id or en, with %zg transcribe",
}
ARGUMENTS = "FILE [OPTIONS] [HINT]"
DOES = "what is said in a recording, as text; a hint has names that are said in it"

NEEDS_FILE = "%zg transcribe needs a recording."
EXAMPLE = "For example: %zg transcribe lecture.wav --language id"
NOT_TOGETHER = "%zg transcribe cannot be used together with {other}."
SPEECH_ONLY = "--language is about recordings."
RECEIPT_SECONDS = "{seconds} s of sound"
RECEIPT_SECONDS_ESTIMATED = "about {seconds} s of sound"
