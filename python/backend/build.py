"""Builds the wheel: maturin makes it of the module, and of the program, which cargo makes before."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import maturin
from maturin import *  # noqa: F403  (the hooks that need no program)

PROGRAM = Path(__file__).resolve().parent.parent.parent / "Cargo.toml"
# Of the folder of pyproject.toml, in which the hooks are called; in a source distribution it is another one.
SCRIPTS = Path("cleaner.data", "scripts")
# Whatever maturin is asked to do, it wants to see the folder.
SCRIPTS.mkdir(parents=True, exist_ok=True)


def build_program() -> None:
    """Puts the program where maturin takes the wheel's scripts from."""
    command = [os.environ.get("CARGO", "cargo"), "build", "--profile=wheel-program", "--locked", "--bin=cleaner"]
    # Brotli is half a megabyte, for Parquet files that are rare.
    command += ["--no-default-features", "--features=parquet"]
    command += ["--message-format=json-render-diagnostics", f"--manifest-path={PROGRAM}"]
    built = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    messages = map(json.loads, built.splitlines())
    [program] = [message["executable"] for message in messages if message.get("executable")]
    for old in SCRIPTS.iterdir():
        old.unlink()
    shutil.copy2(program, SCRIPTS)


def settings(given):
    """The settings of a build, the wheel packed as small as it gets."""
    return {"build-args": "--compression-level=9", **(given or {})}


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    build_program()
    return maturin.build_wheel(wheel_directory, settings(config_settings), metadata_directory)


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    build_program()
    return maturin.build_editable(wheel_directory, settings(config_settings), metadata_directory)
