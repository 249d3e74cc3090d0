"""`ReLU`: its pieces, gradients and refusals."""

import numpy as np
import pytest

from minidl.layers import ReLU

OPTIONS = [{}, {"max_value": 1.0}, {"negative_slope": 0.2}, {"threshold": 0.5}]
ALL = {"max_value": 1.0, "negative_slope": 0.1, "threshold": 0.4}


def test_each_piece_of_the_function_has_its_value():
    y = ReLU(max_value=2.0, negative_slope=0.5, threshold=1.0, dtype="float64")(np.array([[-1.0, 0.5, 1.0, 1.5, 3.0]]))
    np.testing.assert_allclose(y, [[-1.0, -0.25, 0.0, 1.5, 2.0]])


@pytest.mark.parametrize("options", [*OPTIONS, ALL])
def test_gradients_are_the_numeric_ones(options, rng, check_gradients):
    x = np.round(rng.standard_normal((4, 3, 5)) * 2, 1) + 0.05  # away from the kinks
    check_gradients(ReLU(dtype="float64", **options), x)


@pytest.mark.parametrize("options", [{"max_value": -1.0}, {"negative_slope": -0.1}, {"threshold": -1}, {"threshold": None}])
def test_negative_arguments_raise_an_error(options):
    with pytest.raises(ValueError, match=f"ReLU expects {next(iter(options))}"):
        ReLU(**options)


def test_the_config_holds_the_arguments():
    config = ReLU(**ALL).get_config()
    assert {key: config[key] for key in ALL} == ALL
