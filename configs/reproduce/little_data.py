"""Is the GRU better on little data, and does it overfit less? Scaled down to what 2 CPU cores can do in minutes.

Paper: none; popular guides, and Data Science Stack Exchange 14581.
Command: python experiments/reproduce.py configs/reproduce/little_data.py
Time and measured result: docs/evidence.md, little-data.
"""

from gatedrnn.evidence.little_data import SMALL

name, config = "little-data", SMALL
