"""Helpers of the parity tests: make both objects from one configuration, copy weights, and compare arrays.

Deliberate differences are listed in `tests/known_differences.py`; everything else is equal.
"""

import jax
import keras
import numpy as np

import minidl

jax.config.update("jax_disable_most_optimizations", True)  # compiling takes longer than computing here


def both(make):
    """The same expression, `make(library)`, in minidl and in Keras."""
    return make(minidl), make(keras)


def assert_close(ours, theirs, tolerance=1e-5, what=""):
    """Equal shapes, and numbers within `tolerance`, relative and absolute."""
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape, f"{what}: shape {ours.shape}, Keras has {theirs.shape}"
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance, err_msg=what)


def copy_random_weights(ours, theirs, generator):
    """Give both the same random weights; those of a variance are positive, and a state starts as it is."""
    assert [v.name for v in ours.weights if v.name != "rnn_state"] == [v.name for v in theirs.weights]
    for mine, its in zip((v for v in ours.weights if v.name != "rnn_state"), theirs.weights, strict=True):
        assert mine.shape == tuple(its.shape), its.path
        assert mine.trainable == its.trainable, its.path
        assert mine.dtype == its.dtype, its.path
        start = np.asarray(its)
        if start.size > 1 and np.ptp(start) == 0:  # not drawn at random
            assert_close(mine.value, start, 0, f"first value of {its.path}")
        value = generator.normal(size=mine.shape)
        if "variance" in mine.name:
            value = np.abs(value) + 0.5
        mine.assign(value)
        its.assign(value.astype("float32"))
