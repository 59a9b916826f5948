"""Processes that run one program together, as SLURM starts them, or one that runs it alone."""

from __future__ import annotations

import fcntl
import os
import random
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO

from tests.helpers.compiling import quick_flags


def slurm(port, task, tasks):
    """Return what SLURM sets for a task; JAX derives the coordinator's port from the job's number."""
    return {
        "SLURM_JOB_ID": str(port - 61440),
        "SLURM_STEP_NODELIST": "localhost",
        "SLURM_STEP_NUM_TASKS": str(tasks),
        "SLURM_NTASKS": str(tasks),
        "SLURM_PROCID": str(task),
        "SLURM_LOCALID": str(task),
    }


_HELD: list[IO[str]] = []
"""Locks of the ports given out, until this process ends: no other run of the tests gets one of them meanwhile."""


def free_port():
    """Return a port that nobody has, of those that JAX chooses under SLURM.

    They lie above those that Linux hands out by itself, so only another run of these tests could take it in between.
    """
    for port in random.sample(range(61440, 65536), 100):
        lock = (Path(tempfile.gettempdir()) / f"gatedrnn-tests-{os.getuid()}-{port}.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with socket.socket() as server:
                server.bind(("localhost", port))
        except OSError:
            lock.close()
            continue
        _HELD.append(lock)
        return port
    raise AssertionError("no port is free")


class Job:
    """Processes of Python with the same arguments, each with so many CPU devices, and quick to compile.

    ``launcher(port, task, tasks)`` is what the launcher says in the environment of a task; None: it was started alone.
    """

    def __init__(self, *arguments, processes=1, devices=1, launcher=None):
        port = free_port()
        found = {k: v for k, v in os.environ.items() if not k.startswith("SLURM_")}
        found |= {"JAX_PLATFORMS": "cpu", "JAX_NUM_CPU_DEVICES": str(devices), "XLA_FLAGS": quick_flags()}
        self.processes = [
            subprocess.Popen(
                [sys.executable, *(str(argument) for argument in arguments)],
                env=found | (launcher(port, task, processes) if launcher else {}),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for task in range(processes)
        ]

    def end(self):
        """Return what each process has printed."""
        try:
            said = [process.communicate(timeout=200) for process in self.processes]
        finally:
            for process in self.processes:
                process.kill()
        self.errors = [error for _, error in said]
        self.codes = [process.returncode for process in self.processes]
        # Gloo, a library below JAX, has its own word to say about connections.
        return ["".join(line for line in out.splitlines(True) if "[Gloo]" not in line) for out, _ in said]

    def succeed(self):
        """Return what each process has printed, none of which has failed."""
        said = self.end()
        assert not any(self.codes), self.errors
        return said

    def after(self, line):
        """Return when the first process has printed this."""
        assert any(line in said for said in self.processes[0].stdout), self.processes[0].stderr.read()
        return self

    def send(self, sign, *tasks):
        for task in tasks:
            self.processes[task].send_signal(sign)
        return self
