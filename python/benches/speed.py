"""Documents and megabytes a second: the library, a column in one call, a call for each document, and what one would
write by hand, in one run over the same generated pages.

speed.py [MB [THREADS]]: of the rows, run in turn five times, the middle time counts; the time of the library, and that of a
column, is the middle one of five calls each time, since the first one also has to be given its memory. Needs the wheel,
pyarrow and cargo.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

import pyarrow as pa

import cleaner

ROOT = Path(__file__).resolve().parent.parent.parent
ROUNDS = 5


def library():
    """The example that times the library alone."""
    command = ["cargo", "build", "--release", "--locked", "--package=cleaner-python", "--example=library"]
    command += ["--message-format=json-render-diagnostics"]
    built = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    executables = (json.loads(line).get("executable") for line in built.splitlines())
    return next(filter(None, executables))


def by_hand():
    """The filter that a corpus engineer would write: the rules' literals in a set, their patterns of lines in `re`."""
    literals, patterns = set(), []

    def several(value):
        return [value] if isinstance(value, str) else value

    for path in ROOT.glob("rules/**/*.toml"):
        rules = tomllib.loads(path.read_text(encoding="utf-8"))
        steps = [step for block in rules.get("block", []) for step in block["lines"]]
        for table in [*rules.get("line", []), *steps]:
            literals.update(several(table.get("text", [])))
        for table in rules.get("line", []):
            for pattern in several(table.get("pattern", [])):
                try:
                    patterns.append(re.compile(pattern))
                except re.error:
                    # Python's `re` has no \p{…}: it does less work.
                    pass

    def stays(line):
        line = line.strip()
        return line not in literals and not any(pattern.fullmatch(line) for pattern in patterns)

    def clean(text):
        return "\n".join(line for line in text.split("\n") if stays(line))

    return clean


def timed(work):
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def main():
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 64
    threads = int(sys.argv[2]) if len(sys.argv) > 2 else os.cpu_count()
    program = library()
    with tempfile.TemporaryDirectory() as folder:
        pages = os.path.join(folder, "pages.jsonl")
        subprocess.run([program, "write", str(size), pages], check=True)
        with open(pages, encoding="utf-8") as lines:
            records = [json.loads(line) for line in lines]
        texts = [record["text"] for record in records]
        urls = [record["url"] for record in records]
        column, addresses = pa.array(texts, pa.large_string()), pa.array(urls)
        filtered = by_hand()

        def alone(threads):
            output = subprocess.run([program, "time", str(threads), pages], check=True, stdout=subprocess.PIPE, text=True)
            return float(output.stdout)

        def call():
            for text, url in zip(texts, urls):
                cleaner.clean(text, url=url).text

        def hand():
            for text in texts:
                filtered(text)

        def column_on(threads):
            def clean():
                cleaner.clean_array(column, url=addresses, threads=threads)

            return lambda: statistics.median(timed(clean) for _ in range(ROUNDS))

        rows = {}
        for count in sorted({1, threads}):
            rows[f"library, {count} threads"] = lambda count=count: alone(count)
            rows[f"clean_array, {count} threads"] = column_on(count)
        rows["clean(…).text, each"] = lambda: timed(call)
        rows["re and a set, by hand"] = lambda: timed(hand)
        times = {name: [] for name in rows}
        for _ in range(ROUNDS):
            for name, work in rows.items():
                times[name].append(work())
        volume = sum(len(text.encode()) for text in texts) / 1e6
        print(f"{len(texts)} documents, {volume:.0f} MB")
        for name, of in times.items():
            middle = statistics.median(of)
            print(f"{name:24} {len(texts) / middle:9.0f} documents/s {volume / middle:7.0f} MB/s")
        for count in sorted({1, threads}):
            share = statistics.median(times[f"clean_array, {count} threads"]) / statistics.median(times[f"library, {count} threads"])
            print(f"clean_array: {share:.2f} times the library's own time, {count} threads")


main()
