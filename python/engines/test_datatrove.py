"""The step in datatrove."""

import doctest
import json
import pickle
import re
import subprocess
import sys

import pytest

pytest.importorskip("datatrove", reason="datatrove is not installed")

from datatrove.data import Document
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.writers import JsonlWriter

import cleaner.datatrove
from cleaner.datatrove import Clean
from documents import CHANGED, REMOVED, cleaned, documents, printed, read_lines, write_lines

pytestmark = pytest.mark.engine


def as_document(record: dict) -> Document:
    metadata = {key: value for key, value in record.items() if key not in ("id", "text")}
    return Document(record["text"], record["id"], metadata=metadata)


def poisoned(text: object) -> list[Document]:
    page = "Accessibility links\n\nThe school opened."
    return [
        Document(text, name, metadata={"outlet": "rferl"}) for name, text in [("1", page), ("2", text), ("3", page)]
    ]


def test_example():
    assert doctest.testmod(cleaner.datatrove) == (0, 6)


def test_documents_are_those_of_the_program():
    step = Clean()
    done = list(step(as_document(record) for record in documents()))
    assert [document.text for document in done] == cleaned()
    assert done == [as_document(record | {"text": text}) for record, text in zip(documents(), cleaned())]
    assert {name: step.stats[name].total for name in ("total", "changed", "removed")} == {
        "total": 1000,
        "changed": CHANGED,
        "removed": REMOVED,
    }


def test_example_of_the_readme(tmp_path):
    write_lines(tmp_path / "corpus")
    (tmp_path / "job.py").write_text(
        printed("cleaner.datatrove").replace('JsonlWriter("clean/")', 'JsonlWriter("clean/", compression=None)')
    )
    subprocess.run([sys.executable, "job.py"], cwd=tmp_path, check=True)
    records = [json.loads(line) for line in read_lines(tmp_path / "clean")]
    # The reader leaves out records without a text.
    expected = {record["id"]: text for record, text in zip(documents(), cleaned()) if record["text"]}
    assert [(record["id"], record["text"]) for record in records] == list(expected.items())
    [stats] = (tmp_path / "logs").glob("*/stats.json")
    stats = json.loads(stats.read_text())[1]["stats"]
    assert (stats["total"], stats["changed"], stats["removed"]["total"]) == (len(expected), CHANGED, REMOVED)


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (5, TypeError, "document 2: expected `text` to be a string, found int"),
        ("a \ud800 b", ValueError, "document 2: expected `text` to be a string, found one with a lone surrogate"),
    ],
)
def test_poisoned_document(text, error, message):
    with pytest.raises(error) as raised:
        list(Clean()(poisoned(text)))
    assert str(raised.value) == message
    kept = Clean(on_error="keep")(poisoned(text))
    assert [document.text for document in kept] == ["The school opened.", text, "The school opened."]


def test_own_rules_in_other_processes(rules, tmp_path):
    page = Document("Valley Herald | Home | Weather\nIt rained.", "1", metadata={"outlet": "valley"})
    steps = [[page], Clean(rules=rules), JsonlWriter(str(tmp_path / "clean"), compression=None)]
    LocalPipelineExecutor(steps, tasks=2, workers=2, logging_dir=str(tmp_path / "logs")).run()
    texts = [json.loads(file.read_text())["text"] for file in (tmp_path / "clean").iterdir()]
    assert texts == ["It rained."] * 2


def test_other_rules_are_refused_by_a_worker(rules):
    step = pickle.dumps((Clean(rules=rules), [Document("It rained.", "1")]))
    file = rules / "valley.toml"
    file.write_text(file.read_text().replace("Weather", "Sport"))
    worker = "import pickle, sys; step, documents = pickle.load(sys.stdin.buffer); list(step(documents))"
    done = subprocess.run([sys.executable, "-c", worker], input=step, stderr=subprocess.PIPE)
    assert done.returncode == 1
    tools = r"cleaner \S+ and rules (\w+)"
    message = f"RuntimeError: {rules}: the step was made with {tools}, but this process has {tools}"
    found = re.fullmatch(message, done.stderr.decode().splitlines()[-1])
    assert found and found[1] != found[2]


def test_wrong_rules_raise_also_where_texts_are_kept(rules):
    file = rules / "valley.toml"
    file.write_text(file.read_text().replace('category = "navigation"', 'category = "navigaton"'))
    step = Clean(rules=rules, on_error="keep")
    with pytest.raises(cleaner.RuleError) as raised:
        list(step([Document("It rained.", "1", metadata={"outlet": "valley"})]))
    assert "did you mean `navigation`?" in str(raised.value)
