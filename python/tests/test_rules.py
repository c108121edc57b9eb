"""Rule files: what is wrong with them, and drafts of them."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow
import pytest

import cleaner
from cleaner import Outlets, RuleError
from conftest import Page

Run = Callable[..., str]


def test_rule_files_in_order(rules: Path) -> None:
    cleaner.check(rules)
    cleaner.check(str(rules))
    cleaner.check(rules / "valley.toml")
    Outlets.with_folder(rules).check()
    Outlets().check()


def test_folder_without_rule_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(ValueError, match="^no rule files .* are in "):
        cleaner.check(tmp_path)


def broken(rules: Path) -> Path:
    file = rules / "valley.toml"
    text = file.read_text().replace('category = "navigation"', 'category = "navigatoin"')
    text = text.replace('"The Valley Herald has a home', '"Valley Herald | Home | Weather", "The Valley Herald has a home')
    file.write_text(text)
    return file


def test_message_is_that_of_the_program(rules: Path, run: Run) -> None:
    file = broken(rules)
    printed = run("rules", "check", rules, status=2)
    assert "did you mean" in printed and "^^^" in printed
    outlets = Outlets.with_folder(rules)
    calls: list[Callable[[], Any]] = [
        lambda: cleaner.check(rules),
        lambda: cleaner.check(file),
        lambda: outlets.clean("", "valley"),
    ]
    for call in calls:
        with pytest.raises(RuleError) as raised:
            call()
        error = raised.value
        assert isinstance(error, ValueError)
        assert str(error) + "\n" == printed
        first = error.problems[0]
        assert (error.file, error.line, error.column) == first[:3] == (str(file), 9, 12)
        assert (first.rule, first.key) == ("valley/menu", "category")
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again), again.problems) == (RuleError, str(error), error.problems)


def test_failing_example_is_told_with_its_place(rules: Path, run: Run) -> None:
    file = rules / "valley.toml"
    file.write_text(file.read_text().replace('removes = ["Valley Herald | Home | Weather"]', 'removes = ["Valley Herald"]'))
    with pytest.raises(RuleError) as raised:
        cleaner.check(rules)
    [problem] = raised.value.problems
    assert (problem.file, problem.line, problem.rule, problem.key) == (str(file), 13, "valley/menu", "removes")
    assert problem.message == "this example does not lose «Valley Herald»"
    assert str(raised.value) + "\n" == run("rules", "check", rules, status=2)


def test_row_whose_rule_files_are_refused_is_told(rules: Path) -> None:
    file = rules / "valley.toml"
    file.write_text(file.read_text().replace('removes = ["Valley Herald | Home | Weather"]', 'removes = ["Valley Herald"]'))
    outlets = Outlets.with_folder(rules)
    texts = pyarrow.array(["a", "b", "c"])
    assert outlets.clean_array(texts, pyarrow.array(["vice", "vice", "akipress"])).equals(texts)
    with pytest.raises(RuleError) as alone:
        outlets.clean("c", "valley")
    with pytest.raises(RuleError) as raised:
        outlets.clean_array(texts, pyarrow.array(["vice", "vice", "valley"]))
    assert str(raised.value) == f"row 2: the rule files of its outlet are refused\n\n{alone.value}"
    assert raised.value.problems == alone.value.problems


@pytest.mark.parametrize(
    "call",
    [
        lambda path: cleaner.check(path),
        lambda path: Outlets.with_folder(path),
        lambda path: Outlets.of_folder(path),
    ],
)
def test_folder_that_is_not_there(call: Callable[[Path], Any], tmp_path: Path) -> None:
    with pytest.raises(RuleError) as raised:
        call(tmp_path / "none")
    assert str(raised.value).startswith("error: this cannot be read: ")
    assert raised.value.file == str(tmp_path / "none")


def test_draft_is_that_of_the_program(pages: list[Page], run: Run) -> None:
    of = [page for page in pages if page.outlet == "akipress"]
    printed = run("suggest", "--outlet", "valley", "--name", "Valley", "--domain", "valley.example", *(page.path for page in of))
    draft = cleaner.suggest([page.text for page in of], "valley", name="Valley", domains=["valley.example"])
    assert str(draft) == draft.toml() == printed
    assert draft.pages == len(of) and draft.stories <= draft.pages
    proposal = draft.proposals[0]
    assert proposal.toml in printed and f'id = "{proposal.id}"' in proposal.toml
    assert isinstance(proposal.risk, cleaner.HeldOut if draft.stories >= 4 else cleaner.Probe)
    assert len(Outlets.bundled().and_file("valley.toml", draft.toml())) == len(Outlets()) + 1
    fewer = draft._replace(proposals=draft.proposals[:1])
    assert fewer.toml() == draft.head + "\n" + proposal.toml


def test_draft_for_an_id_that_cannot_be(pages: list[Page]) -> None:
    with pytest.raises(RuleError) as raised:
        cleaner.suggest([page.text for page in pages[:2]], "Not An Id")
    assert raised.value.problems[0].key == "outlet"
