"""The loops over time of recurrent layers, forward and backward side by side; time is the first axis."""

from typing import Any

import numpy as np

from minidl.config.types import Array


def simple_rnn(
    z: Array, state: Array, recurrent_kernel: Array, activation: Any, keep: Array | None, scale: Array | None
) -> Array:
    """`h[t] = activation(z[t] + (scale * h[t - 1]) @ recurrent_kernel)`, for each step t.

    Args:
        z: the inputs' part of every step, (time, batch, units); the recurrent part is added to it in place.
        state: what was before the first step, (batch, units).
        recurrent_kernel: (units, units).
        activation: an object with `forward(z)` and `backward(dy, z, y)`.
        keep: booleans (time, batch, 1): at `False` the state stays as it is; or `None`.
        scale: dropout mask of the state, (batch, units), one for all steps; or `None`.
    Returns:
        All states, (time + 1, batch, units), the one before the first step included.
    """
    states = np.empty((len(z) + 1, *state.shape), z.dtype)
    states[0] = state
    for t in range(len(z)):
        before = states[t] if scale is None else states[t] * scale
        z[t] += before @ recurrent_kernel  # (batch, units) @ (units, units) -> (batch, units)
        h = activation.forward(z[t])
        states[t + 1] = h if keep is None else np.where(keep[t], h, states[t])
    return states


def simple_rnn_backward(
    dh: Array,
    dy: Array | None,
    z: Array,
    states: Array,
    recurrent_kernel: Array,
    activation: Any,
    keep: Array | None,
    scale: Array | None,
) -> Array:
    """Backward through time: `dz[t] = dh[t] * activation'(z[t])`, `dh[t - 1] = dy[t - 1] + dz[t] @ recurrent_kernel.T * scale`.

    Args:
        dh: gradient of the last state, (batch, units).
        dy: gradient of every step's output, (time, batch, units), or `None` where only the last state was used.
        z, states: what `simple_rnn` left.
        recurrent_kernel, activation, keep, scale: as in `simple_rnn`.
    Returns:
        dz, (time, batch, units).
    """
    dz = np.empty_like(z)
    for t in reversed(range(len(z))):
        if dy is not None:
            dh = dh + dy[t]
        stays = None if keep is None else np.where(keep[t], z.dtype.type(0), dh)  # past a masked step, untouched
        through = dh if stays is None else dh - stays
        dz[t] = activation.backward(through, z[t], states[t + 1])
        dh = dz[t] @ recurrent_kernel.T  # (batch, units) @ (units, units) -> (batch, units)
        if scale is not None:
            dh *= scale
        if stays is not None:
            dh += stays
    return dz
