"""One script, that of docs/launch.md, on one device, on several, and as several processes: the same bits."""

from __future__ import annotations

import os
import random
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
import pytest

from gatedrnn.training import hosts
from gatedrnn.training.plan import Plan, devices_of

PAGE = Path(__file__).parent.parent / "docs" / "launch.md"
SCRIPT = re.search(r"^```py\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def _slurm(port, task, tasks):
    """Return what SLURM sets for a task; JAX derives the coordinator's port from the job's number."""
    return {
        "SLURM_JOB_ID": str(port - 61440),
        "SLURM_STEP_NODELIST": "localhost",
        "SLURM_NTASKS": str(tasks),
        "SLURM_PROCID": str(task),
        "SLURM_LOCALID": str(task),
    }


def _free_port():
    """Return a port that nobody has, of those that JAX chooses under SLURM."""
    for port in random.sample(range(61440, 65536), 100):
        with socket.socket() as server:
            try:
                server.bind(("localhost", port))
            except OSError:
                continue
            return port
    raise AssertionError("no port is free")


class Job:
    """Processes that run the script together, each with so many CPU devices, and quick to compile."""

    def __init__(self, folder, script, processes=1, devices=1, slurm=True):
        folder.mkdir(exist_ok=True)
        port = _free_port()
        found = {k: v for k, v in os.environ.items() if k != "XLA_FLAGS" and not k.startswith("SLURM_")}
        found |= {"JAX_PLATFORMS": "cpu", "JAX_NUM_CPU_DEVICES": str(devices), "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}
        self.processes = [
            subprocess.Popen(
                [sys.executable, "-c", script, str(folder), str(task)],
                env=found | (_slurm(port, task, processes) if slurm else {}),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for task in range(processes)
        ]
        self.folder = folder

    def end(self):
        """Return what each process has printed."""
        try:
            said = [process.communicate(timeout=200) for process in self.processes]
        finally:
            for process in self.processes:
                process.kill()
        self.errors = [error for _, error in said]
        self.codes = [process.returncode for process in self.processes]
        return [out for out, _ in said]

    def result(self):
        """Return all arrays at the end of training."""
        said = self.end()
        assert not any(self.codes), self.errors
        # Gloo, a library below JAX, has its own word to say about connections.
        assert not any(word in out for out in said[1:] for word in ("step", "best")), said
        self.said = said[0]
        assert "best" in self.said
        with np.load(self.folder / "end.npz", allow_pickle=False) as found:
            return {name: found[name] for name in found.files}

    def after(self, line):
        """Return when the first process has printed this."""
        assert any(line in said for said in self.processes[0].stdout), self.processes[0].stderr.read()
        return self

    def send(self, sign, *tasks):
        for task in tasks:
            self.processes[task].send_signal(sign)
        return self


def _same(found, expected):
    assert found.keys() == expected.keys()
    for name in expected:
        np.testing.assert_array_equal(found[name], expected[name], name)


QUICK, LONG = (SCRIPT[1].replace("segments=8", f"segments={segments}") for segments in (2, 20))
"""As short as a run can be resumed, and long enough to be met while it trains."""


@pytest.fixture(scope="module")
def long_alone(tmp_path_factory):
    return Job(tmp_path_factory.mktemp("alone"), LONG, slurm=False).result()


def test_two_processes_of_two_devices_end_with_the_same_bits(tmp_path):
    """As SLURM starts two tasks, and one: nothing is named."""
    two = Job(tmp_path / "two", QUICK, processes=2, devices=2).result()
    _same(two, Job(tmp_path / "one", QUICK).result())


@pytest.mark.verify
@pytest.mark.parametrize(("processes", "devices"), [(1, 4), (2, 1), (4, 1)])
def test_other_topologies_end_with_the_same_bits(tmp_path, long_alone, processes, devices):
    _same(Job(tmp_path, LONG, processes, devices, slurm=processes > 1).result(), long_alone)


@pytest.mark.verify
def test_two_processes_find_each_other_by_address(tmp_path, long_alone):
    address = f'hosts.start("localhost:{_free_port()}", 2, int(sys.argv[2]))'
    _same(Job(tmp_path, LONG.replace("hosts.start()", address), processes=2, slurm=False).result(), long_alone)


TWO_BY_TWO, ONE, FOUR = {"processes": 2, "devices": 2}, {"slurm": False}, {"devices": 4, "slurm": False}


@pytest.mark.verify
@pytest.mark.parametrize(("first", "then"), [(TWO_BY_TWO, ONE), (ONE, TWO_BY_TWO), (TWO_BY_TWO, FOUR)])
def test_a_checkpoint_resumes_on_another_topology(tmp_path, long_alone, first, then):
    """SIGTERM reaches the last process alone; all save, and say so once."""
    job = Job(tmp_path, LONG, **first).after("step 20")
    said = job.send(signal.SIGTERM, -1).end()
    assert set(job.codes) == {143}, job.errors
    assert "the same command resumes" in said[0]
    assert not any("resumes" in out for out in said[1:])
    resumed = Job(tmp_path, LONG, **then)
    said = resumed.result()
    assert "step 20\n" not in resumed.said, "it went on, and did not start anew"
    _same(said, long_alone)


@pytest.mark.verify
def test_a_damaged_checkpoint_is_set_aside_by_the_first_process(tmp_path, long_alone):
    Job(tmp_path, LONG, **TWO_BY_TWO).after("step 20").send(signal.SIGTERM, 0, 1).end()
    newest = max((path for path in (tmp_path / "checkpoints").iterdir()), key=lambda path: int(path.name))
    file = max((path for path in newest.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 4
    file.write_bytes(data)
    job = Job(tmp_path, LONG, **TWO_BY_TWO)
    _same(job.result(), long_alone)
    assert f"checkpoint {newest.name}" in job.errors[0]
    assert "is damaged" in job.errors[0]
    assert "is damaged" not in job.errors[1]


@pytest.mark.verify
@pytest.mark.parametrize("task", [0, 1])
def test_where_one_process_is_killed_the_other_ends_too_and_both_resume(tmp_path, long_alone, task):
    """Without the first, JAX soon ends the others; any other it misses after 100 seconds without a sign of it."""
    job = Job(tmp_path, LONG, **TWO_BY_TWO).after("step 20").send(signal.SIGKILL, task)
    job.end()
    assert all(job.codes), job.codes
    assert not (tmp_path / "end.npz").exists()
    _same(Job(tmp_path, LONG, **TWO_BY_TWO).result(), long_alone)


@pytest.mark.verify
def test_data_that_differ_between_processes_are_refused(tmp_path):
    job = Job(tmp_path, QUICK.replace("default_rng(0)", "default_rng(jax.process_index())"), **TWO_BY_TWO)
    job.end()
    assert all(job.codes)
    for error in job.errors:
        assert "processes: expected the same data, hyperparameters and keys in all; process 1 has others" in error


@pytest.mark.verify
def test_a_batch_is_split_over_processes(tmp_path):
    """Sums over the batch are in another order: a hundred units in the last place of float32 after 20 steps."""
    split = QUICK.replace("gr.scan(gr.GRU(8))", "gr.data_parallel(gr.scan(gr.GRU(8)))")
    split = split.replace("keys, data, store", 'keys, data, training.Plan("map", batch=4), store')
    assert "data_parallel" in split
    assert "batch=4" in split
    found, expected = Job(tmp_path / "split", split, **TWO_BY_TWO).result(), Job(tmp_path / "one", QUICK).result()
    np.testing.assert_allclose(found["loss"], expected["loss"], rtol=1e-5)


class Device(NamedTuple):
    id: int
    process_index: int


@pytest.mark.parametrize(
    ("plan", "members", "ids"),
    [
        (Plan(), 8, [0, 1, 2, 10, 11, 12]),
        (Plan(), 3, [0, 1, 10, 11]),
        (Plan(), 1, [0, 10]),
        (Plan(population=4), 8, [0, 1, 10, 11]),
        (Plan(batch=2), 2, [0, 1, 10, 11]),
        (Plan(batch=6), 8, [0, 1, 2, 10, 11, 12]),
    ],
)
def test_all_processes_take_part_with_as_many_devices(plan, members, ids):
    devices = [Device(10 * process + i, process) for process in range(2) for i in range(3)]
    assert [device.id for device in devices_of(plan, devices, members)] == ids


@pytest.mark.parametrize("plan", [Plan(population=1), Plan(population=3), Plan(population=8), Plan(batch=7)])
def test_plans_that_leave_a_process_out_are_refused(plan):
    devices = [Device(10 * process + i, process) for process in range(2) for i in range(3)]
    with pytest.raises(ValueError, match=r"plan: expected (at most 6|a population axis of a multiple of 2)"):
        devices_of(plan, devices, members=8)


def test_start_comes_before_anything_else_of_jax():
    jax.devices()
    with pytest.raises(RuntimeError, match="before"):
        hosts.start()
