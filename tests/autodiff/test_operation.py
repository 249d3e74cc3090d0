"""`Operation`: a function of the table, also when it is copied."""

import copy
import pickle

import cloudpickle
import numpy as np
import pytest

from minidl import Input, Sequential, layers, ops
from minidl.callbacks import EarlyStopping, ModelCheckpoint, ReduceLROnPlateau

COPIES = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda item: pickle.loads(pickle.dumps(item)),
    "cloudpickle": lambda item: pickle.loads(cloudpickle.dumps(item)),
}


@pytest.mark.parametrize("way", COPIES)
def test_a_copy_of_an_operation_is_the_operation(way):
    assert len(ops.TABLE) > 300
    assert [name for name, operation in ops.TABLE.items() if COPIES[way](operation) is not operation] == []


def test_a_user_defined_operation_is_copied_like_other_objects():
    own = ops.Operation(lambda x: -x, name="abs")
    assert copy.copy(own)(np.array([2.0])) == [-2.0]


@pytest.mark.parametrize("way", COPIES)
def test_models_that_hold_operations_are_copied(way):
    model = Sequential([Input((3,)), layers.Dense(4, ops.silu), layers.Dense(2, ops.sin), layers.Lambda(ops.cumsum)])
    x = np.random.default_rng(0).normal(size=(5, 3))
    np.testing.assert_array_equal(COPIES[way](model).predict(x), model.predict(x))


@pytest.mark.parametrize("kind", [EarlyStopping, ModelCheckpoint, ReduceLROnPlateau])
@pytest.mark.parametrize(("monitor", "direction"), [("accuracy", "up"), ("loss", "down")])
@pytest.mark.parametrize("way", COPIES)
def test_a_copied_callback_monitors_in_the_same_direction(way, monitor, direction, kind, tmp_path):
    arguments = {"filepath": tmp_path / "best.weights.h5", "save_weights_only": True, "save_best_only": True}
    callback = kind(monitor=monitor, **arguments if kind is ModelCheckpoint else {})
    model = Sequential([Input((3,)), layers.Dense(1, "sigmoid")])
    model.compile(loss="binary_crossentropy", metrics=["accuracy"])
    model.fit(np.eye(3), [0, 1, 1], verbose=0, callbacks=[callback])
    copied = COPIES[way](callback)
    assert copied.direction == callback.direction == direction
