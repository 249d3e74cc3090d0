"""The loop of the gated recurrent unit, in its two forms: reset after the product with the recurrent kernel, or before it."""

from typing import NamedTuple

import numpy as np

from minidl.config.types import Array
from minidl.kernels.recurrence.gates import Gates, Held, recurrent_gradient


class GRUSteps(NamedTuple):
    """What `gru` leaves for the way back; the states begin with the one before the first step."""

    z: Array  # (time, batch, 3 * units), arguments of u, r and the candidate g; overwritten where backward can do without
    gates: Array  # (time, batch, 3 * units), u, r and g
    h: Array  # (time + 1, batch, units)
    inner: Array  # (time, batch, units): reset after, (scale * h) @ kernel + bias of the candidate; before, r * scale * h


def gru(
    z: Array,
    h: Array,
    recurrent_kernel: Array,
    recurrent_bias: Array | None,
    reset_after: bool,
    gates: Gates,
    squash: Gates,
    keep: Array | None,
    scale: Array | None,
) -> GRUSteps:
    """`h[t] = u * h[t - 1] + (1 - u) * g`: the gate u mixes the state and a candidate g, which sees the state reset by r.

    Args:
        z: the inputs' part of every step, (time, batch, 3 * units), in the order u, r, g; written over.
        h: the state before the first step, (batch, units).
        recurrent_kernel: (units, 3 * units).
        recurrent_bias: (3 * units,), added to the product with the recurrent kernel where the reset comes after it; or `None`.
        reset_after: whether `g = activation(z + r * (h @ kernel + bias))` or `g = activation(z + (r * h) @ kernel)`.
        gates: activations of u and r.
        squash: the activation of g.
        keep: booleans (time, batch, 1): at `False` the state stays as it is; or `None`.
        scale: dropout mask of the state where a kernel meets it, (batch, units), one for all steps; or `None`.
    """
    units = h.shape[1]
    both, last = slice(0, 2 * units), slice(2 * units, None)
    y = z if gates.usual and squash.usual else np.empty_like(z)
    made = GRUSteps(z, y, np.empty((len(z) + 1, *h.shape), z.dtype), np.empty((len(z), *h.shape), z.dtype))
    made.h[0] = h
    product, added = np.empty((len(h), (3 if reset_after else 2) * units), z.dtype), np.empty(h.shape, z.dtype)
    first = recurrent_kernel if reset_after else recurrent_kernel[:, both]
    for t in range(len(z)):
        before = made.h[t] if scale is None else made.h[t] * scale
        np.matmul(before, first, out=product)  # (batch, units) @ (units, 3 or 2 * units)
        if recurrent_bias is not None:
            product += recurrent_bias
        z[t][:, both] += product[:, both]
        gates.forward(z[t][:, both], y[t][:, both])
        u, r, g = y[t][:, :units], y[t][:, units : 2 * units], y[t][:, last]
        if reset_after:
            made.inner[t] = product[:, last]
            z[t][:, last] += np.multiply(r, made.inner[t], out=added)
        else:
            np.multiply(r, before, out=made.inner[t])
            z[t][:, last] += np.matmul(made.inner[t], recurrent_kernel[:, last], out=added)  # (batch, units) @ (units, units)
        squash.forward(z[t][:, last], g)
        h = made.h[t + 1]
        np.subtract(made.h[t], g, out=h)
        h *= u
        h += g
        if keep is not None:
            np.copyto(h, made.h[t], where=~keep[t])
    return made


def gru_backward(
    dy: Array,
    dh: Array,
    made: GRUSteps,
    recurrent_kernel: Array,
    reset_after: bool,
    gates: Gates,
    squash: Gates,
    keep: Array | None,
    scale: Array | None,
) -> tuple[Array, Array, Array]:
    """Backward through time.

    Args:
        dy: gradients of the outputs of the last len(dy) steps, (at most time, batch, units).
        dh: gradient of the last state, (batch, units).
        made: what `gru` left.
        recurrent_kernel, reset_after, gates, squash, keep, scale: as in `gru`.
    Returns:
        `dz` and the gradient of the product with the recurrent kernel, both (time, batch, 3 * units), the same array where the
        reset comes before; and the gradient of the state before the first step.
    """
    steps, units = len(made.z), dh.shape[1]
    both, last = slice(0, 2 * units), slice(2 * units, None)
    dz, dh, unused = np.empty_like(made.z), dh.copy(), steps - len(dy)
    dproduct = np.empty_like(dz) if reset_after else dz
    straight, into = np.empty_like(dh), np.empty_like(dh)
    for t in reversed(range(steps)):
        if t >= unused:
            dh += dy[t - unused]
        held = Held(None if keep is None else keep[t], dh)
        u, r, g = made.gates[t][:, :units], made.gates[t][:, units : 2 * units], made.gates[t][:, last]
        du, dr, dg = dz[t][:, :units], dz[t][:, units : 2 * units], dz[t][:, last]
        np.multiply(dh, u, out=straight)  # past the candidate
        np.subtract(dh, straight, out=dg)  # dh * (1 - u)
        squash.backward(dg, made.z[t][:, last], g)
        np.subtract(made.h[t], g, out=du)
        du *= dh
        if reset_after:
            np.multiply(dg, made.inner[t], out=dr)
            gates.backward(dz[t][:, both], made.z[t][:, both], made.gates[t][:, both])
            dproduct[t][:, both] = dz[t][:, both]
            np.multiply(dg, r, out=dproduct[t][:, last])
            np.matmul(dproduct[t], recurrent_kernel.T, out=dh)  # (batch, 3 * units) @ (3 * units, units)
        else:
            np.matmul(dg, recurrent_kernel[:, last].T, out=into)  # gradient of r * before
            np.multiply(into, made.h[t], out=dr)
            if scale is not None:
                dr *= scale
            gates.backward(dz[t][:, both], made.z[t][:, both], made.gates[t][:, both])
            np.matmul(dz[t][:, both], recurrent_kernel[:, both].T, out=dh)  # (batch, 2 * units) @ (2 * units, units)
            into *= r
            dh += into
        if scale is not None:
            dh *= scale
        dh += straight
        held.give_back(dh)
    return dz, dproduct, dh


def gru_recurrent_gradient(made: GRUSteps, reset_after: bool, scale: Array | None, dproduct: Array) -> Array:
    """The recurrent kernel's gradient, one product over all steps, or two where the candidate met a state of its own."""
    if reset_after:
        return recurrent_gradient(made.h[:-1], scale, dproduct)
    units = made.h.shape[-1]
    return np.concatenate(
        [
            recurrent_gradient(made.h[:-1], scale, dproduct[..., : 2 * units]),
            recurrent_gradient(made.inner, None, dproduct[..., 2 * units :]),
        ],
        axis=1,
    )
