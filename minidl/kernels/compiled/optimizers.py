"""The optimizers' updates, each in one pass over weights, gradients and slots; all arrays are vectors of one length.

They limit large gradients, which otherwise takes a pass of its own. The numbers of the formulas (such as `epsilon`) are
converted to the arrays' dtype; operations are rounded as in the reference.
"""

from math import sqrt
from typing import Any, TypeAlias

import numpy as np

from minidl.config.types import Array
from minidl.kernels.compiled.compiler import compile_loops, compile_within
from minidl.kernels.gradient_limits import GRADIENT_LIMITS

Hyperparameters: TypeAlias = Any  # the optimizer, whose attributes they are; its class lies above this package

_LIMIT, _LIMIT_FLOAT64 = GRADIENT_LIMITS[4], GRADIENT_LIMITS[8]


@compile_within
def limited(gradient: float, like: Array) -> float:
    """The gradient, clipped to its limit; NaN stays NaN."""
    limit = like.dtype.type(_LIMIT if like.itemsize == 4 else _LIMIT_FLOAT64)
    return limit if gradient > limit else -limit if gradient < -limit else gradient


def adam(optimizer: Hyperparameters, value: Array, gradient: Array, learning_rate: float, slots: dict[str, Array]) -> None:
    """`Adam.update_vector`."""
    o, t = optimizer, optimizer.updates + 1
    alpha = learning_rate * (1 - o.beta_2**t) ** 0.5 / (1 - o.beta_1**t)
    moments, numbers = (slots["momentum"], slots["velocity"]), (1 - o.beta_1, 1 - o.beta_2, o.epsilon, alpha)
    if o.amsgrad:
        _amsgrad(value, gradient, *moments, slots["velocity_hat"], *numbers)
    else:
        _adam(value, gradient, *moments, *numbers)


@compile_loops
def _adam(w: Array, g: Array, m: Array, v: Array, share_1: float, share_2: float, epsilon: float, alpha: float) -> None:
    number = w.dtype.type
    of_m, of_v, least, rate = number(share_1), number(share_2), number(epsilon), number(alpha)
    for i in range(w.size):
        gradient = limited(g[i], g)
        m[i] += of_m * (gradient - m[i])
        v[i] += of_v * (gradient * gradient - v[i])
        w[i] -= m[i] / (sqrt(v[i]) + least) * rate


@compile_loops
def _amsgrad(
    w: Array, g: Array, m: Array, v: Array, v_hat: Array, share_1: float, share_2: float, epsilon: float, alpha: float
) -> None:
    number = w.dtype.type
    of_m, of_v, least, rate = number(share_1), number(share_2), number(epsilon), number(alpha)
    for i in range(w.size):
        gradient = limited(g[i], g)
        m[i] += of_m * (gradient - m[i])
        v[i] += of_v * (gradient * gradient - v[i])
        v_hat[i] = v[i] if v[i] > v_hat[i] or v[i] != v[i] else v_hat[i]
        w[i] -= m[i] / (sqrt(v_hat[i]) + least) * rate


def sgd(optimizer: Hyperparameters, value: Array, gradient: Array, learning_rate: float, slots: dict[str, Array]) -> None:
    """`SGD.update_vector`."""
    number, momentum = value.dtype.type, optimizer.momentum
    if momentum == 0:
        _sgd(value, gradient, number(learning_rate))
    elif optimizer.nesterov:
        _nesterov(value, gradient, slots["momentum"], number(learning_rate), number(momentum))
    else:
        _momentum(value, gradient, slots["momentum"], number(learning_rate), number(momentum))


@compile_loops
def _sgd(w: Array, g: Array, rate: float) -> None:
    for i in range(w.size):
        gradient = limited(g[i], g)
        w[i] -= rate * gradient


@compile_loops
def _momentum(w: Array, g: Array, m: Array, rate: float, momentum: float) -> None:
    for i in range(w.size):
        gradient = limited(g[i], g)
        m[i] = m[i] * momentum - rate * gradient
        w[i] += m[i]


@compile_loops
def _nesterov(w: Array, g: Array, m: Array, rate: float, momentum: float) -> None:
    for i in range(w.size):
        gradient = limited(g[i], g)
        m[i] = m[i] * momentum - rate * gradient
        w[i] += momentum * m[i] - rate * gradient


