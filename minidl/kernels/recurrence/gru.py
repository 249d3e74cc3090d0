"""Gated recurrent unit: `h[t] = u * h[t - 1] + (1 - u) * g`, a step and the loop over time, in two forms.

The candidate g reads the state through a reset gate r, applied after the product with the recurrent kernel or before it.
"""

from typing import NamedTuple

import numpy as np

from minidl.config.types import ActivationLike, Array
from minidl.kernels.in_use import in_use
from minidl.kernels.memory import empty, empty_like
from minidl.kernels.products import matmul
from minidl.kernels.recurrence.gates import Gates, gradient_factors, keep_masked, split_masked


class GRUCache(NamedTuple):
    """What the backward loop needs; the states start with the one before the first step."""

    z: Array  # (time, batch, 3 * units), arguments of u, r and g; the same array as `gates` where backward needs no z
    gates: Array  # (time, batch, 3 * units), the gates u and r and the candidate g
    h: Array  # (time + 1, batch, units)
    inner: Array  # (time, batch, units): reset after: h @ kernel + bias of the candidate; reset before: r * h


def gru_gates(recurrent_activation: ActivationLike, activation: object, like: Array) -> tuple[Gates, Gates]:
    """The activations of the gates u and r, and that of the candidate g."""
    return Gates([recurrent_activation, recurrent_activation], like), Gates([activation], like)


def gru(
    z: Array,
    h_start: Array,
    recurrent_kernel: Array,
    recurrent_bias: Array | None,
    reset_after: bool,
    gates: Gates,
    activation: Gates,
    mask: Array | None,
    dropout: Array | None,
) -> GRUCache:
    """`h[t] = u * h[t - 1] + (1 - u) * g`.

    Args:
        z: the inputs' part of every step, (time, batch, 3 * units), in the order u, r, g; overwritten.
        h_start: the state before the first step, (batch, units).
        recurrent_kernel: (units, 3 * units).
        recurrent_bias: (3 * units,), added to the product with the recurrent kernel if the reset comes after it; or `None`.
        reset_after: whether `g = activation(z + r * (h @ kernel + bias))` or `g = activation(z + (r * h) @ kernel)`.
        gates: activations of u and r.
        activation: the activation of g.
        mask, dropout: see the package.
    """
    steps, (batch, units), dtype = len(z), h_start.shape, z.dtype
    ur, of_g = slice(0, 2 * units), slice(2 * units, None)  # columns
    y = z if gates.in_place and activation.in_place else empty_like(z)
    h, inner = empty((steps + 1, batch, units), dtype), empty((steps, batch, units), dtype)
    product, added = empty((batch, (3 if reset_after else 2) * units), dtype), empty((batch, units), dtype)
    kernel, kernel_of_g = (recurrent_kernel if reset_after else recurrent_kernel[:, ur]), recurrent_kernel[:, of_g]
    h[0] = h_start
    for t in range(steps):  # h[t] is the state before step t
        dropped = h[t] if dropout is None else h[t] * dropout
        matmul(dropped, kernel, out=product)  # (batch, units) @ (units, 3 or 2 * units)
        if recurrent_bias is not None:
            product += recurrent_bias
        if reset_after:
            in_use[gru_step](z[t], product, h[t], y[t], inner[t], h[t + 1], added, gates, activation)
        else:
            z_ur, z_g, y_ur = z[t][:, ur], z[t][:, of_g], y[t][:, ur]
            z_ur += product
            gates.forward(z_ur, y_ur)  # u, r = gate(z + h @ kernel)
            np.multiply(y_ur[:, units:], dropped, out=inner[t])
            z_g += matmul(inner[t], kernel_of_g, out=added)  # z + (r * h) @ kernel, (batch, units) @ (units, units)
            _next_state(z_g, h[t], y[t], h[t + 1], activation)
        if mask is not None:
            keep_masked(mask[t], h[t + 1], h[t])
    return GRUCache(z, y, h, inner)


def gru_step(
    z: Array,
    product: Array,
    h_before: Array,
    y: Array,
    inner: Array,
    h: Array,
    scratch: Array,
    gates: Gates,
    activation: Gates,
) -> None:
    """One step with the reset after the product, which is `h_before @ kernel + bias`; fills `y`, `inner` and `h`."""
    units = h.shape[1]
    ur, of_g = slice(0, 2 * units), slice(2 * units, None)  # columns
    z_ur, z_g = z[:, ur], z[:, of_g]
    z_ur += product[:, ur]
    gates.forward(z_ur, y[:, ur])  # u, r = gate(z + h @ kernel + bias)
    inner[...] = product[:, of_g]
    z_g += np.multiply(y[:, units : 2 * units], inner, out=scratch)  # z + r * (h @ kernel + bias)
    _next_state(z_g, h_before, y, h, activation)


