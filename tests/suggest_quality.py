#!/usr/bin/env python3
"""How good the drafts of `cleaner suggest` are.

    tests/suggest_quality.py CLEANER [--floor FILE] [--lost]

On the labelled corpus (../shared, or the folder that CLEANER_GOLD names): rules drafted from any two
of an outlet's three pages, applied untouched to the third, with word lists and without, on the main
content as an extractor left it; and on the full text of the pages. F1 is of removed lines; an
article line is one labelled `keep`; lines without a label do not count.

On tests/fixtures: rules drafted from an outlet's pages, and how many of the lines labelled in
tests/gold.json they find on them: under another id than the outlet's, so that its own rules do not
help but a family may be extended, and without any rule file at all.

`--lost` shows the lines that are lost or left. `--floor FILE` fails where a figure is worse than the file says, and names what it may be raised to.
"""
import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CORPUS = "corpora/fundus-visible"


def draft(cleaner, pages, folder, *options):
    """Writes the draft for some pages; the rule folder that it is in."""
    command = [cleaner, "suggest", "--outlet", "tried", "-o", folder / "tried.toml"]
    env = {key: value for key, value in os.environ.items() if key != "CLEANER_RULES"}
    subprocess.run(command + [*options, *pages], check=True, env=env, stderr=subprocess.DEVNULL)


def removed(cleaner, pages, folder, *options):
    """Of each page the numbers of the lines of which nothing is left, and its flag."""
    command = [cleaner, "--rules", folder, *options, "--outlet", "tried", "--json", *pages]
    output = subprocess.run(command, check=True, capture_output=True).stdout.decode()
    for page, line in zip(pages, output.splitlines()):
        raw, record = page.read_bytes(), json.loads(line)
        gone, start = set(), 0
        cut = bytearray(len(raw) + 1)
        for removal in record["removals"]:
            cut[removal["start"]:removal["end"]] = b"\1" * (removal["end"] - removal["start"])
        for number, text in enumerate(raw.split(b"\n"), 1):
            left = bytes(b for b, c in zip(text, cut[start:start + len(text)]) if not c)
            if text.strip() and not left.strip():
                gone.add(number)
            start += len(text) + 1
        yield gone, cut, record.get("flag")


def scores(tp, fp, fn):
    precision = tp / (tp + fp) if tp + fp else 1.0
    recall = tp / (tp + fn) if tp + fn else 1.0
    return precision, recall, 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 1.0


def corpus(cleaner, folder, rendition, lost, *options):
    """The table of the labelled corpus; F1 and the number of article lines lost."""
    outlets = collections.defaultdict(list)
    for page in sorted((folder / "text" / rendition).glob("*.txt")):
        outlets[page.stem.rsplit("_", 1)[0]].append(page)
    print(f"{'outlet':20} {'precision':>9} {'recall':>7} {'F1':>6} {'article lines lost':>19}")
    total = collections.Counter()
    for outlet, pages in outlets.items():
        counts = collections.Counter()
        for held in pages:
            gold = json.loads((folder / f"gold/{rendition}/{held.stem}.json").read_text())
            with tempfile.TemporaryDirectory() as scratch:
                scratch = pathlib.Path(scratch)
                draft(cleaner, [page for page in pages if page != held], scratch, "--no-bundled", *options)
                [(gone, _, flag)] = removed(cleaner, [held], scratch, "--no-bundled")
            text = held.read_text().split("\n")
            if flag and lost:
                print("    flagged:", held.stem, flag)
            for line in gold:
                what = (line["lenient"], line["line"] in gone)
                counts[what] += 1
                if lost and what in (("keep", True), ("drop", False)):
                    print("   ", "LOST" if what[1] else "left", held.stem, line["line"], text[line["line"] - 1][:80])
        tp, fp, fn = counts["drop", True], counts["keep", True], counts["drop", False]
        total += collections.Counter(tp=tp, fp=fp, fn=fn)
        print("{:20} {:9.3f} {:7.3f} {:6.3f} {:19}".format(outlet, *scores(tp, fp, fn), fp))
    figures = scores(total["tp"], total["fp"], total["fn"])
    print("{:20} {:9.3f} {:7.3f} {:6.3f} {:19}".format("all", *figures, total["fp"]))
    return figures[2], total["fp"]


