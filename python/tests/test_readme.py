"""The README's section on Python runs as printed."""

import doctest
import re
import subprocess
import sys
import sysconfig
from os import environ, pathsep
from pathlib import Path

import cleaner
from conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
# How the module that is tested came here; the rest of its block is run.
INSTALLED = "pip install ./python "


def section(title: str) -> str:
    """A section without its sub-sections."""
    [found] = re.findall(rf"^## {title}\n(.*?)(?=^##+ |\Z)", README, re.MULTILINE | re.DOTALL)
    return str(found)


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def shell(script: str, folder: Path) -> str:
    path = sysconfig.get_path("scripts") + pathsep + environ["PATH"]
    command = ["bash", "-euo", "pipefail", "-c", script]
    done = subprocess.run(command, cwd=folder, env={**environ, "PATH": path}, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_section_runs_as_printed(tmp_path: Path) -> None:
    [make_rules] = [block for block in blocks(README, "sh") if "cat > my-rules/valley.toml" in block]
    shell("mkdir my-rules\n" + make_rules, tmp_path)
    [install] = blocks(section("Python"), "sh")
    lines = install.splitlines()
    assert lines[0].startswith(INSTALLED)
    assert shell("\n".join(lines[1:]), tmp_path).startswith("cleaner ")
    program = "\n".join(blocks(section("Python"), "python"))
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert "akipress/covid-bar navigation 0 16 'COVID-19 Latest\\n'\n" in done.stdout
    assert done.stdout.endswith("there is no outlet `akipres`; did you mean `akipress`? (`cleaner rules list` shows all)\n")


def test_documentation_of_the_package_runs() -> None:
    done = doctest.testmod(cleaner)
    assert done.attempted > 3 and done.failed == 0


def test_readme_of_the_wheel_runs() -> None:
    [block] = blocks((ROOT / "python" / "README.md").read_text(encoding="utf-8"), "python")
    subprocess.run([sys.executable, "-c", block], check=True)
