"""The compiled part of `cleaner`; its names are those of the package."""

from collections.abc import Iterable, Iterator, Sequence
from os import PathLike
from typing import Any, Literal, final

from cleaner._records import Draft, Flag, Outlet, Problem, Removal
from cleaner._types import Arrow, Categories, Category

__all__ = [
    "CATEGORIES",
    "ArrowArray",
    "ArrowStream",
    "Cleaned",
    "Outlets",
    "RuleError",
    "__version__",
    "check",
    "clean",
    "clean_array",
    "restore",
    "suggest",
    "unified_diff",
]

CATEGORIES: tuple[Category, ...]
__version__: str

class RuleError(ValueError):
    """Rule files were refused.

    Its message has every reason, with the line of the file that it stands in and a caret under the place, as the
    program prints it. ``problems`` lists the reasons; ``file``, ``line`` and ``column`` are those of the first.
    """

    problems: list[Problem]
    file: str
    line: int
    column: int

@final
class Cleaned:
    """What cleaning made of a text. ``str(cleaned)`` is the cleaned text.

    It cannot be pickled; workers give back what is wanted of it: ``text``, and ``removals``, which are plain values.
    """

    @property
    def text(self) -> str:
        """The text without boilerplate; the original one if nothing went."""
    @property
    def original(self) -> str:
        """The text that was cleaned."""
    @property
    def outlet(self) -> str | None:
        """The id of the outlet that the text is from; ``None`` if it stays unknown."""
    @property
    def by(self) -> Literal["name", "address", "signs"] | None:
        """What told the outlet: ``name``, ``address`` or ``signs``; ``None`` if it stays unknown."""
    @property
    def removals(self) -> tuple[Removal, ...]:
        """What went, in order of its start. Two rules may ask for the same characters; ``holes`` unites them."""
    @property
    def kept(self) -> tuple[Removal, ...]:
        """What rules found that stays because of its category."""
    @property
    def holes(self) -> list[tuple[int, int]]:
        """What went, as places in code points, half-open: in order, disjoint, none empty, none touching."""
    @property
    def fields(self) -> dict[str, list[str]]:
        """The values that rules read out of what they found, in order, by name."""
    @property
    def flag(self) -> Flag | None:
        """Why the text was left as it is although rules found something."""
    def unified_diff(self, name: str = "text") -> str:
        """A unified diff from the original text to the cleaned one, whose hunks name the rules: what ``patch`` and
        ``git apply`` take. Empty if nothing went. ``name`` is the path that its header gives to both texts.
        """
    def snapshot(self) -> str:
        """The result as a reviewer reads it: every line of the text with what becomes of it, then fields and flag."""

@final
class Outlets:
    """The outlets and families that are known, with their rules. ``Outlets()`` are those that are built in.

    Whose a page is stands above the rules of a file, which is read at once; the rules are read, and
    their examples run, at the first use of an outlet that has them. Iterating gives every
    :class:`Outlet`, in the order of the ids.

    They stay in their process: a process that is forked while another thread uses an outlet for the first time may
    wait for that thread for ever (:meth:`check` before the fork uses them all), and they cannot be pickled. Workers
    make their own, once each, or use the adapters, which do.
    """

    def __new__(cls) -> Outlets: ...
    @classmethod
    def bundled(cls) -> Outlets:
        """The outlets that are built in."""
    @classmethod
    def none(cls) -> Outlets:
        """No outlets at all, not even the built-in families."""
    @classmethod
    def with_folder(cls, folder: str | PathLike[str]) -> Outlets:
        """The built-in outlets and those of a folder: its ``*.toml``, and those of its ``families/``.
        A file replaces a built-in one of the same id.

        Raises :class:`RuleError` if a file cannot be read, or is wrong above its rules. The rules are read, and
        their examples run, at the first use of an outlet that has them, or all at once by :meth:`check`.
        """
    @classmethod
    def of_folder(cls, folder: str | PathLike[str]) -> Outlets:
        """The outlets of a folder alone: its ``*.toml``, and those of its ``families/``.

        Raises :class:`RuleError` as :meth:`with_folder` does.
        """
    @classmethod
    def with_files(cls, files: Iterable[tuple[str, str]]) -> Outlets:
        """The built-in outlets and those of rule files, each given as its path and its text.
        A file replaces a built-in one of the same id.

        Raises :class:`RuleError` if anything is wrong in any of the files.
        """
    def and_file(self, name: str, text: str) -> Outlets:
        """These outlets and that of one more rule file, given as its path and its text.

        Raises :class:`RuleError` if anything is wrong in the file.
        """
    def outlet(self, id: str) -> Outlet | None:
        """The outlet or family of an id."""
    def by_address(self, address: str) -> Outlet | None:
        """The outlet that a page of this address, a URL or a bare host, is from.

        The longest domain that the host is, or is a sub-domain of, decides.
        """
    def by_signs(self, text: str) -> Outlet | None:
        """The outlet that a page is from by its own signs."""
    def hash(self) -> str:
        """What names this set of rule files: the first 12 hexadecimal digits of a SHA-256 over their ids and texts."""
    def check(self) -> None:
        """Runs the checks of every file, bundled ones too: patterns are compiled, examples run.

        Raises :class:`RuleError` with all problems that were found.
        """
    def clean(
        self,
        text: str,
        outlet: str | None = None,
        url: str | None = None,
        *,
        keep: Categories = (),
        also: Categories = (),
    ) -> Cleaned:
        """Cleans a text with these outlets: see :func:`cleaner.clean`."""
    def clean_array(
        self,
        array: Arrow,
        outlet: str | Arrow | None = None,
        url: str | Arrow | None = None,
        *,
        keep: Categories = (),
        also: Categories = (),
        threads: int | None = None,
    ) -> Any:
        """Cleans a column of texts with these outlets: see :func:`cleaner.clean_array`."""
    def __iter__(self) -> Iterator[Outlet]: ...
    def __len__(self) -> int: ...

