"""What the program writes, read by the libraries that others read it with.

interop.py PROGRAM: generates documents, lets PROGRAM clean them in every format, and checks the
files with json, gzip, zstandard, warcio and pyarrow: that they are whole, that nothing but the
texts has changed, that the texts are the same in all formats, and that they are what Python makes
of the attributes for Dolma.
"""

import base64
import datetime
import gzip
import hashlib
import io
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import zlib

import pyarrow
import pyarrow.parquet
import warcio
import zstandard

DOCUMENTS = 600
WORDS = "village school bridge council light river winter road стол посёлок школа мост ёлка żółw naïve 𝒶𝒷 😀 e\u0301".split()
BOILERPLATE = {
    "rferl": ("www.rferl.org", [
        "Accessibility links",
        "Breaking News",
        "A Short Film\nplease wait\n\nNo media source currently available\n\n0:00 0:02:14 0:00",
        "All RFE/RL sites",
        "16x9 Image",
        "XS\nSM\nMD\nLG",
    ]),
    "voa": ("www.golosameriki.com", [
        "Ссылки для упрощенного доступа",
        "пожалуйста, подождите\n\nNo media source currently available\n\n0:00 0:01:59 0:00",
        "VOA News",
    ]),
    "vice": ("www.vice.com", ["This story is over 5 years old.", "Videos by VICE", "The VICE Channels"]),
    "akipress": ("akipress.com", [
        "COVID-19 Latest",
        "AKIPRESS.COM - The bridge was opened on Friday.",
        "All rights reserved\n\n© AKIpress News Agency - 2001-2024.",
    ]),
}


def fail(what):
    sys.exit(f"interop: {what}")


def same(what, found, expected):
    """Both are equal, or the first difference is told."""
    if found == expected:
        return
    if isinstance(found, (list, tuple)) and isinstance(expected, (list, tuple)):
        if len(found) != len(expected):
            fail(f"{what}: found {len(found)}, expected {len(expected)}")
        for at, pair in enumerate(zip(found, expected)):
            same(f"{what}, number {at}", *pair)
    if isinstance(found, (str, bytes)) and isinstance(expected, (str, bytes)):
        at = next((at for at, (a, b) in enumerate(zip(found, expected)) if a != b), min(len(found), len(expected)))
        fail(f"{what}: from {at} on found {found[at:at + 60]!r}, expected {expected[at:at + 60]!r}")
    fail(f"{what}: found {found!r}, expected {expected!r}")


def generate():
    """Documents of every outlet: with and without boilerplate, with all line ends, short and long."""
    draw = random.Random(1)
    outlets = list(BOILERPLATE)
    documents = []
    for number in range(DOCUMENTS):
        outlet = outlets[number % len(outlets)]
        host, boilerplate = BOILERPLATE[outlet]
        lines = [draw.choice(boilerplate) for _ in range(3)]
        for _ in range(3000 if number % 200 == 50 else draw.randrange(4, 40)):
            words = [draw.choice(WORDS) for _ in range(15)]
            lines.append("A " + " ".join(words) + ".")
            if draw.random() < 0.1:
                lines.append(draw.choice(boilerplate))
        lines += [draw.choice(boilerplate) for _ in range(3)]
        text = "\n\n".join(lines) + "\n" * draw.randrange(3)
        kind = number % 20
        if kind == 3:
            text = text.replace("\n", "\r\n")
        elif kind == 5:
            text = ""
        elif kind == 7:
            text = "A page 😀 of which nothing goes.\n"
        elif kind == 9:
            text += '\nTab\tand "quotes" \\ \x0b\x0c\x00\x7f\u2028\u2029\ufeff and \r alone.\n' + boilerplate[0]
        elif kind == 11:
            text = boilerplate[0] + "\n\nWARC/1.0\r\nContent-Length: 5\r\n\r\nhello\r\n\r\n\r\n" + text
        elif kind == 13:
            text = text.replace(" ", "\xa0", 40)
        date = datetime.datetime(2001 + number % 24, 1, 1, 6, 30, tzinfo=datetime.timezone.utc)
        documents.append({
            "id": f"дом-{number}",
            "outlet_is": outlet,
            "text": text,
            "url": f"https://{host}/a/{number}.html",
            "date": date.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "score": draw.random(),
            "tags": [draw.choice(WORDS) for _ in range(number % 4)],
            "metadata": {"language": None if number % 3 else "ru", "length": len(text)},
        })
    return documents


