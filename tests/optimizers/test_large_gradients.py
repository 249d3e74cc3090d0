"""Gradients whose squares overflow: no slot of an optimizer becomes infinite, and training continues."""

import warnings

import numpy as np
import pytest

from minidl import Variable, optimizers

RULES = [rule for name in optimizers.__all__ if isinstance(rule := getattr(optimizers, name), type) and "Optimizer" not in name]
FIRST_ORDER = [rule for rule in RULES if not rule.needs_full_batch]


@pytest.mark.parametrize("rule", FIRST_ORDER, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("options", [{}, {"clipnorm": 1.0}, {"global_clipnorm": 1.0}, {"use_ema": True}], ids=str)
@pytest.mark.parametrize(("dtype", "size"), [("float32", 1e19), ("float32", 3e38), ("float64", 1e200)])
def test_no_slot_stays_infinite(rule, options, dtype, size):
    weight = Variable(np.ones((3, 2)), dtype=dtype)
    optimizer = rule(0.1, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for gradient in (size, -size, 1.0, 1.0):
            optimizer.apply([np.full((3, 2), gradient, dtype)], [weight])
    assert np.isfinite(weight.value).all()
    for name, slot in optimizer.slots(weight).items():
        assert np.isfinite(slot).all(), name


def test_a_clipped_norm_is_right_also_where_its_square_overflows():
    weight = Variable(np.zeros(4), dtype="float32")
    optimizers.SGD(1.0, clipnorm=1.0).apply([np.full(4, 1e30, "float32")], [weight])
    np.testing.assert_allclose(weight.value, -0.5, rtol=1e-6)


@pytest.mark.parametrize("size", [1e3, 1e10, 1e15])
def test_smaller_gradients_are_not_changed(size):
    weight = Variable(np.zeros(3), dtype="float64")
    optimizers.SGD(1.0).apply([np.full(3, size)], [weight])
    np.testing.assert_array_equal(weight.value, -size)
