"""The command ``gatedrnn``."""
