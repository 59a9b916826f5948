"""Broken cells, one for every law of cells."""

from __future__ import annotations

import jax
import jax.numpy as jnp

import gatedrnn as gr
from gatedrnn.testing import cell_laws, gate_laws


class Dated(gr.SimpleRNN):
    def prepare(self, params, xs, key=None):
        return params, xs * jnp.arange(1.0, 1 + len(xs)).reshape(-1, *[1] * (xs.ndim - 1))


class Impure(gr.SimpleRNN):
    traces = []  # noqa: RUF012

    def step(self, params, carry, x):
        self.traces.append(None)
        carry, y = super().step(params, carry, x)
        return carry, y + len(self.traces)


class OtherStep(gr.SimpleRNN):
    def step(self, params, carry, x):
        carry, y = super().step(params, carry, x)
        return carry * 0.5, y


class Wide(gr.SimpleRNN):
    def gate(self, params, z, u, carry):
        carry, y = super().gate(params, z, u, carry)
        return carry, y.astype(jnp.float32)


# Gated cells, each broken in one place.


class Normalised(gr.SimpleRNN):
    def project(self, params, x):
        z = super().project(params, x)
        return z - z.mean(0)


class Mixed(gr.SimpleRNN):
    def gate(self, params, z, u, carry):
        y = jax.nn.softmax(z + u)
        return y, y


class AcrossRows(gr.SimpleRNN):
    mixes_units = True

    def gate(self, params, z, u, carry):
        y = jnp.tanh(z + u) - z.mean(0)
        return y, y


class Bent(gr.SimpleRNN):
    def emit(self, params, carry, y):
        return carry, jnp.tanh(y)

    def step(self, params, carry, x):
        return self.emit(params, *super().step(params, carry, x))


class Disjoint(gr.SimpleRNN):
    def joint(self, params, x, carry):
        return super().joint(params, x, carry) - params.b + 1


CELLS = {
    cell_laws.scan_equals_a_loop: Impure(2),
    cell_laws.stack_equals_chain: Dated(2),
    cell_laws.reverse_equals_flipping: Dated(2),
    cell_laws.engines_agree: OtherStep(2),
    cell_laws.low_precision_scans: Wide(2),
    gate_laws.step_is_gate_of_project_and_recur: OtherStep(2),
    gate_laws.project_takes_any_number_of_steps: Normalised(2),
    gate_laws.gate_is_elementwise: Mixed(2),
    gate_laws.gate_mixes_no_rows: AcrossRows(2),
    gate_laws.emit_is_linear: Bent(2),
    gate_laws.joint_is_the_sum_of_project_and_recur: Disjoint(2),
}
