"""Where the public names are: ``import gatedrnn`` imports nothing, and each of them at first use.

It costs little so, and the command ``gatedrnn`` answers to Ctrl-C before JAX, which takes a second, is imported.
"""

from __future__ import annotations

PLACES = {
    "cells.block_gru": "BlockGRU BlockGRUParams",
    "cells.block_lstm": "BlockLSTM BlockLSTMParams",
    "cells.conv_gru": "ConvGRU ConvGRUParams",
    "cells.conv_lstm": "ConvLSTM ConvLSTMParams",
    "cells.coupled_lstm": "CoupledLSTM CoupledLSTMParams",
    "cells.dreamer_gru": "DreamerGRU DreamerGRUParams",
    "cells.gate_bias": "chrono_bias memory_bias scale_recurrent",
    "cells.greff_lstm": "GreffLSTM GreffParams GreffRecurrentGatesCarry GreffRecurrentGatesParams",
    "cells.gru": "GRU GRUParams GRUResetAfter",
    "cells.gru_reset_before": "GRUResetBefore GRUResetBeforeParams",
    "cells.ind_rnn": "IndRNN IndRNNParams",
    "cells.irnn": "IRNN",
    "cells.janet": "JANET JANETParams",
    "cells.layer_norm_gru": "LayerNormGRU LayerNormGRUParams",
    "cells.layer_norm_lstm": "LayerNormLSTM LayerNormLSTMParams",
    "cells.log_min_gru": "LogMinGRU",
    "cells.log_min_lstm": "LogMinLSTM",
    "cells.lstm": "LSTM LSTMCarry LSTMParams",
    "cells.mgu": "MGU MGUParams",
    "cells.min_gru": "MinGRU MinGRUParams",
    "cells.min_lstm": "MinLSTM MinLSTMParams",
    "cells.multiplicative_lstm": "MultiplicativeLSTM MultiplicativeLSTMParams",
    "cells.mut": "MUT1 MUT2 MUT3 MUTParams",
    "cells.para_gru": "ParaGRU ParaGRUParams",
    "cells.para_lstm": "ParaLSTM ParaLSTMParams",
    "cells.peephole_lstm": "PeepholeLSTM PeepholeLSTMParams",
    "cells.projected_lstm": "ProjectedLSTM ProjectedLSTMParams",
    "cells.redrawn": "glorot_input identity_recurrent orthogonal_recurrent uniform_all",
    "cells.simple_rnn": "SimpleRNN SimpleRNNParams",
    "cells.slstm": "SLSTM SLSTMCarry SLSTMParams",
    "cells.ur_lstm": "URLSTM URLSTMParams",
    "inside.gates": "gate_values",
    "inside.gradients": "gradient_norms",
    "inside.states": "states",
    "inside.timescale": "memory_timescale",
    "layers.bidirectional": "Bidirectional BidirectionalCarry BidirectionalParams bidirectional",
    "layers.chain": "Chain chain",
    "layers.clip_gradient": "ClipGradient clip_gradient",
    "layers.data_parallel": "DataParallel data_parallel",
    "layers.drop_connect": "DropConnect drop_connect",
    "layers.final": "final",
    "layers.last": "last",
    "layers.learned_start": "LearnedStart LearnedStartParams learned_start",
    "layers.parallel.layer": "ParallelScan parallel",
    "layers.parallel.lyapunov": "lyapunov",
    "layers.residual": "residual",
    "layers.scan": "Scan scan",
    "layers.stack": "Stack stack",
    "layers.stateless": "Dense DenseParams Dropout Embed EmbedParams dense dropout embed",
    "layers.variational_dropout": "VariationalDropout variational_dropout",
    "layers.zoneout": "Zoneout zoneout",
    "policy": "Policy",
    "report.compare": "compare",
    "report.plots.inside": "plot_gates plot_gradient_norms plot_timescales",
    "types": "Cell GatedCell Layer",
}
"""Names by the module, below ``gatedrnn``, that has them."""

NAMES = {name: place for place, names in PLACES.items() for name in names.split()}
"""The module of each name."""

MODULES = ("cells", "config", "convert", "errors", "layers", "linen", "nnx", "policy", "testing", "types")
"""Rooms that are names themselves."""
