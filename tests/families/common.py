"""What the families share: shapes, inputs, masks, arguments."""

import numpy as np

from minidl.config.public_names import PACKAGES

ROW, SEQUENCE, IMAGE = (3, 4), (3, 4, 2), (2, 3, 4, 2)  # for check_layer, small
ROWS, SEQUENCES, IMAGES = (5, 4), (5, 6, 3), (4, 5, 3, 2)  # beside Keras
TRAINING = {"training": True}

NEEDED = {"threshold": {"threshold": 0.3, "default_value": -1.5}}  # activation -> what it cannot do without
ACTIVATIONS = [name for name in PACKAGES["activations"] if name not in NEEDED]  # those that layers take
WRONG_IN_KERAS = {"sparsemax"}  # see tests/known_differences.py


def ids(generator, shape):
    """Whole numbers from 0 to 4."""
    return generator.integers(0, 5, shape)


def known_ids(shape):
    """The same from a fixed seed."""
    return ids(np.random.default_rng(1), shape)


def some(generator, shape):
    """A mask of the input's own shape that leaves something of every row."""
    mask = generator.random(shape) < 0.6
    mask[..., 0] = True
    return mask


def steps(generator, shape):
    """A mask of the steps, (batch, time), that leaves at least one of every row."""
    return some(generator, shape[:2])


def mask_of(shape):
    """A mask of steps: some rows are padded, one is masked whole, one has a hole."""
    mask = np.arange(shape[1]) < np.array([shape[1], 3, 0, 1, shape[1]])[: shape[0], np.newaxis]
    mask[4 % shape[0], 1] = False
    return mask


def regularized(*weights):
    """Arguments that regularise and constrain the weights of these names."""
    return lambda k: (
        {f"{w}_regularizer": k.regularizers.L1L2(0.1, 0.2) for w in weights}
        | {f"{w}_constraint": k.constraints.MaxNorm(0.7) for w in weights}
    )


def started(*weights):
    """Arguments that start the weights of these names elsewhere."""
    return lambda k: {f"{w}_initializer": k.initializers.Constant(0.3) for w in weights}
