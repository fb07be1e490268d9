"""Sentences about prompts: what stands between braces, aliases, and explained errors."""

from __future__ import annotations

UNKNOWN_IN = "The prompt uses {{{field}}}, but there is no variable {name!r}."
PRIVATE_IN = "The prompt uses {{{field}}}, but names that start with _ are private ({name})."
RAISED = "The prompt uses {{{field}}}, and that failed with {error}."

MORE_ROWS = "... {count:,} more rows ..."
MORE_COLUMNS = "... {count:,} more columns"
MORE_CHARACTERS = "... ({count:,} more characters)"
SHAPE = "(shape {})"
