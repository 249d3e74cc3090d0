"""`EinsumDense` where minidl and Keras differ."""

import numpy as np
import pytest

from tests.parity.comparing import assert_close, both, copy_random_weights


def test_several_axes_for_an_ellipsis_on_the_left_are_reported_in_order_where_keras_reverses_them():
    mine, its = both(lambda k: k.layers.EinsumDense("...x,xy->...y", 4, bias_axes="y"))
    x = np.random.default_rng(0).normal(size=(2, 5, 6, 3)).astype("float32")
    for layer in (mine, its):
        layer.build(x.shape)
    copy_random_weights(mine, its, np.random.default_rng(0))
    assert_close(mine(x), its(x))
    assert mine.compute_output_shape(x.shape) == mine(x).shape == (2, 5, 6, 4)
    assert its.compute_output_shape(x.shape) == (2, 6, 5, 4)


def test_sizes_that_the_input_determines_are_reported_where_keras_leaves_none():
    mine, its = both(lambda k: k.layers.EinsumDense("abc,cd->abd", (None, 4))(k.Input((5, 3))))
    assert tuple(mine.shape) == (None, 5, 4)
    assert tuple(its.shape) == (None, None, 4)


@pytest.mark.parametrize("equation", ["aab,bc->ac", "ab,bbc->ac"])
def test_diagonals_raise_an_error_where_keras_accepts_them(equation):
    mine, its = both(lambda k: k.layers.EinsumDense)
    with pytest.raises(ValueError, match="each letter once"):
        mine(equation, 4)
    its(equation, 4)
