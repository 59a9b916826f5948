"""Files as frameworks write them: layers are found in them, and compute what the framework that wrote them does."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.convert import contents, from_torch, read_weights, to_equinox, to_keras
from gatedrnn.convert.recurrent import taken_apart
from gatedrnn.convert.table import rows
from gatedrnn.errors import InputError
from tests.helpers.drawn import drawn

T, B, I, H = 5, 3, 2, 4  # noqa: E741


@pytest.fixture(autouse=True)
def float64():
    with jax.enable_x64(True):
        yield


def run(layer: Any, params: Any, xs: Any) -> tuple[np.ndarray, list[np.ndarray], list[np.ndarray]]:
    """Return outputs, and every direction's h and c, the lowest layer first."""
    carry, ys = jax.jit(layer.apply)(params, jnp.asarray(xs))
    leaves = jax.tree.leaves(carry, is_leaf=lambda leaf: isinstance(leaf, gr.LSTMCarry))
    lstms = [leaf for leaf in leaves if isinstance(leaf, gr.LSTMCarry)]
    return np.asarray(ys), [leaf.h for leaf in lstms] or leaves, [leaf.c for leaf in lstms]


def assert_close(got: Any, expected: Any) -> None:
    # Five steps of ten products in three layers, in another order: some hundred roundings of 1e-16.
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-13)


def test_a_module_of_pytorchs_is_found_in_whatever_file_its_users_saved(tmp_path: Path) -> None:
    """Under the prefixes of wrappers and of checkpoints, beside an optimiser's numbers, in lists."""
    torch = pytest.importorskip("torch")
    safetensors = pytest.importorskip("safetensors.torch")
    torch.manual_seed(0)
    net = torch.nn.Module()
    net.encoder = torch.nn.LSTM(I, H, 3, batch_first=True, dropout=0.5, dtype=torch.float64)
    net.decoder = torch.nn.GRUCell(H, H, dtype=torch.float64)
    net.head = torch.nn.Linear(H, 2, dtype=torch.float64)
    state = net.state_dict()
    moments = {k: {"step": torch.tensor(1.0), "exp_avg": value} for k, value in enumerate(state.values())}
    optimizer = {"state": moments, "param_groups": [{"lr": 0.1, "params": [*moments]}]}
    torch.save(torch.nn.DataParallel(net).state_dict(), tmp_path / "parallel.pth")
    torch.save({"epoch": 1, "model_state": state, "optimizer": optimizer}, tmp_path / "step.pt")
    torch.save({"state_dict": state, "optimizer_states": [optimizer]}, tmp_path / "lightning.ckpt")
    torch.save({"state_dict": state, "best": 0.5}, tmp_path / "best.pth.tar")
    torch.save([state, optimizer], tmp_path / "list.bin", _use_new_zipfile_serialization=False)
    safetensors.save_file(state, tmp_path / "net.safetensors")
    weights = {name: value.numpy() for name, value in net.encoder.state_dict().items()}
    expected = from_torch(weights)
    starts = {"parallel.pth": "module.", "step.pt": "model_state.", "list.bin": "0."}
    starts |= dict.fromkeys(("lightning.ckpt", "best.pth.tar"), "state_dict.")
    for path in sorted(tmp_path.iterdir()):
        found = {one.name: one for one in contents(path).recurrent}
        start = starts.get(path.name, "")
        assert found.keys() == {f"{start}encoder.", f"{start}decoder."}
        encoder = found[f"{start}encoder."]
        arrays = read_weights(path)
        named = [from_torch(arrays, prefix=prefix) for prefix in (f"{start}encoder", f"{start}encoder.")]
        for layer, params in [(encoder.layer, encoder.params), *named]:
            assert layer == expected[0]
            chex.assert_trees_all_equal(params, expected[1])
    xs = np.random.default_rng(0).normal(size=(T, B, I))
    ys, (h, c) = net.eval().encoder(torch.tensor(xs).transpose(0, 1))
    for one, other in zip(run(*expected, xs), (ys.transpose(0, 1), h, c), strict=True):
        assert_close(one, other.detach())


def test_shortened_names_are_named_and_not_guessed_at(tmp_path: Path) -> None:
    shapes = {"w_ih": (12, 2), "w_hh": (12, 4), "b_ih": (12,), "b_hh": (12,)}
    held = {f"{start}_{name}": np.ones(shape) for start in ("enc", "dec") for name, shape in shapes.items()}
    np.savez(tmp_path / "net.npz", **held, enc_emb=np.ones((5, 2)), own_w_ih=np.ones((12, 2)))
    found = contents(tmp_path / "net.npz")
    assert not found.recurrent
    assert found.refused.keys() == {"enc_", "dec_"}
    assert "if they are PyTorch's, from_torch takes them as weight_ih" in found.refused["enc_"]


