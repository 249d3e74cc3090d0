"""`Reshape`: shapes, the size left open, errors."""

import numpy as np
import pytest

from minidl.layers import Reshape


@pytest.mark.parametrize(
    ("shape", "target", "expected"),
    [
        ((2, 12), (3, 4), (2, 3, 4)),
        ((2, 12), (-1, 2, 2), (2, 3, 2, 2)),
        ((2, 3, 4), (12,), (2, 12)),
        ((2, 1), (1, 1, 1), (2, 1, 1, 1)),
        ((2,), (1,), (2, 1)),
        ((2, 1), (), (2,)),
        ((0, 12), (3, -1), (0, 3, 4)),
    ],
)
def test_a_row_gets_the_target_shape(shape, target, expected, check_gradients, rng):
    assert Reshape(target).compute_output_shape(shape) == expected
    x = rng.standard_normal(shape)
    np.testing.assert_array_equal(Reshape(target, dtype="float64")(x), x.reshape(expected))
    check_gradients(Reshape(target, dtype="float64"), x)


def test_an_unknown_input_size_leaves_minus_one_unknown():
    assert Reshape((-1, 2)).compute_output_shape((None, None, 4)) == (None, None, 2)
    assert Reshape((-1, 2)).compute_output_shape((None, 6)) == (None, 3, 2)
    assert Reshape((-1, 2))(np.ones((1, 3, 4))).shape == (1, 6, 2)


def test_integers_stay_integers_and_have_no_gradient():
    layer = Reshape((2, 2))
    y, cache, _ = layer._forward(np.arange(8).reshape(2, 4))
    assert y.dtype.kind == "i"
    assert layer._backward(np.ones((2, 2, 2), "float32"), cache) is None


@pytest.mark.parametrize("target", [(3, 3), (5, -1), (0, -1)])
def test_rows_that_do_not_fill_the_shape_raise_an_error(target):
    with pytest.raises(ValueError, match=r'Reshape "r" expects rows that fill the shape .*, got shape \(2, 12\): 12 elements'):
        Reshape(target, name="r")(np.ones((2, 12)))


@pytest.mark.parametrize("target", [(-1, -1), (-2, 3), 3, (2.0, 6), (True, 12), "12"])
def test_anything_but_a_shape_raises_an_error(target):
    with pytest.raises(ValueError, match="Reshape expects"):
        Reshape(target)


def test_the_config_rebuilds_the_layer():
    assert Reshape.from_config(Reshape([3, 4]).get_config()).target_shape == (3, 4)
