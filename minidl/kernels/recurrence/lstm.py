"""The loop of the long short-term memory."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from minidl.config.types import Array
from minidl.kernels.recurrence.gates import Gates, Held

# The product with the recurrent kernel, a matrix product or a convolution: `times(x, room)`, in that room or a new array.
Product: TypeAlias = Callable[[Array, Array], Array]


class LSTMSteps(NamedTuple):
    """What `lstm` leaves for the way back; the states begin with those before the first step."""

    z: Array  # (time, batch, 4 * units), the gates' arguments; overwritten by the gates where backward can do without
    gates: Array  # (time, batch, 4 * units)
    h: Array  # (time + 1, batch, units)
    c: Array  # (time + 1, batch, units)
    squashed: Array  # (time, batch, units), activation(c)


def lstm_gates(gate: Any, squash: Any, like: Array) -> tuple[Gates, Gates]:
    """The activations of i, f, g and o, and that of c on its way out."""
    return Gates([gate, gate, squash, gate], like), Gates([squash], like)


def lstm(
    z: Array,
    h: Array,
    c: Array,
    times: Product,
    gates: Gates,
    squash: Gates,
    keep: Array | None,
    scale: Array | None,
) -> LSTMSteps:
    """`c[t] = f * c[t - 1] + i * g` and `h[t] = o * activation(c[t])`, `i, f, g, o` from `z[t] + times(h[t - 1])`.

    Args:
        z: the inputs' part of every step, (time, batch, 4 * units), the gates in the order i, f, g, o; written over.
        h, c: the states before the first step, (batch, units).
        times: from h, (batch, units), the recurrent part of every gate's argument, (batch, 4 * units).
        gates: activations of the four gates.
        squash: the activation of c on its way out.
        keep: booleans (time, batch, 1): at `False` the states stay as they are; or `None`.
        scale: dropout mask of h, (batch, units), one for all steps; or `None`.
    """
    made = LSTMSteps(
        z,
        z if gates.usual else np.empty_like(z),
        np.empty((len(z) + 1, *h.shape), z.dtype),
        np.empty((len(z) + 1, *c.shape), z.dtype),
        np.empty((len(z), *c.shape), z.dtype),
    )
    made.h[0], made.c[0] = h, c
    product, added = np.empty(z.shape[1:], z.dtype), np.empty(c.shape, z.dtype)
    for t in range(len(z)):
        before = made.h[t] if scale is None else made.h[t] * scale
        z[t] += times(before, product)
        gates.forward(z[t], made.gates[t])
        i, f, g, o = _parts(made.gates[t])
        h, c = made.h[t + 1], made.c[t + 1]
        np.multiply(f, made.c[t], out=c)
        c += np.multiply(i, g, out=added)
        squash.forward(c, made.squashed[t])
        np.multiply(o, made.squashed[t], out=h)
        if keep is not None:
            np.copyto(h, made.h[t], where=~keep[t])
            np.copyto(c, made.c[t], where=~keep[t])
    return made


def lstm_backward(
    dy: Array,
    dh: Array,
    dc: Array,
    made: LSTMSteps,
    times_back: Product,
    gates: Gates,
    squash: Gates,
    keep: Array | None,
    scale: Array | None,
) -> tuple[Array, Array, Array]:
    """Backward through time: dh reaches o and, through the activation, dc; dc reaches i, f, g and, times f, the step before.

    Args:
        dy: gradients of the outputs of the last len(dy) steps, (at most time, batch, units).
        dh, dc: gradients of the last states, (batch, units).
        made: what `lstm` left.
        times_back: from the gradient of what `times` made that of what it took.
        gates, squash, keep, scale: as in `lstm`.
    Returns:
        `dz`, (time, batch, 4 * units), and the gradients of the states before the first step.
    """
    steps = len(made.z)
    dz, dh, dc, unused = np.empty_like(made.z), dh.copy(), dc.copy(), steps - len(dy)
    through = np.empty_like(dc)
    for t in reversed(range(steps)):
        if t >= unused:
            dh += dy[t - unused]
        held = Held(None if keep is None else keep[t], dh, dc)
        i, f, g, o = _parts(made.gates[t])
        di, df, dg, do = _parts(dz[t])
        np.multiply(dh, o, out=through)
        squash.backward(through, made.c[t + 1], made.squashed[t])
        dc += through
        np.multiply(dc, g, out=di)
        np.multiply(dc, made.c[t], out=df)
        np.multiply(dc, i, out=dg)
        np.multiply(dh, made.squashed[t], out=do)
        gates.backward(dz[t], made.z[t], made.gates[t])
        dh = times_back(dz[t], dh)
        if scale is not None:
            dh *= scale
        dc *= f
        held.give_back(dh, dc)
    return dz, dh, dc


def _parts(row: Array) -> tuple[Array, Array, Array, Array]:
    """The columns of i, f, g and o."""
    units = row.shape[1] // 4
    return row[:, :units], row[:, units : 2 * units], row[:, 2 * units : 3 * units], row[:, 3 * units :]
