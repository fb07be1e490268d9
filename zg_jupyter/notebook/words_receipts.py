"""What is said about the receipts in a saved notebook."""

from __future__ import annotations

USAGE = "%zg verify takes one notebook."
USAGE_NEXT = "For example: %zg verify homework.ipynb"
UNKNOWN_OPTION = "%zg verify has no option {name!r} for notebooks."
OPTION_NEXT = "There is: --online"
HEAD = ("cell", "model", "provider", "verdict", "why")
OUTCOMES = {
    "registered": "verified",
    "verified": "verified offline",
    "signed": "signed",
    "unsigned": "unsigned",
    "failed": "FAILED",
    "no receipt": "no receipt",
}
NONE = "{name}: there are no answers in it."
ONE = "{name}: 1 answer, {counts}."
MANY = "{name}: {total} answers, {counts}."
