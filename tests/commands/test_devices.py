"""Several CPU devices, as ``--devices`` asks for: they share the batches of one run."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytest.importorskip("tyro", reason="the command needs gatedrnn[compare]")

from gatedrnn.commands import devices
from gatedrnn.experiment import single


def _trained(count, out):
    settings = single.TrainSettings(cell="SimpleRNN", hidden=4, max_epochs=2, segment=1, dropout=0.2, devices=count)
    return single.train(settings, out)


@pytest.mark.verify
def test_a_run_shared_by_devices_equals_the_run_on_one(tmp_path):
    """To rounding, dropout's noise included: 12 steps of float32 sums in another order; 1e-4 is 1,000 units of it."""
    alone, shared = (_trained(n, tmp_path / str(n)) for n in (1, 2))
    assert shared["trial"]["curve"] == pytest.approx(alone["trial"]["curve"], rel=1e-4)
    assert shared["test"]["nats"] == pytest.approx(alone["test"]["nats"], rel=1e-4)
    with pytest.raises(ValueError, match="devices: was 1, now 4"):
        _trained(4, tmp_path / "1")


def test_more_devices_than_there_are_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"expected at most 4, as many devices as JAX shows; got 1 \(pop.* 99"):
        _trained(99, tmp_path)


def test_devices_are_asked_for_before_jax_starts():
    code = "import jax; from gatedrnn.commands import devices; devices.ask_for_devices(3); print(len(jax.devices()))"
    environment = {"JAX_PLATFORMS": "cpu", "PATH": ""}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert json.loads(run.stdout) == 3
    with pytest.raises(ValueError, match="devices: expected to be asked for before JAX starts, got 3"):
        devices.ask_for_devices(3)
    with pytest.raises(ValueError, match="devices: expected a positive int, got 0"):
        devices.ask_for_devices(0)
