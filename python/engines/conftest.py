"""What the tests of all engines share."""

from pathlib import Path

import pytest

RULES = """
outlet = "valley"
name = "Valley Herald"
domains = ["valleyherald.example"]

[[line]]
id = "menu"
category = "navigation"
note = "The menu."
text = "Valley Herald | Home | Weather"
removes = ["Valley Herald | Home | Weather"]
keeps = ["The Valley Herald has a home page for the weather."]
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A folder with the rules of an outlet of one's own."""
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "valley.toml").write_text(RULES)
    return folder
