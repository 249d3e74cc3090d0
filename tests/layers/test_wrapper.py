"""`Wrapper`: the inner layer shows through."""

import numpy as np
import pytest

from minidl import Sequential, load_model
from minidl.layers import ActivityRegularization, BatchNormalization, Dense, Dropout, Embedding, Layer, SimpleRNN, Wrapper


class Doubled(Wrapper):
    """A wrapper that changes one thing."""

    def forward(self, x, training=False, mask=None):
        y, cache = super().forward(x, training, mask)
        return 2 * y, cache

    def infer(self, x, mask=None):
        return 2 * super().infer(x, mask)

    def backward(self, dy, cache):
        return super().backward(2 * dy, cache)

    def backward_weights(self, dy, cache):
        super().backward_weights(2 * dy, cache)

    def split_activation(self):
        return None


def test_output_weights_state_and_random_numbers_are_those_of_the_inner_layer(rng):
    inner = BatchNormalization()
    layer = Wrapper(inner)
    x = rng.normal(size=(5, 3)).astype("float32")
    layer(x, training=True)
    assert layer.weights == inner.weights
    assert inner.moving_mean.value.any()
    np.testing.assert_array_equal(layer(x), inner(x))
    drop = Wrapper(Dropout(0.5))
    assert drop.generators == drop.layer.generators
    assert len(drop.generators) == 1


def test_penalties_of_the_inner_layer_and_of_the_whole_add_up(rng, check_gradients):
    x = rng.normal(size=(4, 3))
    layer = Wrapper(Dense(2, activity_regularizer="l2", dtype="float64"), activity_regularizer="l1")
    layer.build(x.shape)
    y, cache, _ = layer._forward(x)
    assert layer._penalty(cache) == pytest.approx((0.01 * (y**2).sum() + 0.01 * np.abs(y).sum()) / 4)
    check_gradients(layer, x)


def test_there_is_a_penalty_only_where_the_inner_layer_has_one():
    assert Wrapper(ActivityRegularization(0.1)).has_penalty
    assert Wrapper(Dense(2), activity_regularizer="l1").has_penalty
    assert not Wrapper(Dense(2)).has_penalty


def test_masks_are_passed_to_the_inner_layer_and_on():
    layer = Wrapper(Embedding(5, 2, mask_zero=True))
    model = Sequential([layer, Wrapper(SimpleRNN(3))])
    np.testing.assert_allclose(model.predict([[4, 2, 0, 0]]), model.predict([[4, 2]]), rtol=1e-5, atol=1e-6)


def test_a_custom_wrapper_trains_inside_a_model(rng, check_gradients):
    check_gradients(Doubled(Dense(2, "tanh", dtype="float64")), rng.normal(size=(4, 3)))
    plain, doubled = Dense(2), Doubled(Dense(2))
    x = rng.normal(size=(4, 3)).astype("float32")
    doubled(x)
    plain(x)
    plain.set_weights(doubled.get_weights())
    np.testing.assert_array_equal(doubled(x), 2 * plain(x))


def test_a_wrapped_sigmoid_is_fused_with_its_cross_entropy():
    x, y = np.array([[80.0], [-80.0]]), np.array([[0], [0]])
    model = Sequential([Wrapper(Dense(1, "sigmoid", kernel_initializer="ones"))])
    model.compile(loss="binary_crossentropy")
    assert model.evaluate(x, y, verbose=0) == pytest.approx(40.0)


def test_a_wrapped_model_is_saved_and_loaded_with_all_it_holds(tmp_path, rng):
    x, y = rng.normal(size=(8, 4, 3)), rng.normal(size=(8, 2))
    model = Sequential([Wrapper(SimpleRNN(3, dropout=0.2)), Wrapper(Sequential([Dense(3, "relu"), Dense(2)]))])
    model.fit(x, y, verbose=0)
    model.save(tmp_path / "model.safetensors")
    again = load_model(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(again.predict(x), model.predict(x))
    for one in (model, again):
        one.fit(x, y, verbose=0, shuffle=False)
    np.testing.assert_array_equal(again.predict(x), model.predict(x))


def test_the_type_is_the_inner_layers():
    layer = Wrapper(Dense(2, dtype="float64"))
    assert layer.dtype == "float64"
    assert layer(np.ones((1, 3), "float32")).dtype == "float64"


def test_freezing_the_wrapper_freezes_what_it_holds():
    layer = Wrapper(Dense(2), trainable=False)
    layer.build((None, 3))
    assert layer.trainable_weights == []
    layer.trainable = True
    assert len(layer.trainable_weights) == 2


@pytest.mark.parametrize(
    ("held", "message"),
    [("relu", r"Wrapper expects a layer to hold, such as Dense\(8\), got 'relu'"), (Dense, r"create a layer: Dense\(\.\.\.\)")],
)
def test_anything_but_a_layer_raises_an_error(held, message):
    with pytest.raises(ValueError, match=message):
        Wrapper(held)


def test_a_wrong_input_raises_the_error_of_the_inner_layer():
    layer = Wrapper(Dense(2, name="inside"))
    layer.build((None, 3))
    with pytest.raises(ValueError, match='Dense "inside" expects rows of 3 features'):
        layer(np.ones((2, 4)))
    assert isinstance(layer, Layer)


def test_the_state_of_a_recurrent_layer_may_be_given_by_position_or_by_name(rng):
    x, h = rng.normal(size=(2, 4, 3)).astype("float32"), rng.normal(size=(2, 5)).astype("float32")
    inner = SimpleRNN(5)
    layer = Wrapper(inner)
    expected = inner(x, initial_state=h)
    for y in (layer(x, h), layer([x, h]), layer(x, initial_state=h), layer(x, initial_state=[h])):
        np.testing.assert_array_equal(y, expected)
    assert not np.array_equal(layer(x), expected)
