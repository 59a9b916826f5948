"""Tasks to compare cells on: data, objectives, and the simple models that say what a difference is worth."""
