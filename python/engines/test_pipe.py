"""The program as what a pipe runs: a record a line, in order, and a failed record fails the job."""

import os
import subprocess
import sysconfig

import pytest

pytest.importorskip("pyarrow", reason="pyarrow is not installed")

from documents import PROGRAM, cleaned_lines, lines, printed, read_lines, write_lines

PIPE = [PROGRAM, "--quiet", "--format", "jsonl"]
BROKEN = ["nonsense", '{"text": 5}', '{"text": "a", "text": "b"}', "[1]", '{"text": "a"']


def test_a_record_comes_out_before_the_next_one_goes_in():
    with subprocess.Popen(PIPE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as pipe:
        done = []
        for line in lines()[:20]:
            pipe.stdin.write(line.encode() + b"\n")
            done.append(pipe.stdout.readline().decode())
        pipe.stdin.close()
        assert pipe.stdout.read() == b""
    assert pipe.returncode == 0
    assert done == [line + "\n" for line in cleaned_lines()[:20]]


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("place", [0, 7, 20])
def test_broken_record_fails_the_job(broken, place):
    records = [*lines()[:place], broken, *lines()[place:20]]
    given = "".join(record + "\n" for record in records).encode()
    done = subprocess.run(PIPE, input=given, capture_output=True)
    assert done.returncode == 2
    assert done.stdout.decode() == "".join(line + "\n" for line in cleaned_lines()[:place])
    assert done.stderr.decode().startswith(f"<stdin>:{place + 1}: error: ")


def test_broken_records_are_kept():
    records = [BROKEN[0], *lines()[:10], *BROKEN[1:], *lines()[10:20]]
    given = "".join(record + "\n" for record in records).encode()
    done = subprocess.run([*PIPE, "--on-error", "keep"], input=given, stdout=subprocess.PIPE, check=True)
    expected = [BROKEN[0], *cleaned_lines()[:10], *BROKEN[1:], *cleaned_lines()[10:20]]
    assert done.stdout.decode() == "".join(record + "\n" for record in expected)


def test_example_of_the_readme(tmp_path):
    write_lines(tmp_path / "corpus")
    path = sysconfig.get_path("scripts") + os.pathsep + os.environ["PATH"]
    subprocess.run(["sh", "-c", printed("xargs", "sh")], cwd=tmp_path, env=os.environ | {"PATH": path}, check=True)
    assert read_lines(tmp_path / "corpus") == cleaned_lines()


def test_broken_record_fails_the_example_of_the_readme(tmp_path):
    write_lines(tmp_path / "corpus")
    (tmp_path / "corpus" / "2.jsonl").write_text(lines()[0] + "\n" + BROKEN[0] + "\n")
    path = sysconfig.get_path("scripts") + os.pathsep + os.environ["PATH"]
    done = subprocess.run(["sh", "-c", printed("xargs", "sh")], cwd=tmp_path, env=os.environ | {"PATH": path})
    assert done.returncode == 123
    assert read_lines(tmp_path / "corpus") == [*cleaned_lines()[:500], lines()[0], BROKEN[0], *cleaned_lines()[750:]]
