"""Files that are damaged, renamed, lying or odd are refused in one line that names them, or are valid after all."""

from __future__ import annotations

import csv
import gzip
import io
import subprocess
import sys
import zipfile

import numpy as np
import pytest

pytest.importorskip("pyarrow")
pytest.importorskip("openpyxl")

from gatedrnn.archives import memory
from gatedrnn.commands import cli
from gatedrnn.errors import InputError
from gatedrnn.tasks.files import task_from_file
from gatedrnn.tasks.plain import CONTROLS
from gatedrnn.tasks.question import Question
from tests.helpers.bad_files import COUNT, bad_files, lying_npz

CODE = """
import resource, sys, tempfile
from pathlib import Path
from gatedrnn.tasks.files import task_from_file
from tests.helpers.bad_files import bad_files
from tests.tasks.test_files_damaged import refused
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with tempfile.TemporaryDirectory() as folder:
    found, before = [], None
    for name, content in bad_files():
        found.append(refused(Path(folder) / name, content))
        before = before or peak()
print(sum(found), len(found), peak() - before)
"""


def refused(path, content):
    """Return whether a file is refused, as it must be where anything at all is wrong with it."""
    path.write_bytes(content)
    try:
        task_from_file(path, Question())
    except InputError as error:
        said = str(error)
        assert said.startswith(f"{path.name}: ")
        assert not CONTROLS.search(said)
        assert len(said) < 700
        return True
    return False


@pytest.mark.filterwarnings("ignore")  # a damaged sheet may make openpyxl warn
def test_bad_files_are_refused_by_name_or_valid(tmp_path):
    found = [refused(tmp_path / name, content) for name, content in bad_files(80)]
    assert 50 < sum(found) < 80


@pytest.mark.verify
@pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is in KiB on Linux")
def test_all_bad_files_within_a_time_and_a_memory(tmp_path):
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", CODE], capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    bad, files, grown = map(int, run.stdout.split())
    print(f"{bad} of {files} refused, memory grew by {grown / 1024:.0f} MiB")
    assert files == COUNT
    assert bad > 300
    assert grown < 400 * 1024


def test_the_same_seed_makes_the_same_files():
    assert list(bad_files(40)) == list(bad_files(40))


def test_sizes_are_looked_at_before_contents(tmp_path):
    """8 PiB by its header, an entry that unpacks to more than memory by the archive's own table, and a lying gzip."""
    lying = tmp_path / "lying.npz"
    lying.write_bytes(lying_npz(f"({2**50},)"))
    with pytest.raises(
        InputError, match=r"^lying.npz: x.npy: expected \d+ bytes or less, .* got 9,007,199,254,740,992"
    ):
        task_from_file(lying, Question())
    held = bytearray(lying_npz("(8,)"))
    with zipfile.ZipFile(io.BytesIO(held)) as file:
        size = file.infolist()[0].file_size.to_bytes(4, "little")
    bomb = tmp_path / "bomb.npz"
    bomb.write_bytes(held.replace(size, (2**32 - 2).to_bytes(4, "little")))
    if memory() > 2**32:
        with pytest.raises(InputError, match=r"^bomb.npz: "):
            task_from_file(bomb, Question())
    endless = tmp_path / "endless.csv.gz"
    endless.write_bytes(gzip.compress(b"1" * 50_000_000))
    with pytest.raises(InputError, match=r"^endless.csv.gz: expected a table"):
        task_from_file(endless, Question())


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("nul.csv", b"a,b\n1,2\n3,\x004\n", "expected text, got bytes of 0, .*; save it as UTF-8"),
        ("wide.csv", "a,b\n1,2\n".encode("utf-16"), "expected text, got bytes of 0, as UTF-16"),
        ("latin.txt", "caf\xe9 ".encode("latin-1") * 40, "text: expected UTF-8, .* iconv -f latin1 -t utf-8"),
        ("nul.txt", b"abc\0def " * 400, "text: expected text, got bytes of 0, as UTF-16"),
        ("wide.txt", ("a plain text " * 90).encode("utf-16-le"), "text: expected text, got bytes of 0, as UTF-16"),
        ("quote.csv", b'a,b\n1,2\n"3,4\n5,6\n', "expected a table, .* 2 columns, got 1 in line 3 of the file; a quote"),
        ("same.txt", b"a" * 500, "text: expected at least two different characters, got 1"),
        ("two.csv", b"a\n1\n2\n", "too few steps: expected 50 or more"),
        ("table.csv", b"PAR1" + b"\0" * 40 + b"PAR1", "expected text, got bytes of 0"),
        ("csv.parquet", b"a,b\n1,2\n", "expected a table"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=f"^{name}: {said}"):
        task_from_file(tmp_path / name, Question())


def test_semicolons_and_decimal_commas_are_read_and_said(tmp_path):
    rows = [f"{k};{k % 7},5" for k in range(80)]
    (tmp_path / "a.csv").write_text("\n".join(["t;load", *rows]), encoding="utf-8")
    facts = task_from_file(tmp_path / "a.csv", Question(horizon=1)).facts
    assert {"columns are parted by semicolons", "decimals stand after commas"} <= {*facts.values()}


def test_negative_lengths_are_refused(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.arange(20.0), lengths=np.array([-5, 25]))
    with pytest.raises(InputError, match=r"a.npz: lengths: expected counts of steps, .* got -5 to 25"):
        task_from_file(tmp_path / "a.npz", Question())


def test_names_and_labels_of_a_file_steer_no_terminal(tmp_path):
    """Escape sequences in names of columns and groups are spelled wherever they are shown; columns are read by them."""
    rng = np.random.default_rng(0)
    path = tmp_path / "a.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["shop", "day", "load\x1b[2J", "colour"])
        for k in range(240):
            colour = ("red\x1b[31m", "blue", "green")[int(rng.integers(3))]
            table.writerow([f"s{k // 20}\x1b]0;x\x07", k % 20, f"{rng.normal():.3f}", colour])
    task = task_from_file(path, Question(group="shop", time="day", target=("load\\x1b[2J",), horizon=1))
    reading = task.reading(0)
    assert reading.features == ("load\\x1b[2J", "colour=blue", "colour=green", "colour=red\\x1b[31m")
    assert not any(CONTROLS.search(text) for text in (task.title, task.source, *task.facts.values(), *reading.targets))
    assert task.split(0).past.train[0].name.endswith("\\x1b]0;x\\x07")


def test_the_command_refuses_a_damaged_file_and_leaves_nothing(tmp_path, capsys):
    for name, content in (("a.npz", lying_npz(f"({2**50},)")), ("b\x1b.csv", b"a\x1b[2J\nx\n"), ("c.parquet", b"")):
        (tmp_path / name).write_bytes(content)
        assert cli.run(["compare", str(tmp_path / name), "--out", str(tmp_path / "out")]) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert not CONTROLS.search(said.strip())
        assert not (tmp_path / "out").exists()
