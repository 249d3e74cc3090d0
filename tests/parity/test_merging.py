"""Merging where minidl and Keras differ, and the functions of the layers."""

import jax
import keras
import numpy as np
import pytest

from tests.parity.comparing import assert_close, both

A, B = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")


def test_a_row_of_zeros_gets_no_gradient_from_its_cosine_where_keras_gives_nan():
    mine, its = both(lambda k: k.layers.Dot(1, normalize=True))
    zeros = np.zeros_like(A)
    y, cache = mine.forward([zeros, B])
    assert_close(y, its([zeros, B]))
    assert not mine.backward(np.ones_like(y), cache)[0].any()
    assert np.isnan(jax.grad(lambda a: its([a, B]).sum())(zeros)).all()


@pytest.mark.parametrize("name", ["add", "subtract", "multiply", "average", "maximum", "minimum", "concatenate", "dot"])
def test_functions_give_what_keras_s_give(name):
    mine, its = both(lambda k: getattr(k.layers, name)([A, B]))
    assert_close(mine, its)


@pytest.mark.parametrize("axes", [0, (1, 0)])
def test_the_batch_s_axis_raises_an_error_at_once(axes):
    mine, its = both(lambda k: k.layers.Dot)
    with pytest.raises(ValueError, match="the batch axis"):
        mine(axes)
    with pytest.raises(ValueError, match="axis 0"):
        its(axes)([keras.ops.ones((3, 3))] * 2)
