"""One script, that of docs/launch.md, on one device, on several, and as several processes: the same bits."""

from __future__ import annotations

import re
import signal
from typing import NamedTuple

import jax
import numpy as np
import pytest

from gatedrnn.training import hosts
from gatedrnn.training.plan import Plan, devices_of
from tests.helpers.paths import ROOT
from tests.helpers.processes import Job, free_port, slurm

PAGE = ROOT / "docs" / "launch.md"
SCRIPT = re.search(r"^```py\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


class Script(Job):
    """Processes that run the script together."""

    def __init__(self, folder, script, processes=1, devices=1, launcher=slurm):
        folder.mkdir(exist_ok=True)
        self.folder = folder
        super().__init__("-c", script, folder, processes=processes, devices=devices, launcher=launcher)

    def result(self):
        """Return all arrays at the end of training."""
        self.said, *others = self.succeed()
        assert "best" in self.said
        ours = ("best", "step ", "resumes")  # libraries below JAX print too, and in pieces
        assert not any(word in said for said in others for word in ours), others
        with np.load(self.folder / "end.npz", allow_pickle=False) as found:
            return {name: found[name] for name in found.files}


def _same(found, expected):
    assert found.keys() == expected.keys()
    for name in expected:
        np.testing.assert_array_equal(found[name], expected[name], name)


def by_address(port, task, tasks):
    return {
        "JAX_COORDINATOR_ADDRESS": f"localhost:{port}",
        "JAX_NUM_PROCESSES": str(tasks),
        "JAX_PROCESS_ID": str(task),
    }


MAPPED = SCRIPT[1].replace("keys, data, store", 'keys, data, training.Plan("map"), store')
"""A network so small that "auto" would train members at once, with bits that depend on how many a device has."""
QUICK, LONG = (MAPPED.replace("segments=8", f"segments={segments}") for segments in (2, 20))
"""As short as a run can be resumed, and long enough to be met while it trains."""


@pytest.fixture(scope="module")
def long_alone(tmp_path_factory):
    return Script(tmp_path_factory.mktemp("alone"), LONG, launcher=None).result()


def test_two_processes_of_two_devices_end_with_the_same_bits(tmp_path):
    """As SLURM starts two tasks, and one: nothing is named."""
    two = Script(tmp_path / "two", QUICK, processes=2, devices=2).result()
    _same(two, Script(tmp_path / "one", QUICK).result())


@pytest.mark.verify
@pytest.mark.parametrize(("processes", "devices"), [(1, 4), (2, 1), (4, 1)])
def test_other_topologies_end_with_the_same_bits(tmp_path, long_alone, processes, devices):
    _same(Script(tmp_path, LONG, processes, devices, launcher=slurm if processes > 1 else None).result(), long_alone)


@pytest.mark.verify
def test_two_processes_find_each_other_by_address(tmp_path, long_alone):
    _same(Script(tmp_path, LONG, processes=2, launcher=by_address).result(), long_alone)


@pytest.mark.verify
def test_a_script_may_say_who_it_is(tmp_path, long_alone):
    start = f'hosts.start("localhost:{free_port()}", 2, int(os.environ["TASK"]))'
    script = "import os\n" + LONG.replace("hosts.start()", start)
    job = Script(tmp_path, script, processes=2, launcher=lambda port, task, tasks: {"TASK": str(task)})
    _same(job.result(), long_alone)


TWO_BY_TWO, ONE, FOUR = {"processes": 2, "devices": 2}, {"launcher": None}, {"devices": 4, "launcher": None}


@pytest.mark.verify
@pytest.mark.parametrize(("first", "then"), [(TWO_BY_TWO, ONE), (ONE, TWO_BY_TWO), (TWO_BY_TWO, FOUR)])
def test_a_checkpoint_resumes_on_another_topology(tmp_path, long_alone, first, then):
    """SIGTERM reaches the last process alone; all save, and say so once."""
    job = Script(tmp_path, LONG, **first).after("step 20")
    said = job.send(signal.SIGTERM, -1).end()
    assert set(job.codes) == {143}, job.errors
    assert "the same command resumes" in said[0]
    assert not any("resumes" in out for out in said[1:])
    resumed = Script(tmp_path, LONG, **then)
    said = resumed.result()
    assert "step 20\n" not in resumed.said, "it went on, and did not start anew"
    _same(said, long_alone)


@pytest.mark.verify
def test_a_damaged_checkpoint_is_set_aside_by_the_first_process(tmp_path, long_alone):
    Script(tmp_path, LONG, **TWO_BY_TWO).after("step 20").send(signal.SIGTERM, 0, 1).end()
    newest = max((path for path in (tmp_path / "checkpoints").iterdir()), key=lambda path: int(path.name))
    file = max((path for path in newest.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 4
    file.write_bytes(data)
    job = Script(tmp_path, LONG, **TWO_BY_TWO)
    _same(job.result(), long_alone)
    assert f"checkpoint {newest.name}" in job.errors[0]
    assert "is damaged" in job.errors[0]
    assert "is damaged" not in job.errors[1]


@pytest.mark.verify
@pytest.mark.parametrize("task", [0, 1])
def test_where_one_process_is_killed_the_other_ends_too_and_both_resume(tmp_path, long_alone, task):
    """Without the first, JAX soon ends the others; any other it misses after 100 seconds without a sign of it."""
    job = Script(tmp_path, LONG, **TWO_BY_TWO).after("step 20").send(signal.SIGKILL, task)
    job.end()
    assert all(job.codes), job.codes
    assert not (tmp_path / "end.npz").exists()
    _same(Script(tmp_path, LONG, **TWO_BY_TWO).result(), long_alone)


@pytest.mark.verify
def test_data_that_differ_between_processes_are_refused(tmp_path):
    job = Script(tmp_path, QUICK.replace("default_rng(0)", "default_rng(jax.process_index())"), **TWO_BY_TWO)
    job.end()
    assert all(job.codes)
    for error in job.errors:
        assert "processes: expected the same data, hyperparameters and keys in all; process 1 has others" in error


@pytest.mark.verify
def test_a_batch_is_split_over_processes(tmp_path):
    """Sums over the batch are in another order: a hundred units in the last place of float32 after 20 steps."""
    split = QUICK.replace("gr.scan(gr.GRU(8))", "gr.data_parallel(gr.scan(gr.GRU(8)))")
    split = split.replace('Plan("map")', 'Plan("map", batch=4)')
    assert "data_parallel" in split
    assert "batch=4" in split
    found, expected = Script(tmp_path / "split", split, **TWO_BY_TWO).result(), Script(tmp_path / "one", QUICK).result()
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


@pytest.mark.parametrize(
    ("said", "processes"),
    [
        ({}, None),
        ({"SLURM_JOB_ID": "1", "SLURM_NTASKS": "8"}, None),  # a script of sbatch
        (slurm(61441, 0, 8) | {"SLURM_STEP_NUM_TASKS": "1"}, 1),  # a shell of salloc
        (slurm(61441, 0, 8), 8),
        ({"OMPI_COMM_WORLD_SIZE": "4"}, 4),
        ({"TPU_WORKER_HOSTNAMES": "a,b"}, 2),
        (by_address(61441, 0, 3), 3),
    ],
)
def test_what_launchers_say(monkeypatch, said, processes):
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    assert hosts.launched() == processes
    if processes == 1:
        hosts.start()  # does nothing, although JAX has started
