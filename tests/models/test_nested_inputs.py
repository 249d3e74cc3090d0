"""Models with code whose inputs are dicts and lists in one another."""

import numpy as np
import pytest

from minidl import Model
from minidl.layers import Dense
from minidl.models import clone_model
from minidl.optimizers import SGD
from minidl.saving import load_model, register_keras_serializable

RNG = np.random.default_rng(0)


@register_keras_serializable()
class Nested(Model):
    """Takes `{"a": {"b": x, "c": [y]}, "z": z}`."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = Dense(1, kernel_initializer="ones")

    def call(self, x):
        return self.dense(x["a"]["b"]) + 2 * self.dense(x["a"]["c"][0]) + x["z"]


@pytest.fixture
def x():
    b, c, z = RNG.normal(size=(3, 8, 2)).astype(np.float32)
    return {"z": z[:, :1], "a": {"b": b, "c": [c]}}


@pytest.fixture
def right(x):
    return x["a"]["b"].sum(axis=1, keepdims=True) + 2 * x["a"]["c"][0].sum(axis=1, keepdims=True) + x["z"]


def batches(x, y):
    yield x, y


def test_direct_calls_and_predictions_give_the_code_its_structure(x, right):
    np.testing.assert_allclose(Nested()(x), right, rtol=1e-5)
    np.testing.assert_allclose(Nested().predict(x, batch_size=3, verbose=0), right, rtol=1e-5)
    np.testing.assert_allclose(Nested().predict_on_batch(x), right, rtol=1e-5)


def test_arrays_and_iterables_of_batches_train_in_the_same_way(x, right):
    histories = []
    for data in ((x, right + 1), (batches(x, right + 1),)):
        model = Nested()
        model.compile(SGD(0.01), "mse")
        histories.append(model.fit(*data, epochs=1, batch_size=8, verbose=0, validation_data=(x, right + 1)).history)
        assert model.evaluate(x, right + 1, verbose=0) == pytest.approx(histories[-1]["val_loss"][0])
    assert histories[0] == histories[1]
    assert histories[0]["loss"] == pytest.approx([1.0], rel=1e-5)
    assert histories[0]["val_loss"][0] < 1


def test_the_output_shape_of_nested_shapes_is_known():
    assert Nested().compute_output_shape({"a": {"b": (None, 2), "c": [(None, 2)]}, "z": (None, 1)}) == (None, 1)


def test_a_saved_model_predicts_the_same(x, tmp_path):
    model = Nested()
    expected = model.predict(x, verbose=0)
    model.dense.bias.assign([1.0])
    for name in ("model.safetensors", "model.keras"):
        model.save(tmp_path / name)
        np.testing.assert_allclose(load_model(tmp_path / name).predict(x, verbose=0), expected + 3, rtol=1e-5)
        assert load_model(tmp_path / name).get_weights()[1] == [1.0]
    np.testing.assert_allclose(clone_model(model).predict(x, verbose=0), expected, rtol=1e-5)  # initial weights
