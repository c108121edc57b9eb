"""What the adapters share: which columns are read, with which rules, and what becomes of a text that is none."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

import cleaner


class Step:
    """Cleans the texts of each batch that an engine brings, and leaves everything else as it is."""

    def __init__(
        self,
        *,
        text: str = "text",
        url: str | None = None,
        outlet: str | None = None,
        rules: str | os.PathLike[str] | None = None,
        on_error: Literal["fail", "keep"] = "fail",
        keep: str | Iterable[str] = (),
        also: str | Iterable[str] = (),
        threads: int | None = 1,
    ) -> None:
        """A text whose outlet stays unknown, an empty one and a missing one stay as they are.

        :param text: the column with the texts.
        :param url: the column with their addresses; without it the column ``url``, where there is one.
        :param outlet: the column with the ids of their outlets; without it the column ``outlet``, where there is one.
            What is no outlet's id tells nothing, nor does what is no string.
        :param rules: a folder of rule files besides the built-in ones. Each process that cleans reads it once, from
            the same path, and refuses it if the rules are not those that the step was made with.
        :param on_error: what becomes of a text that cannot be read, as it is no string or no Unicode: ``"fail"``
            raises, ``"keep"`` leaves it as it is. A rule file with an error always raises.
        :param keep: categories whose boilerplate stays.
        :param also: categories whose boilerplate goes although it otherwise stays.
        :param threads: how many threads clean a batch, ``None`` as many as there are cores. It is one, since the
            engines clean several batches at once.
        """
        if on_error not in ("fail", "keep"):
            raise ValueError(f'on_error: expected "fail" or "keep", found {on_error!r}')
        super().__init__()
        self.text = text
        self.url = url
        self.outlet = outlet
        # Workers have other working directories.
        self.rules = None if rules is None else os.path.abspath(rules)
        self.on_error = on_error
        self.keep = _names(keep)
        self.also = _names(also)
        self.threads = threads
        self.tools = _tools(_outlets(self.rules))
        # What is no category is told here rather than by a worker.
        self._clean_column(pa.array([], pa.string()), None, None)

    def _columns(self, names: Sequence[str]) -> tuple[str, str | None, str | None]:
        """Which of the columns have the texts, the addresses and the outlets."""
        url = self.url or ("url" if "url" in names else None)
        outlet = self.outlet or ("outlet" if "outlet" in names else None)
        for name in (self.text, url, outlet):
            if name is not None and names.count(name) != 1:
                found = f"{names.count(name)} of them" if name in names else "none"
                raise ValueError(f"expected one column `{name}`, found {found} among {', '.join(names)}")
        return self.text, url, outlet

    def _clean_table(self, table: Any) -> Any:
        """The same table or record batch, with its texts cleaned."""
        # Engines also pass empty batches that have no columns.
        if table.num_rows == 0:
            return table
        text, *names = self._columns(table.schema.names)
        columns = [None if name is None else _strings(table.column(name)) for name in names]
        cleaned = self._clean_column(table.column(text), *columns)
        return table.set_column(table.schema.names.index(text), table.schema.field(text), cleaned)

    def _clean_list(
        self,
        texts: Sequence[Any],
        urls: Sequence[Any] | None,
        named: Sequence[Any] | None,
        names: Sequence[str] | None = None,
    ) -> list[Any]:
        """The same values, of which those that are texts are cleaned.

        :param urls: their addresses, where there are any.
        :param named: the ids of their outlets, where there are any.
        :param names: what errors call the values; without it the numbers of their rows.
        """
        strings = [_string(text) for text in texts]
        wrong = {row for row, text in enumerate(texts) if text is not None and strings[row] is None}
        if wrong and self.on_error == "fail":
            row = min(wrong)
            is_string = isinstance(texts[row], str)
            found = "one with a lone surrogate" if is_string else type(texts[row]).__name__
            error = ValueError if is_string else TypeError
            raise error(
                f"{names[row] if names else f'row {row}'}: expected `{self.text}` to be a string, found {found}"
            )
        columns = [None if values is None else pa.array(map(_string, values), pa.string()) for values in (urls, named)]
        cleaned = self._clean_column(pa.array(strings, pa.large_string()), *columns).to_pylist()
        return [texts[row] if row in wrong else text for row, text in enumerate(cleaned)]

    def _clean_column(self, texts: Any, urls: Any, named: Any) -> Any:
        """A column cleaned. One with a text that cannot be read and may stay is cleaned in parts."""
        outlets, ids = _same_outlets(self.rules, self.tools)
        if named is not None:
            named = pc.if_else(pc.is_in(named, ids), named, pa.scalar(None, pa.string()))
        try:
            return outlets.clean_array(texts, named, urls, keep=self.keep, also=self.also, threads=self.threads)
        except cleaner.RuleError:
            raise
        except ValueError:
            if self.on_error == "fail" or len(texts) == 0:
                raise
        if len(texts) == 1:
            return texts
        half = len(texts) // 2
        columns = (texts, urls, named)
        parts = [
            self._clean_column(*(None if column is None else column.slice(*part) for column in columns))
            for part in ((0, half), (half,))
        ]
        if isinstance(texts, pa.ChunkedArray):
            return pa.chunked_array([chunk for part in parts for chunk in part.chunks], texts.type)
        return pa.concat_arrays(parts)


@functools.lru_cache(maxsize=4)
def _same_outlets(rules: str | None, tools: str) -> tuple[cleaner.Outlets, Any]:
    """The outlets of a step and their ids, read once by each process."""
    outlets = _outlets(rules)
    if _tools(outlets) != tools:
        where = "built-in rules" if rules is None else rules
        raise RuntimeError(f"{where}: the step was made with {tools}, but this process has {_tools(outlets)}")
    return outlets, pa.array([outlet.id for outlet in outlets], pa.string())


def _outlets(rules: str | None) -> cleaner.Outlets:
    return cleaner.Outlets() if rules is None else cleaner.Outlets.with_folder(rules)


def _tools(outlets: cleaner.Outlets) -> str:
    """What results depend on besides the arguments."""
    return f"cleaner {cleaner.__version__} and rules {outlets.hash()}"


def _names(names: str | Iterable[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _strings(column: Any) -> Any:
    """A column that may tell whose the texts are."""
    form = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    is_string = str(form) in ("string", "large_string", "string_view")
    return column.cast(pa.string()) if is_string else None


def _string(value: Any) -> str | None:
    """A value that Arrow takes as a string: Python's may have lone surrogates."""
    if not isinstance(value, str):
        return None
    try:
        value.encode()
    except UnicodeEncodeError:
        return None
    return value
