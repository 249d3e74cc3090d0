"""Pure functions on arrays: the mathematics of the layers, forward and backward."""
