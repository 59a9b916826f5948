"""Ctrl-C and SIGTERM at any moment: an exit code and at most one line, no crash, and the same command goes on."""

from __future__ import annotations

import ctypes
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from gatedrnn.commands import watcher

pytest.importorskip("tyro", reason="the command needs gatedrnn[compare]")

COMMAND = "import gatedrnn.__main__ as command; print('up', flush=True); command.main()"
WAITING = """
import time
from gatedrnn.commands.signals import WORDS, leave, watch
from gatedrnn.commands.exit_code import exit_code
from gatedrnn.training.termination import Termination, at_work, compiling
watch("gatedrnn train")

def work():
    with Termination(*WORDS) as termination, {trains}:
        print("up", flush=True)
        while True:
            time.sleep(0.01)
            {check}

leave(exit_code(work, "gatedrnn train"))
"""
PLAIN = (
    "from gatedrnn.commands.signals import watch; watch({told}); print('up', flush=True); import time; time.sleep(600)"
)
HOLDS = """
import ctypes, sys, threading
from gatedrnn.commands import signals
signals.watch("gatedrnn train")
with {context}:
    print("up", flush=True)
    lock, mutex = ctypes.PyDLL(None).pthread_mutex_lock, ctypes.create_string_buffer(128)
    lock(mutex), lock(mutex)
"""
"""A program that holds Python's lock in native code, in which neither its handlers nor its threads run."""
COMMANDS = {
    "train": ("train", "--hidden", "4", "--max-epochs", "6", "--segment", "2"),
    "sweep": ("sweep", "--hidden", "4", "--draws", "2", "--max-epochs", "4", "--segment", "2"),
    "compare": (
        *("compare", "--replicates", "2", "--trials", "2", "--max-epochs", "4", "--no-extend", "--hidden", "4"),
        *("--tasks", "japanese-vowels-speaker"),
    ),
}
TELLING = """
import gatedrnn.__main__ as command
from gatedrnn.training.portions import Portions
took = Portions.took
def told(self, seconds):
    print("trains", flush=True)
    return took(self, seconds)
Portions.took = told
print("up", flush=True)
command.main()
"""
LONG = {
    "train": ("--segment", "500"),
    "sweep": ("--draws", "3", "--segment", "500"),
    "compare": ("--replicates", "2", "--trials", "3", "--no-extend", "--tasks", "japanese-vowels-forecast"),
}
"""Commands that train for many seconds between two checkpoints."""
SIGNALS = 67
"""For each of three commands: 200 in all."""


