"""Long short-term memory: `c[t] = f * c[t - 1] + i * g`, `h[t] = o * activation(c[t])`, a step and the loop over time."""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np

from minidl.config.types import ActivationLike, Array
from minidl.kernels.in_use import in_use
from minidl.kernels.memory import empty, empty_like
from minidl.kernels.recurrence.gates import Gates, keep_masked, split_masked

# The product with the recurrent kernel, a matrix product or a convolution: `product(x, out)`, in `out` or in a new array.
Product: TypeAlias = Callable[[Array, Array], Array]


class LSTMCache(NamedTuple):
    """What the backward loop needs; the states start with those before the first step."""

    z: Array  # (time, batch, 4 * units), the gates' arguments; the same array as `gates` where backward needs no z
    gates: Array  # (time, batch, 4 * units), the gates i, f, g, o
    h: Array  # (time + 1, batch, units)
    c: Array  # (time + 1, batch, units)
    c_activated: Array  # (time, batch, units), activation(c[t + 1])


def lstm_gates(recurrent_activation: ActivationLike, activation: object, like: Array) -> tuple[Gates, Gates]:
    """The activations of the gates i, f, g, o, and that of c in the output."""
    return Gates([recurrent_activation, recurrent_activation, activation, recurrent_activation], like), Gates(
        [activation], like
    )


def lstm(
    z: Array,
    h_start: Array,
    c_start: Array,
    recurrent_matmul: Product,
    gates: Gates,
    output_activation: Gates,
    mask: Array | None,
    dropout: Array | None,
) -> LSTMCache:
    """`i, f, g, o = gates(z[t] + h[t - 1] @ recurrent_kernel)`, `c[t] = f * c[t - 1] + i * g`, `h[t] = o * activation(c[t])`.

    Args:
        z: the inputs' part of every step, (time, batch, 4 * units), in the order i, f, g, o; overwritten.
        h_start, c_start: the states before the first step, (batch, units).
        recurrent_matmul: from h, (batch, units), the recurrent part of every gate's argument, (batch, 4 * units).
        gates: activations of the four gates.
        output_activation: the activation of c in the output.
        mask, dropout: see the package.
    """
    steps, shape, dtype = len(z), h_start.shape, z.dtype
    y = z if gates.in_place else empty_like(z)
    h, c = empty((steps + 1, *shape), dtype), empty((steps + 1, *shape), dtype)
    c_activated, product, added = empty((steps, *shape), dtype), empty(z.shape[1:], dtype), empty(shape, dtype)
    h[0], c[0] = h_start, c_start
    for t in range(steps):  # h[t] and c[t] are the states before step t
        dropped = h[t] if dropout is None else h[t] * dropout
        recurrent = recurrent_matmul(dropped, product)  # (batch, units) @ (units, 4 * units)
        in_use[lstm_step](z[t], recurrent, c[t], y[t], c[t + 1], c_activated[t], h[t + 1], added, gates, output_activation)
        if mask is not None:
            keep_masked(mask[t], h[t + 1], h[t])
            keep_masked(mask[t], c[t + 1], c[t])
    return LSTMCache(z, y, h, c, c_activated)


def lstm_step(
    z: Array,
    recurrent: Array,
    c_before: Array,
    y: Array,
    c: Array,
    c_activated: Array,
    h: Array,
    scratch: Array,
    gates: Gates,
    output_activation: Gates,
) -> None:
    """`c = f * c_before + i * g`, `h = o * activation(c)`: one step, which fills `y`, `c`, `c_activated` and `h`."""
    z += recurrent
    gates.forward(z, y)
    i, f, g, o = four_parts(y)  # each (batch, units)
    np.multiply(f, c_before, out=c)
    c += np.multiply(i, g, out=scratch)
    output_activation.forward(c, c_activated)
    np.multiply(o, c_activated, out=h)


def lstm_backward(
    dy: Array,
    dh_end: Array,
    dc_end: Array,
    cache: LSTMCache,
    recurrent_matmul_backward: Product,
    gates: Gates,
    output_activation: Gates,
    mask: Array | None,
    dropout: Array | None,
) -> tuple[Array, Array, Array]:
    """Backward through time: dh reaches o and, through the activation, dc; dc reaches i, f, g and, times f, c[t - 1].

    Args:
        dy: gradients of the outputs of the last len(dy) steps, (at most time, batch, units).
        dh_end, dc_end: gradients of the last states, (batch, units).
        cache: as `lstm` returned it.
        recurrent_matmul_backward: from the gradient of a result of `recurrent_matmul`, that of its argument.
        gates, output_activation, mask, dropout: as in `lstm`.
    Returns:
        `dz`, (time, batch, 4 * units), and the gradients of the states before the first step.
    """
    z, y, _, c, c_activated = cache
    steps = len(z)
    dz, dh, dc, unused = empty_like(z), dh_end.copy(), dc_end.copy(), steps - len(dy)
    through_h = empty_like(dc)
    for t in reversed(range(steps)):
        if t >= unused:
            dh += dy[t - unused]
        unchanged = [] if mask is None else split_masked(mask[t], dh, dc)
        in_use[lstm_step_backward](
            dh, dc, z[t], y[t], c[t], c[t + 1], c_activated[t], dz[t], through_h, gates, output_activation
        )
        dh = recurrent_matmul_backward(dz[t], dh)  # (batch, 4 * units) @ (4 * units, units)
        if dropout is not None:
            dh *= dropout
        if mask is not None:
            dh += unchanged[0]
            dc += unchanged[1]
    return dz, dh, dc


def lstm_step_backward(
    dh: Array,
    dc: Array,
    z: Array,
    y: Array,
    c_before: Array,
    c: Array,
    c_activated: Array,
    dz: Array,
    through_h: Array,
    gates: Gates,
    output_activation: Gates,
) -> None:
    """Fill `dz`, and turn `dc`, the gradient of c, into that of `c_before`."""
    i, f, g, o = four_parts(y)
    di, df, dg, do = four_parts(dz)  # views: writing to them fills dz
    np.multiply(dh, o, out=through_h)
    output_activation.backward(through_h, c, c_activated)
    dc += through_h  # dc = dc + dh * o * activation'(c)
    np.multiply(dc, g, out=di)
    np.multiply(dc, c_before, out=df)
    np.multiply(dc, i, out=dg)
    np.multiply(dh, c_activated, out=do)
    gates.backward(dz, z, y)  # times the slopes of the gates' activations
    dc *= f


def four_parts(row: Array) -> tuple[Array, Array, Array, Array]:
    """(batch, 4 * units) -> the columns of i, f, g and o, each (batch, units); views."""
    units = row.shape[1] // 4
    return row[:, :units], row[:, units : 2 * units], row[:, 2 * units : 3 * units], row[:, 3 * units :]
