"""Gated recurrent networks in JAX: cells as pure functions, composed with ``jax.lax.scan``.

>>> import jax, gatedrnn as gr
>>> net = gr.chain(gr.bidirectional(gr.GRU(16)), gr.dropout(0.1), gr.scan(gr.LSTM(8)))
>>> params = net.init(jax.random.key(0), in_dim=4)
>>> carry, ys = net.apply(params, jax.numpy.ones((10, 2, 4)))  # [T, B, I] to [T, B, O]
>>> ys.shape
(10, 2, 8)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from gatedrnn import places

if TYPE_CHECKING:
    from gatedrnn import convert, linen, nnx, testing
    from gatedrnn.cells.block_gru import BlockGRU, BlockGRUParams
    from gatedrnn.cells.block_lstm import BlockLSTM, BlockLSTMParams
    from gatedrnn.cells.conv_gru import ConvGRU, ConvGRUParams
    from gatedrnn.cells.conv_lstm import ConvLSTM, ConvLSTMParams
    from gatedrnn.cells.coupled_lstm import CoupledLSTM, CoupledLSTMParams
    from gatedrnn.cells.dreamer_gru import DreamerGRU, DreamerGRUParams
    from gatedrnn.cells.gate_bias import chrono_bias, memory_bias, scale_recurrent
    from gatedrnn.cells.greff_lstm import GreffLSTM, GreffParams, GreffRecurrentGatesCarry, GreffRecurrentGatesParams
    from gatedrnn.cells.gru import GRU, GRUParams, GRUResetAfter
    from gatedrnn.cells.gru_reset_before import GRUResetBefore, GRUResetBeforeParams
    from gatedrnn.cells.ind_rnn import IndRNN, IndRNNParams
    from gatedrnn.cells.irnn import IRNN
    from gatedrnn.cells.janet import JANET, JANETParams
    from gatedrnn.cells.layer_norm_gru import LayerNormGRU, LayerNormGRUParams
    from gatedrnn.cells.layer_norm_lstm import LayerNormLSTM, LayerNormLSTMParams
    from gatedrnn.cells.log_min_gru import LogMinGRU
    from gatedrnn.cells.log_min_lstm import LogMinLSTM
    from gatedrnn.cells.lstm import LSTM, LSTMCarry, LSTMParams
    from gatedrnn.cells.mgu import MGU, MGUParams
    from gatedrnn.cells.min_gru import MinGRU, MinGRUParams
    from gatedrnn.cells.min_lstm import MinLSTM, MinLSTMParams
    from gatedrnn.cells.multiplicative_lstm import MultiplicativeLSTM, MultiplicativeLSTMParams
    from gatedrnn.cells.mut import MUT1, MUT2, MUT3, MUTParams
    from gatedrnn.cells.para_gru import ParaGRU, ParaGRUParams
    from gatedrnn.cells.para_lstm import ParaLSTM, ParaLSTMParams
    from gatedrnn.cells.peephole_lstm import PeepholeLSTM, PeepholeLSTMParams
    from gatedrnn.cells.projected_lstm import ProjectedLSTM, ProjectedLSTMParams
    from gatedrnn.cells.redrawn import glorot_input, identity_recurrent, orthogonal_recurrent, uniform_all
    from gatedrnn.cells.simple_rnn import SimpleRNN, SimpleRNNParams
    from gatedrnn.cells.slstm import SLSTM, SLSTMCarry, SLSTMParams
    from gatedrnn.cells.ur_lstm import URLSTM, URLSTMParams
    from gatedrnn.inside.gates import gate_values
    from gatedrnn.inside.gradients import gradient_norms
    from gatedrnn.inside.states import states
    from gatedrnn.inside.timescale import memory_timescale
    from gatedrnn.layers.bidirectional import Bidirectional, BidirectionalCarry, BidirectionalParams, bidirectional
    from gatedrnn.layers.chain import Chain, chain
    from gatedrnn.layers.clip_gradient import ClipGradient, clip_gradient
    from gatedrnn.layers.data_parallel import DataParallel, data_parallel
    from gatedrnn.layers.drop_connect import DropConnect, drop_connect
    from gatedrnn.layers.final import final
    from gatedrnn.layers.last import last
    from gatedrnn.layers.learned_start import LearnedStart, LearnedStartParams, learned_start
    from gatedrnn.layers.parallel.layer import ParallelScan, parallel
    from gatedrnn.layers.parallel.lyapunov import lyapunov
    from gatedrnn.layers.residual import residual
    from gatedrnn.layers.scan import Scan, scan
    from gatedrnn.layers.stack import Stack, stack
    from gatedrnn.layers.stateless import Dense, DenseParams, Dropout, Embed, EmbedParams, dense, dropout, embed
    from gatedrnn.layers.variational_dropout import VariationalDropout, variational_dropout
    from gatedrnn.layers.zoneout import Zoneout, zoneout
    from gatedrnn.policy import Policy
    from gatedrnn.report.compare import compare
    from gatedrnn.report.plots.inside import plot_gates, plot_gradient_norms, plot_timescales
    from gatedrnn.types import Cell, GatedCell, Layer

__version__ = "0.1.0"

__all__ = [
    "GRU",
    "IRNN",
    "JANET",
    "LSTM",
    "MGU",
    "MUT1",
    "MUT2",
    "MUT3",
    "SLSTM",
    "URLSTM",
    "Bidirectional",
    "BidirectionalCarry",
    "BidirectionalParams",
    "BlockGRU",
    "BlockGRUParams",
    "BlockLSTM",
    "BlockLSTMParams",
    "Cell",
    "Chain",
    "ClipGradient",
    "ConvGRU",
    "ConvGRUParams",
    "ConvLSTM",
    "ConvLSTMParams",
    "CoupledLSTM",
    "CoupledLSTMParams",
    "DataParallel",
    "Dense",
    "DenseParams",
    "DreamerGRU",
    "DreamerGRUParams",
    "DropConnect",
    "Dropout",
    "Embed",
    "EmbedParams",
    "GRUParams",
    "GRUResetAfter",
    "GRUResetBefore",
    "GRUResetBeforeParams",
    "GatedCell",
    "GreffLSTM",
    "GreffParams",
    "GreffRecurrentGatesCarry",
    "GreffRecurrentGatesParams",
    "IndRNN",
    "IndRNNParams",
    "JANETParams",
    "LSTMCarry",
    "LSTMParams",
    "Layer",
    "LayerNormGRU",
    "LayerNormGRUParams",
    "LayerNormLSTM",
    "LayerNormLSTMParams",
    "LearnedStart",
    "LearnedStartParams",
    "LogMinGRU",
    "LogMinLSTM",
    "MGUParams",
    "MUTParams",
    "MinGRU",
    "MinGRUParams",
    "MinLSTM",
    "MinLSTMParams",
    "MultiplicativeLSTM",
    "MultiplicativeLSTMParams",
    "ParaGRU",
    "ParaGRUParams",
    "ParaLSTM",
    "ParaLSTMParams",
    "ParallelScan",
    "PeepholeLSTM",
    "PeepholeLSTMParams",
    "Policy",
    "ProjectedLSTM",
    "ProjectedLSTMParams",
    "SLSTMCarry",
    "SLSTMParams",
    "Scan",
    "SimpleRNN",
    "SimpleRNNParams",
    "Stack",
    "URLSTMParams",
    "VariationalDropout",
    "Zoneout",
    "bidirectional",
    "chain",
    "chrono_bias",
    "clip_gradient",
    "compare",
    "convert",
    "data_parallel",
    "dense",
    "drop_connect",
    "dropout",
    "embed",
    "final",
    "gate_values",
    "glorot_input",
    "gradient_norms",
    "identity_recurrent",
    "last",
    "learned_start",
    "linen",
    "lyapunov",
    "memory_bias",
    "memory_timescale",
    "nnx",
    "orthogonal_recurrent",
    "parallel",
    "plot_gates",
    "plot_gradient_norms",
    "plot_timescales",
    "residual",
    "scale_recurrent",
    "scan",
    "stack",
    "states",
    "testing",
    "uniform_all",
    "variational_dropout",
    "zoneout",
]


def __getattr__(name: str) -> Any:
    if name in places.MODULES:
        return importlib.import_module(f"gatedrnn.{name}")
    if name in places.NAMES:
        return getattr(importlib.import_module(f"gatedrnn.{places.NAMES[name]}"), name)
    raise AttributeError(f"module 'gatedrnn' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
