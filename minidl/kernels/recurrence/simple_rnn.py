"""The loop of the plain recurrent layer."""

import numpy as np

from minidl.config.types import Array
from minidl.kernels.recurrence.gates import Gates, Held


def simple_rnn(z: Array, h: Array, recurrent_kernel: Array, squash: Gates, keep: Array | None, scale: Array | None) -> Array:
    """`h[t] = activation(z[t] + (scale * h[t - 1]) @ recurrent_kernel)`, for each step t.

    Args:
        z: the inputs' part of every step, (time, batch, units); the recurrent part is added to it in place.
        h: what was before the first step, (batch, units).
        recurrent_kernel: (units, units).
        squash: the activation.
        keep: booleans (time, batch, 1): at `False` the state stays as it is; or `None`.
        scale: dropout mask of the state, (batch, units), one for all steps; or `None`.
    Returns:
        All states, (time + 1, batch, units), the one before the first step included.
    """
    states, product = np.empty((len(z) + 1, *h.shape), z.dtype), np.empty(h.shape, z.dtype)
    states[0] = h
    for t in range(len(z)):
        before = states[t] if scale is None else states[t] * scale
        z[t] += np.matmul(before, recurrent_kernel, out=product)  # (batch, units) @ (units, units)
        squash.forward(z[t], states[t + 1])
        if keep is not None:
            np.copyto(states[t + 1], states[t], where=~keep[t])
    return states


def simple_rnn_backward(
    dy: Array,
    dh: Array,
    z: Array,
    states: Array,
    recurrent_kernel: Array,
    squash: Gates,
    keep: Array | None,
    scale: Array | None,
) -> tuple[Array, Array]:
    """Backward through time: `dz[t] = dh[t] * activation'(z[t])`, `dh[t - 1] = dy[t - 1] + dz[t] @ recurrent_kernel.T * scale`.

    Args:
        dy: gradients of the outputs of the last len(dy) steps, (at most time, batch, units).
        dh: gradient of the last state, (batch, units).
        z, states: what `simple_rnn` left.
        recurrent_kernel, squash, keep, scale: as in `simple_rnn`.
    Returns:
        `dz`, (time, batch, units), and the gradient of the state before the first step.
    """
    dz, dh, unused = np.empty_like(z), dh.copy(), len(z) - len(dy)
    for t in reversed(range(len(z))):
        if t >= unused:
            dh += dy[t - unused]
        held = Held(None if keep is None else keep[t], dh)
        dz[t] = dh
        squash.backward(dz[t], z[t], states[t + 1])
        np.matmul(dz[t], recurrent_kernel.T, out=dh)  # (batch, units) @ (units, units)
        if scale is not None:
            dh *= scale
        held.give_back(dh)
    return dz, dh
