"""Quantile summaries of streamed data: sorted values with weights.

A summary is an array of two rows: values, and the number of data values that each represents. It describes the empirical
cumulative distribution; `compress` resamples it at equal distances.
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
    """Resample at the `1 / epsilon` quantiles epsilon, 2 epsilon, ..., 1; a shorter summary is returned unchanged."""
    points = math.ceil(1.0 / epsilon - 1e-9)
    if summary.shape[1] * epsilon < 1:
        return summary
    shares = np.arange(1, points + 1) * epsilon
    seen = summary[1].cumsum(dtype="float64")
    values = np.interp(shares, seen / seen[-1], summary[0])
    counts = np.diff(np.interp(shares, seen / seen[-1], seen), prepend=0.0)
    return np.stack([values, counts]).astype("float32")
