"""Functions `make(generator, shape)` that make targets and outputs, for the tables of losses and metrics."""

import numpy as np


def one_hot(generator, shape):
    return np.eye(shape[-1])[generator.integers(shape[-1], size=shape[:-1])]


def labels(generator, shape):
    return generator.integers(shape[-1], size=shape[:-1])


def soft(generator, shape):
    """Rows of probabilities."""
    rows = generator.uniform(0.1, 1.0, shape)
    return rows / rows.sum(axis=-1, keepdims=True)


def counts(generator, shape):
    """Targets whose rows do not add up to 1."""
    return 3.0 * soft(generator, shape)


def bits(generator, shape):
    return generator.integers(2, size=shape)


def signs(generator, shape):
    return 2 * bits(generator, shape) - 1


def normal(generator, shape):
    return generator.normal(size=shape)


def probabilities(generator, shape):
    """Numbers in (0, 1), each on its own."""
    return generator.uniform(0.05, 0.95, shape)


def positive(generator, shape):
    return generator.uniform(0.5, 3.0, shape)
