"""The commands as several processes: what they write equals what one process writes, and one process writes it."""

from __future__ import annotations

import json
import signal

import pytest

pytest.importorskip("tyro", reason="the command needs gatedrnn[compare]")

import gatedrnn as gr
from gatedrnn.commands import cli
from gatedrnn.errors import InputError
from gatedrnn.tasks import registry
from tests.helpers.processes import Job, slurm

TRAIN = ("train", "--hidden", "3", "--max-epochs", "4", "--segment", "2")
SWEEP = ("sweep", "--cell", "GRU", "--hidden", "3", "--draws", "4", "--seeds", "2", "--segment", "2", "--tensorboard")
SWEEP += ("--max-epochs", "4")
TWO_BY_TWO = {"processes": 2, "devices": 2, "launcher": slurm}


def _job(arguments, out, **topology):
    return Job("-m", "gatedrnn", *arguments, "--out", out, **topology)


def _files(folder):
    return {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}


def _result(path):
    return {k: v for k, v in json.loads(path.read_text(encoding="utf-8")).items() if k not in ("device", "started")}


@pytest.mark.verify
def test_a_sweep_of_two_processes_of_two_devices_equals_that_of_one(tmp_path):
    """To the last bit, in every file but what has a time in it."""
    two, one = (tmp_path / name for name in ("two", "one"))
    job = _job(SWEEP, two, **TWO_BY_TWO)
    assert cli.run([*SWEEP, "--out", str(one)]) == 0
    said, other = job.succeed()
    assert "8 of 8 ended" in said
    assert "ended" not in other
    assert _result(two / "results.json") == _result(one / "results.json")
    assert (two / "members.csv").read_bytes() == (one / "members.csv").read_bytes()
    names = [{str(path.parent) if "events" in path.name else str(path) for path in _files(out)} for out in (two, one)]
    assert names[0] == names[1]
    assert len(_files(two)) == len(_files(one)), "logs were written twice"


@pytest.mark.verify
def test_a_sweep_goes_on_with_another_number_of_processes(tmp_path):
    """SIGTERM reaches the last process alone."""
    longer = (*SWEEP, "--cell", "GRU", "SimpleRNN", "--max-epochs", "40", "--patience", "40")
    two, one = (tmp_path / name for name in ("two", "one"))
    job = _job(longer, two, **TWO_BY_TWO).after("ended")
    job.send(signal.SIGTERM, -1).end()
    assert set(job.codes) == {143}, job.errors
    assert "gatedrnn: terminated, and saved; to resume: gatedrnn sweep" in job.errors[0]
    assert "to resume" not in job.errors[1]
    assert not (two / "results.json").exists()
    _job(longer, two).succeed()
    assert cli.run([*longer, "--out", str(one)]) == 0
    assert _result(two / "results.json") == _result(one / "results.json")


@pytest.mark.verify
def test_training_in_two_processes_equals_training_in_one(tmp_path):
    two, one = (tmp_path / name for name in ("two", "one"))
    said, other = _job(TRAIN, two, **TWO_BY_TWO).succeed()
    assert "test:" in said
    assert "test:" not in other
    assert "epoch" not in other
    assert cli.run([*TRAIN, "--out", str(one)]) == 0
    assert _result(two / "result.json") == _result(one / "result.json")


@pytest.mark.verify
def test_devices_of_two_processes_share_a_batch_like_two_of_one(tmp_path):
    """A sum of two is the same in both orders, so the bits are."""
    both = (*TRAIN, "--devices", "2")
    two, one = (tmp_path / name for name in ("two", "one"))
    _job(both, two, processes=2, launcher=slurm).succeed()
    _job(both, one, devices=2).succeed()
    assert _result(two / "result.json") == _result(one / "result.json")
    job = _job((*TRAIN, "--devices", "3"), tmp_path / "three", processes=2, launcher=slurm)
    job.end()
    assert job.codes == [2, 2]
    assert "gatedrnn: devices: expected 1, or a multiple of the 2 processes; got 3\n" in job.errors[0]


@pytest.mark.verify
@pytest.mark.parametrize("command", ["train", "sweep"])
def test_experiments_take_the_same_way(tmp_path, command):
    config = {"train": "vowels_gru", "sweep": "sweep_vowels"}[command]
    arguments = (f"experiments/{command}.py", f"configs/{config}.py", "--max-epochs", "4", "--hidden", "3")
    arguments += ("--draws", "2") if command == "sweep" else ()
    two, one = (tmp_path / name for name in ("two", "one"))
    Job(*arguments, "--out", two, **TWO_BY_TWO).succeed()
    Job(*arguments, "--out", one).succeed()
    name = {"train": "result.json", "sweep": "results.json"}[command]
    assert _result(two / name) == _result(one / name)


