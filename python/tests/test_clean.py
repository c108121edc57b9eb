"""One text: `clean` and what comes of it."""

import pickle
from collections.abc import Callable, Iterable
from typing import Any

import pytest

import cleaner
from conftest import Page
from cleaner import Outlets, Removal

PAGE = "COVID-19 Latest\n\nAKIPRESS.COM - Мектеп was opened on Monday.\n"


def test_outlet_is_told_by_its_id_its_address_or_its_signs() -> None:
    for cleaned, by in [
        (cleaner.clean(PAGE, "akipress"), "name"),
        (cleaner.clean(PAGE, "akipress", "https://www.vice.com/"), "name"),
        (cleaner.clean(PAGE, url="https://akipress.com/news:1/"), "address"),
        (cleaner.clean(PAGE), "signs"),
        (cleaner.clean(PAGE, url="https://unknown.example/"), "signs"),
    ]:
        assert (cleaned.outlet, cleaned.by) == ("akipress", by)
        assert cleaned.text == str(cleaned) == "Мектеп was opened on Monday.\n"
        assert cleaned.original == PAGE


def test_text_of_an_unknown_outlet_is_the_same_object() -> None:
    text = "Nobody knows me.\n\n\nNobody.  \r\n"
    cleaned = cleaner.clean(text)
    assert cleaned.text is text
    assert (cleaned.outlet, cleaned.by, cleaned.removals, cleaned.holes, cleaned.fields, cleaned.flag) == (
        None,
        None,
        (),
        [],
        {},
        None,
    )
    assert cleaned.unified_diff() == ""
    assert repr(cleaned) == "<Cleaned undecided, 0 removals>"


def test_removals_tell_rule_place_and_text() -> None:
    text = "Привет\n\n" + "\n".join(["Слова идут по строке и не кончаются."] * 3) + "\n\nAll rights reserved\n"
    cleaned = cleaner.clean(text, "akipress")
    seam, foot = cleaned.removals
    assert foot._replace(note=None, line=None) == Removal(
        rule="akipress/rights-line",
        category="legal",
        kind="line",
        note=None,
        file="rules/akipress.toml",
        line=None,
        start=120,
        end=140,
        byte_start=213,
        byte_end=233,
        lines=(7, 7),
        text="All rights reserved\n",
    )
    assert foot.note and foot.line
    assert seam == Removal(None, None, None, None, None, None, 119, 120, 212, 213, (6, 6), "\n")
    assert cleaned.holes == [(119, 140)]
    assert cleaned.text == text[:119]
    assert repr(cleaned) == "<Cleaned akipress, 1 removals>"


def test_places_are_those_of_the_text_in_code_points_and_in_bytes(pages: list[Page]) -> None:
    for page in pages:
        cleaned = cleaner.clean(page.text, page.outlet)
        raw = page.text.encode()
        for removal in [*cleaned.removals, *cleaned.kept]:
            assert page.text[removal.start : removal.end] == removal.text
            assert raw[removal.byte_start : removal.byte_end].decode() == removal.text
        left, end = "", 0
        for start, stop in cleaned.holes:
            left += page.text[end:start]
            end = stop
        assert left + page.text[end:] == cleaned.text


def test_what_went_makes_the_original_again(pages: list[Page]) -> None:
    for page in pages:
        cleaned = cleaner.clean(page.text, page.outlet)
        assert cleaner.restore(cleaned.text, cleaned.removals) == page.text
        pieces = [(removal.byte_start, removal.text) for removal in reversed(cleaned.removals)]
        assert cleaner.restore(cleaned.text, pieces) == page.text
        lists = [list(piece) for piece in pieces]
        assert cleaner.restore(cleaned.text, lists) == page.text  # type: ignore[arg-type]


def test_pieces_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="^what was removed does not fit to this text$"):
        cleaner.restore("short", [(99, "far")])
    with pytest.raises(TypeError, match="^removed: expected a Removal, or the byte .* found <class 'str'> of 1$"):
        cleaner.restore("short", ["x"])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="found <class 'tuple'> of 3$"):
        cleaner.restore("short", [(1, "a", "b")])  # type: ignore[list-item]


def test_categories_stay_or_go_as_asked(pages: list[Page]) -> None:
    text = "He came.\n\nWith reporting by AP and Reuters\n"
    assert cleaner.clean(text, "rferl").text == text
    for also in ["credit", ["credit"], ("credit",), iter(["credit"])]:
        assert cleaner.clean(text, "rferl", also=also).text == "He came.\n"  # type: ignore[arg-type]
    kept = cleaner.clean(text, "rferl")
    assert [removal.rule for removal in kept.kept] == ["pangea/agency-credit"]
    assert kept.fields == {"agencies": ["AP and Reuters"]}
    assert cleaner.clean(PAGE, keep=cleaner.CATEGORIES[:-1]).text == PAGE
    assert cleaner.clean(PAGE, keep=["dateline"]).text == "AKIPRESS.COM - Мектеп was opened on Monday.\n"
    assert cleaner.clean(PAGE, keep="dateline").text == cleaner.clean(PAGE, keep=["dateline"]).text


