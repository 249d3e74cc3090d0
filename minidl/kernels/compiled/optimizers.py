"""The optimizers' updates, each in one pass over weights, gradients and slots; all arrays are vectors of one length.

The numbers of the formulas (such as `epsilon`) arrive in the arrays' dtype; operations are rounded as in the reference.
"""

from math import sqrt
from typing import Any

from minidl.config.types import Array
from minidl.kernels.compiled.compiler import compile_loops


def adam(optimizer: Any, value: Array, gradient: Array, learning_rate: float, slots: dict[str, Array]) -> None:
    """`Adam.update_vector`."""
    o, t, number = optimizer, optimizer.updates + 1, value.dtype.type
    alpha = learning_rate * (1 - o.beta_2**t) ** 0.5 / (1 - o.beta_1**t)
    moments = slots["momentum"], slots["velocity"]
    numbers = number(1 - o.beta_1), number(1 - o.beta_2), number(o.epsilon), number(alpha)
    if o.amsgrad:
        _amsgrad(value, gradient, *moments, slots["velocity_hat"], *numbers)
    else:
        _adam(value, gradient, *moments, *numbers)


@compile_loops
def _adam(w: Any, g: Any, m: Any, v: Any, share_1: Any, share_2: Any, epsilon: Any, alpha: Any) -> None:
    for i in range(w.size):
        m[i] += share_1 * (g[i] - m[i])
        v[i] += share_2 * (g[i] * g[i] - v[i])
        w[i] -= m[i] / (sqrt(v[i]) + epsilon) * alpha


@compile_loops
def _amsgrad(w: Any, g: Any, m: Any, v: Any, v_hat: Any, share_1: Any, share_2: Any, epsilon: Any, alpha: Any) -> None:
    for i in range(w.size):
        m[i] += share_1 * (g[i] - m[i])
        v[i] += share_2 * (g[i] * g[i] - v[i])
        v_hat[i] = v[i] if v[i] > v_hat[i] or v[i] != v[i] else v_hat[i]
        w[i] -= m[i] / (sqrt(v_hat[i]) + epsilon) * alpha
