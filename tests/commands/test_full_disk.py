"""A disk that is really full: a file system of one's own, too small for a second checkpoint, which then gets room."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest

pytest.importorskip("tyro", reason="the command needs gatedrnn[compare]")

from tests.helpers.compiling import quick_flags

NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount"]
FULL_THEN_ROOM = """
mount -t tmpfs -o size=220k tmpfs "$DISK" || exit 99
"$@" > "$SAID" 2> "$ERROR"
echo $? > "$CODE"
ls "$DISK/run/checkpoints" > "$KEPT"
mount -o remount,size=50m "$DISK" || exit 99
"$@" || exit
cp "$DISK/run/result.json" "$RESULT"
"""


def _mounts():
    """Return whether this machine lets a user mount a file system in a namespace of their own."""
    if shutil.which("unshare") is None:
        return False
    command = [*NAMESPACE, "sh", "-c", "mount -t tmpfs tmpfs /tmp"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


pytestmark = [
    pytest.mark.skipif(not _mounts(), reason="no file system can be mounted here without being root"),
]


@pytest.mark.verify
def test_on_a_full_disk_the_last_checkpoint_stays_and_training_goes_on_from_it(tmp_path):
    """A checkpoint of 32 units takes more than half of the disk."""
    paths = {name: tmp_path / name.lower() for name in ("SAID", "ERROR", "CODE", "KEPT", "RESULT", "DISK")}
    paths["DISK"].mkdir()
    train = [sys.executable, "-m", "gatedrnn", "train", "--hidden", "32", "--max-epochs", "4", "--segment", "1"]
    environment = {**os.environ, "XLA_FLAGS": quick_flags(), "JAX_PLATFORMS": "cpu"}
    environment |= {name: str(path) for name, path in paths.items()}
    job = subprocess.run(
        [*NAMESPACE, "sh", "-c", FULL_THEN_ROOM, "sh", *train, "--out", str(paths["DISK"] / "run")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert job.returncode == 0, job.stderr
    said, error, code, kept = (paths[name].read_text(encoding="utf-8") for name in ("SAID", "ERROR", "CODE", "KEPT"))
    assert code == "1\n"
    assert error.startswith("gatedrnn: checkpoint 2 could not be written to ")
    assert "No space left on device" in error
    assert error.count("\n") == 1
    assert "1" in kept.split()
    assert "epoch    1" in said
    assert job.stdout.startswith("epoch    2"), "it went on, and did not start anew"
    # The same command, on as many devices: over others the sums of a batch are in another order.
    subprocess.run([*train, "--out", str(tmp_path / "whole")], env=environment, capture_output=True, check=True)
    found, expected = (
        json.loads(path.read_text(encoding="utf-8")) for path in (paths["RESULT"], tmp_path / "whole" / "result.json")
    )
    assert found["trial"] == expected["trial"]


WRITE = """
import os, pathlib
from gatedrnn.comparison.folder import write_json

path = pathlib.Path(os.environ["DISK"]) / "results.json"
write_json(path, 1)
try:
    write_json(path, "a" * 50_000)
except OSError as error:
    print(error)
print(path.read_text(), end="")
"""


def test_a_file_that_finds_no_room_is_named_and_stays_as_it_was(tmp_path):
    mount = 'mount -t tmpfs -o size=16k tmpfs "$DISK" && exec "$@"'
    command = [*NAMESPACE, "sh", "-c", mount, "sh", sys.executable, "-c", WRITE]
    environment = {**os.environ, "DISK": str(tmp_path)}
    job = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert job.stdout == f"[Errno 28] No space left on device: '{tmp_path}/results.json'\n1"
