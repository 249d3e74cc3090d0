"""Batch statistics over all processes that train together: Allreduce of sums, forward and backward."""

import numpy as np

from minidl.config.processes import Processes
from minidl.config.types import Array
from minidl.kernels.normalization import average


def moments_of_all(others: Processes, share: Array, rows: Array) -> tuple[Array, Array, Array, Array]:
    """Mean and variance of the rows of all processes.

    Args:
        others: the processes.
        share: the weight of each row here in the mean of this process; 0 for masked rows.
        rows: (rows, channels).
    Returns:
        The weight of each row in the mean of all, the mean, the rows minus the mean, and the variance.
    """
    channels, dtype = rows.shape[1], rows.dtype
    count = np.broadcast_to(np.count_nonzero(share, axis=0) if others.rows else 0, (channels,))
    sums = np.concatenate([count, count * average(share, rows).astype(np.float64)])
    others.sum("synchronized batch normalization", [sums])
    total = np.maximum(sums[:channels], 1)
    mean = (sums[channels:] / total).astype(dtype)
    part = (count / total).astype(dtype)
    share = share * (part[0] if share.ndim == 1 else part)
    centered = rows - mean
    squares = np.concatenate([average(share, centered), average(share, centered * centered)]).astype(np.float64)
    others.sum("synchronized batch normalization", [squares])
    rest, square = squares[:channels], squares[channels:]  # the rest is the rounding error of the mean
    centered -= rest.astype(dtype)
    return share, (mean + rest).astype(dtype), centered, (square - rest * rest).astype(dtype)


def sums_of_all(others: Processes, sums: Array) -> Array:
    """The sums over all processes of sums of gradients here.

    The gradients of a process are those of the mean over its rows, and count by its number of rows in the mean over all; the
    result is in the scale of this process.
    """
    rows = float(others.rows or 0)
    packed = np.concatenate([[rows], np.ravel(sums) * rows])
    others.sum("synchronized batch normalization", [packed])
    return (packed[1:] / max(rows, 1.0)).reshape(sums.shape).astype(sums.dtype)
