"""What simple models of classes are worth: nats, accuracy, and F1 with all classes alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gatedrnn.errors import MissingPackageError

if TYPE_CHECKING:
    from jaxtyping import Float, Int

    from gatedrnn.tasks.task import Scores


def class_scores(nats: Float[np.ndarray, "N"], guesses: Int[np.ndarray, "N"], y: Int[np.ndarray, "N"]) -> Scores:
    """Return mean nats, accuracy and macro-averaged F1, as scikit-learn defines it.

    Args:
        nats: negative log-probabilities of the right classes.
        guesses: the classes that were named.
        y: the classes that are right.

    Raises:
        MissingPackageError: where scikit-learn is missing.

    Example:
        >>> found = class_scores(np.log([2.0, 2.0, 4.0]), np.array([0, 0, 1]), np.array([0, 1, 1]))
        >>> {name: round(value, 3) for name, value in found.items()}
        {'nats': 0.924, 'accuracy': 0.667, 'macro-f1': 0.667}
    """
    try:
        from sklearn.metrics import f1_score
    except ImportError as error:
        raise MissingPackageError("baselines need scikit-learn: pip install 'gatedrnn[compare]'") from error
    macro = f1_score(y, guesses, average="macro", zero_division=0.0)  # pyright: ignore[reportArgumentType]
    return {"nats": float(nats.mean()), "accuracy": float(np.mean(guesses == y)), "macro-f1": float(macro)}
