"""`Histogram`: counts of an array's values in bins."""

from typing import NamedTuple

import numpy as np

from minidl.config.types import Array


class Histogram(NamedTuple):
    """Counts of an array's values between its minimum and its maximum, in bins of equal width.

    Attributes:
        counts: count of each bin.
        low, high: lower edge of the first bin and upper edge of the last.
        left_out: fraction of values that are not counted because they are not finite (for logarithms: zeros).
    Example:
        >>> Histogram.of(np.array([0.0, 1.0, 1.0, np.inf]), bins=2)
        Histogram(counts=[1 2], low=0, high=1, left_out=0.25)
    """

    counts: Array
    low: float
    high: float
    left_out: float

    @classmethod
    def of(cls, values: Array, bins: int) -> "Histogram":
        """Histogram of an array's finite values."""
        numbers = np.asarray(values, "float64").ravel()
        finite = numbers[np.isfinite(numbers)]
        if not finite.size:
            return cls(np.zeros(bins, "uint32"), 0.0, 0.0, 1.0)
        low, high = float(finite.min()), float(finite.max())
        around = (low, high) if high > low else (low - 0.5, high + 0.5)
        counts = np.histogram(finite, bins, around)[0].astype("uint32")
        return cls(counts, *around, 1.0 - finite.size / numbers.size)

    @classmethod
    def of_logarithms(cls, values: Array, bins: int) -> "Histogram":
        """Histogram of `log10(abs(values))`: 0.001 and -0.001 both count as -3."""
        with np.errstate(divide="ignore"):
            return cls.of(np.log10(np.abs(np.asarray(values, "float64"))), bins)

    def shares(self, edges: Array) -> Array:
        """The fraction of values between each two neighboring edges, interpolated from the bins."""
        total = max(int(self.counts.sum()), 1)
        own = np.linspace(self.low, self.high, len(self.counts) + 1)
        below = np.interp(edges, own, np.concatenate([[0.0], np.cumsum(self.counts) / total]))
        return np.diff(below)

    def __repr__(self) -> str:
        return f"Histogram(counts={self.counts}, low={self.low:g}, high={self.high:g}, left_out={self.left_out:g})"
