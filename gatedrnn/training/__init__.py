"""Training: one run as pure functions, many runs as one program, checkpoints."""
