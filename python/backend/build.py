"""Builds the wheel: maturin makes it of the module, and of the program, which cargo makes before."""

import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path
from unittest import mock

import maturin
import zopfli.zlib
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


class Zopfli:
    """Compresses as zlib does, only smaller, and slower."""

    def __init__(self, *_) -> None:
        self.parts = []

    def compress(self, part) -> bytes:
        self.parts.append(part)
        return b""

    def flush(self) -> bytes:
        # Without zlib's own header and checksum.
        return zopfli.zlib.compress(b"".join(self.parts))[2:-4]


def pack_small(wheel: Path) -> None:
    """Packs a wheel anew, as small as it gets: 3 % smaller than what maturin makes, which has zlib alone."""
    packed = wheel.with_suffix(".packed")
    # `zipfile` has no way to name another compressor.
    with (
        mock.patch.object(zipfile, "_get_compressor", Zopfli),
        zipfile.ZipFile(wheel) as known,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as small,
    ):
        for entry in known.infolist():
            small.writestr(entry, known.read(entry))
    packed.replace(wheel)


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    build_program()
    name = maturin.build_wheel(wheel_directory, config_settings, metadata_directory)
    pack_small(Path(wheel_directory, name))
    return name


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    build_program()
    return maturin.build_editable(wheel_directory, config_settings, metadata_directory)
