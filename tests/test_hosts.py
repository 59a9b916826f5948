"""One script, that of docs/launch.md, on one device, on several, and as several processes: the same bits."""

from __future__ import annotations

import os
import random
import re
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

PAGE = Path(__file__).parent.parent / "docs" / "launch.md"
SCRIPT = re.search(r"^```py\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def _slurm(task, tasks):
    """Return what SLURM sets for a task; JAX derives the coordinator's port from the job's number."""
    port = _slurm.port
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
    """Processes that run the script together, each with so many CPU devices."""

    def __init__(self, folder, processes=1, devices=1, slurm=True, script=SCRIPT[1]):
        folder.mkdir(exist_ok=True)
        _slurm.port = _free_port()
        found = {k: v for k, v in os.environ.items() if k != "XLA_FLAGS" and not k.startswith("SLURM_")}
        found |= {"JAX_PLATFORMS": "cpu", "JAX_NUM_CPU_DEVICES": str(devices), "PYTHONUNBUFFERED": "1"}
        self.processes = [
            subprocess.Popen(
                [sys.executable, "-c", script, str(folder)],
                env=found | (_slurm(task, processes) if slurm else {}),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for task in range(processes)
        ]
        self.folder = folder

    def end(self):
        """Return what each process has printed."""
        said = [process.communicate(timeout=100) for process in self.processes]
        self.errors = [error for _, error in said]
        self.codes = [process.returncode for process in self.processes]
        return [out for out, _ in said]

    def result(self):
        """Return all arrays at the end of training."""
        said = self.end()
        assert not any(self.codes), self.errors
        # Gloo, a library below JAX, has its own word to say about connections.
        assert all(not line or line.startswith("[Gloo]") for out in said[1:] for line in out.splitlines()), said
        assert "best" in said[0]
        with np.load(self.folder / "end.npz", allow_pickle=False) as found:
            return {name: found[name] for name in found.files}

    def after(self, line):
        """Return when the first process has printed this."""
        for said in self.processes[0].stdout:
            if line in said:
                return self
        raise AssertionError(self.processes[0].stderr.read())

    def send(self, sign, *tasks):
        for task in tasks:
            self.processes[task].send_signal(sign)
        return self


def _same(found, expected):
    assert found.keys() == expected.keys()
    for name in expected:
        np.testing.assert_array_equal(found[name], expected[name], name)


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """On one device, as SLURM starts a job of one task."""
    return Job(tmp_path_factory.mktemp("alone")).result()


def test_two_processes_of_two_devices_end_with_the_same_bits(tmp_path, alone):
    """As SLURM starts them: nothing is named."""
    _same(Job(tmp_path, processes=2, devices=2).result(), alone)
