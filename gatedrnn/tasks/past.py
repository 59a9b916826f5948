"""Parts of recorded data as forecasters have them: sequences with all that came before, in the user's units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gatedrnn.tasks.parts import Recording

if TYPE_CHECKING:
    from jaxtyping import Float

    from gatedrnn.tasks.sequences import Sequences
    from gatedrnn.tasks.splitting import Stretches


CHUNK = 1 << 16
"""Steps that are looked at at once, so that a long series takes little memory."""


def recordings(
    data: Sequences, outputs: Float[np.ndarray, "N D"], part: Stretches, ahead: int
) -> tuple[Recording, ...]:
    """Return each stretch of a part with what came before it in its sequence.

    Args:
        data: the recorded sequences, whole, as they were read.
        outputs: what is looked for at each of their N steps.
        part: the stretches whose forecasts are scored, those about a step within the stretch.
        ahead: steps from a forecast to what it is about.

    Example:
        >>> from gatedrnn.tasks.sequences import Sequences
        >>> from gatedrnn.tasks.splitting import Stretches
        >>> x = np.arange(10.0)[:, None]
        >>> part = Stretches(np.array([6]), np.array([9]), np.array([1]))
        >>> [one] = recordings(Sequences(x, np.array([4, 6])), x, part, ahead=1)
        >>> one.y[:, 0].tolist(), one.first
        ([4.0, 5.0, 6.0, 7.0, 8.0], 2)
    """
    return tuple(
        Recording(
            data.x[a:c],
            outputs[a:c],
            int(b - a),
            ahead,
            None if data.times is None else data.times[a:c],
            data.labels[k] if data.labels else "",
        )
        for k, a, b, c in zip(part.sequences, data.starts[part.sequences], part.starts, part.stops, strict=True)
        if c - b > ahead
    )


def naive_error(known: tuple[Recording, ...], season: int | None) -> Float[np.ndarray, "D"]:
    """Return the mean absolute error of the seasonal-naive forecast of each target, over m steps.

    .. code-block:: text

        mean of |y[t] - y[t - k m]|         m: the season, or 1; k: the least for which k m >= ahead, as what is
                                            less far back is not known when the forecast is made

    Example:
        >>> y = np.array([1.0, 5.0, 2.0, 8.0])[:, None]
        >>> [naive_error((Recording(y, y, 0, ahead),), 2).tolist() for ahead in (1, 3)]
        [[2.0], [1.0]]
        >>> [naive_error((Recording(y, y, 0, ahead),), None).tolist() for ahead in (1, 3)]
        [[4.333333333333333], [7.0]]
    """
    back = (season or 1) * max(1, -(-known[0].ahead // (season or 1)))
    total, count = np.zeros(known[0].y.shape[1]), 0
    for one in known:
        for first in range(back, len(one.y), CHUNK):
            now = one.y[first : first + CHUNK]
            total += np.abs(now - one.y[first - back : first - back + len(now)]).sum(0, dtype=np.float64)
            count += len(now)
    return total / count if count else np.ones(len(total))
