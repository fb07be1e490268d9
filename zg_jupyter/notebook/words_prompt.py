"""Sentences about prompts: what stands between braces, aliases, and explained errors."""

from __future__ import annotations

UNKNOWN_IN = "The prompt uses {{{field}}}, but there is no variable {name!r}."
PRIVATE_IN = "The prompt uses {{{field}}}, but names that start with _ are private ({name})."
RAISED = "The prompt uses {{{field}}}, and that failed with {error}."

MORE_ROWS = "... {count:,} more rows ..."
MORE_COLUMNS = "... {count:,} more columns"
MORE_CHARACTERS = "... ({count:,} more characters)"
SHAPE = "(shape {})"

UNKNOWN_ALIAS = "There is no alias {name!r}."
SEE_ALIASES = "See them with: %zg alias"
NO_ALIAS_MEANT = "A prompt that begins with @ needs -- before it."
NOT_AN_ALIAS = "{name!r} cannot be the name of an alias: letters, digits, - and _ can."
ALIAS_NEEDS = "The alias {name!r} needs options."
ALIAS_EXAMPLE = "For example: %zg alias fast --max-tokens 40 -t 0, then: %%zg_infer @fast"
ALIAS_NOW = "@{name} stands for {options} now."
ALIAS_GONE = "There is no alias {name!r} any more."
ALIAS_HEAD = ("alias", "stands for")
NO_ALIASES = "There are no aliases yet."
ALIASES_UNREADABLE = "The file {path} does not hold aliases."
ALIASES_UNREADABLE_NEXT = "Mend it or delete it."

NOTHING_FAILED = "There is no failed cell to explain, so nothing was sent."
NOTHING_FAILED_NEXT = "Run the cell that fails, then: %zg explain"
MORE_LINES = "# ... {count:,} more lines"
THIS_CELL = "this cell"
OTHER_CELL = "another cell"
# What a model reads; its answer is in the language of the question.
EXPLAIN_ASK = "A cell of a Jupyter notebook failed."
EXPLAIN_CELL = "The cell:\n```python\n{cell}\n```"
EXPLAIN_ERROR = "The error:\n{error}"
EXPLAIN_CAUSE = "{error}\ncaused by {cause}"
EXPLAIN_SYNTAX = "\nin line {line}: {text}"
EXPLAIN_FRAMES = "Where, the innermost last:\n{frames}"
EXPLAIN_QUESTION = "Explain briefly why it failed, then show the corrected code."
