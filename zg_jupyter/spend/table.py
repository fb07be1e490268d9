"""Spend rows as a pandas table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from zg_jupyter.networks import name_of
from zg_jupyter.spend.rows import Row, Sum
from zg_jupyter.units import parse_amount, to_0g, to_usd
from zg_jupyter.usd import Rate

if TYPE_CHECKING:
    import pandas as pd

# What people look for first stands first: wide tables are cut at the right.
COLUMNS = (
    "time",
    "model",
    "prompt_tokens",
    "completion_tokens",
    "cost_0g",
    "total_0g",
    "signature",
    "outcome",
    "state",
    "seconds",
    "cell",
    "provider",
    "network",
)


def sums_frame(by: str, sums: Iterable[Sum]) -> pd.DataFrame:
    """One line per name, the dearest first; ``cost_0g`` is exact ``Decimal`` 0G."""
    import pandas as pd

    columns = [by, "answers", "prompt_tokens", "completion_tokens", "cost_0g"]
    return pd.DataFrame(
        [(s.name, s.answers, s.prompt_tokens, s.completion_tokens, to_0g(s.cost)) for s in sums],
        columns=columns,
    )


def frame(rows: Iterable[Row]) -> pd.DataFrame:
    """One line per answer, oldest first.

    Returns
    -------
    pandas.DataFrame
        ``cost_0g`` and the running ``total_0g`` are exact ``Decimal`` 0G; ``time`` is UTC; an
        open or abandoned row costs what it reserved.
    """
    import pandas as pd

    lines, total = [], 0
    for row in rows:
        cost = row.reserved if row.state in ("reserved", "abandoned") else row.cost
        total += cost
        lines.append(
            (
                pd.Timestamp(row.started, unit="s", tz="UTC").floor("s"),
                row.model,
                row.prompt_tokens,
                row.completion_tokens,
                to_0g(cost),
                to_0g(total),
                row.verdict,
                row.outcome,
                row.state,
                round(row.seconds, 3),
                row.cell,
                row.provider or ("local" if row.route == "local" else ""),
                name_of(row.network),
            )
        )
    return pd.DataFrame(lines, columns=list(COLUMNS))


def with_usd(frame: pd.DataFrame, rate: Rate | None) -> pd.DataFrame:
    """The same table with what it cost in US dollars at today's rate, where one is known.

    Returns
    -------
    pandas.DataFrame
        ``cost_usd`` behind ``cost_0g``; ``attrs["usd_rate"]`` says the rate and whose word it is.
    """
    if rate is not None:
        costs = [to_usd(parse_amount(cost), rate.usd) for cost in frame["cost_0g"]]
        frame.insert(list(frame.columns).index("cost_0g") + 1, "cost_usd", costs)
        frame.attrs["usd_rate"] = str(rate)
    return frame
