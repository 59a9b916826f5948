"""What cells cost, how sizes are matched, and ``gatedrnn describe``."""
