"""What is said about US dollars, plots of spend, and periods."""

from __future__ import annotations

SPEND_ARGUMENTS = "[--by HOW] [--plot] [--csv FILE]"
RECONCILE_ARGUMENTS = "[--since DATE | --days N]"

IN_0G = "{typed} is {amount} at {rate}."
COST_USD = "cost_usd: at {rate}. What is charged is 0G."
RECEIPT_USD = "{cost} ≈ {usd}"

PLOT_TITLE = "Spend so far"
PLOT_TITLE_BY = "Spend by {by}"
PLOT_EMPTY = "Nothing is spent yet."
PLOT_AXIS = "{count} answers in their order"
PLOT_SUM = "{amount}, {count} answers"
PLOT_MORE = "{count} more"
NOT_WRITTEN = "{path!r} cannot be written ({error})."
PLOT_AND_CSV = "--plot and --csv cannot be used together."

PERIOD_USAGE = "%zg reconcile does not understand {words!r}."
PERIOD_NEXT = "For example: %zg reconcile --since 2026-11-01, or %zg reconcile --days 7"
NOT_A_DATE = "--since wants a date such as 2026-11-01 that is not to come, not {value!r}."
NOT_DAYS = "--days wants a whole number from 1 to 36500, not {value!r}."
