"""Sets elements to 0 and scales the others up."""

from minidl.config.types import Array


def drop(x: Array, keep: Array, rate: float) -> Array:
    """`x * keep / (1 - rate)`; 0 for a rate of 1, which keeps nothing. `keep` broadcasts to x."""
    y = x * keep
    y *= 1.0 / (1.0 - rate) if rate < 1.0 else 0.0
    return y
