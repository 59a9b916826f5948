"""Tiny Shakespeare: which character follows, in 1,115,394 characters of 65 kinds; the file is fetched at first use."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path

import numpy as np

from gatedrnn.tasks import baselines, objectives
from gatedrnn.tasks.framing import Framing
from gatedrnn.tasks.generated.draws import one_hot
from gatedrnn.tasks.question import Question
from gatedrnn.tasks.recorded import task_from
from gatedrnn.tasks.remote import Remote
from gatedrnn.tasks.task import Task
from gatedrnn.tasks.text import read_text

KINDS, WINDOW = 65, 128
VALIDATION, TEST = 0.9, 0.95
"""Where these parts begin, as parts of the text: char-rnn's default."""
FILE = Remote(
    "tiny-shakespeare",
    "tinyshakespeare.txt",
    "https://raw.githubusercontent.com/karpathy/char-rnn/6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e/data/"
    "tinyshakespeare/input.txt",
    "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
)
SOURCE = "plays of W. Shakespeare, public domain, as data/tinyshakespeare/input.txt in karpathy/char-rnn, 6f9487a"


@functools.cache
def _held(path: Path, window: int) -> Task:
    """Return the task that the text holds; its parts follow each other, the same for every seed."""
    data, kind = read_text(path, Question())
    steps = int(data.lengths[0])
    data = dataclasses.replace(data, cuts=np.array([[int(VALIDATION * steps), int(TEST * steps)]]))
    return task_from(data, kind, name=FILE.name, source=SOURCE, sha256=FILE.sha256, framing=Framing(window=window))


def next_character(window: int = WINDOW) -> Task:
    """Return the task of naming the next character.

    The first 90 % of the text train, the next 5 % validate and the last 5 % test, whatever the seed; they are read in
    windows. The file is read when parts are asked for.

    Args:
        window: characters that are read at once.

    Raises:
        InputError: where parts are asked for and the file neither lies in the folder of ``GATEDRNN_DATA`` nor can be
            fetched.

    Example:
        >>> task = next_character()
        >>> task.title, task.in_dim
        ('Tiny Shakespeare: the next character', 65)
    """
    return Task(
        name=FILE.name,
        title="Tiny Shakespeare: the next character",
        kind="next-token",
        unit="nats per character",
        in_dim=KINDS,
        out_dim=KINDS,
        source=SOURCE,
        data_sha256=FILE.sha256,
        split=lambda seed: _held(FILE.path(), window).split(seed),
        read_test=lambda seed: _held(FILE.path(), window).read_test(seed),
        score=objectives.categorical_steps,
        baselines=functools.partial(baselines.next_token, tokens=KINDS),
        tokens=True,
        encode=one_hot(KINDS),
        reading=lambda seed: _held(FILE.path(), window).reading(seed),
        with_window=next_character,
    )