@final
class ArrowArray:
    """Cleaned texts as an Arrow array."""

    def __arrow_c_schema__(self) -> Any:
        """The type, as Arrow's PyCapsule interface gives it."""
    def __arrow_c_array__(self, requested_schema: Any = None) -> tuple[Any, Any]:
        """The type and the array, as Arrow's PyCapsule interface gives them."""
    def __len__(self) -> int: ...

@final
class ArrowStream:
    """Cleaned texts as a stream of Arrow arrays."""

    def __arrow_c_schema__(self) -> Any:
        """The type, as Arrow's PyCapsule interface gives it."""
    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """The arrays, as Arrow's PyCapsule interface gives them; each call gives all of them."""
    def __len__(self) -> int: ...

def clean(
    text: str,
    outlet: str | None = None,
    url: str | None = None,
    *,
    outlets: Outlets | None = None,
    keep: Categories = (),
    also: Categories = (),
) -> Cleaned:
    """Cleans a text.

    ``outlet`` is the id of the outlet that the text is from. Without it the address ``url`` tells the outlet, else
    signs in the text do; a text whose outlet stays unknown is left as it is. ``outlets`` are the rule files, by
    default the bundled ones. Boilerplate of the categories ``keep`` stays, that of ``also`` goes: by default all
    goes but ``credit``.

    Raises ``ValueError`` if there is no such outlet or category, and :class:`RuleError` if the outlet's rule files
    are refused.
    """

def clean_array(
    array: Arrow,
    outlet: str | Arrow | None = None,
    url: str | Arrow | None = None,
    *,
    outlets: Outlets | None = None,
    keep: Categories = (),
    also: Categories = (),
    threads: int | None = None,
) -> Any:
    """Cleans a column of texts on all cores, without holding other Python threads up.

    ``array`` is any Arrow data of type ``string``, ``large_string`` or ``string_view``: an array or chunked array of
    pyarrow, a series of polars, whatever has ``__arrow_c_array__`` or ``__arrow_c_stream__``. It is not copied. What
    comes back is of the same type, with the same chunks, rows and nulls: of pyarrow for pyarrow, of polars for polars,
    else an object with the same of these two methods.

    ``outlet`` and ``url`` tell whose the texts are, as those of :func:`clean` do: each is one for all rows, or Arrow
    data with as many rows, in which a null tells nothing. ``threads`` are as many as there are cores.

    Raises ``ValueError`` or :class:`RuleError`, with the row, counted from 0, if its outlet is not known or the
    outlet's rule files are refused; ``TypeError`` for any other kind of data.
    """

def unified_diff(cleaned: Cleaned, name: str = "text") -> str:
    """A unified diff from a text to what cleaning made of it, whose hunks name the rules: what ``patch`` and
    ``git apply`` take, as ``cleaner --diff`` prints it. Empty if nothing went.

    ``name`` is the path that its header gives to both texts.
    """

def restore(text: str, removed: Iterable[Removal | tuple[int, str]]) -> str:
    """The original text, from the cleaned one and from what went.

    ``removed`` are removals, or pairs of the byte at which a piece began and the piece; in any order; pieces may
    overlap where they agree. Raises ``ValueError`` if they do not fit together; that they are those of this very text
    is not known.
    """

def check(path: str | PathLike[str]) -> None:
    """Checks the rule files of a folder, or one rule file, beside the bundled ones.

    Every pattern is compiled, every example run. Raises :class:`RuleError` with all that is wrong, as
    ``cleaner rules check`` prints it, which also warns of what may be wrong with files that are in order.
    """

def suggest(
    pages: Iterable[str],
    outlet: str,
    *,
    name: str | None = None,
    domains: Sequence[str] = (),
    words: bool = True,
    outlets: Outlets | None = None,
) -> Draft:
    """Drafts the rule file of an outlet from the texts of its pages: two or three at least, better ten.

    ``outlet`` is its id, ``name`` its name for people, ``domains`` are its hosts. Without ``words`` no word guesses a
    rule's category, only the place does. ``outlets`` has the families that the draft may extend.

    A draft is text that a person reviews. It passes the check that rule files pass, and is the same for the same
    pages. Raises :class:`RuleError` for an id or a domain that no rule file may have.
    """
