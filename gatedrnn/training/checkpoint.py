"""Checkpoints: a thin module over Orbax's v1 interface, the only one that imports it.

Orbax writes in the background and atomically, but restores data in which a bit was flipped without noticing, so each
checkpoint has digests of its files, and what it belongs to.
"""

from __future__ import annotations

import contextlib
import json
import re
import tempfile
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jax
import numpy as np
import orbax.checkpoint.experimental.v1 as ocp

from gatedrnn.arguments import as_path, number, whole
from gatedrnn.errors import InputError
from gatedrnn.training.digests import write_digests
from gatedrnn.training.fingerprint import changes, shown
from gatedrnn.training.hosts import is_first, of_each, wait_for_all
from gatedrnn.training.leftovers import begin, end, put_aside
from gatedrnn.training.unread import unread

ONE_AT_A_TIME = threading.Lock()
"""Orbax numbers its operations by one counter for the whole process: of two saves at a time, as of two cells that are
searched in two threads, one takes the other's signal and writes into a folder that is not there yet."""

PLAIN = re.compile(r"[\w\-./ ,=+@~]*")
"""Paths that Orbax takes as they are: what is in a folder "a[b]" it looks for in "ab", and saves without arrays."""


class Checkpoints:
    """States of one run in a directory, written in the background, atomically, the newest of them kept.

    Use it as a context manager, or call ``close``: a save that is still under way is finished there. What is damaged
    when this process starts is set aside with a warning, and what a killed one has not finished is removed. Several
    processes that train together share the directory, and call all of this together; the first of them checks, and its
    clock says when to save.

    Args:
        directory: the folder of checkpoints, made where it does not exist.
        every: seconds that lie between two saves at least; 0 saves whenever asked.
        keep: how many are kept; with 2 there is one to fall back to.
        config: what the run is besides its hyperparameters, such as the cell and its size, as JSON has it.

    Raises:
        InputError: where fewer than 2 are to be kept, the seconds are none, or the directory holds no checkpoints.
    """

    def __init__(
        self, directory: str | Path, *, every: float = 0.0, keep: int = 2, config: dict[str, Any] | None = None
    ) -> None:
        self.directory = as_path("directory", directory).resolve()
        number("every", every, least=0.0)
        whole("keep", keep, least=-(2**63))
        if keep < 2:
            raise InputError(f"keep: expected 2 or more, so that there is one to fall back to; got {keep!r}")
        self._config = _as_json("config", {} if config is None else config)
        self._every = every
        self._saved = time.monotonic()
        self._newest = 0
        self._link: tempfile.TemporaryDirectory[str] | None = None
        newest: Any = ocp.training.preservation_policies.LatestN(keep)
        if is_first():
            put_aside(self.directory)
            self.directory.mkdir(parents=True, exist_ok=True)
        wait_for_all("checkpoints are checked")  # before Orbax reads anything
        try:
            self._orbax = ocp.training.Checkpointer(
                str(self._for_orbax()),
                preservation_policy=newest,
                cleanup_tmp_directories=True,  # what a killed process left half written
            )
        except (KeyError, TypeError, ValueError) as error:  # digests of their own hold of what Orbax cannot read
            why = next(iter(str(error).splitlines()), "")
            raise InputError(f"{self.directory}: expected checkpoints, got others ({why}). Remove it.") from error
        self._writer = ThreadPoolExecutor(max_workers=1)
        self._pending: Future[None] | None = None
        self._failed = False

    def _for_orbax(self) -> Path:
        """Return a path to the folder that Orbax takes as it is: in others it reads patterns, and finds no files."""
        if PLAIN.fullmatch(str(self.directory)):
            return self.directory
        if jax.process_count() > 1:
            raise InputError(f"out: expected letters, digits and -_.,=+@~ for several processes, got {self.directory}")
        self._link = tempfile.TemporaryDirectory(prefix="gatedrnn-")
        link = Path(self._link.name) / "checkpoints"
        link.symlink_to(self.directory, target_is_directory=True)
        return link

    def save(self, step: int, state: Any, fingerprint: dict[str, Any], *, force: bool = False) -> None:
        """Save a pytree of arrays as ``step``, unless the last save is less than ``every`` seconds ago.

        Args:
            step: above that of the last save.
            state: the pytree of arrays, on devices or on the host; it must not be changed in place while it is saved.
            fingerprint: which members these are, as JSON has it; ``restore`` refuses others.
            force: save at once, and wait until it is done; what has been saved already is not saved again.

        Raises:
            OSError: where this save, or the one before it, which was still under way, could not be written, as on a
                full disk. The last good checkpoint is still there.
        """
        whole("step", step, least=0)
        belongs = {**_as_json("fingerprint", fingerprint), "config": self._config}
        if of_each(force or time.monotonic() - self._saved >= self._every)[0]:
            self.wait()
            if step != self._newest:
                # Orbax skips a save, without a word, while another is under way; none is.
                ONE_AT_A_TIME.acquire()  # until ``_finish`` releases it
                try:
                    if is_first():
                        begin(self.directory, step)
                    response = self._orbax.save_async(step, state, force=True, custom_metadata=belongs)
                    self._pending = self._writer.submit(self._finish, step, response)
                except BaseException:
                    ONE_AT_A_TIME.release()
                    raise
                self._newest, self._saved = step, time.monotonic()
        if force:
            self.wait()

    def _finish(self, step: int, response: Any) -> None:
        try:
            response.result()  # Orbax waits for all processes
        finally:
            ONE_AT_A_TIME.release()
        if is_first():
            write_digests(self.directory / str(step), step)
            end(self.directory, step)

    def wait(self) -> None:
        """Wait for the save under way, in all processes.

        Raises:
            OSError: where it could not be written.
        """
        if self._pending is None:
            return
        error = self._finished()
        if of_each(error is not None).any():
            failed, self._newest = self._newest, 0
            why = next(iter(str(error).splitlines()), type(error).__name__) if error else "another process failed"
            raise OSError(
                f"checkpoint {failed} could not be written to {self.directory}, and the one before it stays; "
                f"is the disk full? {why}"
            ) from error

    def _finished(self) -> BaseException | None:
        """Wait for what this process writes; return why it failed."""
        pending, self._pending = self._pending, None
        error = None if pending is None else pending.exception()
        self._failed |= error is not None
        return error

    def restore(self, like: Any, fingerprint: dict[str, Any]) -> tuple[int, Any] | None:
        """Return the newest undamaged step and its state; None where there is none.

        Args:
            like: a state of the same structure, shapes, types and shardings.
            fingerprint: which members the state has to be of, as ``save`` was told.

        Raises:
            InputError: where the checkpoint belongs to something else, and says what differs; or holds another state.
        """
        belongs = {**_as_json("fingerprint", fingerprint), "config": self._config}
        self.wait()
        with ONE_AT_A_TIME:
            newest = self._orbax.latest
            if newest is None:
                return None
            try:
                before: Any = self._orbax.metadata(newest.step).custom_metadata
                if "config" not in (before or ()):
                    raise ValueError("it does not say what it belongs to")
                self._check(before, belongs)
                state = self._orbax.load(newest.step, like)
            except InputError:
                raise
            except (KeyError, TypeError, ValueError) as error:
                raise unread(self.directory / str(newest.step), self._held(newest.step), like, error) from error
            if _kinds(state) != _kinds(like):
                raise unread(self.directory / str(newest.step), None, like, None)
            self._newest = newest.step
            return newest.step, state

    def _held(self, step: int) -> Any:
        """Return the tree of what a checkpoint says of its arrays; None where that cannot be read."""
        try:
            return self._orbax.metadata(step).metadata
        except (KeyError, TypeError, ValueError):
            return None

    def _check(self, before: Any, belongs: dict[str, Any]) -> None:
        lines = changes(before, belongs)
        if lines:
            raise InputError(
                f"config: expected what the checkpoints in {self.directory} belong to, got another ({shown(lines)}). "
                "Name another folder, or remove this one."
            )

    def close(self) -> None:
        """Wait for the save under way."""
        try:
            self.wait()
        finally:
            self._writer.shutdown()
            # Where a save has failed, Orbax says so again here, in many lines.
            with contextlib.suppress(Exception) if self._failed else contextlib.nullcontext():
                self._orbax.close()
            if self._link is not None:
                self._link.cleanup()

    def __enter__(self) -> Checkpoints:
        return self

    def __exit__(self, raised: object, *_: object) -> None:
        if raised is not None and jax.process_count() > 1:
            self._finished()  # without the other processes, which may not come
        self.close()


def _as_json(name: str, value: Any) -> dict[str, Any]:
    """Return what JSON makes of a dict, which a checkpoint is compared with; what it has no form for is refused."""
    if not isinstance(value, dict):
        raise InputError(f"{name}: expected a dict that JSON can hold, got {value!r}")
    try:
        return json.loads(json.dumps(value))
    except (TypeError, ValueError) as error:
        raise InputError(f"{name}: expected a dict that JSON can hold, got another ({error})") from error


def _kinds(state: Any) -> list[tuple[Any, str]]:
    """Return shape and type of each leaf: Orbax restores raw keys where typed ones are asked for.

    Where a stream stands is text.
    """
    kinds = ["text" if isinstance(leaf, str) else str(jax.dtypes.result_type(leaf)) for leaf in jax.tree.leaves(state)]
    return list(zip(map(np.shape, jax.tree.leaves(state)), kinds, strict=True))
