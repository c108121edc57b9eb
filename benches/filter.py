"""The line filter that one would write in Python: what `side_by_side` runs beside the program.

filter.py MODE LISTS INPUT OUTPUT: MODE is `text` (a file, or a folder of files), `json`, `orjson` or `polars` (JSONL, the
text under `text`). LISTS is a folder with `literals` and `patterns`, one a line: lines that are so or match so, white space
aside, go.
"""

import os
import re
import sys

mode, lists, source, target = sys.argv[1:]


def entries(name):
    with open(os.path.join(lists, name), encoding="utf-8") as lines:
        return lines.read().splitlines()


literals = set(entries("literals"))
prefixes = []
patterns = []
for pattern in entries("patterns"):
    # A prefix needs no pattern.
    prefix = re.match(r"[\w ]+", pattern)
    if prefix and pattern[prefix.end() :] in (".+", ".*"):
        prefixes.append(prefix.group())
        continue
    try:
        patterns.append(re.compile(pattern))
    except re.error:
        # Python's `re` has no \p{…}: it does less work.
        pass
prefixes = tuple(prefixes)


def stays(line):
    line = line.strip()
    if line in literals or line.startswith(prefixes):
        return False
    return not any(pattern.fullmatch(line) for pattern in patterns)


def clean_file(source, target):
    with open(source, encoding="utf-8", newline="") as lines, open(target, "w", encoding="utf-8", newline="") as out:
        out.writelines(line for line in lines if stays(line))


if mode == "text" and os.path.isdir(source):
    for folder, _, names in os.walk(source):
        below = os.path.join(target, os.path.relpath(folder, source))
        os.makedirs(below)
        for name in sorted(names):
            clean_file(os.path.join(folder, name), os.path.join(below, name))
elif mode == "text":
    clean_file(source, target)
elif mode == "polars":
    import polars as pl

    line = pl.element().str.strip_chars()
    goes = line.is_in(list(literals))
    for prefix in prefixes:
        goes = goes | line.str.starts_with(prefix)
    lines = pl.col("text").str.split("\n").list.eval(pl.element().filter(~goes))
    pl.scan_ndjson(source).with_columns(lines.list.join("\n").alias("text")).sink_ndjson(target)
else:
    if mode == "orjson":
        import orjson

        loads, dumps = orjson.loads, orjson.dumps
    else:
        import json

        loads = json.loads

        def dumps(record):
            return json.dumps(record, ensure_ascii=False).encode()

    with open(source, "rb") as records, open(target, "wb") as out:
        for record in records:
            record = loads(record)
            record["text"] = "\n".join(line for line in record["text"].split("\n") if stays(line))
            out.write(dumps(record) + b"\n")
