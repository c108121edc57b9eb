"""What the tests share: the fixture pages, and the program that came with the module."""

import shutil
import subprocess
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


class Page(NamedTuple):
    outlet: str
    path: Path
    text: str


def fixture_pages() -> list[Page]:
    paths = sorted((ROOT / "tests" / "fixtures").glob("*/*.txt"))
    assert len(paths) > 50
    return [Page(path.parent.name, path, path.read_bytes().decode()) for path in paths]


@pytest.fixture(scope="session")
def pages() -> list[Page]:
    return fixture_pages()


@pytest.fixture(scope="session")
def program() -> Path:
    found = shutil.which("cleaner", path=sysconfig.get_path("scripts"))
    assert found, "the wheel brings the program"
    return Path(found)


@pytest.fixture(scope="session")
def run(program: Path) -> Callable[..., str]:
    """Runs the program, which has to end with a status; what it prints, of errors what it tells."""

    def run(*args: object, status: int = 0) -> str:
        command = [str(program), *map(str, args)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True)
        assert done.returncode == status, done.stderr.decode()
        # Line ends stay as they are.
        return (done.stdout if status < 2 else done.stderr).decode()

    return run


RULES = '''outlet = "valley"
name = "Valley Herald"
domains = ["valleyherald.example"]
signs = [{ text = "Valley Herald | Home | Weather" }]
extends = ["crawl"]

[[line]]
id = "menu"
category = "navigation"
note = "The menu, first on each page."
zone = { head = 3 }
text = "Valley Herald | Home | Weather"
removes = ["Valley Herald | Home | Weather"]
keeps = ["The Valley Herald has a home page for the weather."]
'''


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A folder with one rule file."""
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "valley.toml").write_text(RULES, encoding="utf-8")
    return folder