def test_page_that_would_be_emptied_is_flagged() -> None:
    cleaned = cleaner.clean("All rights reserved\n", "akipress")
    assert cleaned.text == "All rights reserved\n"
    message = "no line would be left (rules: akipress/rights-line)"
    assert cleaned.flag == cleaner.Flag(reason="emptied", message=message, rules=["akipress/rights-line"])
    assert str(cleaned.flag) == message
    assert repr(cleaned) == "<Cleaned akipress, 0 removals, emptied>"


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: cleaner.clean("", "rfrel"),
            ValueError,
            "there is no outlet `rfrel`; did you mean `rferl`? (`cleaner rules list` shows all)",
        ),
        (
            lambda: cleaner.clean("", "https://akipress.com/news:1/"),
            ValueError,
            "there is no outlet `https://akipress.com/news:1/`; an address is for `url` (`cleaner rules list` shows all)",
        ),
        (
            lambda: cleaner.clean("", "qqqqqqqqqqqq"),
            ValueError,
            "there is no outlet `qqqqqqqqqqqq` (`cleaner rules list` shows all)",
        ),
        (
            lambda: cleaner.clean("", also="crdit"),  # type: ignore[arg-type]
            ValueError,
            "also: there is no category `crdit`; expected one of " + ", ".join(cleaner.CATEGORIES),
        ),
        (lambda: cleaner.clean("", keep="bio", also=["bio"]), ValueError, "keep and also both name bio"),
        (
            lambda: cleaner.clean(b""),  # type: ignore[arg-type]
            TypeError,
            "'bytes' object is not an instance of 'str'",
        ),
        (
            lambda: cleaner.clean("", 1),  # type: ignore[arg-type]
            TypeError,
            "'int' object is not an instance of 'str'",
        ),
        (
            lambda: cleaner.clean("", outlets="rules"),  # type: ignore[arg-type]
            TypeError,
            "'str' object is not an instance of 'Outlets'",
        ),
        (lambda: cleaner.clean("\ud800"), UnicodeEncodeError, "surrogates not allowed"),
        (lambda: cleaner.suggest("one page", "valley"), TypeError, "pages: expected the texts of several pages; found a str"),
    ],
)
def test_bad_arguments_are_told(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as raised:
        call()
    assert type(raised.value) is error
    assert message in str(raised.value)


def test_outlets_are_looked_up() -> None:
    outlets = Outlets()
    ids = [outlet.id for outlet in outlets]
    assert ids == sorted(ids) and len(outlets) == len(ids) and {"akipress", "rferl", "vice", "voa"} <= set(ids)
    outlet = outlets.outlet("akipress")
    assert outlet == outlets.by_address("https://kg.akipress.com/news:1/") == outlets.by_signs(PAGE)
    assert outlet is not None
    assert (outlet.name, outlet.is_family, outlet.extends, outlet.file) == (
        "AKIpress",
        False,
        ["crawl"],
        "rules/akipress.toml",
    )
    assert outlets.outlet("akipres") is None
    assert outlets.by_address("https://akipress.com.example/") is None
    assert outlets.by_signs("Nothing.") is None
    assert len(Outlets.none()) == 0
    assert repr(Outlets.none().and_file("rules/made.toml", 'outlet = "made"\nname = "Made"\n')) == "<Outlets made>"
    assert Outlets.bundled().hash() == outlets.hash() != Outlets.none().hash()


def test_own_rules_are_used(rules: Any) -> None:
    text = "Valley Herald | Home | Weather\n\nHe came.\n"
    files = [(str(path), path.read_text()) for path in rules.iterdir()]
    several: Iterable[Outlets] = [Outlets.with_folder(rules), Outlets.with_folder(str(rules)), Outlets.with_files(files)]
    for outlets in several:
        assert len(outlets) == len(Outlets()) + 1
        for cleaned in [
            outlets.clean(text),
            outlets.clean(text, "valley"),
            outlets.clean(text, url="valleyherald.example"),
            cleaner.clean(text, outlets=outlets),
        ]:
            assert (cleaned.outlet, cleaned.text) == ("valley", "He came.\n")
            assert cleaned.removals[0].file == str(rules / "valley.toml")
    assert cleaner.clean(text).outlet is None
    assert cleaner.clean("Ours\n", "made", outlets=Outlets.none().and_file("made.toml", MADE)).text == "Ours\n"


MADE = 'outlet = "made"\nname = "Made"\n'


def test_values_can_be_pickled() -> None:
    cleaned = cleaner.clean(PAGE)
    for value in [cleaned.removals, Outlets().outlet("rferl"), cleaner.clean("All rights reserved\n", "akipress").flag]:
        assert pickle.loads(pickle.dumps(value)) == value