def started(program: str, *arguments: str, cache: Path | None = None) -> subprocess.Popen[str]:
    """Start a program of Python and wait for its first line, before which Python's own handlers may be in place.

    What it compiles is kept in a cache where one is named.
    """
    kept = {
        "JAX_COMPILATION_CACHE_DIR": str(cache),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        env={**os.environ, "JAX_DISABLE_MOST_OPTIMIZATIONS": "1", **(kept if cache else {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    return process


def ended(process: subprocess.Popen[str], *signals: signal.Signals) -> tuple[int, str]:
    """Send signals one after another, and return the exit code with what was said of errors."""
    code, _, said = end(process, *signals)
    return code, said


def end(process: subprocess.Popen[str], *signals: signal.Signals) -> tuple[int, str, str]:
    """Send signals one after another, and return the exit code with what was said, of errors last."""
    for number in signals:
        time.sleep(0.3)
        process.send_signal(number)
    try:
        code = process.wait(timeout=200)
        return 128 - code if code < 0 else code, *process.communicate()  # as a shell says what a signal ended
    finally:
        process.kill()


@pytest.mark.parametrize(
    ("number", "code", "said"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]
)
def test_where_nothing_is_trained_a_signal_ends_at_once(number: signal.Signals, code: int, said: str) -> None:
    resumes = ended(started(PLAIN.format(told="'gatedrnn compare'")), number)
    assert resumes == (code, f"gatedrnn: {said}; to resume: gatedrnn compare\n")
    alone = ended(started(PLAIN.format(told="'gatedrnn tasks', resumes=False")), number)
    assert alone == (code, f"gatedrnn: {said}\n")


@pytest.mark.parametrize(
    ("number", "code", "said"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]
)
def test_training_saves_itself_first(number: signal.Signals, code: int, said: str) -> None:
    """However long that takes: on a loaded machine longer than a user should wait, which is no failure."""
    patient = "from gatedrnn.commands import signals\nsignals.GRACE = 150" + WAITING.format(
        check="termination.check()", trains="at_work()"
    )
    assert ended(started(patient), number) == (code, f"gatedrnn: {said}, and saved; to resume: gatedrnn train\n")


def test_a_signal_is_heard_where_there_is_no_stdout() -> None:
    closed = "import sys; sys.stdout = None; time.sleep(600)"
    program = PLAIN.format(told="'gatedrnn compare'").replace("time.sleep(600)", closed)
    assert ended(started(program), signal.SIGTERM) == (143, "gatedrnn: terminated; to resume: gatedrnn compare\n")


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "sysv_signal"), reason="handlers that are called once are glibc's")
@pytest.mark.parametrize(
    ("context", "signals", "code", "said"),
    [
        ("signals.stoppable()", [signal.SIGINT], 130, "interrupted"),
        ("signals.stoppable()", [signal.SIGTERM, signal.SIGTERM], 143, "terminated"),
        pytest.param("contextlib.nullcontext()", [signal.SIGTERM], 143, "terminated", marks=pytest.mark.verify),
    ],
)
def test_a_signal_ends_what_holds_the_lock_of_python(
    context: str, signals: list[signal.Signals], code: int, said: str
) -> None:
    process = started("import contextlib" + HOLDS.format(context=context))
    assert ended(process, *signals) == (code, f"gatedrnn: {said}; to resume: gatedrnn train\n")


@pytest.mark.parametrize(
    "signals",
    [
        [signal.SIGTERM, signal.SIGINT],
        pytest.param([signal.SIGINT], marks=pytest.mark.verify),
        pytest.param([signal.SIGTERM], marks=pytest.mark.verify),
    ],
)
def test_training_that_does_not_come_to_an_end_is_ended(signals: list[signal.Signals]) -> None:
    """A second signal waits for nothing, and neither does the first for long."""
    code, said = ended(started(WAITING.format(check="pass", trains="at_work()")), *signals)
    words = {130: "interrupted", 143: "terminated"}[code]
    assert said == f"gatedrnn: {words}; to resume: gatedrnn train\n"


@pytest.mark.parametrize(
    "trains",
    ["at_work(), compiling()", pytest.param("contextlib.nullcontext()", marks=pytest.mark.verify)],
    ids=["compiles", "prepares"],
)
def test_where_nothing_could_be_saved_a_signal_does_not_wait(trains: str) -> None:
    """While simple models are fitted or a program is compiled, whatever the grace of training."""
    patient = "import contextlib\nfrom gatedrnn.commands import signals\nsignals.GRACE = 150"
    process = started(patient + WAITING.format(check="pass", trains=trains))
    assert ended(process, signal.SIGINT) == (130, "gatedrnn: interrupted; to resume: gatedrnn train\n")


@pytest.mark.verify
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("name", LONG)
def test_a_segment_of_many_seconds_is_cut_and_saved(name: str, number: signal.Signals, tmp_path: Path) -> None:
    """That it says so shows that it took no longer than ``signals.GRACE``: otherwise it would have ended unsaved."""
    size = ("--hidden", "96", "--max-epochs", "500", "--patience", "500", "--batch-size", "4")
    process = started(TELLING, name, *LONG[name], *size, "--out", str(tmp_path))
    assert process.stdout is not None
    while (line := process.stdout.readline()) != "trains\n":
        assert line, process.communicate()[1]
    threading.Thread(target=process.stdout.read, daemon=True).start()  # so that a full pipe holds nothing up
    time.sleep(3.0)
    sent = time.monotonic()
    process.send_signal(number)
    code, said = process.wait(timeout=200), process.stderr.read() if process.stderr else ""
    print(f"{name}, {number.name}: ended {time.monotonic() - sent:.2f} s after the signal")
    word = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}[number]
    assert (code, said.split(";")[0]) == (128 + number, f"gatedrnn: {word}, and saved")
    assert any(path.name.isdigit() for path in tmp_path.rglob("*"))


def results(folder: Path) -> Any:
    """Return what a run found, without what a clock says."""
    (file,) = (path for path in (folder / "result.json", folder / "results.json") if path.exists())
    found = json.loads(file.read_text(encoding="utf-8"))
    if "tasks" in found:
        return [r["cells"][name]["test"] for t in found["tasks"] for r in t["replicates"] for name in r["cells"]]
    return found["members"] if "members" in found else (found["trial"], found["test"])


def whole(name: str, out: Path, cache: Path) -> float:
    """Run a command to its end, with the programs compiled before where there are any, and return how long it took."""
    began = time.monotonic()
    process = started(COMMAND, *COMMANDS[name], "--out", str(out), cache=cache)
    said = process.communicate(timeout=1200)[1]
    assert process.returncode == 0, said
    return time.monotonic() - began


@pytest.mark.verify
@pytest.mark.parametrize("name", COMMANDS)
def test_signals_at_any_moment_lose_nothing(name: str, tmp_path: Path) -> None:
    """In every second run nothing has to be compiled, so that as many signals come where a command does other things.

    A folder is cut until its run has ended; then its results are those of a run that nobody cut, and a new one begins.
    """
    lasts = [whole(name, tmp_path / folder, tmp_path / "cache") for folder in ("compiling", "compiled")]
    expected, rng, out = results(tmp_path / "compiling"), random.Random(0), tmp_path / "cut"
    assert results(tmp_path / "compiled") == expected
    for k in range(SIGNALS):
        process = started(COMMAND, *COMMANDS[name], "--out", str(out), cache=tmp_path / "cache" if k % 2 else None)
        # Short of its end, now and then beyond it where others keep the machine busy.
        time.sleep(rng.uniform(0.0, 0.9 * lasts[k % 2]))
        signals = [rng.choice((signal.SIGINT, signal.SIGTERM)) for _ in range(rng.choice((1, 1, 2)))]
        sent = time.monotonic()
        code, done, said = end(process, *signals)
        took = time.monotonic() - sent - 0.3 * len(signals)
        how = f"{len(said.splitlines())} lines, {'compiled' if k % 2 else 'compiling'}, after {done.splitlines()[-1:]}"
        print(f"{name} {k}: {len(signals)} signals, code {code}, {took:.2f} s, {how}", flush=True)
        assert code in (0, 130, 143)
        lines = [line for line in said.splitlines() if "now called damaged-" not in line]
        assert len(lines) == (code != 0), said
        if code == 0:
            assert results(out) == expected
            out = tmp_path / f"cut after {k}"
    whole(name, out, tmp_path / "cache")
    assert results(out) == expected


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="signals that are ignored are seen in /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_waits_beside_a_command_goes_with_it_and_by_no_signal_of_its_own(number) -> None:
    """As of ``pkill -f gatedrnn``, which finds it too: its line is the command's."""
    here, there = socket.socketpair()
    with here, there:
        beside = subprocess.Popen(
            [sys.executable, "-I", "-S", watcher.__file__, str(there.fileno()), str(os.getpid()), ""],
            stderr=subprocess.PIPE,
            pass_fds=(there.fileno(),),
        )
        there.close()
        both = 1 << (signal.SIGINT - 1) | 1 << (signal.SIGTERM - 1)
        while _ignored(beside.pid) & both != both:
            assert beside.poll() is None
            time.sleep(0.01)
        beside.send_signal(number)
        time.sleep(0.05)
        assert beside.poll() is None
    assert beside.communicate()[1] == b""
    assert beside.returncode == 0


def _ignored(process: int) -> int:
    """Return the signals that a process ignores, as bits."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    return int(next(line for line in lines if line.startswith("SigIgn")).split()[1], 16)
