"""`SimpleRNN`: the state between batches, masks behind it, dropout's draws, errors."""

import numpy as np
import pytest

from minidl.layers import SimpleRNN


def test_a_stateful_layer_goes_on_where_it_stopped(rng):
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
    assert [weight.name for weight in layer.non_trainable_weights] == ["rnn_state"]


def test_the_initial_state_of_a_batch_is_in_its_cache(rng):
    x = rng.standard_normal((3, 4, 2))
    layer = SimpleRNN(4, stateful=True, dtype="float64")
    layer(x)
    cache, dy = layer._forward(x)[1], rng.standard_normal((3, 4))
    dx = layer._backward(dy, cache)
    layer._forward(x)
    np.testing.assert_array_equal(layer._backward(dy, cache), dx)


def test_only_whole_sequences_hand_the_mask_on():
    mask = np.ones((2, 3), bool)
    assert SimpleRNN(4).compute_mask(None, mask) is None
    assert SimpleRNN(4, return_sequences=True).compute_mask(None, mask) is mask
    assert SimpleRNN(4, return_sequences=True, return_state=True).compute_mask(None, mask) == [mask, None]


def test_shapes_are_as_announced():
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


def test_recurrent_dropout_leaves_the_first_step_alone():
    ones = {"kernel_initializer": "ones", "recurrent_initializer": "ones"}
    layer = SimpleRNN(3, activation=None, recurrent_dropout=0.5, return_sequences=True, seed=1, **ones)
    x = np.ones((50, 2, 1))
    y, plain = layer(x, training=True), layer(x)
    np.testing.assert_array_equal(y[:, 0], plain[:, 0])
    assert (y[:, 1] != plain[:, 1]).any()
    np.testing.assert_allclose(y[:, 1].mean(), plain[:, 1].mean(), rtol=0.3)


def test_a_stateful_layer_needs_the_batch_size_and_keeps_to_it(rng):
    with pytest.raises(ValueError, match=r'SimpleRNN "r" is stateful .*Input\(batch_shape='):
        SimpleRNN(4, stateful=True, name="r").build_for((None, 5, 3))
    layer = SimpleRNN(4, stateful=True)
    layer(np.ones((2, 5, 3)))
    before = layer.states[0].numpy()
    with pytest.raises(ValueError, match=r"keeps 2 rows from batch to batch, got shape \(3, 5, 3\)"):
        layer(np.ones((3, 5, 3)))
    np.testing.assert_array_equal(layer.states[0].value, before)


def test_other_shapes_and_masks_are_refused():
    layer = SimpleRNN(4, name="r")
    with pytest.raises(ValueError, match=r'"r" expects sequences, shape \(batch, time, features\), got shape \(2, 3\)'):
        layer(np.ones((2, 3)))
    layer(np.ones((2, 5, 3)))
    with pytest.raises(ValueError, match=r"steps of 3 features, got shape \(2, 5, 4\)"):
        layer(np.ones((2, 5, 4)))
    with pytest.raises(ValueError, match=r"expects a mask of shape \(2, 5\)"):
        layer(np.ones((2, 5, 3)), mask=np.ones((2, 4), bool))


@pytest.mark.parametrize("options", [{"units": 0}, {"units": 2, "dropout": 1.0}, {"units": 2, "recurrent_dropout": -0.1}])
def test_arguments_out_of_range_are_refused(options):
    with pytest.raises(ValueError, match="SimpleRNN expects"):
        SimpleRNN(**options)