def run(program, *arguments):
    command = [program, *map(str, arguments), "--quiet"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=300)
    if done.returncode != 0:
        fail(f"{' '.join(command)}: exit {done.returncode}: {done.stderr.decode(errors='replace')}")


def gunzip_one(what, packed):
    """What a gzip file holds that must have one member."""
    member = zlib.decompressobj(wbits=31)
    plain = member.decompress(packed)
    if not member.eof or member.unused_data:
        fail(f"{what}: expected one whole member and nothing behind it")
    same(f"{what}, by gzip", gzip.decompress(packed), plain)
    return plain


def unzstd_one(what, packed):
    """What a Zstandard file holds that must have one frame, with a checksum."""
    if not zstandard.get_frame_parameters(packed).has_checksum:
        fail(f"{what}: expected a checksum")
    frame = zstandard.ZstdDecompressor().decompressobj()
    plain = frame.decompress(packed)
    if not frame.eof or frame.unused_data:
        fail(f"{what}: expected one whole frame and nothing behind it")
    return plain


def records(plain):
    return [json.loads(line) for line in plain.decode().split("\n")[:-1]]


def without_text(items):
    return [{key: value for key, value in item.items() if key != "text"} for item in items]


def check_jsonl(program, folder, documents):
    """JSONL, plain and compressed both ways; gives back the cleaned texts."""
    # Some with escapes, some without; spaces as json.dumps puts them, and none.
    lines = [
        json.dumps(document, ensure_ascii=number % 2 == 0, separators=(",", ":") if number % 3 else None) + "\n"
        for number, document in enumerate(documents)
    ]
    half = len(lines) // 2
    parts = ["".join(lines[:half]).encode(), "".join(lines[half:]).encode()]
    zstd = zstandard.ZstdCompressor()
    (folder / "in.jsonl").write_bytes(b"".join(parts))
    (folder / "in.jsonl.gz").write_bytes(b"".join(map(gzip.compress, parts)))
    (folder / "in.jsonl.zst").write_bytes(b"".join(map(zstd.compress, parts)))

    run(program, folder / "in.jsonl", "-o", folder / "out.jsonl")
    plain = (folder / "out.jsonl").read_bytes()
    cleaned = records(plain)
    same("JSONL, all but the texts", without_text(cleaned), without_text(documents))
    same("JSONL, the order of fields", [list(item) for item in cleaned], [list(item) for item in documents])
    texts = [item["text"] for item in cleaned]
    changed = sum(text != document["text"] for text, document in zip(texts, documents))
    if changed < len(documents) * 3 // 4:
        fail(f"JSONL: only {changed} of {len(documents)} texts have changed")

    for ending, unpack in [("gz", gunzip_one), ("zst", unzstd_one)]:
        name = f"out.jsonl.{ending}"
        run(program, folder / f"in.jsonl.{ending}", "-o", folder / name)
        same(f"{name}, decompressed", unpack(name, (folder / name).read_bytes()), plain)
    return texts


def check_text(program, folder, documents, texts):
    for document in documents:
        page = folder / "pages" / document["outlet_is"] / f"{document['id']}.txt"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_bytes(document["text"].encode())
    for outlet in BOILERPLATE:
        run(program, "--outlet", outlet, folder / "pages" / outlet, "-o", folder / "clean" / outlet)
    for document, text in zip(documents, texts):
        page = folder / "clean" / document["outlet_is"] / f"{document['id']}.txt"
        same(f"text file {page.name}", page.read_bytes().decode(), text)


