"""K runs as one program, driven in segments, so that progress shows and a killed run resumes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from gatedrnn.training.checks import check_helpers, check_hypers, check_keys, check_run
from gatedrnn.training.fingerprint import fingerprint
from gatedrnn.training.hosts import of_each
from gatedrnn.training.member import Members, MemberState, advanced, blank_metrics, starting, with_segment
from gatedrnn.training.placement import Placement, assign
from gatedrnn.training.plan import Plan, PlanName, as_plan, devices_of, smaller_chunk
from gatedrnn.training.portions import NO_STEPS, Portions, advance_of, ended
from gatedrnn.training.size import bytes_of, inside_of
from gatedrnn.training.store import stop_of_any
from gatedrnn.training.stream import DataSource
from gatedrnn.training.termination import at_work, compiling

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Key

    from gatedrnn.training.run import Run, Status
    from gatedrnn.training.store import Store


class Population:
    """K members of one run, which differ in hyperparameters and seed, compiled once for each K.

    ``population`` says what it does; this keeps the compiled program for several populations.

    Args:
        run: the run, which is the same in all members.
        plan: how the members are trained, as in ``population``.

    Raises:
        InputError: where the run is none, or there is no such plan.
    """

    def __init__(self, run: Run, plan: Plan | PlanName = "auto") -> None:
        check_run(run)
        self.run = run
        self.plan = as_plan(plan, jax.default_backend())
        self.traces = 0
        self._advance = advance_of(run)
        self.compile_seconds = 0.0
        self._lowered: dict[Any, Any] = {}
        self._programs: dict[Any, Any] = {}
        self._chunks: dict[int, int] = {}
        self._limit: int | None = None
        devices_of(self.plan, jax.devices(), members=1)

    def train(
        self,
        hypers: Any,
        keys: Key[Array, "K"],
        data: Any,
        *,
        store: Store | None = None,
        on_segment: Callable[[Members], None] | None = None,
        go_on: Callable[[int], bool] = lambda _: True,
    ) -> Members:
        """Train K members, as ``population`` says.

        Before each segment ``go_on`` is called with how many were trained; where it returns False, members stay as they
        are, and their status says which have not stopped.
        """
        check_helpers(store, on_segment)
        check_keys(keys)
        check_hypers(hypers, len(keys))
        # By way of NumPy, so that a Python number and an array are of one type, and traced once.
        hypers = jax.tree.map(lambda h: jnp.asarray(np.broadcast_to(np.asarray(h), (len(keys),))), hypers)
        placement = Placement(devices_of(self.plan, jax.devices(), len(keys)), self.plan.batch)
        feed = DataSource(data, self.run.segments)
        identity = fingerprint(hypers, keys, feed.first)
        states, status = self._init(hypers, keys, feed.first)
        hypers, states, status = placement.gather((hypers, states, status))
        ones = MemberState(hypers, states, status)
        members = Members(states, status, self._metrics(placement, ones, placement.share(feed.first)))
        at = Portions(self.run, whole=feed.flows)
        if store is not None and (saved := store.restore(feed.with_position(members), identity)) is not None:
            at.position = saved[0]
            members = feed.resumed(at.segments, saved[1])
        with at_work():
            while not at.over and not np.all(members.status.stopped) and (not at.between or go_on(at.segments)):
                members = self._segment(placement, hypers, members, feed.take(placement.share), at)
                if store is not None:
                    store.save(at.position, feed.with_position(members), identity)
                stop = stop_of_any(on_segment, placement.here(members))
                if stop is not None:
                    if store is not None:
                        store.save(at.position, feed.with_position(members), identity, force=True)
                    raise stop
        states, status = placement.gather((members.states, members.status))
        return placement.here(Members(states, status, members.metrics))

    def _init(self, hypers: Any, keys: Any, data: Any) -> tuple[Any, Status]:
        """Return all members' states before their first step."""

        def init_all(members: Any, data: Any) -> Any:
            return self._each(lambda one: starting(self.run, one[0], one[1], data), members, len(keys))

        args = (hypers, keys), data
        return self._compiled(self._lower("init", init_all, *args))(*args)

    def _metrics(self, placement: Placement, ones: MemberState, data: Any) -> Any:
        """Return room for the metrics of all segments."""
        metrics = self._program(placement, *self._dealt(placement, ones)[1:], data).out_info[2]
        of_one = jax.tree.map(lambda m: jax.ShapeDtypeStruct(m.shape[1:], m.dtype), metrics)
        return blank_metrics(of_one, len(ones.status.stopped), self.run.segments)

    def _segment(self, placement: Placement, hypers: Any, members: Members, data: Any, at: Portions) -> Members:
        """Train all members, dealt to devices anew, to the end of the segment, or until a signal has come."""
        segment = at.segments
        places, ones, program = self._fitting(placement, MemberState(hypers, members.states, members.status), data)
        while True:
            shared, began = (data, placement.share(at.span())), time.perf_counter()
            states, status, metrics = program(ones, shared)
            all_ended = ended(placement, status)  # waits
            if at.took(time.perf_counter() - began) or all_ended:
                break
            ones = MemberState(ones.hyper, states, status)
        states, status, metrics = placement.take((states, status, metrics), places)
        return Members(states, status, with_segment(members.metrics, metrics, segment))

    def _fitting(self, placement: Placement, ones: MemberState, data: Any) -> tuple[Any, MemberState, Any]:
        """Return each member's place, all members on theirs, and a program that fits into memory."""
        while True:
            places, dealt, chunk = self._dealt(placement, ones)
            program = self._compiled(self._program(placement, dealt, chunk, data))
            fixed = self.plan.inside == "map" or self.plan.chunk
            fitting = chunk if fixed else smaller_chunk(chunk, bytes_of(program), self._memory())
            if fitting == chunk:
                return places, dealt, program
            self._chunks[len(places)] = fitting

    def _dealt(self, placement: Placement, ones: MemberState) -> tuple[Any, MemberState, int]:
        """Return each member's place, all members on theirs, and members of a vmap; copies on is_copy places rest."""
        stopped = np.asarray(ones.status.stopped)
        chunk = self._chunks.get(len(stopped)) or self.plan.chunk or -(-len(stopped) // placement.rows)
        dealt = assign(stopped, placement.rows, chunk if self.plan.inside == "vmap" else 1)
        ones = placement.take(ones, dealt.member_at)
        ones = ones._replace(status=ones.status._replace(stopped=ones.status.stopped | dealt.is_copy))
        return dealt.places(), placement.spread(ones), chunk

    def _program(self, placement: Placement, ones: MemberState, chunk: int, data: Any) -> Any:
        """Return the program that trains members for a span, not yet compiled."""
        shared = data, placement.share(NO_STEPS)

        def advance_all(ones: MemberState, shared: Any) -> Any:
            self.traces += 1
            return self._each(lambda one: advanced(self.run, self._advance, one, *shared), ones, chunk)

        return self._lower(f"advance {chunk}", placement.split(advance_all), ones, shared)

    def _each(self, function: Callable[[Any], Any], members: Any, chunk: int) -> Any:
        """Call a function of one member for all of them, as the plan says."""
        if inside_of(self.plan, self.run, function, members) == "map":
            return jax.lax.map(function, members)
        whole = chunk >= len(jax.tree.leaves(members)[0])
        return jax.vmap(function)(members) if whole else jax.lax.map(function, members, batch_size=chunk)

    def _lower(self, name: str, function: Callable[..., Any], *args: Any) -> Any:
        """Trace a function for these shapes, once, which counts as compiling."""
        shapes = name, jax.tree.structure(args), tuple((x.shape, x.dtype) for x in jax.tree.leaves(args))
        if shapes not in self._lowered:
            started = time.perf_counter()
            self._lowered[shapes] = jax.jit(function).lower(*args)
            self.compile_seconds += time.perf_counter() - started
        return self._lowered[shapes]

    def _compiled(self, lowered: Any) -> Any:
        """Compile a program once, and say how long it took."""
        if lowered not in self._programs:
            started = time.perf_counter()
            with compiling():
                self._programs[lowered] = lowered.compile()
            self.compile_seconds += time.perf_counter() - started
        return self._programs[lowered]

    def _memory(self) -> int | None:
        """Return bytes of a device that may be used, None where it does not say."""
        if self._limit is None:
            own = (jax.local_devices()[0].memory_stats() or {}).get("bytes_limit", 0)
            self._limit = int(of_each(np.float64(own)).min())  # all processes need the same program
        return self.plan.memory or self._limit or None


def population(
    run: Run,
    hypers: Any,
    keys: Key[Array, "K"],
    data: Any,
    plan: Plan | PlanName = "auto",
    *,
    store: Store | None = None,
    on_segment: Callable[[Members], None] | None = None,
) -> Members:
    """Train K members of a run as one program: they differ in hyperparameters and seed, and share the data.

    The program is compiled once, whatever K and however many segments; between two of them, Python saves and shows.
    A member that diverges stops, and its ``status`` says where; the others end with the same bits with and without it.
    A member ends as it would alone: to rounding under a vmap; under a map on CPU bit for bit, on up to a device a core.
    Several processes (``gatedrnn.training.hosts``) call it together, with the same arguments; each gets all members.

    Args:
        run: the run, which is the same in all members.
        hypers: pytree of hyperparameters, each a scalar or ``[K]``.
        keys: one key for each member, ``[K]``.
        data: pytree of arrays that all members share; or an iterator of them, one for each segment, that knows its
            position, such as that of a ``grain.IterDataset`` (``gatedrnn.training.Stream``).
        plan: "map", "vmap", a ``Plan``, or "auto": by backend and size (``as_plan``).
        store: keeps the members after each segment, and is where training resumes.
        on_segment: called with the members after each segment, and as soon as a ``Termination`` has received a signal.
            If it raises, ``Interrupted`` for instance, the members are saved, and what it raised goes on; in other
            processes it is ``Interrupted``.

    Returns:
        All members' states, status and metrics.

    Raises:
        InputError: where keys are not one for each member, hyperparameters are no numbers of as many, the plan asks for
            devices that are not there, the store holds another population, or a stream ends before the run.

    Example:
        >>> import collections
        >>> Decay = collections.namedtuple("Decay", "segments")
        >>> Decay.init = lambda run, hyper, key, data: data
        >>> Decay.advance = lambda run, hyper, state, data: (hyper * state, {"loss": state[None]})
        >>> members = population(Decay(3), jnp.array([0.5, 2.0]), jax.random.split(jax.random.key(0), 2), 8.0)
        >>> members.states.tolist(), members.metrics["loss"].tolist()
        ([1.0, 64.0], [[8.0, 4.0, 2.0], [8.0, 16.0, 32.0]])
    """
    return Population(run, plan).train(hypers, keys, data, store=store, on_segment=on_segment)
