"""Checks of layers' arguments: sizes, shapes and choices."""

import numpy as np
import pytest

from minidl import Sequential
from minidl.layers import (
    ELU,
    LSTM,
    Activation,
    CategoryEncoding,
    Dense,
    Discretization,
    EinsumDense,
    Embedding,
    Input,
    LeakyReLU,
    Normalization,
    PReLU,
    ReLU,
    Rescaling,
    Softmax,
)
from minidl.layers.argument_checks import check_choice, check_shape, check_sizes


def test_sizes_are_one_for_all_axes_or_one_for_each():
    assert check_sizes("L", "size", 3, 2) == (3, 3)
    assert check_sizes("L", "size", [2, np.int64(1)], 2) == (2, 1)
    assert check_sizes("L", "size", 0, 1, least=0) == (0,)


@pytest.mark.parametrize("value", [0, -1, (1,), (1, 2, 3), (1, 2.0), True, None, "2"])
def test_other_sizes_raise_an_error_that_names_owner_and_argument(value):
    with pytest.raises(ValueError, match="L expects size to be an integer, or a tuple of 2, at least 1, got"):
        check_sizes("L", "size", value, 2)


def test_shapes_hold_positive_integers_or_none():
    assert check_shape("L", "shape", [3, None, np.int64(2)]) == (3, None, 2)
    for wrong in ([0], [1.5], [True], [-1, None]):
        with pytest.raises(ValueError, match="L expects shape to hold positive integers or None"):
            check_shape("L", "shape", wrong)


def test_choices_are_found_in_any_case():
    assert check_choice("L", "padding", "SAME", ("valid", "same")) == "same"
    with pytest.raises(ValueError, match="L expects padding to be one of 'valid', 'same', got 'full'"):
        check_choice("L", "padding", "full", ("valid", "same"))


@pytest.mark.parametrize("name", [5, "a/b", ["dense"]])
@pytest.mark.parametrize("make", [lambda name: Dense(2, name=name), lambda name: Sequential([Dense(2)], name=name)])
def test_a_name_is_a_string_without_a_slash(make, name):
    with pytest.raises(ValueError, match='takes a string without "/" as its name, got'):
        make(name)


ONE_ARRAY = [
    lambda: Activation("tanh"),
    ReLU,
    LeakyReLU,
    ELU,
    PReLU,
    Softmax,
    lambda: Dense(2),
    lambda: EinsumDense("ab,bc->ac", 2),
    lambda: Embedding(5, 2),
    lambda: Rescaling(2.0),
    lambda: Normalization(mean=0.0, variance=1.0),
    lambda: Discretization([0.5]),
    lambda: CategoryEncoding(4),
]


@pytest.mark.parametrize("make", ONE_ARRAY)
def test_a_layer_of_one_array_raises_an_error_for_several(make):
    x = np.ones((2, 3), "float32")
    with pytest.raises(ValueError, match="expects one array|expects rows of features"):
        make()([x, x])
    with pytest.raises(ValueError, match="expects one array|expects rows of features"):
        make()([Input((3,)), Input((3,))])


def test_an_activation_after_an_lstm_that_returns_its_states_raises_an_error():
    model = Sequential([LSTM(3, return_state=True), Activation("tanh")])
    with pytest.raises(ValueError, match='Activation "activation" expects one array, got 3'):
        model(np.ones((2, 4, 3)))
