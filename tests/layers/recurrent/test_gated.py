"""`LSTM` and `GRU`: first biases, dropout, state between batches, masked output, errors."""

import numpy as np
import pytest

from minidl.layers import GRU, LSTM, GRUCell, LSTMCell, SimpleRNN


def test_unit_forget_bias_initializes_the_forget_gate_to_one():
    for make in (LSTM, LSTMCell):
        layer = make(2, bias_initializer="zeros")
        layer.build((None, 3) if make is LSTMCell else (None, 4, 3))
        assert layer.bias.value.tolist() == [0, 0, 1, 1, 0, 0, 0, 0]
        plain = make(2, unit_forget_bias=False)
        plain.build(layer.build_shape)
        assert not plain.bias.value.any()
    layer = LSTM(2, use_bias=False)
    layer.build((None, 4, 3))
    assert [weight.name for weight in layer.weights] == ["kernel", "recurrent_kernel"]


def test_a_gru_that_resets_after_the_product_has_a_second_row_of_biases():
    for reset_after, shape in ((True, (2, 12)), (False, (12,))):
        for make, input_shape in ((GRU, (None, 5, 3)), (GRUCell, (None, 3))):
            layer = make(4, reset_after=reset_after)
            layer.build(input_shape)
            assert layer.bias.shape == shape


@pytest.mark.parametrize("kind", [SimpleRNN, LSTM, GRU])
def test_dropout_draws_one_mask_for_all_steps_and_gates(kind, rng):
    layer = kind(6, dropout=0.5, recurrent_dropout=0.5, seed=3, dtype="float64")
    x = rng.standard_normal((4, 5, 3))
    layer(x)
    with layer.preserved_state():
        y = layer(x, training=True)
    with layer.preserved_state():
        drop_x, drop_h = layer.draw_dropout(4)
    assert set(np.unique(drop_x)) | set(np.unique(drop_h)) == {0.0, 2.0}
    assert drop_x.shape == (4, 3)
    assert drop_h.shape == (4, 6)
    one_row = kind(6, dtype="float64")
    for row in range(4):  # the weights with the mask multiplied in
        one_row.build_for((1, 5, 3))
        weights = layer.get_weights()
        weights[0], weights[1] = drop_x[row][:, np.newaxis] * weights[0], drop_h[row][:, np.newaxis] * weights[1]
        one_row.set_weights(weights)
        np.testing.assert_allclose(one_row(x[row : row + 1]), y[row : row + 1])


@pytest.mark.parametrize("kind", [LSTM, GRU])
def test_a_stateful_layer_continues_where_it_stopped(kind, rng):
    x = rng.standard_normal((3, 8, 2))
    layer = kind(4, stateful=True, return_sequences=True, dtype="float64")
    whole = layer(x)
    layer.reset_state()
    np.testing.assert_allclose(np.concatenate([layer(x[:, :3]), layer(x[:, 3:])], axis=1), whole)
    assert [weight.name for weight in layer.non_trainable_variables] == ["rnn_state"] * len(layer.states)
    layer.reset_states()
    assert not any(state.value.any() for state in layer.states)


@pytest.mark.parametrize("kind", [SimpleRNN, LSTM, GRU])
def test_masked_steps_output_zeros_with_zero_output_for_mask(kind, rng):
    x, mask = rng.standard_normal((4, 6, 3)), rng.random((4, 6)) > 0.4
    layer = kind(5, return_sequences=True, dtype="float64")
    y = layer(x, mask=mask)
    layer.zero_output_for_mask = True
    np.testing.assert_array_equal(layer(x, mask=mask), y * mask[..., np.newaxis])
    layer.return_sequences = False
    np.testing.assert_array_equal(layer(x, mask=mask), (y * mask[..., np.newaxis])[:, -1])


@pytest.mark.parametrize("kind", [LSTM, GRU])
def test_wrong_arguments_and_inputs_raise_an_error(kind):
    name = kind.__name__
    for options in ({"units": 0}, {"units": 2, "dropout": 1.0}, {"units": 2, "recurrent_dropout": -0.1}):
        with pytest.raises(ValueError, match=f"{name} expects"):
            kind(**options)
    layer = kind(4, name="r")
    with pytest.raises(ValueError, match=rf'{name} "r" expects sequences, shape \(batch, time, features\), got shape \(2, 3\)'):
        layer(np.ones((2, 3)))
    layer(np.ones((2, 5, 3)))
    with pytest.raises(ValueError, match=r"steps of 3 features, got shape \(2, 5, 4\)"):
        layer(np.ones((2, 5, 4)))
    with pytest.raises(ValueError, match="needs to know the size of its input's last axis"):
        kind(4).build((None, 5, None))


@pytest.mark.parametrize("kind", [LSTM, GRU])
def test_shapes_and_masks_are_as_computed_beforehand(kind):
    mask, states = np.ones((2, 3), bool), 2 if kind is LSTM else 1
    layer = kind(4, return_state=True, return_sequences=True)
    assert layer.compute_output_shape((None, 5, 3)) == ((None, 5, 4), *[(None, 4)] * states)
    assert layer.compute_mask(None, mask) == [mask, *[None] * states]
    assert layer.compute_mask(None, [mask, None]) == [mask, *[None] * states]
    assert kind(4).compute_mask(None, mask) is None
