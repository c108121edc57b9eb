"""The function in Ray Data."""

import doctest
import os

import pytest

pytest.importorskip("ray", reason="ray is not installed")

import pyarrow as pa
import ray

import cleaner.ray
from cleaner.ray import Clean
from documents import cleaned_table, printed, read_table, table, write_table

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory):
    before, folder = os.getcwd(), tmp_path_factory.mktemp("ray")
    os.chdir(folder)
    ray.init(num_cpus=2, include_dashboard=False, object_store_memory=200_000_000, logging_level="error")
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.execution_options.preserve_order = True
    yield folder
    ray.shutdown()
    os.chdir(before)


def done(dataset: ray.data.Dataset) -> pa.Table:
    return pa.concat_tables(ray.get(dataset.to_arrow_refs()))


def test_example():
    assert doctest.testmod(cleaner.ray) == (0, 4)


def test_documents_are_those_of_the_program():
    parts = [table().slice(part * 250, 250) for part in range(4)]
    dataset = ray.data.from_arrow(parts).map_batches(Clean(), batch_format="pyarrow", batch_size=100)
    assert done(dataset).equals(cleaned_table())


def test_example_of_the_readme(folder):
    write_table(folder / "corpus")
    exec(printed("cleaner.ray"), {})
    assert read_table(folder / "clean").to_pylist() == cleaned_table().to_pylist()


def poisoned() -> ray.data.Dataset:
    """Three pages, of which the second is not UTF-8."""
    page = b"Accessibility links\n\nShe came."
    texts = pa.array([page, b"A\xff", page], pa.binary()).view(pa.string())
    return ray.data.from_arrow(pa.table({"text": texts, "outlet": ["rferl"] * 3}))


def test_poisoned_row_fails_the_job():
    with pytest.raises(ray.exceptions.RayTaskError, match="row 1: this is not UTF-8: 0xff at byte 1"):
        poisoned().map_batches(Clean(), batch_format="pyarrow").materialize()


def test_poisoned_row_is_kept():
    dataset = poisoned().map_batches(Clean(on_error="keep"), batch_format="pyarrow")
    texts = done(dataset)["text"].cast(pa.binary(), safe=False)
    assert texts.to_pylist() == [b"She came.", b"A\xff", b"She came."]


def test_own_rules(rules):
    page = {"page": "Valley Herald | Home | Weather\nIt rained.", "whose": "valley"}
    step = Clean(text="page", outlet="whose", rules=rules)
    assert ray.data.from_items([page]).map_batches(step, batch_format="pyarrow").take_all() == [
        page | {"page": "It rained."}
    ]


def test_other_batch_format_is_refused():
    with pytest.raises(
        ray.exceptions.RayTaskError, match='expected an Arrow table, found dict: add batch_format="pyarrow"'
    ):
        ray.data.from_items([{"text": "It rained."}]).map_batches(Clean()).materialize()