def check_wet(program, folder, documents, texts):
    """WET as warcio writes it, plain and with a gzip member a record."""
    for ending in ["wet", "wet.gz"]:
        source, target = folder / f"in.{ending}", folder / f"out.{ending}"
        with source.open("wb") as out:
            writer = warcio.WARCWriter(out, gzip=ending.endswith("gz"))
            writer.write_record(writer.create_warcinfo_record("in.wet", {"software": "interop"}))
            for document in documents:
                writer.write_record(writer.create_warc_record(
                    document["url"],
                    "conversion",
                    payload=io.BytesIO(document["text"].encode()),
                    warc_content_type="text/plain",
                    warc_headers_dict={
                        "WARC-Date": document["date"],
                        "WARC-Identified-Content-Language": "rus,eng",
                    },
                ))
        run(program, source, "-o", target)
        if ending.endswith("gz"):
            same(f"{target.name}, gzip members", members(target.read_bytes()), len(documents) + 1)
        before, after = read_wet(source), read_wet(target)
        same(f"{target.name}, all but lengths, digests and texts", *(
            [fixed for fixed, _, _ in side] for side in (after, before)))
        same(f"{target.name}, the warcinfo record", after[0], before[0])
        same(f"{target.name}, texts", [text.decode() for _, _, text in after[1:]], texts)
        for (_, changing, text), (_, old, _) in zip(after[1:], before[1:]):
            digest = "sha1:" + base64.b32encode(hashlib.sha1(text).digest()).decode()
            expected = {
                name: str(len(text)) if name == "Content-Length" else digest for name in old
            }
            same(f"{target.name}, length and digests", changing, expected)

    run(program, "--to", "jsonl", folder / "in.wet.gz", "-o", folder / "wet.jsonl")
    made = records((folder / "wet.jsonl").read_bytes())
    same("WET to JSONL, texts", [item["text"] for item in made], texts)
    same("WET to JSONL, addresses", [item["url"] for item in made], [document["url"] for document in documents])


def read_wet(path):
    """The records: their line and headers but those of the text, those of the text, and the text."""
    found = []
    with path.open("rb") as file:
        reader = iter(warcio.ArchiveIterator(file, check_digests="raise"))
        while True:
            try:
                record = next(reader, None)
                if record is None:
                    break
                text = record.content_stream().read()
            except Exception as error:
                fail(f"{path.name}: warcio cannot read record {len(found)}: {error}")
            if record.digest_checker.passed is not True:
                fail(f"{path.name}: warcio has not verified the digests of record {len(found)}")
            of_text = ("Content-Length", "WARC-Block-Digest", "WARC-Payload-Digest")
            headers = record.rec_headers.headers
            fixed = [pair for pair in headers if pair[0] not in of_text]
            changing = {name: value for name, value in headers if name in of_text}
            found.append(((record.rec_headers.protocol, fixed), changing, text))
    return found


def members(packed):
    count = 0
    while packed:
        member = zlib.decompressobj(wbits=31)
        member.decompress(packed)
        packed = member.unused_data
        count += 1
    return count


def check_parquet(program, folder, documents, texts):
    """Parquet as pyarrow writes it: codecs, versions of pages, encodings, kinds of strings."""
    ways = [
        {"compression": "snappy"},
        {"compression": "zstd", "data_page_version": "2.0", "row_group_size": 100},
        {"compression": "gzip", "use_dictionary": False, "write_page_index": True},
        {"compression": "brotli", "write_statistics": False, "row_group_size": 7},
        {"compression": "lz4", "write_page_checksum": True, "data_page_size": 4096},
        {"compression": "none", "use_dictionary": False, "column_encoding": {"text": "DELTA_LENGTH_BYTE_ARRAY"}},
        {"compression": {"text": "zstd", "id": "snappy"}, "store_schema": False},
    ]
    for number, way in enumerate(ways):
        for string in (pyarrow.string(), pyarrow.large_string()):
            # Every ninth text is missing.
            old = [None if at % 9 == 4 else document["text"] for at, document in enumerate(documents)]
            new = [None if at % 9 == 4 else text for at, text in enumerate(texts)]
            column = pyarrow.field("text", string, metadata={"of": "the page"})
            dates = [datetime.datetime.fromisoformat(document["date"].rstrip("Z")) for document in documents]
            columns = {
                "id": pyarrow.array([document["id"] for document in documents]),
                "text": pyarrow.array(old, string),
                "url": pyarrow.array([document["url"] for document in documents]).dictionary_encode(),
                "date": pyarrow.array(dates, pyarrow.timestamp("us", tz="UTC")),
                "score": pyarrow.array([document["score"] for document in documents]),
                "tags": pyarrow.array([document["tags"] for document in documents], pyarrow.list_(pyarrow.string())),
                "metadata": pyarrow.array([document["metadata"] for document in documents]),
            }
            table = pyarrow.table(columns)
            schema = table.schema.set(1, column).with_metadata({"made by": "interop", "имя": "значение"})
            table = table.cast(schema)
            source, target = folder / f"in-{number}.parquet", folder / f"out-{number}.parquet"
            pyarrow.parquet.write_table(table, source, **way)
            run(program, source, "-o", target)
            compare_parquet(f"Parquet {way} {string}", source, target, new)
    pages = [{"url": document["url"], "text": document["text"], "tags": document["tags"]} for document in documents]
    pages[5] = None
    cleaned = [page and {**page, "text": text} for page, text in zip(pages, texts)]
    source, target = folder / "in-nested.parquet", folder / "out-nested.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"page": pages}), source)
    run(program, "--text-field", "page.text", "--url-field", "page.url", source, "-o", target)
    same("Parquet, a nested text", pyarrow.parquet.read_table(target).column("page").to_pylist(), cleaned)


