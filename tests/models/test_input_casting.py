"""Float64 inputs are cast once, where nothing but the first layer would see the difference."""

import numpy as np
import pytest

from minidl import Input, Model, Sequential, layers
from minidl.data.batches import ArrayData
from minidl.models.data_adapter import cast_once
from minidl.utils import set_random_seed


def chain(kind=Sequential, first=None):
    set_random_seed(0)
    model = kind([Input((6,)), first or layers.Dense(4, "relu"), layers.Dense(1)])
    model.compile("adam", "mse")
    return model


def rows(dtype="float64"):
    return np.random.default_rng(0).normal(size=(40, 6)).astype(dtype), np.ones((40, 1))


@pytest.mark.parametrize("dtype", ["float64", "float16", "float32"])
def test_training_on_any_float_type_gives_the_bits_of_training_on_cast_inputs(dtype):
    x, y = rows(dtype)
    one, other = chain(), chain()
    before = x.copy()
    one.fit(x, y, epochs=3, verbose=0)
    other.fit(x.astype("float32"), y, epochs=3, verbose=0)
    for mine, theirs in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    np.testing.assert_array_equal(x, before, strict=True)


def test_inputs_get_the_dtype_of_the_first_layer():
    data = ArrayData(*rows())
    assert cast_once(chain(), data, 2).x.dtype == "float32"
    assert cast_once(chain(first=layers.Dense(4, dtype="float64")), data, 2) is data
    assert cast_once(chain(first=layers.Dense(4, dtype="float64")), ArrayData(*rows("float32")), 2).x.dtype == "float64"


def test_nothing_is_copied_for_one_epoch_for_integers_and_for_memory_maps(tmp_path):
    data, model = ArrayData(*rows()), chain()
    assert cast_once(model, data, 1) is data
    integers = ArrayData(np.ones((3, 6), "int64"), np.ones(3))
    assert cast_once(model, integers, 5) is integers
    mapped = ArrayData(np.memmap(tmp_path / "x", "float64", "w+", shape=(3, 6)), np.ones(3))
    assert cast_once(model, mapped, 5) is mapped


def test_code_of_the_user_sees_the_inputs_as_they_were_given():
    seen = []

    class Watching(Sequential):
        def train_step(self, data):
            seen.append(data[0].dtype)
            return super().train_step(data)

    chain(Watching).fit(*rows(), epochs=2, verbose=0)
    chain(first=layers.Lambda(lambda x: (seen.append(x.dtype), x)[1])).fit(*rows(), epochs=2, verbose=0)
    assert seen[0] == "float64"
    x = Input((6,))
    functional, data = Model(x, layers.Dense(1)(x)), ArrayData(*rows())
    assert cast_once(functional, data, 2) is data
