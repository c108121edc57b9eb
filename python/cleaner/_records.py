"""What the module gives back: plain values, which can be compared, pickled and taken apart."""

from __future__ import annotations

from typing import NamedTuple


class Outlet(NamedTuple):
    """An outlet or a family of outlets."""

    id: str
    """Its id: the name of its rule file without ``.toml``."""
    name: str
    """Its name for people."""
    is_family: bool
    """Whether other files extend it. A family may be named like an outlet."""
    domains: list[str]
    """Its hosts; their sub-domains belong to them."""
    extends: list[str]
    """The families that it extends."""
    off: list[tuple[str, str]]
    """The inherited rules that do not apply, by id, each with the reason."""
    file: str
    """The rule file that it is written in."""


class Removal(NamedTuple):
    """A part of a text that goes, or that was found and stays.

    ``text[removal.start:removal.end]`` of the text that was cleaned is ``removal.text``.
    """

    rule: str | None
    """The id of the rule that asked for it, such as ``pangea/media-player``. ``None`` is a seam: blank lines, or a
    line end, that go because what stood beside them goes. A seam has none of what a rule has."""
    category: str | None
    """What the rule finds, such as ``player``."""
    kind: str | None
    """How the rule finds: ``line``, ``block``, ``inline`` or ``duplicate``."""
    note: str | None
    """What the thing is, and why it is safe to take out."""
    file: str | None
    """The file that the rule is written in."""
    line: int | None
    """The line of the rule's id in that file, counted from 1."""
    start: int
    """Where it begins in the text, in code points."""
    end: int
    """Where it ends in the text, in code points."""
    byte_start: int
    """Where it begins in the text as UTF-8, in bytes."""
    byte_end: int
    """Where it ends in the text as UTF-8, in bytes."""
    lines: tuple[int, int]
    """Its first and its last line in the text, counted from 1."""
    text: str
    """The part itself."""


class Flag(NamedTuple):
    """Why a text was left as it is although rules found something."""

    reason: str
    """``emptied``, ``over-ceiling`` or ``unsettled``."""
    message: str
    """The same for people."""
    rules: list[str]
    """The ids of the rules that asked for the removals."""

    def __str__(self) -> str:
        return self.message


class Problem(NamedTuple):
    """One thing that is wrong in a rule file."""

    file: str
    """The path of the file, as it was given."""
    line: int
    """Its line, counted from 1; 1 where the file as a whole is meant."""
    column: int
    """Its column in code points, counted from 1."""
    rule: str | None
    """The id of the rule, where it is one rule's."""
    key: str | None
    """The key, where it is one key's."""
    message: str
    """What is wrong, and what was expected."""
    help: str | None
    """What to do about it, where that is known."""


class HeldOut(NamedTuple):
    """A proposed rule was made anew without each part of the pages, and tried on that part."""

    pages: int
    """On how many pages."""
    lines: int
    """How many lines it took."""
    text: int
    """How many of them are prose amid the text that stands nowhere else."""


class Probe(NamedTuple):
    """A proposed rule was tried on built-in lines of ordinary news."""

    lines: int
    """On how many lines."""
    taken: int
    """How many of them it took."""


class Proposal(NamedTuple):
    """A rule as it is proposed."""

    id: str
    """Its id."""
    kind: str
    """How it finds: ``line``, ``block``, ``inline`` or ``duplicate``."""
    category: str
    """What it is likely to find."""
    support: int
    """Of how many stories the pages show it."""
    risk: HeldOut | Probe
    """What it took where it should not."""
    disabled: str | None
    """Why it should not run yet."""
    toml: str
    """Its table in the rule file."""


class Draft(NamedTuple):
    """A rule file as it is proposed; ``str(draft)`` is its text."""

    head: str
    """What stands above the rules: a comment, and the file's own keys."""
    proposals: list[Proposal]
    """The rules, those that run before those that are disabled."""
    extends: list[str]
    """The families that the outlet should extend."""
    pages: int
    """How many pages were read."""
    stories: int
    """How many stories they tell; pages of one story count once."""

    def toml(self) -> str:
        """The rule file."""
        return "\n".join([self.head, *(proposal.toml for proposal in self.proposals)])

    def __str__(self) -> str:
        return self.toml()
