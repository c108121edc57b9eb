"""Cleaning in Spark.

>>> from cleaner.spark import Clean
>>> page = "Accessibility links\\n\\nThe school opened."
>>> pages = spark.createDataFrame([(page, "rferl")], "text string, outlet string")
>>> pages.mapInArrow(Clean(), pages.schema).collect()
[Row(text='The school opened.', outlet='rferl')]
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from cleaner._step import Step

__all__ = ["Clean"]


class Clean(Step):
    """A function for ``mapInArrow`` that cleans the texts of a frame.

    Rows, their order and the other columns stay, so that the schema is the frame's own.
    """

    def __call__(self, batches: Iterable[Any]) -> Iterator[Any]:
        """The record batches of a partition, with their texts cleaned."""
        return map(self._clean_table, batches)
