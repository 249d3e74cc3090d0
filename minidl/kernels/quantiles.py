"""Quantiles of more data than is kept: values in rising order, each standing for a number of those that were seen.

A summary is an array of two rows: values, and how many values each of them stands for. The points of a summary lie on the
curve of the share of what was seen that is no larger; `compress` reads that curve at even distances.
"""

import math

import numpy as np

from minidl.config.types import Array


def summarize(values: Array, epsilon: float) -> Array:
    """The summary of an array: each of about `1 / epsilon` values represents itself and the values just below it."""
    ordered = np.sort(np.asarray(values, "float32"), axis=None)
    step = max(len(ordered) / (1.0 / epsilon), 1.0)  # rounded as in Keras
    kept = ordered[int(step - 1) :: int(step)]
    return np.stack([kept, np.full(len(kept), step, "float32")])


def merge(one: Array, other: Array) -> Array:
    """The merged summary of two summaries."""
    both = np.concatenate([one, other], axis=1)
    return both[:, np.argsort(both[0])]


def compress(summary: Array, epsilon: float) -> Array:
    """The same curve at `1 / epsilon` points, at the shares epsilon, 2 epsilon, ..., 1; a shorter summary stays."""
    points = math.ceil(1.0 / epsilon - 1e-9)
    if summary.shape[1] * epsilon < 1:
        return summary
    shares = np.arange(1, points + 1) * epsilon
    seen = summary[1].cumsum(dtype="float64")
    values = np.interp(shares, seen / seen[-1], summary[0])
    counts = np.diff(np.interp(shares, seen / seen[-1], seen), prepend=0.0)
    return np.stack([values, counts]).astype("float32")
