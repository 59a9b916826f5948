"""A pole on a cart of which positions alone are seen: velocities have to be remembered."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Bool, Float, Int, Key

FAR, TILTED = 2.4, math.radians(12.0)
"""Place of the cart and angle of the pole at which an episode ends."""
LONGEST = 200
"""Steps of the longest episode."""
SEEN, ACTIONS = 2, 2
GRAVITY, CART, POLE, HALF, FORCE, SECONDS = 9.8, 1.0, 0.1, 0.5, 10.0, 0.02


class World(NamedTuple):
    """Where things are, of E carts.

    Attributes:
        moving: place, its velocity, angle, its velocity, ``[E, 4]``.
        age: steps since the start of the episode, ``[E]``.
    """

    moving: Float[Array, "E 4"]
    age: Int[Array, "E"]


def seen(world: World) -> Float[Array, "E 2"]:
    """Return what is seen: place and angle, 1 at the end of an episode."""
    return world.moving[:, ::2] / jnp.array([FAR, TILTED])


def start(key: Key[Array, ""], carts: int) -> World:
    """Return carts at the start of an episode."""
    return World(jax.random.uniform(key, (carts, 4), minval=-0.05, maxval=0.05), jnp.zeros(carts, jnp.int32))


def moved(moving: Float[Array, "E 4"], right: Bool[Array, "E"]) -> Float[Array, "E 4"]:
    """Return where carts and poles are a step later.

    .. code-block:: text

        push = (F + m l w^2 sin(a)) / M
        a'' = (g sin(a) - cos(a) push) / (l (4/3 - m cos(a)^2 / M)),    x'' = push - m l a'' cos(a) / M

    F is the force, +-10 N; l half the pole, m its mass, M that of both. Steps are Euler's, of 0.02 s.

    Source: Barto, Sutton and Anderson 1983, IEEE Transactions on Systems, Man, and Cybernetics 13, without friction.

    Example:
        >>> [round(float(v), 4) for v in moved(jnp.zeros((1, 4)), jnp.array([True]))[0]]
        [0.0, 0.1951, 0.0, -0.2927]
    """
    x, v, a, w = moving.T
    mass, sin, cos = CART + POLE, jnp.sin(a), jnp.cos(a)
    push = (jnp.where(right, FORCE, -FORCE) + POLE * HALF * w**2 * sin) / mass
    turn = (GRAVITY * sin - cos * push) / (HALF * (4 / 3 - POLE * cos**2 / mass))
    speed = push - POLE * HALF * turn * cos / mass
    return jnp.stack([x + SECONDS * v, v + SECONDS * speed, a + SECONDS * w, w + SECONDS * turn], axis=-1)


def step(world: World, action: Int[Array, "E"], key: Key[Array, ""]) -> tuple[World, Bool[Array, "E"]]:
    """Push all carts; those whose episode has ended, by a fall or by its length, start a new one.

    Args:
        world: where all carts and poles are.
        action: 1 pushes right, 0 left.
        key: what the new starts are drawn from.
    """
    moving = moved(world.moving, action == 1)
    age = world.age + 1
    ended = (jnp.abs(moving[:, 0]) > FAR) | (jnp.abs(moving[:, 2]) > TILTED) | (age >= LONGEST)
    fresh = start(key, len(age))
    return World(jnp.where(ended[:, None], fresh.moving, moving), jnp.where(ended, 0, age)), ended
