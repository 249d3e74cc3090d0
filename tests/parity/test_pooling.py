"""Pooling compared with Keras's where values are equally large: who gets the gradient."""

import jax
import numpy as np
import pytest

from minidl import layers
from tests.parity.comparing import assert_close, both


@pytest.mark.parametrize(
    ("name", "arguments", "shape"),
    [
        ("MaxPooling1D", {"pool_size": 3, "strides": 1}, (2, 9, 3)),
        ("MaxPooling2D", {}, (2, 6, 5, 3)),
        ("MaxPooling2D", {"pool_size": 3, "strides": 1, "padding": "same"}, (2, 6, 5, 3)),
        ("MaxPooling2D", {"pool_size": (2, 3), "strides": (3, 2), "padding": "same"}, (2, 6, 5, 3)),
        ("MaxPooling3D", {"pool_size": 2, "strides": 1}, (2, 3, 4, 3, 2)),
        ("GlobalMaxPooling1D", {}, (2, 6, 3)),
        ("GlobalMaxPooling2D", {"keepdims": True}, (2, 4, 5, 3)),
        ("GlobalMaxPooling3D", {"data_format": "channels_first"}, (2, 3, 2, 3, 4)),
    ],
)
def test_equally_large_values_get_keras_s_gradient(name, arguments, shape):
    generator = np.random.default_rng(0)
    x = generator.integers(0, 3, shape).astype("float32")  # three values: every window has several maxima
    ours, theirs = both(lambda k: getattr(k.layers, name)(**arguments))
    y, cache, _ = ours._forward(x, None, True)
    dy = generator.normal(size=y.shape).astype("float32")
    its_y, back = jax.vjp(theirs, x)
    assert_close(y, its_y)
    assert_close(ours._backward(dy, cache), back(dy)[0], 1e-5, "dx")


def test_a_row_that_is_masked_whole_has_the_mean_0_where_keras_has_nan():
    x, mask = np.ones((2, 3, 2), "float32"), np.array([[True, False, True], [False] * 3])
    mine, its = both(lambda k: np.asarray(k.layers.GlobalAveragePooling1D()(x, mask=mask)))
    assert_close(mine[0], its[0])
    assert np.isnan(its[1]).all()
    assert mine[1].tolist() == [0, 0]


@pytest.mark.parametrize(
    "name", [f"{kind}Pool{rank}D" for kind in ("Max", "Avg", "GlobalMax", "GlobalAvg") for rank in (1, 2, 3)]
)
def test_aliases_are_keras_s_layers(name):
    mine, its = both(lambda k: getattr(k.layers, name).__name__)
    assert mine == its
    assert getattr(layers, name) is getattr(layers, mine)
