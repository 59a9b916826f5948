"""What goes on inside a layer at every step: states, gates, gradients; every room after the layers may import it."""
