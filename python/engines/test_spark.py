"""The functions in Spark, in one process of its own beside Python's workers."""

import doctest
import shlex

import pytest

pytest.importorskip("pyspark", reason="pyspark is not installed")

from pyspark.errors import PythonException

import cleaner.spark
from cleaner.spark import Clean
from documents import (
    PROGRAM,
    cleaned_lines,
    cleaned_table,
    lines,
    printed,
    read_lines,
    read_table,
    table,
    write_lines,
    write_table,
)
from spark_session import session

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("spark")


@pytest.fixture(scope="module")
def spark(folder):
    with session("local[2]", folder) as spark:
        yield spark


def test_example(spark):
    assert doctest.testmod(cleaner.spark, extraglobs={"spark": spark}) == (0, 4)


def test_documents_are_those_of_the_program(spark):
    frame = spark.createDataFrame(table())
    assert frame.rdd.getNumPartitions() == 2
    done = frame.mapInArrow(Clean(), frame.schema)
    assert done.schema == frame.schema
    assert done.toArrow().to_pylist() == cleaned_table().to_pylist()


def test_example_of_the_readme(spark, folder):
    write_table(folder / "corpus")
    exec(printed("cleaner.spark"), {"spark": spark})
    done = read_table(folder / "clean")
    assert done.schema.types == table().schema.types
    assert done.to_pylist() == cleaned_table().to_pylist()


def test_example_of_the_readme_for_the_pipe(spark, folder):
    write_lines(folder / "lines")
    example = printed(".pipe(").replace("corpus/", "lines/").replace("clean/", "clean-lines/")
    exec(example, {"spark": spark})
    # Which file is the first partition is Spark's choice.
    assert sorted(read_lines(folder / "clean-lines")) == sorted(cleaned_lines())


def poisoned(spark):
    """Three pages, of which the second is not UTF-8."""
    page = r"Accessibility links\n\nShe came."
    text = f"if(id = 1, cast(X'41FF' AS string), '{page}')"
    return spark.sql(f"SELECT id, 'rferl' AS outlet, {text} AS text FROM range(0, 3, 1, 1)")


def test_poisoned_row_fails_the_job(spark):
    frame = poisoned(spark)
    with pytest.raises(PythonException, match="row 1: this is not UTF-8: 0xff at byte 1"):
        frame.mapInArrow(Clean(), frame.schema).collect()


def test_poisoned_row_is_kept(spark):
    frame = poisoned(spark)
    done = frame.mapInArrow(Clean(on_error="keep"), frame.schema)
    texts = done.selectExpr("id", "cast(text AS binary) AS text").collect()
    assert [(row.id, bytes(row.text)) for row in texts] == [(0, b"She came."), (1, b"A\xff"), (2, b"She came.")]


def test_own_rules(spark, rules):
    frame = spark.createDataFrame(
        [("Valley Herald | Home | Weather\nIt rained.", "valley")], "page string, whose string"
    )
    done = frame.mapInArrow(Clean(text="page", outlet="whose", rules=rules), frame.schema)
    assert [tuple(row) for row in done.collect()] == [("It rained.", "valley")]


def test_pipe_gives_the_lines_of_the_program(spark):
    records = spark.sparkContext.parallelize(lines(), 4)
    done = records.pipe(f"{shlex.quote(PROGRAM)} --quiet --format jsonl", checkCode=True)
    assert done.collect() == cleaned_lines()


def test_pipe_fails_the_job_at_a_poisoned_record(spark):
    records = spark.sparkContext.parallelize([*lines()[:10], '{"text": 5}'], 2)
    with pytest.raises(Exception, match="Pipe function `.*` exited with error code 2"):
        records.pipe(f"{shlex.quote(PROGRAM)} --quiet --format jsonl", checkCode=True).collect()


def test_pipe_keeps_a_poisoned_record(spark):
    records = spark.sparkContext.parallelize(['{"text": 5}', "nonsense"], 1)
    done = records.pipe(f"{shlex.quote(PROGRAM)} --quiet --format jsonl --on-error keep", checkCode=True)
    assert done.collect() == ['{"text": 5}', "nonsense"]
