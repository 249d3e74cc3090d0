"""Models whose inputs may be `None`: `Input(shape, optional=True)`."""

import numpy as np
import pytest

import minidl
from minidl import Input, Model, layers

X = np.arange(6.0, dtype="float32").reshape(2, 3)


class AddIfGiven(layers.Layer):
    def call(self, x, y=None):
        return x if y is None else x + y


def made(named=False, join=None):
    a, b = Input((3,), name="a"), Input((3,), optional=True, name="b")
    y = AddIfGiven(name="join")(a, b) if join is None else join(a, b)
    return Model({"a": a, "b": b} if named else [a, b], layers.Dense(1, kernel_initializer="ones")(y))


@pytest.mark.parametrize("named", [False, True])
def test_the_layers_get_none_in_calls_prediction_and_training(named):
    model = made(named)

    def given(b):
        return {"a": X, "b": b} if named else [X, b]

    model.compile("sgd", "mse")
    for y in (model(given(None)), model.predict(given(None), verbose=0), model.predict_on_batch(given(None))):
        np.testing.assert_array_equal(y, [[3.0], [12.0]])
    np.testing.assert_array_equal(model.predict(given(X), verbose=0), [[6.0], [24.0]])
    assert model.evaluate(given(None), np.zeros(2), verbose=0) == (9 + 144) / 2
    model.fit(given(None), np.zeros(2), batch_size=1, shuffle=False, verbose=0)
    first = 1 - 0.01 * 2 * 3 * X[0]  # after the row of the sum 3
    bias = -0.06
    np.testing.assert_allclose(model.get_weights()[0][:, 0], first - 0.02 * (X[1] @ first + bias) * X[1], rtol=1e-5)
    with pytest.raises(ValueError, match=r"for each input, but a is None; only an Input\(\.\.\., optional=True\)"):
        model({"a": None, "b": X} if named else [None, X])


def test_the_first_input_may_be_the_optional_one():
    class Second(layers.Layer):
        def call(self, both):
            return both[1] if both[0] is None else both[0] + both[1]

    a, b = Input((3,), optional=True, name="a"), Input((3,), name="b")
    model = Model([a, b], Second()([a, b]))
    np.testing.assert_array_equal(model.predict([None, X], verbose=0), X)
    np.testing.assert_array_equal(model.predict([X, X], verbose=0), 2 * X)


def test_models_in_models_and_in_call_pass_none_on():
    inner = made()
    a, b = Input((3,)), Input((3,), optional=True)
    outer = Model([a, b], inner([a, b]))
    np.testing.assert_array_equal(outer([X, None]), [[3.0], [12.0]])

    class Own(Model):
        def __init__(self):
            super().__init__()
            self.inner = inner

        def call(self, x):
            return self.inner([x, None])

    model = Own()
    model.compile("sgd", "mse")
    assert model.fit(X, np.zeros(2), verbose=0).history["loss"] == [(9 + 144) / 2]


@pytest.mark.parametrize("ending", ["safetensors", "keras"])
def test_saved_models_keep_optional_inputs(tmp_path, ending):
    model = made()
    model.save(tmp_path / f"model.{ending}")
    again = minidl.load_model(tmp_path / f"model.{ending}", custom_objects={"AddIfGiven": AddIfGiven})
    np.testing.assert_array_equal(again.predict([X, None], verbose=0), model.predict([X, None], verbose=0))


def test_a_layer_that_needs_an_array_raises_an_error_for_none():
    model = made(join=lambda a, b: layers.Add(name="sum")([a, b]))
    with pytest.raises((TypeError, ValueError), match="sum"):
        model([X, None])
