"""Cleaning in Ray Data.

>>> import ray.data
>>> from cleaner.ray import Clean
>>> pages = ray.data.from_items([{"text": "Accessibility links\\n\\nThe school opened.", "outlet": "rferl"}])
>>> pages.map_batches(Clean(), batch_format="pyarrow").take_all()
[{'text': 'The school opened.', 'outlet': 'rferl'}]
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from cleaner._step import Step

__all__ = ["Clean"]


class Clean(Step):
    """A function for ``map_batches(…, batch_format="pyarrow")`` that cleans the texts of a dataset.

    Rows, their order in a batch and the other columns stay.
    """

    def __call__(self, batch: Any) -> Any:
        """The table, with its texts cleaned."""
        if not isinstance(batch, pa.Table):
            raise TypeError(f'expected an Arrow table, found {type(batch).__name__}: add batch_format="pyarrow"')
        return self._clean_table(batch)
