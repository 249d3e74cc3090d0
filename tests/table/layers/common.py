"""Shapes, inputs, masks and arguments used in several files."""

import numpy as np

from minidl.config.public_names import PACKAGES

ROW, SEQUENCE, IMAGE = (3, 4), (3, 4, 2), (2, 3, 4, 2)  # for check_layer, small
ROWS, SEQUENCES, IMAGES = (5, 4), (5, 6, 3), (4, 5, 3, 2)  # compared with Keras
TRAINING = {"training": True}

NEEDED = {"threshold": {"threshold": 0.3, "default_value": -1.5}}  # activation -> required arguments
ACTIVATIONS = [name for name in PACKAGES["activations"] if name not in NEEDED]  # those that layers take
OURS_ALONE = {"keras_2_hard_sigmoid"}
WRONG_IN_KERAS = {"sparsemax"}  # see tests/known_differences.py


def ids(generator, shape):
    """Integers from 0 to 4."""
    return generator.integers(0, 5, shape)


def known_ids(shape):
    """The same from a fixed seed."""
    return ids(np.random.default_rng(1), shape)


def some(generator, shape):
    """A mask of the input's shape with at least one unmasked element in every row."""
    mask = generator.random(shape) < 0.6
    mask[..., 0] = True
    return mask


def steps(generator, shape):
    """A mask of the time steps, (batch, time), with at least one unmasked step in every row."""
    return some(generator, shape[:2])


def mask_of(shape):
    """A mask of time steps: some rows are padded, one is masked completely, one has a gap."""
    mask = np.arange(shape[1]) < np.array([shape[1], 3, 0, 1, shape[1]])[: shape[0], np.newaxis]
    mask[4 % shape[0], 1] = False
    return mask


def regularized(*weights):
    """Arguments that regularize and constrain the weights with these names."""
    return lambda k: (
        {f"{w}_regularizer": k.regularizers.L1L2(0.1, 0.2) for w in weights}
        | {f"{w}_constraint": k.constraints.MaxNorm(0.7) for w in weights}
    )


def started(*weights):
    """Arguments that initialize the weights with these names to another value."""
    return lambda k: {f"{w}_initializer": k.initializers.Constant(0.3) for w in weights}