def test_what_is_no_file_of_tensors_says_what_it_is(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    torch = pytest.importorskip("torch")
    with zipfile.ZipFile(tmp_path / "program.pt", "w") as archive:  # the entries by which PyTorch tells one
        archive.writestr("program/data.pkl", b"")
        archive.writestr("program/constants.pkl", b"")
    with pytest.raises(InputError, match=r"program\.pt: expected tensors alone, got a program of TorchScript"):
        read_weights(tmp_path / "program.pt")
    assert not recwarn.list
    held: list[Any] = [{"w": torch.ones(1)}]
    held.append(held)
    held += [[held, held]]
    torch.save(held, tmp_path / "itself.pt")
    assert read_weights(tmp_path / "itself.pt").keys() == {"0.w"}


def test_a_cell_of_equinoxs_is_none_of_pytorchs(tmp_path: Path) -> None:
    """Weights have the same names, biases have not: without theirs they would be another cell."""
    for layer in (gr.scan(gr.LSTM(H)), gr.scan(gr.GRU(H))):
        weights = to_equinox(layer, drawn(layer, I, "float64"))
        np.savez(tmp_path / "net.npz", **{f"cell.{name}": array for name, array in weights.items()})
        (one,) = contents(tmp_path / "net.npz").recurrent
        assert (one.convention.name, one.layer.cell, len(one.weights)) == ("Equinox", *layer_of(layer, weights))
        chex.assert_trees_all_equal(one.params, drawn(layer, I, "float64"))
        with pytest.raises(InputError, match=r"weights: expected cell\.bias_ih and bias_hh, got bias, as from_equinox"):
            from_torch(read_weights(tmp_path / "net.npz"))


def layer_of(layer: Any, weights: Any) -> tuple[Any, int]:
    """Return the cell in float64, and how many arrays it has."""
    return type(layer.cell)(H, policy=gr.Policy(params="float64")), len(weights)


def keras_file(path: Path, layers: list[dict[str, Any]], arrays: dict[str, list[np.ndarray]]) -> None:
    """Write what Keras 3 has in a model's file: the configuration, and arrays in groups that know their layer."""
    h5py = pytest.importorskip("h5py")
    held = io.BytesIO()
    with h5py.File(held, "w") as file:
        for group, (name, *weights) in arrays.items():
            for k, array in enumerate(weights):
                file[f"{group}/cell/vars/{k}"] = array
            file.create_group(f"{group}/vars").attrs["name"] = name
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model.weights.h5", held.getvalue())
        archive.writestr("config.json", json.dumps({"class_name": "Sequential", "config": {"layers": layers}}))


def described(kind: str, name: str, **given: Any) -> dict[str, Any]:
    return {"class_name": kind, "config": {"name": name, "recurrent_activation": "sigmoid", **given}}


def test_a_model_of_kerass_says_what_weights_do_not(tmp_path: Path) -> None:
    """Groups are named by kind and number, layers by their users: the file has both names."""
    gru, rnn = gr.scan(gr.GRU(3, activation=jax.nn.relu)), gr.scan(gr.SimpleRNN(2))
    arrays = {
        "layers/gru": ["first", *to_keras(gru, drawn(gru, I))],
        "layers/simple_rnn": ["gru", *to_keras(rnn, drawn(rnn, 3))],
    }
    first, second = described("GRU", "first", activation="relu"), described("SimpleRNN", "gru", activation="tanh")
    keras_file(tmp_path / "net.keras", [first, second], arrays)
    found = contents(tmp_path / "net.keras").recurrent
    assert [(one.layer.cell.activation, dict(rows(one))["activation"]) for one in found] == [
        (jax.nn.relu, "relu"),
        (jnp.tanh, "tanh"),
    ]
    for changes, said in [
        ({"recurrent_activation": "hard_sigmoid"}, "recurrent_activation: expected sigmoid, .* 'hard_sigmoid'"),
        ({"go_backwards": True}, "go_backwards: expected False, .* True"),
        ({"activation": "elu"}, "activation: expected"),
        ({"activation": {"class_name": "Own"}}, "activation: expected"),
    ]:
        keras_file(tmp_path / "net.keras", [described("GRU", "first", **changes), second], arrays)
        refused = contents(tmp_path / "net.keras").refused
        assert list(refused) == ["layers/gru/cell/"]
        with pytest.raises(InputError, match=said):
            raise InputError(refused["layers/gru/cell/"])
    around = {"class_name": "Bidirectional", "config": {"name": "both", "merge_mode": "sum", "layer": first}}
    keras_file(tmp_path / "net.keras", [around, second], arrays)
    assert "merge_mode: expected concat" in contents(tmp_path / "net.keras").refused["layers/gru/cell/"]
    for unclear in ([first, described("GRU", "first"), second], [{"config": 3}, [[]], second]):
        keras_file(tmp_path / "net.keras", unclear, arrays)
        assert dict(rows(contents(tmp_path / "net.keras").recurrent[0]))["activation"].startswith("tanh is assumed")


def test_both_directions_are_found_as_keras_2_numbered_their_cells(tmp_path: Path) -> None:
    """Cells count through a model: the backward one of a layer has another number than the forward one."""
    h5py = pytest.importorskip("h5py")
    layers = [gr.bidirectional(gr.LSTM(3)), gr.bidirectional(gr.LSTM(2)), gr.bidirectional(gr.LSTM(2))]
    params = [drawn(layer, width) for layer, width in zip(layers, (I, 6, 4), strict=True)]
    groups = {
        "bidirectional/bidirectional/{}_lstm/lstm_cell_{}": (1, 2),
        "rnn/rnn/{}_rnn/stacked_rnn_cells/lstm_cell_{}": (9, 12),
        "rnn/rnn/{}_rnn/stacked_rnn_cells/lstm_cell_{}/": (10, 13),
    }
    with h5py.File(tmp_path / "net.h5", "w") as file:
        for k, (group, numbers) in enumerate(groups.items()):
            weights = to_keras(layers[k], params[k])
            for end, number, held in zip(("forward", "backward"), numbers, (weights[:3], weights[3:]), strict=True):
                place = group.format(end, number).rstrip("/")
                for name, array in zip(("kernel", "recurrent_kernel", "bias"), held, strict=True):
                    file[f"{place}/{name}:0"] = array
    found = {one.name: one for one in contents(tmp_path / "net.h5").recurrent}
    assert len(found) == 3
    for k, (group, numbers) in enumerate(groups.items()):
        one = found[group.format("forward", numbers[0]).rstrip("/") + "/"]
        assert one.layer == layers[k]
        jax.tree.map(np.testing.assert_array_equal, one.params, params[k])


@pytest.mark.verify
@pytest.mark.parametrize("name", ["net.keras", "net.weights.h5", "net.h5", "net.hdf5"])
def test_layers_of_kerass_are_found_in_its_files(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    keras = pytest.importorskip("keras")
    of, rng = keras.layers, np.random.default_rng(0)
    options: dict[str, Any] = {"return_sequences": True, "return_state": True}
    layers = [
        of.Bidirectional(of.LSTM(3, **options)),
        of.LSTM(H, activation="tanh" if "weights" in name else "relu", **options),
        of.GRU(3, **options),
    ]
    ys = given = keras.Input((None, I))
    ends = []
    for layer in layers:
        ys, *states = layer(ys)
        ends += [ys, *states]
    net = keras.Model(given, ends)
    net.set_weights([rng.normal(size=weight.shape) for weight in net.get_weights()])
    path = tmp_path / name
    if name == "net.hdf5":
        net.save(tmp_path / "net.h5")
        (tmp_path / "net.h5").rename(path)
    else:
        (net.save_weights if "weights" in name else net.save)(path)
    found = {kind: one for one in contents(path).recurrent for kind in ("bidirectional", "gru", "lstm")
             if kind in one.name.split("/")[1]}  # fmt: skip
    xs = rng.normal(size=(B, T, I))
    expected = [np.asarray(one) for one in net(xs)]
    xs = xs.swapaxes(0, 1)
    for kind in ("bidirectional", "lstm", "gru"):
        ys, h, c = run(found[kind].layer, found[kind].params, xs)
        theirs, *states = expected[: 1 + len(h) + len(c)]
        expected = expected[1 + len(h) + len(c) :]
        got = [(ys, theirs.swapaxes(0, 1)), (h, states[:: 2 if c else 1]), (c, states[1::2] if c else [])]
        # Keras computes in float32, told otherwise too: some fifty roundings of 1e-7, in another order.
        for one, other in got:
            np.testing.assert_allclose(one, other, rtol=5e-6, atol=5e-6)
        xs = ys


@pytest.mark.verify
@pytest.mark.parametrize("dynamo", [False, True], ids=["traced", "dynamo"])
@pytest.mark.parametrize("options", [{}, {"bidirectional": True}, {"batch_first": True}], ids=str)
def test_three_layers_that_pytorch_wrote_as_operators_are_one_chain(options: Any, dynamo: Any, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("onnxscript" if dynamo else "onnx")
    torch.manual_seed(0)
    for kind in (torch.nn.LSTM, torch.nn.GRU):
        module = kind(I, H, 3, **options).eval()
        example = torch.zeros(T, B, I)
        torch.onnx.export(module, (example,), tmp_path / "net.onnx", dynamo=dynamo, verbose=False)
        (one,) = contents(tmp_path / "net.onnx").recurrent
        assert len(taken_apart(one.layer, one.params, "ONNX")) == 3
        weights = {name: value.detach().numpy() for name, value in module.state_dict().items()}
        again, params = from_torch(weights)
        assert one.layer == again
        chex.assert_trees_all_equal(one.params, params)
