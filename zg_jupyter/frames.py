"""``df.zg``: prompts from the rows of a DataFrame. Importing this registers the accessor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from zg_jupyter.batch import filled
from zg_jupyter.errors import BadInput
from zg_jupyter.nearest import session_for

if TYPE_CHECKING:
    from zg_jupyter.client import Client


@pd.api.extensions.register_dataframe_accessor("zg")
class ZgAccessor:
    """What can be asked about the rows of a DataFrame."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame

    def infer(
        self, template: str, *, out: str = "answer", client: Client | None = None, **options: Any
    ) -> pd.DataFrame:
        """Ask one question per row.

        Parameters
        ----------
        template:
            The prompt; ``{column}`` becomes the row's value.
        out:
            Column of the answers in the result; ``{out}_error`` says what went wrong, if
            anything did.
        client:
            Who asks and pays; the shared session when omitted.
        options:
            As in :meth:`zg_jupyter.Client.map`: schema, max_cost, max_concurrency, model, ...

        Returns
        -------
        pandas.DataFrame
            A copy with the new column; ``.attrs["zg_cost"]`` is what it cost in neuron.

        Raises
        ------
        BadInput
            A column that is not there, or one that would be overwritten; nothing was sent.
        """
        columns = [str(name) for name in self._frame.columns]
        for name in (out, f"{out}_error"):
            if name in columns:
                raise BadInput(
                    f"There is a column {name!r} already.",
                    next_step="Choose another name with out=...",
                )
        prompts = [
            filled(template, dict(zip(columns, row, strict=True)))
            for row in self._frame.itertuples(index=False, name=None)
        ]
        asked = client or session_for(options.get("provider"), options.get("fallback"))
        done = asked.map(prompts, **options)
        result = self._frame.copy()
        result[out] = pd.Series(done.values, index=result.index, dtype=object)
        if any(done.errors):
            result[f"{out}_error"] = done.errors
        result.attrs["zg_cost"] = done.cost
        return result
