"""A thousand documents, the same in every run, and what the program makes of them."""

from __future__ import annotations

import functools
import json
import random
import re
import subprocess
import sysconfig
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

PROGRAM = str(Path(sysconfig.get_path("scripts")) / "cleaner")
README = Path(__file__).resolve().parent.parent.parent / "README.md"

LATIN = """
    the ferry kept its winter hours and nobody in the harbour minded because bread came twice a week by sledge
    from Orlava where a baker named Runa Feld had bought an oven too large for her town
""".split()
CYRILLIC = """
    паром ходил по зимнему расписанию и никто в посёлке не спорил потому что хлеб дважды в неделю везли на санях
    из Орлавы где пекарь купил печь слишком большую для своего города
""".split()
# Outlets by their hosts and boilerplate: what stands above the text, and what below it.
SHELLS = {
    "rferl": (
        "www.rferl.org",
        "Accessibility links\n\nBreaking News\n\n",
        "A Short Film\nplease wait\n\nNo media source currently available\n\n0:00 0:02:14 0:00\n\nAll RFE/RL sites\n",
    ),
    "voa": (
        "www.golosameriki.com",
        "Ссылки для упрощенного доступа\n\nпожалуйста, подождите\n\nNo media source currently available\n\n"
        "0:00 0:01:59 0:00\n\n",
        "VOA News\n\nXS\nSM\nMD\nLG\n",
    ),
    "vice": (
        "www.vice.com",
        "FYI.\n\nThis story is over 5 years old.\n\n",
        "Follow VICE News on Twitter\n\nThe VICE Channels\n",
    ),
    "akipress": (
        "akipress.com",
        "COVID-19 Latest\nAKIPRESS.COM - The ferry had a new engine on Friday.\n\n",
        "All rights reserved\n\n© AKIpress News Agency - 2001-2024.\n",
    ),
}
# What texts may have inside, each of which some tool takes for a line end, cuts off or makes something else of.
ODD = [
    "\u2028", "\u2029", "\u0085", "\x0b", "\x0c", "\x1c", "\r", "\x00", "\x7f", "\t", "\ufeff", "\u00a0", "\u200b",
    "\ufffd", "\uffff", "e\u0301", "ß", "ǅ", "𝒶𝒷", "👩‍👩‍👧", "\u202e", '"', "\\", "\\u0041", "</s>", "ﷺ",
]  # fmt: skip
# How many of the texts change, and how many bytes of them go.
CHANGED = 848
REMOVED = 100757
# More than a line may have to be looked at, which is 1 MiB.
LONG = 1_100_000


@functools.cache
def documents() -> list[dict[str, Any]]:
    """The documents, with what a corpus knows of them."""
    draw = random.Random(1)
    outlets = list(SHELLS)
    return [_document(draw, number, outlets[number % len(outlets)]) for number in range(1000)]


def _document(draw: random.Random, number: int, outlet: str) -> dict[str, Any]:
    host, head, foot = SHELLS[outlet]
    words = CYRILLIC if draw.randrange(3) == 0 else LATIN
    paragraphs = []
    for _ in range(draw.randrange(1, 12)):
        paragraph = draw.choices(words, k=draw.randrange(6, 60))
        if draw.randrange(4) == 0:
            paragraph.insert(draw.randrange(len(paragraph)), draw.choice(ODD))
        paragraphs.append(" ".join(paragraph).capitalize() + ".")
    if number % 250 == 7:
        paragraphs.append("снег " * 60_000)
    if number == 500:
        paragraphs.append("x" * LONG)
    text = "\n\n".join(paragraphs) + "\n"
    # One in ten has no boilerplate.
    if draw.randrange(10):
        text = f"{head}{text}\n{foot}"
    match number % 50:
        case 3:
            text = text.replace("\n", "\r\n")
        case 13:
            text = text.rstrip("\n")
        case 23:
            text = ""
        case 43:
            text = draw.choice(["\n", " \n\n", "\r\n\r\n", "\u2028", "\x00", "ё", "\ufeff"])
        case 48:
            text = "\ufeff" + text
    # Whose it is tell the outlet, the address, an address beside an outlet that is none, or nothing but signs.
    named, url = [
        (outlet, None),
        (None, f"https://{host}/a/{number}.html"),
        ("Herald Online", f"https://{host}/a/{number}.html"),
        (None, None),
        ("", "https://herald.example/a/1.html"),
    ][draw.randrange(5)]
    return {
        "id": f"page-{number:04}",
        "text": None if number % 50 == 33 else text,
        "url": url,
        "outlet": named,
        "number": 12345678901234567890000 + number,
        "score": [0.1, 1e300, -0.0, 5e-324, None][number % 5],
        "metadata": {
            "language": "ru" if words is CYRILLIC else "en",
            "places": [number, None],
            "note": f"a\u2028{number}",
        },
        "tags": [] if number % 7 else ["пар\r\nом", None],
    }


def lines() -> list[str]:
    """The documents as JSON Lines, of which every other one escapes what is not ASCII."""
    return [json.dumps(document, ensure_ascii=number % 2 == 0) for number, document in enumerate(documents())]


@functools.cache
def cleaned_lines() -> list[str]:
    """The lines as the program cleans them."""
    done = subprocess.run(
        [PROGRAM, "--quiet", "--format", "jsonl"],
        input="".join(line + "\n" for line in lines()).encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    return done.stdout.decode().removesuffix("\n").split("\n")


def cleaned() -> list[str | None]:
    """The texts as the program cleans them."""
    return [json.loads(line)["text"] for line in cleaned_lines()]


def table() -> pa.Table:
    """The documents as an Arrow table."""
    metadata = pa.struct([("language", pa.string()), ("places", pa.list_(pa.int64())), ("note", pa.string())])
    schema = pa.schema(
        [
            ("id", pa.string()),
            ("text", pa.string()),
            ("url", pa.string()),
            ("outlet", pa.string()),
            ("number", pa.decimal128(23, 0)),
            ("score", pa.float64()),
            ("metadata", metadata),
            ("tags", pa.list_(pa.string())),
        ]
    )
    return pa.Table.from_pylist(
        [document | {"number": Decimal(document["number"])} for document in documents()], schema
    )


def cleaned_table() -> pa.Table:
    """The table with the texts as the program cleans them."""
    return table().set_column(1, "text", pa.array(cleaned(), pa.string()))


def write_lines(folder: Path) -> None:
    """Writes the documents as JSON Lines, in four files."""
    folder.mkdir()
    for part in range(4):
        records = lines()[part * 250 : part * 250 + 250]
        (folder / f"{part}.jsonl").write_text("".join(line + "\n" for line in records), newline="\n")


def read_lines(folder: Path) -> list[str]:
    """The lines of all files of a folder, in the order of their names."""
    files = sorted(file for file in folder.iterdir() if file.stat().st_size and file.name[0] not in "._")
    return [line for file in files for line in file.read_bytes().decode().removesuffix("\n").split("\n")]


def write_table(folder: Path) -> None:
    """Writes the table as Parquet, in eight files."""
    folder.mkdir()
    for part in range(8):
        pa.parquet.write_table(table().slice(part * 125, 125), folder / f"{part}.parquet")


def read_table(path: Path) -> pa.Table:
    """The table that an engine has written, in the order of the documents."""
    return pa.parquet.read_table(path).sort_by("id")


def printed(words: str, language: str = "python") -> str:
    """The README's example in which these words are."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    [example] = [block for block in blocks if words in block]
    return str(example)
