"""That editors and type checkers are told what is there."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path
from typing import get_args

import cleaner
import cleaner._native
import cleaner._types
from conftest import ROOT


def test_stub_says_what_help_says() -> None:
    stub = Path(cleaner._native.__file__).parent / "_native.pyi"
    compared = 0

    def compare(body: list[ast.stmt], owner: object) -> None:
        nonlocal compared
        for node in body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                there = getattr(owner, node.name)
                if isinstance(node, ast.ClassDef):
                    compare(node.body, there)
                elif node.name in ("__new__", "__iter__", "__len__"):
                    continue
                assert ast.get_docstring(node) == inspect.getdoc(there), node.name
                compared += 1

    compare(ast.parse(stub.read_text(encoding="utf-8")).body, cleaner._native)
    assert compared > 30


def test_everything_public_has_its_documentation() -> None:
    for name in cleaner.__all__:
        there = getattr(cleaner, name)
        # A list of names has no place for it.
        if callable(there) and there is not cleaner.Category:
            assert inspect.getdoc(there), name
            assert there.__module__ in ("cleaner", "cleaner._native", "cleaner._records"), name


def test_categories_are_those_of_the_types() -> None:
    assert cleaner.CATEGORIES == get_args(cleaner._types.Category)


def test_stub_has_the_signatures() -> None:
    command = [sys.executable, "-m", "mypy.stubtest", "cleaner._native"]
    done = subprocess.run(command, cwd=ROOT / "python" / "tests", capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_types_fit() -> None:
    command = [sys.executable, "-m", "mypy", "."]
    done = subprocess.run(command, cwd=ROOT / "python" / "tests", capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
