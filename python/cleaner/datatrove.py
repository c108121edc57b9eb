"""Cleaning in datatrove.

>>> from cleaner.datatrove import Clean
>>> from datatrove.data import Document
>>> page = Document("Accessibility links\\n\\nThe school opened.", "1", metadata={"url": "https://www.rferl.org/a/1.html"})
>>> clean = Clean()
>>> [document.text for document in clean([page])]
['The school opened.']
>>> clean.stats["removed"].total
21
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from datatrove.data import Document
from datatrove.pipeline.base import PipelineStep
from datatrove.utils.typeshelper import StatHints

from cleaner._step import Step

__all__ = ["Clean"]

BATCH = 1024


class Clean(Step, PipelineStep):
    """A pipeline step that cleans the texts of documents, and passes every document on.

    Addresses and ids of outlets are read from the metadata. The statistics tell how many documents there were
    (``total``), how many of them ``changed``, and of these how many bytes were ``removed``.
    """

    name = "🧹 Boilerplate"
    type = "✂️ - FORMAT"

    def run(self, data: Iterable[Document] | None, rank: int = 0, world_size: int = 1) -> Iterator[Document]:
        """Passes the documents on, in order and cleaned, a batch at a time."""
        documents = iter(data or ())
        while batch := list(islice(documents, BATCH)):
            with self.track_time(unit="batch"):
                texts = self._clean_list(
                    [document.text for document in batch],
                    self._metadata(batch, self.url or "url"),
                    self._metadata(batch, self.outlet or "outlet"),
                    [f"document {document.id}" for document in batch],
                )
            for document, text in zip(batch, texts):
                self.stat_update(StatHints.total)
                if text != document.text:
                    self.stat_update("changed")
                    self.stat_update("removed", value=len(document.text.encode()) - len(text.encode()))
                    document.text = text
                yield document

    def _metadata(self, batch: list[Document], key: str) -> list[Any]:
        return [document.metadata.get(key) for document in batch]
