"""A file of raw data as the network of a comparison reads it: as the comparison's own file was read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gatedrnn.archives import open_npz
from gatedrnn.errors import InputError
from gatedrnn.files import refuse_no_file
from gatedrnn.tasks.arrays import INSTEAD, KEYS, from_arrays
from gatedrnn.tasks.damage import named
from gatedrnn.tasks.files import READERS, ending
from gatedrnn.tasks.frames import open_excel
from gatedrnn.tasks.guesses import column_of
from gatedrnn.tasks.question import Question
from gatedrnn.tasks.sentences import read_texts
from gatedrnn.tasks.tables import open_table, read_source
from gatedrnn.tasks.text import read_text
from gatedrnn.tasks.ucr import read_ts

if TYPE_CHECKING:
    from gatedrnn.predict.model import Model
    from gatedrnn.tasks.sequences import Sequences


def read(model: Model, path: Path, given: dict[str, Any]) -> Sequences:
    """Return what a file holds of the network's inputs.

    Args:
        model: the network, which knows how the comparison's file was read.
        path: a file of the kind that the comparison read.
        given: what is read otherwise, by fields of ``gatedrnn.tasks.question.Question``; None: as in the comparison.

    Raises:
        InputError: where it lacks some, or has others.
    """
    known = ending(path)
    if not known:
        raise InputError(f"file: expected one that ends in {', '.join(READERS)}, got {str(path)!r}")
    refuse_no_file("file", path)
    asked = {**model.config["read"], **{name: value for name, value in given.items() if value is not None}}
    with named(path):
        return _fitting(model, _read(model, path, known, asked))


def _read(model: Model, path: Path, known: str, asked: dict[str, Any]) -> Sequences:
    if known == ".txt":
        return read_text(path, Question(tokens=asked.get("tokens")))[0]
    if known == ".ts":
        return read_ts(path, Question(kind="forecast"))[0]
    if known == ".npz":
        with open_npz(path, INSTEAD) as file:
            held = {key: file[key] for key in file.files if key in KEYS and key not in ("y", "groups", "split")}
        if "x" not in held:
            raise InputError("keys: expected x, got none")
        return from_arrays(held, Question(kind="next-token" if model.tokens else "forecast"))[0]
    source = open_excel(path) if known == ".xlsx" else open_table(path)
    names = source.schema.names
    if "wide" in asked:
        # A class beside a series is no step of it, and is not looked at.
        target = tuple(name for name in model.config["targets"] if name in names)
        return read_source(source, Question(kind="forecast", target=target, **asked))[0]
    features = tuple(model.config["features"])
    if model.tokens and len(features) == 1 and features[0] in names:
        return read_texts(source, features[0], tuple(model.tokens))
    wanted = [name for name in (asked.get("group"), asked.get("time")) if name is not None]
    there = frozenset(names)  # of thousands of columns, a list would be looked through thousands of times
    wanted += [column_of(name, there) for name in features]
    lacking = [name for name in dict.fromkeys(wanted) if name not in there]
    if lacking:
        raise InputError(
            f"columns: expected {', '.join(dict.fromkeys(wanted))}, got {', '.join(names)}; add {', '.join(lacking)}"
        )
    return read_source(source, Question(kind="forecast", features=features, **asked))[0]


def _fitting(model: Model, data: Sequences) -> Sequences:
    """Refuse what the network has not been trained to read."""
    tokens, features = bool(model.tokens), model.config["features"]
    if tokens != (data.x.ndim == 1) or (not tokens and data.x.shape[-1] != model.config["in_dim"]):
        wanted = "tokens" if tokens else f"{model.config['in_dim']} features ({', '.join(features)})"
        got = "tokens" if data.x.ndim == 1 else f"{data.x.shape[-1]} features"
        raise InputError(f"expected {wanted}, got {got}")
    if tokens:
        return data if data.tokens else _same_tokens(data, model.tokens)
    if not np.isfinite(data.x).all():
        raise InputError("expected finite numbers, got some missing or infinite; fill them in")
    return data


def _same_tokens(data: Sequences, classes: list[str]) -> Sequences:
    """Return tokens as the network counts them."""
    unknown = [name for name in data.classes if name not in classes]
    if unknown:
        raise InputError(f"tokens: expected those of the training data, got {', '.join(map(repr, unknown))} as well")
    numbers = np.array([classes.index(name) for name in data.classes], np.int32)
    return type(data)(numbers[data.x], data.lengths, classes=tuple(classes), labels=data.labels)
