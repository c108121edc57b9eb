"""What arguments may be, for type checkers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, Protocol, Union

Category = Literal[
    "navigation",
    "player",
    "legal",
    "duplicate",
    "promo",
    "share",
    "account",
    "bio",
    "layout",
    "dateline",
    "credit",
]
Categories = Union[Category, Iterable[Category]]


class SupportsArrowArray(Protocol):
    """An Arrow array: one of pyarrow, for example."""

    def __arrow_c_array__(self, requested_schema: Any = None) -> tuple[Any, Any]: ...


class SupportsArrowStream(Protocol):
    """A stream of Arrow arrays: a chunked array of pyarrow, or a series of polars, for example."""

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any: ...


Arrow = Union[SupportsArrowArray, SupportsArrowStream]
