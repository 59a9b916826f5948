"""The fast engine: a backward pass of its own, with large matrix products after the reverse scan."""
