"""The function for datasets of Hugging Face."""

import doctest
import os
import subprocess
import sys

import pytest

pytest.importorskip("datasets", reason="datasets is not installed")

import pyarrow.parquet
from datasets import Dataset, IterableDataset, disable_progress_bars, load_dataset
from datasets.fingerprint import Hasher

import cleaner.huggingface
from cleaner.huggingface import Clean
from documents import cleaned_table, printed, read_table, table, write_table

pytestmark = pytest.mark.engine

disable_progress_bars()


@pytest.fixture
def dataset(tmp_path):
    """The documents as a dataset on disk."""
    pyarrow.parquet.write_table(table(), tmp_path / "corpus.parquet")
    return load_dataset("parquet", data_files=str(tmp_path / "corpus.parquet"), split="train", cache_dir=str(tmp_path))


def test_example():
    assert doctest.testmod(cleaner.huggingface) == (0, 4)


def test_example_of_the_readme(tmp_path):
    write_table(tmp_path / "corpus")
    environment = os.environ | {"HF_HOME": str(tmp_path / "cache")}
    subprocess.run([sys.executable, "-c", printed("cleaner.huggingface")], cwd=tmp_path, env=environment, check=True)
    assert read_table(tmp_path / "clean.parquet").to_pylist() == cleaned_table().to_pylist()


@pytest.mark.parametrize("processes", [None, 2])
@pytest.mark.parametrize("form", [None, "arrow"])
def test_documents_are_those_of_the_program(dataset, form, processes):
    done = dataset.with_format(form).map(Clean(), batched=True, batch_size=300, num_proc=processes)
    assert done.features == dataset.features
    assert done.with_format("arrow")[:].to_pylist() == cleaned_table().to_pylist()


@pytest.mark.parametrize("form", [None, "arrow"])
def test_documents_are_those_of_the_program_when_streamed(dataset, form):
    streamed = dataset.to_iterable_dataset(num_shards=4).with_format(form)
    done = streamed.map(Clean(), batched=True, batch_size=300)
    assert list(done.with_format(None)) == cleaned_table().to_pylist()


def poisoned(text: object) -> IterableDataset:
    page = "Accessibility links\n\nShe came."
    return IterableDataset.from_generator(lambda: ({"text": text, "outlet": "rferl"} for text in [page, text, page]))


@pytest.mark.parametrize(
    ("text", "error", "found"),
    [
        (5, TypeError, "int"),
        ("a \ud800 b", ValueError, "one with a lone surrogate"),
    ],
)
def test_poisoned_document(text, error, found):
    with pytest.raises(error) as raised:
        list(poisoned(text).map(Clean(), batched=True))
    assert str(raised.value) == f"row 1: expected `text` to be a string, found {found}"
    kept = poisoned(text).map(Clean(on_error="keep"), batched=True)
    assert [record["text"] for record in kept] == ["She came.", text, "She came."]


def test_other_rules_are_another_function(rules):
    made = [Hasher.hash(Clean()), Hasher.hash(Clean(rules=rules)), Hasher.hash(Clean(rules=rules))]
    file = rules / "valley.toml"
    file.write_text(file.read_text().replace("Weather", "Sport"))
    made.append(Hasher.hash(Clean(rules=rules)))
    assert [made.index(one) for one in made] == [0, 1, 1, 3]


def test_own_rules(rules):
    dataset = Dataset.from_dict({"page": ["Valley Herald | Home | Weather\nIt rained."], "whose": ["valley"]})
    done = dataset.map(Clean(text="page", outlet="whose", rules=rules), batched=True)
    assert done[:] == {"page": ["It rained."], "whose": ["valley"]}


def test_single_documents_are_refused():
    with pytest.raises(TypeError, match="expected a batch of lists, or an Arrow table: add batched=True"):
        Dataset.from_dict({"text": ["It rained."]}).map(Clean())