def rmsprop(optimizer: Hyperparameters, value: Array, gradient: Array, learning_rate: float, slots: dict[str, Array]) -> None:
    """`RMSprop.update_vector`; without momentum or centering their slots are not read, and any vector will do."""
    o, number, velocity = optimizer, value.dtype.type, slots["velocity"]
    m, mean = slots.get("momentum", velocity), slots.get("average_gradient", velocity)
    numbers = map(number, (learning_rate, o.rho, 1 - o.rho, o.momentum, o.epsilon, 0))
    _rmsprop(value, gradient, velocity, m, mean, o.momentum > 0, bool(o.centered), *numbers)


@compile_loops
def _rmsprop(
    w: Array,
    g: Array,
    v: Array,
    m: Array,
    mean: Array,
    has_momentum: bool,
    centered: bool,
    rate: float,
    rho: float,
    share: float,
    momentum: float,
    epsilon: float,
    zero: float,
) -> None:
    for i in range(w.size):
        gradient = limited(g[i], g)
        v[i] = v[i] * rho + share * gradient * gradient
        variance = v[i]
        if centered:
            mean[i] = mean[i] * rho + share * gradient
            variance -= mean[i] * mean[i]
            variance = zero if variance < zero else variance
        step = rate * gradient / sqrt(variance + epsilon)
        if has_momentum:
            m[i] = m[i] * momentum + step
            step = m[i]
        w[i] -= step


def adagrad(optimizer: Hyperparameters, value: Array, gradient: Array, learning_rate: float, slots: dict[str, Array]) -> None:
    """`Adagrad.update_vector`."""
    number = value.dtype.type
    _adagrad(value, gradient, slots["accumulator"], number(learning_rate), number(optimizer.epsilon))


@compile_loops
def _adagrad(w: Array, g: Array, a: Array, rate: float, epsilon: float) -> None:
    for i in range(w.size):
        gradient = limited(g[i], g)
        a[i] += gradient * gradient
        w[i] -= rate * gradient / sqrt(a[i] + epsilon)


def adadelta(optimizer: Hyperparameters, value: Array, gradient: Array, learning_rate: float, slots: dict[str, Array]) -> None:
    """`Adadelta.update_vector`."""
    o, number = optimizer, value.dtype.type
    numbers = map(number, (learning_rate, o.rho, 1 - o.rho, o.epsilon))
    _adadelta(value, gradient, slots["accumulated_gradient"], slots["accumulated_step"], *numbers)


@compile_loops
def _adadelta(w: Array, g: Array, v: Array, d: Array, rate: float, rho: float, share: float, epsilon: float) -> None:
    for i in range(w.size):
        gradient = limited(g[i], g)
        v[i] = v[i] * rho + share * gradient * gradient
        step = gradient * sqrt((d[i] + epsilon) / (v[i] + epsilon))
        d[i] = d[i] * rho + share * step * step
        w[i] -= rate * step


def adamax(optimizer: Hyperparameters, value: Array, gradient: Array, learning_rate: float, slots: dict[str, Array]) -> None:
    """`Adamax.update_vector`."""
    o, t, number = optimizer, optimizer.updates + 1, value.dtype.type
    numbers = map(number, (learning_rate / (1 - o.beta_1**t), 1 - o.beta_1, o.beta_2, o.epsilon))
    _adamax(value, gradient, slots["momentum"], slots["norm"], *numbers)


@compile_loops
def _adamax(w: Array, g: Array, m: Array, u: Array, alpha: float, share: float, beta: float, epsilon: float) -> None:
    for i in range(w.size):
        gradient = limited(g[i], g)
        m[i] += share * (gradient - m[i])
        decayed, size = beta * u[i], abs(gradient)
        u[i] = size if size > decayed or size != size else decayed
        w[i] -= alpha * m[i] / (u[i] + epsilon)


def nadam(optimizer: Hyperparameters, value: Array, gradient: Array, learning_rate: float, slots: dict[str, Array]) -> None:
    """`Nadam.update_vector`."""
    o, t = optimizer, optimizer.updates + 1
    numbers = (learning_rate, 1 - o.beta_1, 1 - o.beta_2, *o.shares(t), 1 - o.beta_2**t, o.epsilon)
    _nadam(value, gradient, slots["momentum"], slots["velocity"], *map(value.dtype.type, numbers))


