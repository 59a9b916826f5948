"""Ten data sets that Python packages ship, and checks of what a comparison says of them."""
