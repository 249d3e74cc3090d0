"""`ActivityRegularization`: the penalty and its gradient."""

import numpy as np
import pytest

from minidl.layers import ActivityRegularization


def test_the_input_passes_unchanged(rng):
    x = rng.standard_normal((3, 4)).astype("float32")
    np.testing.assert_array_equal(ActivityRegularization(0.1, 0.2)(x), x)


def test_the_penalty_is_a_mean_over_the_rows(rng):
    x = rng.standard_normal((3, 4, 2))
    layer = ActivityRegularization(l1=0.1, l2=0.2, dtype="float64")
    _, cache, _ = layer._forward(x)
    assert layer._penalty(cache) == pytest.approx((0.1 * np.abs(x).sum() + 0.2 * (x**2).sum()) / 3)
    assert layer.has_penalty


@pytest.mark.parametrize(("l1", "l2"), [(0.3, 0.0), (0.0, 0.3), (0.3, 0.4), (0, 0)])
@pytest.mark.parametrize("shape", [(4, 5), (1, 1), (2, 3, 2)])
def test_the_gradient_holds_that_of_the_penalty(l1, l2, shape, rng, check_gradients):
    check_gradients(ActivityRegularization(l1, l2, dtype="float64"), rng.standard_normal(shape))


@pytest.mark.parametrize("factors", [{"l1": -0.1}, {"l2": -1}, {"l1": "much"}, {"l2": float("nan")}])
def test_negative_factors_raise_an_error(factors):
    with pytest.raises(ValueError, match="ActivityRegularization expects l"):
        ActivityRegularization(**factors)


def test_none_is_no_penalty(rng):
    x = rng.standard_normal((3, 4)).astype("float32")
    layer = ActivityRegularization(None, 0.2)
    assert layer._penalty(layer._forward(x)[1]) == pytest.approx(0.2 * np.square(x).sum() / 3, rel=1e-6)
    assert (layer.l1, layer.get_config()["l1"]) == (0.0, None)


def test_a_float32_layer_stays_in_float32():
    layer = ActivityRegularization(0.1, 0.1)
    _, cache, _ = layer._forward(np.ones((2, 2)))
    assert layer._backward(np.ones((2, 2)), cache).dtype == "float32"
