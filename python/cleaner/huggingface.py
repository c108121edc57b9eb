"""Cleaning of Hugging Face datasets.

>>> from cleaner.huggingface import Clean
>>> from datasets import Dataset
>>> pages = Dataset.from_dict({"text": ["Accessibility links\\n\\nThe school opened."], "outlet": ["rferl"]})
>>> pages.map(Clean(), batched=True)["text"][:]
['The school opened.']
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from cleaner._step import Step

__all__ = ["Clean"]


class Clean(Step):
    """A function for ``map(…, batched=True)`` of a dataset, streamed or not, that cleans its texts.

    Batches are lists or, with ``with_format("arrow")``, Arrow tables, which is faster. Another version of ``cleaner``
    and other rules are another function, so that the cache of ``datasets`` never gives results of theirs.
    """

    def __call__(self, batch: Any) -> Any:
        """The batch, with its texts cleaned."""
        if isinstance(batch, pa.Table):
            return self._clean_table(batch)
        if not isinstance(batch, Mapping) or isinstance(batch.get(self.text), str):
            raise TypeError("expected a batch of lists, or an Arrow table: add batched=True")
        text, *names = self._columns(list(batch))
        return {text: self._clean_list(batch[text], *(None if name is None else batch[name] for name in names))}