COMPARE = ("compare", "--tasks", "japanese-vowels-speaker", "--hidden", "3", "--replicates", "3", "--trials", "2")
COMPARE += ("--max-epochs", "4", "--patience", "4", "--clip-norm", "1.0", "1.0")
TIMED = ("seconds", "step_seconds", "training_seconds", "compile_seconds", "against_seconds", "cheaper")
PROVENANCE = ("command", "started", "device")


def _less_times(value):
    """Return results without what a clock or a machine says, and without sentences, which may quote it."""
    if isinstance(value, dict):
        said = ("headline", "finding", "scope", "sentence")
        return {k: _less_times(v) for k, v in value.items() if k not in (*TIMED, *PROVENANCE, *said)}
    return [_less_times(each) for each in value] if isinstance(value, list) else value


def _compared(out):
    return _less_times(json.loads((out / "results.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def compared_by_one(tmp_path_factory):
    out = tmp_path_factory.mktemp("one") / "run"
    assert cli.run([*COMPARE, "--out", str(out)]) == 0
    return _compared(out)


@pytest.mark.verify
def test_a_comparison_of_two_processes_equals_that_of_one(tmp_path, compared_by_one):
    """Extension, test, verdict and saved networks included, to the last bit."""
    said, other = _job(COMPARE, tmp_path, processes=2, launcher=slurm).succeed()
    assert _compared(tmp_path) == compared_by_one
    assert compared_by_one["tasks"][0]["protocol"]["extension"] is not None
    assert "report:" in said
    assert other == ""
    ran = [path.name for path in (tmp_path / "processes" / "1" / "searches").rglob("*.json")]
    assert sorted(name for name in ran if "extended" not in name) == ["GRU-1.json", "LSTM-1.json"]


@pytest.mark.verify
@pytest.mark.parametrize("task", [0, 1])
def test_where_a_process_is_killed_one_alone_resumes_the_comparison(tmp_path, compared_by_one, task):
    """What the others do: they are not killed, but end by their own signal, as a launcher sends it."""
    job = _job(COMPARE, tmp_path, processes=2, launcher=slurm).after("replicate 1 done")
    job.send(signal.SIGKILL, task).send(signal.SIGTERM, 1 - task)
    job.end()
    assert job.codes[task] == -signal.SIGKILL
    assert job.codes[1 - task] in (143, 0), "the second may have ended already"
    assert not (tmp_path / "results.json").exists()
    _job(COMPARE, tmp_path).succeed()
    assert _compared(tmp_path) == compared_by_one


SCRIPT = """
import json, sys
import gatedrnn as gr
from gatedrnn.experiment.space import Space
from gatedrnn.tasks import registry
from gatedrnn.training import hosts

asked = {"hidden": 3, "replicates": 3, "trials": 2, "max_epochs": 4, "patience": 4}
asked["space"] = Space(clip_norm=(1.0, 1.0))
who = {"process": hosts.number_of_process(), "processes": hosts.launched()}
print(json.dumps(gr.compare(registry.load("japanese-vowels-speaker"), out=sys.argv[1], **who, **asked)))
"""
"""What COMPARE asks for, from Python."""


@pytest.mark.verify
def test_a_script_of_two_processes_has_the_results_of_one_in_both(tmp_path, compared_by_one):
    first, other = map(json.loads, Job("-c", SCRIPT, tmp_path / "run", processes=2, launcher=slurm).succeed())
    assert first == other == json.loads((tmp_path / "run" / "results.json").read_text(encoding="utf-8"))
    assert _less_times(first)["tasks"] == compared_by_one["tasks"]
    ran = [path.name for path in (tmp_path / "run" / "processes" / "1" / "searches").rglob("*.json")]
    assert sorted(name for name in ran if "extended" not in name) == ["GRU-1.json", "LSTM-1.json"]


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ({"process": 2, "processes": 2}, "process: expected a number below 2, got 2"),
        ({"processes": True}, "processes: expected an int, got True"),
        ({"process": 1, "processes": 2, "minutes": 1.0}, "minutes: expected none with 2 processes"),
    ],
)
def test_a_script_that_says_wrongly_who_it_is_is_refused(tmp_path, who, said):
    with pytest.raises(InputError, match=said):
        gr.compare(registry.load("japanese-vowels-speaker"), out=tmp_path / "out", **who)
    assert not (tmp_path / "out").exists()


def test_a_script_whose_processes_jax_has_joined_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("jax.process_count", lambda: 2)
    with pytest.raises(InputError, match="processes: expected each to start JAX by itself, got 2"):
        gr.compare(registry.load("japanese-vowels-speaker"), out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_comparison_of_several_processes_is_refused_a_time(tmp_path, monkeypatch, capsys):
    for name, value in slurm(61441, 1, 2).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("jax.config.update", lambda *_: None)  # the GPU of this number, were there one
    assert cli.run(["compare", "--minutes", "1", "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert error.startswith("gatedrnn: minutes: expected none with 2 processes, as replicates hand on what they leave")
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()
