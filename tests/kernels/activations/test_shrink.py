"""The shrinking functions against their definition, number by number."""

import math

import numpy as np
import pytest

from minidl.kernels.activations import shrink
from tests.kernels.activations.kernel_checks import Kernels


def vectorized(one):
    return lambda x, **options: np.vectorize(lambda value: one(value, **options), otypes=[float])(x)


def soft(value, threshold=0.5):
    if value > threshold:
        return value - threshold
    return value + threshold if value < -threshold else 0.0


ORACLES = {
    "hard_shrink": vectorized(lambda value, threshold=0.5: value if abs(value) > threshold else 0.0),
    "soft_shrink": vectorized(soft),
    "tanh_shrink": vectorized(lambda value: value - math.tanh(value)),
    "threshold": vectorized(lambda value, threshold, default_value: value if value > threshold else default_value),
}
CASES = [
    ("hard_shrink", {}),
    ("hard_shrink", {"threshold": 1.25}),
    ("soft_shrink", {}),
    ("soft_shrink", {"threshold": 1.25}),
    ("tanh_shrink", {}),
    ("threshold", {"threshold": 0.3, "default_value": 0.0}),
    ("threshold", {"threshold": -1.25, "default_value": 2.0}),
]
each_case = pytest.mark.parametrize(("name", "options"), CASES, ids=[f"{name}-{options}" for name, options in CASES])
kernels = Kernels(shrink, oracles=ORACLES, kinks=[0.0, 0.5, -0.5, 1.25, -1.25, 0.3])


@each_case
def test_forward_equals_a_slow_oracle(name, options):
    kernels.check_value(name, options)


@each_case
def test_backward_equals_the_numeric_derivative_along_random_directions(name, options):
    kernels.check_derivative(name, options)


@each_case
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dtype_is_kept_and_read_only_or_strided_input_is_never_written(name, options, dtype):
    kernels.check_arrays(name, options, dtype)


@each_case
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_extreme_inputs_give_finite_results_without_warnings(name, options, dtype):
    kernels.check_extremes(name, options, dtype)


@each_case
def test_float32_is_close_to_float64(name, options):
    kernels.check_precision(name, options)


@pytest.mark.parametrize(("name", "options"), [case for case in CASES if "default_value" not in case[1]])
def test_a_single_number_and_empty_arrays_work(name, options):
    kernels.check_one_number_and_no_rows(name, options)


def test_derivatives_at_kinks_are_those_of_keras():
    for name in ("hard_shrink", "soft_shrink"):
        assert kernels.slope(name, [-0.5, 0, 0.5]) == [0, 0, 0]
        assert kernels.slope(name, [-1, 0, 1], threshold=0) == [1, 0, 1]
    assert kernels.slope("threshold", [0, 0.3, 1], threshold=0.3, default_value=2.0) == [0, 0, 1]


@pytest.mark.parametrize("name", ["hard_shrink", "soft_shrink"])
@pytest.mark.parametrize("threshold", [-0.1, None, "half"])
def test_a_threshold_below_zero_raises_an_error(name, threshold):
    with pytest.raises(ValueError, match=f"{name} expects threshold to be a number of at least 0, got {threshold!r}"):
        kernels.functions(name)[0](np.ones(3), threshold=threshold)


def test_nan_is_propagated_except_by_thresholds_as_in_keras():
    for name in ("hard_shrink", "soft_shrink", "tanh_shrink"):
        assert np.isnan(kernels.functions(name)[0](np.array([np.nan]))).all(), name
    assert shrink.threshold(np.array([np.nan]), 0.0, 2.0) == 2.0
