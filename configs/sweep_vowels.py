"""What matters in forecasting Japanese Vowels: cell, size, learning rate, dropout and gate bias, 64 random draws.

Command: python experiments/sweep.py configs/sweep_vowels.py --devices 2
Measured with --draws 12: best validation -2.966 nats per frame by a GRU of 32 units without dropout; the two members
without dropout are the best of the twelve.
"""

from gatedrnn.sweep.settings import SweepSettings

config = SweepSettings(
    task="japanese-vowels-forecast",
    draws=64,
    cell=("LSTM", "GRU"),
    hidden=(16, 32),
    learning_rate=(1e-3, 5e-2),
    dropout=(0.0, 0.1, 0.2),
    gate_bias=("0", "1", "chrono"),
)