def _next_state(z_g: Array, h_before: Array, y: Array, h: Array, activation: Gates) -> None:
    """`g = activation(z_g)`, `h = u * (h_before - g) + g = u * h_before + (1 - u) * g`."""
    units = h.shape[1]
    u, g = y[:, :units], y[:, 2 * units :]
    activation.forward(z_g, g)
    np.subtract(h_before, g, out=h)
    h *= u
    h += g


def gru_backward(
    dy: Array,
    dh_end: Array,
    cache: GRUCache,
    recurrent_kernel: Array,
    reset_after: bool,
    gates: Gates,
    activation: Gates,
    mask: Array | None,
    dropout: Array | None,
) -> tuple[Array, Array, Array]:
    """Backward through time: dh reaches u, the candidate g and, times u, h[t - 1]; g reaches r and the state that it read.

    Args:
        dy: gradients of the outputs of the last len(dy) steps, (at most time, batch, units).
        dh_end: gradient of the last state, (batch, units).
        cache: as `gru` returned it.
        recurrent_kernel, reset_after, gates, activation, mask, dropout: as in `gru`.
    Returns:
        `dz` and the gradient of the product with the recurrent kernel, both (time, batch, 3 * units), one array if the reset
        comes before; and the gradient of the state before the first step.
    """
    z, y, h, inner = cache
    steps, units = len(z), dh_end.shape[1]
    ur, of_g = slice(0, 2 * units), slice(2 * units, None)  # columns
    dz, dh, unused = empty_like(z), dh_end.copy(), steps - len(dy)
    dproduct = empty_like(dz) if reset_after else dz
    through_u, drh = empty_like(dh), empty_like(dh)
    for t in reversed(range(steps)):
        if t >= unused:
            dh += dy[t - unused]
        unchanged = [] if mask is None else split_masked(mask[t], dh)
        if reset_after:
            in_use[gru_step_backward](dh, z[t], y[t], h[t], inner[t], dz[t], dproduct[t], through_u, gates, activation)
            matmul(dproduct[t], recurrent_kernel.T, out=dh)  # (batch, 3 * units) @ (3 * units, units)
        else:
            _next_state_backward(dh, z[t], y[t], h[t], dz[t], through_u, activation)
            r, dr, dg = y[t][:, units : 2 * units], dz[t][:, units : 2 * units], dz[t][:, of_g]
            matmul(dg, recurrent_kernel[:, of_g].T, out=drh)  # gradient of r * h, (batch, units) @ (units, units)
            np.multiply(drh, h[t], out=dr)
            if dropout is not None:
                dr *= dropout
            gates.backward(dz[t][:, ur], z[t][:, ur], y[t][:, ur])
            matmul(dz[t][:, ur], recurrent_kernel[:, ur].T, out=dh)  # (batch, 2 * units) @ (2 * units, units)
            drh *= r
            dh += drh
        if dropout is not None:
            dh *= dropout
        dh += through_u
        if mask is not None:
            dh += unchanged[0]
    return dz, dproduct, dh


def gru_step_backward(
    dh: Array,
    z: Array,
    y: Array,
    h_before: Array,
    inner: Array,
    dz: Array,
    dproduct: Array,
    through_u: Array,
    gates: Gates,
    activation: Gates,
) -> None:
    """Fill `dz`, `dproduct`, the gradient of the product, and `through_u = dh * u`."""
    units = dh.shape[1]
    ur, of_g = slice(0, 2 * units), slice(2 * units, None)  # columns
    _next_state_backward(dh, z, y, h_before, dz, through_u, activation)
    np.multiply(dz[:, of_g], inner, out=dz[:, units : 2 * units])  # dr = dg * inner
    gates.backward(dz[:, ur], z[:, ur], y[:, ur])
    dproduct[:, ur] = dz[:, ur]
    np.multiply(dz[:, of_g], y[:, units : 2 * units], out=dproduct[:, of_g])


def _next_state_backward(
    dh: Array, z: Array, y: Array, h_before: Array, dz: Array, through_u: Array, activation: Gates
) -> None:
    """Fill `through_u`, the columns of u, before their activation, and those of g in `dz`."""
    units = dh.shape[1]
    u, g, du, dg = y[:, :units], y[:, 2 * units :], dz[:, :units], dz[:, 2 * units :]
    np.multiply(dh, u, out=through_u)
    np.subtract(dh, through_u, out=dg)  # dg = dh * (1 - u)
    activation.backward(dg, z[:, 2 * units :], g)
    np.subtract(h_before, g, out=du)
    du *= dh  # du = dh * (h_before - g)


def gru_recurrent_kernel_gradient(cache: GRUCache, reset_after: bool, dropout: Array | None, dproduct: Array) -> Array:
    """The recurrent kernel's gradient: one product over all steps, or two if the candidate's kernel read `r * h`."""
    h = cache.h[:-1]
    if reset_after:
        return matmul(*gradient_factors(h, dropout, dproduct))
    ur, of_g = np.split(dproduct, [2 * h.shape[-1]], axis=-1)
    return np.concatenate(
        [matmul(*gradient_factors(h, dropout, ur)), matmul(*gradient_factors(cache.inner, None, of_g))], axis=1
    )
