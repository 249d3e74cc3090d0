"""Plain recurrent layer: `h[t] = activation(z[t] + h[t - 1] @ recurrent_kernel)`, the loop over time."""

from minidl.config.types import Array
from minidl.kernels.memory import empty, empty_like
from minidl.kernels.products import matmul
from minidl.kernels.recurrence.gates import Gates, keep_masked, split_masked


def simple_rnn(
    z: Array, h_start: Array, recurrent_kernel: Array, activation: Gates, mask: Array | None, dropout: Array | None
) -> Array:
    """`h[t] = activation(z[t] + (dropout * h[t - 1]) @ recurrent_kernel)`, for each step t.

    Args:
        z: the inputs' part of every step, (time, batch, units); the recurrent part is added in place.
        h_start: the state before the first step, (batch, units).
        recurrent_kernel: (units, units).
        activation: the activation.
        mask, dropout: see the package.
    Returns:
        All states, (time + 1, batch, units), starting with the one before the first step.
    """
    h, product = empty((len(z) + 1, *h_start.shape), z.dtype), empty(h_start.shape, z.dtype)
    h[0] = h_start
    for t in range(len(z)):  # h[t] is the state before step t
        dropped = h[t] if dropout is None else h[t] * dropout
        z[t] += matmul(dropped, recurrent_kernel, out=product)  # (batch, units) @ (units, units)
        activation.forward(z[t], h[t + 1])  # h[t + 1] = activation(z[t])
        if mask is not None:
            keep_masked(mask[t], h[t + 1], h[t])
    return h


def simple_rnn_backward(
    dy: Array,
    dh_end: Array,
    z: Array,
    h: Array,
    recurrent_kernel: Array,
    activation: Gates,
    mask: Array | None,
    dropout: Array | None,
) -> tuple[Array, Array]:
    """Backward through time: `dz[t] = dh[t] * activation'(z[t])`, `dh[t - 1] = dy[t - 1] + dropout * dz[t] @ kernel.T`.

    Args:
        dy: gradients of the outputs of the last len(dy) steps, (at most time, batch, units).
        dh_end: gradient of the last state, (batch, units).
        z, h: as `simple_rnn` left and returned them.
        recurrent_kernel, activation, mask, dropout: as in `simple_rnn`.
    Returns:
        `dz`, (time, batch, units), and the gradient of the state before the first step.
    """
    steps = len(z)
    dz, dh, unused = empty_like(z), dh_end.copy(), steps - len(dy)
    for t in reversed(range(steps)):
        if t >= unused:
            dh += dy[t - unused]
        unchanged = [] if mask is None else split_masked(mask[t], dh)
        dz[t] = dh
        activation.backward(dz[t], z[t], h[t + 1])  # dz = dh * activation'(z)
        matmul(dz[t], recurrent_kernel.T, out=dh)  # (batch, units) @ (units, units)
        if dropout is not None:
            dh *= dropout
        if mask is not None:
            dh += unchanged[0]
    return dz, dh
