"""Handwritten digits as sequences of 784 pixels, by rows or in a fixed random order; fetched at first use."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import jax.numpy as jnp
import numpy as np

from gatedrnn.archives import open_npz
from gatedrnn.errors import InputError
from gatedrnn.tasks import objectives
from gatedrnn.tasks.baselines.pixels import pixel_models
from gatedrnn.tasks.damage import named
from gatedrnn.tasks.generated.draws import OF_TRAIN, stream
from gatedrnn.tasks.parts import Batch, FinalTest, Visible
from gatedrnn.tasks.remote import Remote
from gatedrnn.tasks.task import Reading, Task

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float, Int

PIXELS, DIGITS, VALIDATED = 784, 10, 5_000
FILE = Remote(
    "mnist",
    "mnist.npz",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
    "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
    arrays="8fc8fc4f0343f34ece1fcfdfb65f0801fac48030ce7c70e62bbb62f64ee2e65b",
)
SOURCE = "MNIST, Y. LeCun, C. Cortes and C. Burges, as mnist.npz of Keras, CC BY-SA 3.0"


@functools.cache
def _held(path: Path) -> dict[str, np.ndarray]:
    with named(path), open_npz(path) as file:
        return {name: file[name] for name in ("x_train", "y_train", "x_test", "y_test")}


def order() -> Int[np.ndarray, "784"]:
    """Return the order in which the permuted task reads pixels: that of the SHA-256 of their numbers.

    Papers draw an order of their own each; this one is the same on every machine and in every version of NumPy.

    Example:
        >>> order()[:3].tolist(), sorted(order().tolist()) == list(range(784))
        ([286, 671, 245], True)
    """
    return np.array(sorted(range(PIXELS), key=lambda pixel: hashlib.sha256(str(pixel).encode()).digest()))


class Reduced(NamedTuple):
    """How much of the images is read, and how.

    Attributes:
        images: training images, a tenth of which validate, and as many of the test, if it has them; None: all.
        pixels: pixels in a step; 28: a row at a step.
    """

    images: int | None = None
    pixels: int = 1


WHOLE = Reduced()


def laid_out(images: np.ndarray, classes: np.ndarray, places: Int[np.ndarray, "P"] | None, pixels: int = 1) -> Batch:
    """Return images as sequences of some pixels a step.

    Args:
        images: grey values, ``[B, 28, 28]``.
        classes: which digit each shows, ``[B]``.
        places: the pixels in the order in which they are read; None: row by row.
        pixels: how many are read at a step.

    Example:
        >>> images = np.arange(2 * 784).reshape(2, 28, 28) % 256
        >>> batch = laid_out(images.astype(np.uint8), np.array([3, 7]), np.array([0, 783]))
        >>> batch.x[..., 0].tolist(), batch.lengths.tolist()  # [T, B]
        ([[0, 16], [15, 31]], [2, 2])
        >>> laid_out(images.astype(np.uint8), np.array([3, 7]), None, pixels=28).x.shape
        (28, 2, 28)
    """
    flat = images.reshape(len(images), PIXELS)
    read = flat if places is None else flat[:, places]
    x = np.ascontiguousarray(read.reshape(len(images), -1, pixels).swapaxes(0, 1))
    return Batch(x, np.full(len(images), len(x), np.int32), classes.astype(np.int32))


def _split(permuted: bool, reduced: Reduced, seed: int) -> Visible:
    shuffled = stream(seed, OF_TRAIN)
    held = _held(FILE.path())
    rows = shuffled.permutation(len(held["x_train"]))
    validated = VALIDATED if reduced.images is None else reduced.images // 10
    places = order() if permuted else None
    train, validation = (
        laid_out(held["x_train"][part], held["y_train"][part], places, reduced.pixels)
        for part in (rows[validated : reduced.images], rows[:validated])
    )
    return Visible(train, validation, 0.0)


def _final(permuted: bool, reduced: Reduced, seed: int) -> FinalTest:
    stream(seed, OF_TRAIN)
    held = _held(FILE.path())
    x, y = (held[name][: reduced.images] for name in ("x_test", "y_test"))
    return FinalTest(laid_out(x, y, order() if permuted else None, reduced.pixels), 0.0)


def _grey(x: Array | np.ndarray) -> Float[Array, "T B K"]:
    return jnp.asarray(x, jnp.float32) / 255.0


def _reading(pixels: int, seed: int) -> Reading:
    del seed
    features = ("grey",) if pixels == 1 else tuple(f"grey {k}" for k in range(pixels))
    return Reading(features, classes=tuple(map(str, range(DIGITS))))


def digits(*, permuted: bool, reduced: Reduced = WHOLE) -> Task:
    """Return the task of naming the digit that 784 pixels show, of which one is read at a step.

    Of the 60,000 training images 5,000, drawn by the seed, validate; the 10,000 of the test are as given. The file is
    read when parts are asked for.

    Args:
        permuted: whether pixels are read in the order of ``order`` and not row by row.
        reduced: how much of the images is read, and how many pixels at a step.

    Raises:
        InputError: where there are not so many images, or pixels do not divide 784; where parts are asked for and the
            file neither lies in the folder of ``GATEDRNN_DATA`` nor can be fetched.

    Example:
        >>> digits(permuted=True).name, digits(permuted=False).title
        ('permuted-mnist', 'sequential MNIST: which digit 784 pixels show')
        >>> digits(permuted=False, reduced=Reduced(1000, 28)).title
        'sequential MNIST: which digit 784 pixels show, 1,000 images, 28 pixels a step'
    """
    images, pixels = reduced
    if images is not None and (type(images) is not int or not 100 <= images <= 60_000):
        raise InputError(f"images: expected an int from 100 to 60,000, got {images!r}")
    if type(pixels) is not int or pixels < 1 or PIXELS % pixels:
        raise InputError(f"pixels: expected a divisor of 784, got {pixels!r}")
    said = "permuted" if permuted else "sequential"
    fewer = "" if images is None else f", {images:,} images"
    wider = "" if pixels == 1 else f", {pixels} pixels a step"
    parts = (f"{said}-mnist", *(() if images is None else (str(images),)), *(() if pixels == 1 else (f"by-{pixels}",)))
    return Task(
        name="-".join(parts),
        title=f"{said} MNIST: which digit 784 pixels show{fewer}{wider}",
        kind="classification",
        unit="nats per image",
        in_dim=pixels,
        out_dim=DIGITS,
        source=f"{SOURCE}; Q. Le, N. Jaitly and G. Hinton 2015, arXiv 1504.00941v2",
        data_sha256=FILE.sha256,
        split=functools.partial(_split, permuted, reduced),
        read_test=functools.partial(_final, permuted, reduced),
        score=objectives.categorical,
        baselines=pixel_models,
        encode=_grey,
        reading=functools.partial(_reading, pixels),
    )
