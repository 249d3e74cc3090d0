"""Normalisation where minidl and Keras differ."""

import jax
import keras
import numpy as np
import pytest

from tests.parity.beside import assert_close, both


def test_a_row_of_zeros_has_a_unit_normalisation_without_gradient_where_keras_has_nan():
    x = np.array([[0.0, 0.0], [3.0, 4.0]], "float32")
    mine, its = both(lambda k: k.layers.UnitNormalization())
    y, cache = mine.forward(x)
    assert_close(y, its(x))
    gradient = jax.grad(lambda x: its(x)[..., 0].sum())(x)
    assert_close(mine.backward(np.array([[1.0, 0.0]] * 2, "float32"), cache)[1], gradient[1])
    assert not mine.backward(np.ones_like(x), cache)[0].any()
    assert np.isnan(gradient[0]).all()


def test_rms_normalisation_scales_along_its_axis_where_keras_scales_along_the_last():
    x = np.random.default_rng(0).normal(size=(2, 3, 3)).astype("float32")
    mine, its = both(lambda k: k.layers.RMSNormalization(axis=1))
    for layer in (mine, its):
        layer.build(x.shape)
        layer.set_weights([np.array([1.0, 2.0, 3.0], "float32")])
    plain = x / np.sqrt(np.square(x).mean(axis=1, keepdims=True) + 1e-6)
    assert_close(mine(x), plain * np.array([[1.0], [2.0], [3.0]]))
    assert_close(its(x), plain * np.array([1.0, 2.0, 3.0]))


@pytest.mark.parametrize("name", ["LayerNormalization", "RMSNormalization", "UnitNormalization"])
def test_rows_are_never_normalised_over_the_batch_where_keras_does_it(name):
    mine, its = both(lambda k: getattr(k.layers, name))
    with pytest.raises(ValueError, match="the batch's"):
        mine(axis=0)
    assert its(axis=0)(keras.ops.ones((2, 2))).shape == (2, 2)
