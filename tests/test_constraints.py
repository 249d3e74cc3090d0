"""Constraints: what they allow, names and errors."""

import numpy as np
import pytest

from minidl import constraints
from minidl.config.public_names import PACKAGES
from minidl.constraints import Constraint, MaxNorm, MinMaxNorm, NonNeg, UnitNorm


def test_every_registered_name_is_here():
    assert all(issubclass(getattr(constraints, name), Constraint) for name in PACKAGES["constraints"])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_columns_that_are_too_long_are_shortened_and_the_others_stay(dtype):
    w = np.array([[3.0, 0.3, 0.0], [4.0, 0.4, 0.0]], dtype)
    w.flags.writeable = False
    allowed = MaxNorm(2)(w)
    assert allowed.dtype == dtype
    np.testing.assert_allclose(allowed, [[1.2, 0.3, 0.0], [1.6, 0.4, 0.0]], rtol=1e-6)


def test_norms_equal_a_loop_along_any_axes():
    w = np.random.default_rng(0).normal(size=(3, 4, 5))
    for axis in (0, 2, -1, (0, 1), [0, 1, 2]):
        allowed = MaxNorm(0.5, axis)(w)
        norms = np.sqrt((w**2).sum(axis=tuple(np.atleast_1d(axis)), keepdims=True))
        np.testing.assert_allclose(allowed, w * np.minimum(norms, 0.5) / norms, rtol=1e-6)


def test_weights_below_zero_become_zero_and_no_other():
    w = np.array([[-1.0, 0.0, 2.0]], "float32")
    np.testing.assert_array_equal(NonNeg()(w), [[0, 0, 2]])
    assert NonNeg()(w).dtype == "float32"


def test_unit_norms_are_one_and_a_vector_of_zeros_is_unchanged():
    w = np.random.default_rng(0).normal(size=(3, 4, 5))
    w[:, 0, 0] = 0
    norms = np.sqrt((UnitNorm()(w) ** 2).sum(axis=0))
    assert norms[0, 0] == 0
    norms[0, 0] = 1
    np.testing.assert_allclose(norms, 1, rtol=1e-6)
    np.testing.assert_allclose(np.sqrt((UnitNorm(axis=(0, 1, 2))(w) ** 2).sum()), 1, rtol=1e-6)


@pytest.mark.parametrize("rate", [1.0, 0.25, 0.0])
def test_norms_move_towards_their_bounds_by_the_rate(rate):
    w = np.diag([0.1, 1.5, 4.0])
    found = np.diag(MinMaxNorm(1.0, 2.0, rate)(w))
    np.testing.assert_allclose(found, [0.1 + rate * 0.9, 1.5, 4.0 - rate * 2.0], rtol=1e-5)


def test_names_classes_functions_and_configs_are_found():
    assert type(constraints.get("max_norm")) is type(constraints.get("MaxNorm")) is type(constraints.get(MaxNorm)) is MaxNorm
    assert constraints.max_norm is MaxNorm
    assert constraints.get(None) is None
    assert constraints.get(np.abs) is np.abs
    again = constraints.deserialize(constraints.serialize(MaxNorm(3, axis=[0, 1])))
    assert again.get_config() == {"max_value": 3, "axis": [0, 1]}
    assert MaxNorm().get_config() == {"max_value": 2, "axis": 0}


def test_bad_arguments_raise_an_error_with_what_was_expected():
    with pytest.raises(ValueError, match=r"MaxNorm expects max_value to be a number of at least 0, got -1"):
        MaxNorm(-1)
    for kind in (MaxNorm, UnitNorm, MinMaxNorm):
        for axis in (1.5, "rows", None, True):
            with pytest.raises(ValueError, match=f"{kind.__name__} expects axis to be an integer or several, got"):
                kind(axis=axis)
    with pytest.raises(ValueError, match=r"MinMaxNorm expects max_value to be a number of at least 2, got 1"):
        MinMaxNorm(2, 1)
    with pytest.raises(ValueError, match=r"MinMaxNorm expects rate to be a number in \[0, 1\], got 2"):
        MinMaxNorm(rate=2)
    with pytest.raises(ValueError, match="unknown constraint 'max_nrom': did you mean 'max_norm'"):
        constraints.get("max_nrom")
    with pytest.raises(ValueError, match="a constraint is a name"):
        constraints.get(3)


def test_the_base_class_allows_every_weight():
    np.testing.assert_array_equal(Constraint()(np.ones(1)), [1])
