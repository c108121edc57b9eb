"""The function in a Spark of two workers, each a process of its own."""

import subprocess

import pytest

pytest.importorskip("pyspark", reason="pyspark is not installed")

import pyarrow as pa
from pyspark.sql.types import LongType, StructField, StructType

from cleaner.spark import Clean
from documents import PROGRAM, cleaned_table, read_table, write_table
from spark_session import session

pytestmark = pytest.mark.engine


def test_two_workers_give_what_the_program_gives(tmp_path):
    corpus = tmp_path / "corpus"
    write_table(corpus)
    subprocess.run([PROGRAM, "--quiet", "-o", tmp_path / "by-program", corpus], check=True)

    def with_worker(batches):
        import os

        # Each worker has one process that Python's are forked off.
        for batch in batches:
            yield batch.append_column("worker", pa.array([os.getppid()] * batch.num_rows, pa.int64()))

    # Both workers have to be there before the first of the eight tasks is given to one.
    ready = {
        "spark.scheduler.minRegisteredResourcesRatio": "1.0",
        "spark.scheduler.maxRegisteredResourcesWaitingTime": "120s",
    }
    with session("local-cluster[2,1,1024]", tmp_path / "spark", ready) as spark:
        frame = spark.read.parquet(str(corpus))
        clean = frame.mapInArrow(Clean(), frame.schema)
        clean.mapInArrow(with_worker, StructType([*frame.schema, StructField("worker", LongType())])).write.parquet(
            str(tmp_path / "by-workers")
        )
    done = read_table(tmp_path / "by-workers")
    assert len(done["worker"].unique()) == 2
    rows = done.drop_columns("worker").to_pylist()
    assert rows == cleaned_table().to_pylist()
    assert rows == read_table(tmp_path / "by-program").to_pylist()