def compare_parquet(what, source, target, texts):
    before, after = pyarrow.parquet.ParquetFile(source), pyarrow.parquet.ParquetFile(target)
    old, new = before.metadata, after.metadata
    if not after.schema.equals(before.schema):
        fail(f"{what}: the schema has changed from {before.schema} to {after.schema}")
    if not after.schema_arrow.equals(before.schema_arrow, check_metadata=True):
        fail(f"{what}: the Arrow schema has changed")
    same(f"{what}, key-value metadata", new.metadata, old.metadata)
    same(f"{what}, its writer", new.created_by, old.created_by)
    same(f"{what}, its version", new.format_version, old.format_version)
    groups = range(old.num_row_groups)
    same(f"{what}, row groups", new.num_row_groups, old.num_row_groups)
    for group in groups:
        pair = new.row_group(group), old.row_group(group)
        same(f"{what}, rows of a group", *(side.num_rows for side in pair))
        for column in range(old.num_columns):
            chunks = [side.column(column) for side in pair]
            name = f"{what}, {chunks[1].path_in_schema} of group {group}"
            for fact in ["path_in_schema", "compression", "physical_type", "num_values", "is_stats_set"]:
                same(f"{name}, {fact}", *(getattr(chunk, fact) for chunk in chunks))
            if chunks[0].path_in_schema != "text":
                same(f"{name}, encodings", *(set(chunk.encodings) for chunk in chunks))
                for fact in ["total_compressed_size", "total_uncompressed_size", "statistics"]:
                    same(f"{name}, {fact}", *(getattr(chunk, fact) for chunk in chunks))
    read = [pyarrow.parquet.read_table(path, page_checksum_verification=True) for path in (target, source)]
    for column in read[1].column_names:
        if column != "text" and not read[0].column(column).equals(read[1].column(column)):
            fail(f"{what}: column {column} has changed")
    same(f"{what}, texts", read[0].column("text").to_pylist(), texts)
    same(f"{what}, a group at a time", sum(
        (after.read_row_group(group, columns=["text"]).column(0).to_pylist() for group in groups), []), texts)
    # What statistics let a reader leave out.
    wanted = sorted(filter(None, texts))
    for text in (wanted[0], wanted[len(wanted) // 2], wanted[-1]):
        found = pyarrow.parquet.read_table(target, columns=["text"], filters=[("text", "==", text)])
        same(f"{what}, rows by their text", found.num_rows, texts.count(text))


def check_dolma(program, folder, documents, texts):
    """Attributes, cut out by code points."""
    tree = folder / "dolma"
    source = tree / "documents" / "a" / "0.jsonl.gz"
    source.parent.mkdir(parents=True)
    source.write_bytes((folder / "in.jsonl.gz").read_bytes())
    run(program, "--annotate", tree / "documents")
    packed = (tree / "attributes" / "cleaner" / "a" / "0.jsonl.gz").read_bytes()
    rows = records(gunzip_one("attributes", packed))
    same("attributes, ids", [row["id"] for row in rows], [document["id"] for document in documents])
    for row, document, text in zip(rows, documents, texts):
        what = f"attributes of {row['id']}"
        same(f"{what}, keys", list(row), ["id", "attributes"])
        for key, spans in row["attributes"].items():
            end = 0
            for span in spans:
                if not (len(span) == 3 and end <= span[0] < span[1] <= len(document["text"]) and span[2] == 1.0
                        and [type(part) for part in span] == [int, int, float]):
                    fail(f"{what}, {key}: {span} is not a span behind {end}")
                end = span[1]
        left, end = [], 0
        for start, stop, _ in row["attributes"]["cleaner__removed"]:
            left.append(document["text"][end:start])
            end = stop
        same(f"{what}, cut out", "".join(left) + document["text"][end:], text)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    program = sys.argv[1]
    documents = generate()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        texts = check_jsonl(program, folder, documents)
        check_text(program, folder, documents, texts)
        check_wet(program, folder, documents, texts)
        check_parquet(program, folder, documents, texts)
        check_dolma(program, folder, documents, texts)
    print(f"interop: {len(documents)} documents, the same in every format")


main()