@compile_loops
def _nadam(
    w: Array,
    g: Array,
    m: Array,
    v: Array,
    rate: float,
    share_1: float,
    share_2: float,
    of_m: float,
    of_g: float,
    correction: float,
    epsilon: float,
) -> None:
    for i in range(w.size):
        gradient = limited(g[i], g)
        m[i] += share_1 * (gradient - m[i])
        v[i] += share_2 * (gradient * gradient - v[i])
        w[i] -= rate * (of_m * m[i] + of_g * gradient) / (sqrt(v[i] / correction) + epsilon)


def lion(optimizer: Hyperparameters, value: Array, gradient: Array, learning_rate: float, slots: dict[str, Array]) -> None:
    """`Lion.update_vector`."""
    o = optimizer
    numbers = (learning_rate, o.beta_1, 1 - o.beta_1, o.beta_2, 1 - o.beta_2, 0)
    _lion(value, gradient, slots["momentum"], *map(value.dtype.type, numbers))


@compile_loops
def _lion(
    w: Array, g: Array, m: Array, rate: float, beta_1: float, share_1: float, beta_2: float, share_2: float, zero: float
) -> None:
    for i in range(w.size):
        gradient = limited(g[i], g)
        direction = beta_1 * m[i] + share_1 * gradient
        w[i] -= rate if direction > zero else -rate if direction < zero else direction  # 0 and NaN are their own sign
        m[i] = m[i] * beta_2 + share_2 * gradient


def ftrl(optimizer: Hyperparameters, value: Array, gradient: Array, learning_rate: float, slots: dict[str, Array]) -> None:
    """`Ftrl.update_vector` with the default `learning_rate_power`, a square root."""
    o = optimizer
    if learning_rate == 0 or o.learning_rate_power != -0.5:
        limit = GRADIENT_LIMITS[gradient.itemsize]
        o.update_vector(value, np.clip(gradient, -limit, limit), learning_rate, slots)
        return
    l2 = o.l2_regularization_strength + o.beta / (2 * learning_rate)
    numbers = (learning_rate, o.l1_regularization_strength, 2 * l2, 2 * o.l2_shrinkage_regularization_strength, 0)
    _ftrl(value, gradient, slots["accumulator"], slots["linear"], *map(value.dtype.type, numbers))


@compile_loops
def _ftrl(
    w: Array, g: Array, a: Array, linear: Array, rate: float, l1: float, twice_l2: float, shrinkage: float, zero: float
) -> None:
    for i in range(w.size):
        gradient = limited(g[i], g)
        before = sqrt(a[i])
        a[i] += gradient * gradient
        after = sqrt(a[i])
        linear[i] += gradient + shrinkage * w[i] - (after - before) / rate * w[i]
        curvature = after / rate + twice_l2
        clipped = l1 if linear[i] > l1 else -l1 if linear[i] < -l1 else linear[i]
        if curvature > zero:
            w[i] = (clipped - linear[i]) / curvature


def schedule_free(
    optimizer: Hyperparameters, value: Array, gradient: Array, learning_rate: float, slots: dict[str, Array]
) -> None:
    """`ScheduleFreeAdamW.update_vector`."""
    o, t = optimizer, optimizer.updates + 1
    rate = learning_rate * min(1.0, t / o.warmup_steps) if o.warmup_steps else learning_rate
    numbers = (rate, o.beta_1, 1 - o.beta_1, o.beta_2, 1 - o.beta_2, 1 - o.beta_2**t, o.epsilon, t)
    at_mean = o.scalars.get("at_mean_since") == o.updates
    _schedule_free(value, gradient, slots["momentum"], slots["velocity"], at_mean, *map(value.dtype.type, numbers))


@compile_loops
def _schedule_free(
    w: Array,
    g: Array,
    z: Array,
    v: Array,
    at_mean: bool,
    rate: float,
    beta_1: float,
    share_1: float,
    beta_2: float,
    share_2: float,
    correction: float,
    epsilon: float,
    t: float,
) -> None:
    for i in range(w.size):
        gradient = limited(g[i], g)
        x = w[i] if at_mean else (w[i] - share_1 * z[i]) / beta_1
        v[i] = v[i] * beta_2 + share_2 * gradient * gradient
        z[i] -= rate * gradient / (sqrt(v[i] / correction) + epsilon)
        x += (z[i] - x) / t
        w[i] = share_1 * z[i] + beta_1 * x
