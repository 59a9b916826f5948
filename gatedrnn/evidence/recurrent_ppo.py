"""Recurrent PPO as one pure function of a key and a step size, so that whole training runs can be vmapped."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp

import gatedrnn as gr
from gatedrnn.evidence import cart_pole
from gatedrnn.training.step import adam

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Bool, Float, Int, Key

    from gatedrnn.layers.chain import Chain
    from gatedrnn.types import Carry, Cell, Params


@dataclasses.dataclass(frozen=True)
class PPOSettings:
    """How an agent learns.

    Attributes:
        carts: environments beside each other, E.
        steps: steps of each between two updates, T.
        updates: how often that many steps are taken.
        epochs: passes over those steps.
        parts: minibatches of whole sequences in a pass.
        reward: what a step is worth, r: small, so that values are of the size that a new network gives.
        discount: gamma, what a later step counts.
        trace: lambda of generalised advantage estimation.
        clip: how far a probability's ratio counts.
        entropy: what entropy is worth.
        value: what the squared error of the value costs.
        norm: largest global norm of a gradient.
    """

    carts: int = 16
    steps: int = 64
    updates: int = 200
    epochs: int = 4
    parts: int = 2
    reward: float = 0.05
    discount: float = 0.99
    trace: float = 0.95
    clip: float = 0.2
    entropy: float = 0.01
    value: float = 0.5
    norm: float = 0.5


class Trajectory(NamedTuple):
    """What happened, ``[T, E]`` each: ``starts`` says which steps are the first of an episode, ``ended`` the last."""

    x: Float[Array, "T E I"]
    starts: Bool[Array, "T E"]
    action: Int[Array, "T E"]
    logp: Float[Array, "T E"]
    value: Float[Array, "T E"]
    ended: Bool[Array, "T E"]


class Agent(NamedTuple):
    """What goes on from one update to the next."""

    world: cart_pole.World
    starts: Bool[Array, "E"]
    carry: Any


def network(cell: Cell) -> Chain:
    """Return a recurrent layer and a head: logits of both actions, and the value."""
    return gr.chain(gr.scan(cell), gr.dense(cart_pole.ACTIONS + 1))


def advantages(values: Float[Array, "T+1 E"], ended: Bool[Array, "T E"], settings: PPOSettings) -> Float[Array, "T E"]:
    """Return generalised advantage estimates; all steps are worth the same, and nothing follows an episode's last.

    .. code-block:: text

        d_t = r + gamma (1 - ended_t) V_{t+1} - V_t,     A_t = d_t + gamma lambda (1 - ended_t) A_{t+1}

    Source: Schulman et al. 2016, arXiv 1506.02438v6.
    """
    goes_on = 1.0 - ended
    errors = settings.reward + settings.discount * goes_on * values[1:] - values[:-1]

    def back(later: Array, now: tuple[Array, Array]) -> tuple[Array, Array]:
        error, on = now
        found = error + settings.discount * settings.trace * on * later
        return found, found

    return jax.lax.scan(back, jnp.zeros_like(values[0]), (errors, goes_on), reverse=True)[1]


def rollout(
    net: Chain, params: Params, agent: Agent, key: Key[Array, ""], steps: int
) -> tuple[Agent, Trajectory, Float[Array, "E"]]:
    """Act for some steps; return what goes on, what happened, and the value of what is seen at the end."""

    def act(now: Agent, key: Any) -> tuple[Agent, Trajectory]:
        key_action, key_world = jax.random.split(key)
        x = cart_pole.seen(now.world)
        carry, out = net.step(params, now.carry, x, resets=now.starts)
        logits, value = out[:, :-1], out[:, -1]
        action = jax.random.categorical(key_action, logits)
        world, ended = cart_pole.step(now.world, action, key_world)
        return Agent(world, ended, carry), Trajectory(x, now.starts, action, _logp(logits, action), value, ended)

    agent, happened = jax.lax.scan(act, agent, jax.random.split(key, steps))
    out = net.step(params, agent.carry, cart_pole.seen(agent.world), resets=agent.starts)[1]
    return agent, happened, out[:, -1]


def replay(net: Chain, params: Params, carry: Carry, happened: Trajectory) -> tuple[Array, Array, Array]:
    """Return log probabilities of what was done, values, and entropies, ``[T, E]``, from the carries at the start."""
    out = net.apply(params, happened.x, carry=carry, resets=happened.starts)[1]
    logits = out[..., :-1]
    entropy = -(jax.nn.softmax(logits) * jax.nn.log_softmax(logits)).sum(-1)
    return _logp(logits, happened.action), out[..., -1], entropy


def _logp(logits: Float[Array, "*B A"], action: Int[Array, "*B"]) -> Float[Array, "*B"]:
    return jnp.take_along_axis(jax.nn.log_softmax(logits), action[..., None], axis=-1)[..., 0]


def loss(
    net: Chain, settings: PPOSettings, params: Params, carry: Carry, part: tuple[Trajectory, Array]
) -> Float[Array, ""]:
    """Return the clipped objective of PPO with value and entropy.

    Source: Schulman et al. 2017, arXiv 1707.06347v2.
    """
    happened, gain = part
    logp, value, entropy = replay(net, params, carry, happened)
    normal = (gain - gain.mean()) / (gain.std() + 1e-8)
    ratio = jnp.exp(logp - happened.logp)
    policy = jnp.minimum(ratio * normal, jnp.clip(ratio, 1 - settings.clip, 1 + settings.clip) * normal)
    error = (value - gain - happened.value) ** 2
    return (settings.value * error - policy - settings.entropy * entropy).mean()


def train(
    cell: Cell, settings: PPOSettings, rate: Float[Array, ""], key: Key[Array, ""]
) -> tuple[Float[Array, "U"], Float[Array, "U"]]:
    """Train an agent; return after each update the mean steps of an episode, and how far rollout and replay differ.

    Args:
        cell: the cell of the agent's network.
        settings: how the agent learns.
        rate: step size of Adam.
        key: what everything random follows from.
    """
    net, optimizer = network(cell), adam(rate, settings.norm)
    key_net, key_world, key = jax.random.split(key, 3)
    params, world = net.init(key_net, cart_pole.SEEN), cart_pole.start(key_world, settings.carts)
    carry = net.initial_carry(params, cart_pole.seen(world))
    agent = Agent(world, jnp.ones(settings.carts, bool), carry)

    def update(state: Any, key: Any) -> tuple[Any, tuple[Array, Array]]:
        params, opt_state, agent = state
        key_act, key_parts = jax.random.split(key)
        carry = agent.carry
        agent, happened, last = rollout(net, params, agent, key_act, settings.steps)
        gap = jnp.abs(replay(net, params, carry, happened)[0] - happened.logp).max()
        gain = advantages(jnp.concatenate([happened.value, last[None]]), happened.ended, settings)

        def learn(state: Any, rows: Any) -> tuple[Any, None]:
            params, opt_state = state
            part = jax.tree.map(lambda a: a[:, rows], (happened, gain))
            own = jax.tree.map(lambda a: a[rows], carry)
            gradient = jax.grad(lambda p: loss(net, settings, p, own, part))(params)
            change, opt_state = optimizer.update(gradient, opt_state)
            return (jax.tree.map(jnp.add, params, change), opt_state), None

        drawn = jax.vmap(lambda k: jax.random.permutation(k, settings.carts))(
            jax.random.split(key_parts, settings.epochs)
        )
        rows = drawn.reshape(settings.epochs * settings.parts, -1)
        (params, opt_state), _ = jax.lax.scan(learn, (params, opt_state), rows)
        # Of T E steps, so many ended an episode; one that has not ended counts too.
        length = settings.steps * settings.carts / jnp.maximum(happened.ended.sum(), 1)
        return (params, opt_state, agent), (jnp.minimum(length, cart_pole.LONGEST), gap)

    state = params, optimizer.init(params), agent
    return jax.lax.scan(update, state, jax.random.split(key, settings.updates))[1]