def fixtures(cleaner, lost, *options):
    """The share of what the labels of the fixture pages say that drafts find."""
    gold = json.loads((ROOT / "tests/gold.json").read_text())
    print(f"{'fixtures':20} {'found':>9} {'of':>7} {'share':>6} {'other lines':>19}")
    total = collections.Counter()
    for folder in sorted((ROOT / "tests/fixtures").iterdir()):
        pages = sorted(folder.glob("*.txt"))
        found = wanted = other = 0
        with tempfile.TemporaryDirectory() as scratch:
            scratch = pathlib.Path(scratch)
            draft(cleaner, pages, scratch, *options)
            for page, (gone, cut, flag) in zip(pages, removed(cleaner, pages, scratch, *options)):
                label = gold[f"{folder.name}/{page.name}"]
                drop = set(label.get("drop", []))
                text = page.read_bytes().split(b"\n")
                if lost:
                    for number in sorted(drop - gone):
                        print("    left", page.name, number, text[number - 1].decode()[:80])
                    for number in sorted(gone - drop):
                        print("    LOST", page.name, number, text[number - 1].decode()[:80])
                    if flag:
                        print("    flagged", page.name, flag)
                wanted += len(drop)
                found += len(drop & gone)
                other += len(gone - drop)
                for number, parts in label.get("inline", {}).items():
                    start = sum(len(line) + 1 for line in text[:int(number) - 1])
                    for part in parts:
                        at = start + text[int(number) - 1].find(part.encode())
                        bare = part.encode().strip()
                        at += part.encode().find(bare)
                        wanted += 1
                        hit = all(cut[at:at + len(bare)])
                        found += hit
                        if lost and not hit:
                            print("    left", page.name, number, repr(part))
        total += collections.Counter(found=found, wanted=wanted, other=other)
        print(f"{folder.name:20} {found:9} {wanted:7} {found / wanted:6.3f} {other:19}")
    share = total["found"] / total["wanted"]
    print(f"{'all':20} {total['found']:9} {total['wanted']:7} {share:6.3f} {total['other']:19}")
    return share


def main():
    cleaner = pathlib.Path(sys.argv[1]).resolve()
    lost = "--lost" in sys.argv
    figures = {}
    gold = pathlib.Path(os.environ.get("CLEANER_GOLD") or ROOT / "../shared") / CORPUS
    if gold.is_dir():
        print("== drafts from two pages on the third, with word lists")
        figures["corpus_f1"], figures["corpus_lost"] = corpus(cleaner, gold, "main", lost)
        print("== the same with every word list empty")
        figures["corpus_f1_without_words"], figures["corpus_lost_without_words"] = corpus(
            cleaner, gold, "main", False, "--no-words")
        print("== with word lists, on the full text of the pages")
        figures["full_f1"], figures["full_lost"] = corpus(cleaner, gold, "full", lost)
    else:
        print("corpus of drafts: not run")
    print("== drafts from the fixture pages on themselves, under another id")
    figures["fixtures_found"] = fixtures(cleaner, lost)
    print("== the same without any rule file")
    figures["fixtures_found_alone"] = fixtures(cleaner, False, "--no-bundled")
    if "--floor" not in sys.argv:
        return
    path = pathlib.Path(sys.argv[sys.argv.index("--floor") + 1])
    worse = []
    for name, floor in json.loads(path.read_text()).items():
        if name not in figures:
            continue
        now = round(figures[name], 3)
        is_worse = now > floor if "lost" in name else now < floor
        if is_worse:
            worse.append(f"{name} is {now}, the floor is {floor}")
        elif now != floor:
            print(f"{path.name}: {name} may be {now} (is {floor})")
    if worse:
        sys.exit("\n".join(worse))


if __name__ == "__main__":
    main()
