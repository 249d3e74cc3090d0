"""`Flatten`: order, shapes, integers."""

import numpy as np
import pytest

from minidl.layers import Flatten


@pytest.mark.parametrize(("shape", "flat"), [((2, 3, 4), (2, 12)), ((2, 3), (2, 3)), ((2,), (2, 1)), ((0, 3, 4), (0, 12))])
def test_a_row_becomes_one_axis(shape, flat):
    x = np.arange(np.prod(shape, dtype=int), dtype="float32").reshape(shape)
    y = Flatten()(x)
    assert y.shape == flat == Flatten().compute_output_shape(shape)
    np.testing.assert_array_equal(y.ravel(), x.ravel())


def test_channels_first_gives_the_order_of_channels_last(rng):
    x = rng.standard_normal((2, 4, 5, 3)).astype("float32")
    np.testing.assert_array_equal(Flatten("channels_first")(x.transpose(0, 3, 1, 2)), Flatten()(x))


@pytest.mark.parametrize("data_format", [None, "channels_last", "channels_first"])
@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (2, 3), (4,), (1, 1, 1)])
def test_gradients_are_the_numeric_ones(data_format, shape, rng, check_gradients):
    check_gradients(Flatten(data_format, dtype="float64"), rng.standard_normal(shape))


def test_integers_stay_integers_and_have_no_gradient():
    layer = Flatten()
    y, cache, _ = layer._forward(np.ones((2, 3, 4), "int64"))
    assert y.dtype == "int64"
    assert layer._backward(np.ones((2, 12), "float32"), cache) is None


def test_unknown_sizes_stay_unknown():
    assert Flatten().compute_output_shape((None, 3, None)) == (None, None)
    assert Flatten().compute_output_shape((None, 3, 2)) == (None, 6)


def test_another_data_format_raises_an_error():
    with pytest.raises(ValueError, match="data_format to be one of 'channels_last', 'channels_first', got 'rows'"):
        Flatten("rows")
