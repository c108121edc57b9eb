"""The program in the wheel, and that the module says what it says."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

import cleaner
from cleaner import Cleaned, Outlets, Removal
from conftest import ROOT, Page, fixture_pages

Run = Callable[..., str]


def test_version_and_rules_are_the_same(run: Run) -> None:
    assert run("--version") == f"cleaner {cleaner.__version__} (rules {Outlets().hash()})\n"
    listed = [json.loads(line) for line in run("rules", "list", "--json").splitlines()]
    assert [(one["id"], one["name"], one["family"], one["domains"], one["extends"], one["file"]) for one in listed] == [
        (one.id, one.name, one.is_family, one.domains, one.extends, one.file) for one in Outlets()
    ]


def test_parquet_is_cleaned_but_that_of_brotli(run: Run, tmp_path: Path) -> None:
    pages = fixture_pages()
    table = pyarrow.table({"text": [page.text for page in pages], "outlet": [page.outlet for page in pages]})
    file, clean = tmp_path / "pages.parquet", tmp_path / "clean.parquet"
    pyarrow.parquet.write_table(table, file, compression="zstd")
    run(file, "-o", clean)
    cleaned = table.set_column(0, "text", cleaner.clean_array(table["text"], table["outlet"]))
    assert pyarrow.parquet.read_table(clean).equals(cleaned)
    pyarrow.parquet.write_table(table, file, compression="brotli")
    told = run(file, "-o", clean, status=2)
    assert "is compressed by Brotli, which this cleaner was built without (cargo feature `brotli`; " in told


def as_json(removal: Removal, spans: str) -> dict[str, Any]:
    """A removal as the program writes it."""
    start, end = (removal.start, removal.end) if spans == "chars" else (removal.byte_start, removal.byte_end)
    return {
        "rule": removal.rule,
        "at": removal.rule and f"{removal.file}:{removal.line}",
        "category": removal.category,
        "start": start,
        "end": end,
        "lines": list(removal.lines),
        "text": removal.text,
    }


def record(path: str, cleaned: Cleaned, spans: str) -> dict[str, Any]:
    """A result as the program writes it."""
    flag = cleaned.flag
    return {
        "path": path,
        "outlet": cleaned.outlet,
        "by": cleaned.by,
        "rules_hash": Outlets().hash(),
        "removals": [as_json(removal, spans) for removal in cleaned.removals],
        "kept": [as_json(removal, spans) for removal in cleaned.kept],
        "fields": cleaned.fields,
        "flag": flag and flag._asdict(),
        "spans": spans,
        "text": cleaned.text,
    }


@pytest.mark.parametrize(
    ("arguments", "spans", "clean"),
    [
        ([], "bytes", lambda page: cleaner.clean(page.text)),
        (["--also", "credit", "--keep", "bio"], "chars", lambda page: cleaner.clean(page.text, also="credit", keep=["bio"])),
        (["--url", "https://www.rferl.org/"], "bytes", lambda page: cleaner.clean(page.text, url="https://www.rferl.org/")),
        (["--outlet", "vice"], "chars", lambda page: cleaner.clean(page.text, "vice")),
    ],
)
def test_results_are_the_same(arguments: list[str], spans: str, clean: Callable[[Page], Cleaned], run: Run) -> None:
    pages = fixture_pages()
    paths = [page.path.relative_to(ROOT).as_posix() for page in pages]
    printed = [json.loads(line) for line in run("--json", "--spans", spans, *arguments, *paths).splitlines()]
    assert printed == [record(path, clean(page), spans) for path, page in zip(paths, pages, strict=True)]


@pytest.mark.parametrize("page", fixture_pages(), ids=lambda page: f"{page.outlet}/{page.path.stem}")
def test_page_is_cleaned_and_shown_alike(page: Page, run: Run) -> None:
    path = page.path.relative_to(ROOT).as_posix()
    cleaned = cleaner.clean(page.text, page.outlet)
    diff = cleaned.unified_diff(path)
    assert diff == cleaner.unified_diff(cleaned, path)
    changes = cleaned.text != page.text
    assert run("--outlet", page.outlet, "--diff", path, status=int(changes)) == diff
    [printed] = run("--outlet", page.outlet, "--json", path).splitlines()
    assert json.loads(printed)["text"] == cleaned.text
    snapshot = (ROOT / "snapshots" / f"{page.outlet}__{page.path.stem}.snap").read_text(encoding="utf-8")
    assert snapshot.endswith(cleaned.snapshot().removesuffix("\n") + "\n")
