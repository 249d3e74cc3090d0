"""Arrays for the gradient table."""

import numpy as np

rng = np.random.default_rng(0)


def real(*shape):
    """Numbers of both signs, away from zero and from one another."""
    return rng.choice([-1.0, 1.0], shape) * rng.uniform(0.2, 1.6, shape)


def positive(*shape):
    return rng.uniform(0.3, 2.0, shape)


def apart(*shape):
    return rng.permutation(int(np.prod(shape))).reshape(shape) / 7.0 - 0.4


X, Y, P = real(3, 4), real(3, 4), positive(3, 4)
STACK = real(2, 3, 4)
