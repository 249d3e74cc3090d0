"""`SimpleRNN`: the state between batches, masks behind it, dropout's draws, errors."""

import numpy as np
import pytest

from minidl import Input, Sequential, layers, load_model
from minidl.layers import SimpleRNN


def test_a_stateful_layer_continues_where_it_stopped(rng):
    x = rng.standard_normal((3, 8, 2))
    layer = SimpleRNN(4, stateful=True, return_sequences=True, dtype="float64")
    whole = layer(x)
    layer.reset_state()
    np.testing.assert_allclose(np.concatenate([layer(x[:, :3]), layer(x[:, 3:], training=True)], axis=1), whole)
    np.testing.assert_array_equal(layer.states[0].value, whole[:, -1])
    layer.reset_states()
    assert not layer.states[0].value.any()
    with layer.preserved_state():
        layer(x)
    assert not layer.states[0].value.any()
    assert [weight.name for weight in layer.non_trainable_variables] == ["rnn_state"]
    assert layer.non_trainable_weights == []


def test_the_initial_state_of_a_batch_is_in_its_cache(rng):
    x = rng.standard_normal((3, 4, 2))
    layer = SimpleRNN(4, stateful=True, dtype="float64")
    layer(x)
    cache, dy = layer._forward(x)[1], rng.standard_normal((3, 4))
    dx = layer._backward(dy, cache)
    layer._forward(x)
    np.testing.assert_array_equal(layer._backward(dy, cache), dx)


def test_only_return_sequences_passes_the_mask_on():
    mask = np.ones((2, 3), bool)
    assert SimpleRNN(4).compute_mask(None, mask) is None
    assert SimpleRNN(4, return_sequences=True).compute_mask(None, mask) is mask
    assert SimpleRNN(4, return_sequences=True, return_state=True).compute_mask(None, mask) == [mask, None]


def test_shapes_are_as_computed_beforehand():
    assert SimpleRNN(4).compute_output_shape((None, 5, 3)) == (None, 4)
    assert SimpleRNN(4, return_sequences=True).compute_output_shape((None, 5, 3)) == (None, 5, 4)
    assert SimpleRNN(4, return_state=True).compute_output_shape((2, None, 3)) == ((2, 4), (2, 4))


def test_dropout_draws_one_mask_for_all_steps_and_none_in_inference():
    layer = SimpleRNN(500, activation=None, kernel_initializer="ones", dropout=0.5, recurrent_initializer="zeros", seed=1)
    layer.return_sequences = True
    x = np.ones((40, 3, 1))
    y = layer(x, training=True)
    assert (y == y[:, :1]).all()
    assert set(np.unique(y)) == {0.0, 2.0}
    assert (layer(x) == 1).all()
    assert y.dtype == "float32"


def test_recurrent_dropout_does_not_affect_the_first_step():
    ones = {"kernel_initializer": "ones", "recurrent_initializer": "ones"}
    layer = SimpleRNN(3, activation=None, recurrent_dropout=0.5, return_sequences=True, seed=1, **ones)
    x = np.ones((50, 2, 1))
    y, plain = layer(x, training=True), layer(x)
    np.testing.assert_array_equal(y[:, 0], plain[:, 0])
    assert (y[:, 1] != plain[:, 1]).any()
    np.testing.assert_allclose(y[:, 1].mean(), plain[:, 1].mean(), rtol=0.3)


def test_a_stateful_layer_needs_a_fixed_batch_size(rng):
    with pytest.raises(ValueError, match=r'SimpleRNN "r" is stateful .*Input\(batch_shape='):
        SimpleRNN(4, stateful=True, name="r").build_for((None, 5, 3))
    layer = SimpleRNN(4, stateful=True)
    layer(np.ones((2, 5, 3)))
    before = layer.states[0].numpy()
    with pytest.raises(ValueError, match=r"keeps 2 rows from batch to batch, got shape \(3, 5, 3\)"):
        layer(np.ones((3, 5, 3)))
    np.testing.assert_array_equal(layer.states[0].value, before)


def test_other_shapes_and_masks_raise_an_error():
    layer = SimpleRNN(4, name="r")
    with pytest.raises(ValueError, match=r'"r" expects sequences, shape \(batch, time, features\), got shape \(2, 3\)'):
        layer(np.ones((2, 3)))
    layer(np.ones((2, 5, 3)))
    with pytest.raises(ValueError, match=r"steps of 3 features, got shape \(2, 5, 4\)"):
        layer(np.ones((2, 5, 4)))
    with pytest.raises(ValueError, match=r"expects a mask of shape \(2, 5\)"):
        layer(np.ones((2, 5, 3)), mask=np.ones((2, 4), bool))


@pytest.mark.parametrize("options", [{"units": 0}, {"units": 2, "dropout": 1.0}, {"units": 2, "recurrent_dropout": -0.1}])
def test_arguments_out_of_range_raise_an_error(options):
    with pytest.raises(ValueError, match="SimpleRNN expects"):
        SimpleRNN(**options)


def stateful_model(rows, layer=layers.LSTM):
    return Sequential([Input(batch_shape=(rows, 5, 2)), layer(3, stateful=True), layers.Dense(1)])


@pytest.mark.parametrize("layer", [layers.LSTM, layers.GRU, layers.SimpleRNN])
def test_states_are_not_weights_so_models_of_other_batch_sizes_can_load_them(layer, tmp_path):
    x = np.random.default_rng(0).normal(size=(8, 5, 2)).astype("float32")
    trained = stateful_model(4, layer)
    trained.compile("adam", "mse")
    trained.fit(x, np.ones((8, 1)), batch_size=4, shuffle=False, verbose=0)
    free = Sequential([Input((5, 2)), layer(3), layers.Dense(1)])
    free.set_weights(trained.get_weights())
    copied, read, whole = (stateful_model(1, layer) for _ in range(3))
    copied.set_weights(trained.get_weights())
    trained.save_weights(tmp_path / "w.safetensors")
    read.load_weights(tmp_path / "w.safetensors")
    trained.save(tmp_path / "m.safetensors")
    whole.load_weights(tmp_path / "m.safetensors")
    expected = free.predict(x[:1], verbose=0)
    for model in (copied, read, whole):
        np.testing.assert_allclose(model.predict(x[:1], batch_size=1, verbose=0), expected, rtol=1e-5)
    states = trained.layers[0].states
    assert trained.variables == [*trained.layers[0].weights, *states, *trained.layers[1].weights]
    assert not set(states) & set(trained.weights)
    assert not set(states) & set(trained.non_trainable_weights)
    assert set(states) <= set(trained.non_trainable_variables)
    assert trained.count_params() == free.count_params()


def test_a_loaded_stateful_model_continues_from_the_saved_states(tmp_path):
    x = np.random.default_rng(0).normal(size=(4, 5, 2)).astype("float32")
    model = stateful_model(4)
    model.predict(x, verbose=0)
    model.save(tmp_path / "m.safetensors")
    loaded = load_model(tmp_path / "m.safetensors")
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))
