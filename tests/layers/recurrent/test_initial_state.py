"""States handed in and out: `initial_state`, `return_state`, and the models that are made of them."""

import numpy as np
import pytest

from minidl import Input, Model, load_model
from minidl.layers import GRU, LSTM, RNN, Dense, Embedding, GRUCell, LSTMCell, Masking, SimpleRNN
from minidl.optimizers import Adam

LAYERS = [(SimpleRNN, 1), (LSTM, 2), (GRU, 1)]


@pytest.mark.parametrize(("kind", "count"), LAYERS)
def test_a_layer_starts_from_initial_state(kind, count, rng):
    x = rng.standard_normal((3, 7, 2))
    layer = kind(4, return_sequences=True, return_state=True, dtype="float64")
    whole, *ends = layer(x)
    first, *between = layer(x[:, :3])
    second, *last = layer(x[:, 3:], initial_state=between if count > 1 else between[0])
    np.testing.assert_allclose(np.concatenate([first, second], axis=1), whole)
    np.testing.assert_allclose(last, ends)
    assert len(ends) == count


@pytest.mark.parametrize(("kind", "count"), LAYERS)
def test_states_may_be_given_in_one_list_with_the_sequences(kind, count, rng):
    x, states = rng.standard_normal((3, 5, 2)), [rng.standard_normal((3, 4)) for _ in range(count)]
    layer = kind(4, dtype="float64")
    np.testing.assert_array_equal(layer([x, *states]), layer(x, initial_state=states))
    np.testing.assert_array_equal(layer(x, initial_state=None), layer(x))
    np.testing.assert_array_equal(layer([x]), layer(x))


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize(("kind", "count"), LAYERS)
def test_gradients_of_sequences_states_and_weights_are_the_numeric_ones(kind, count, masked, rng, check_gradients):
    mask = rng.random((4, 5)) > 0.4
    mask[1] = False
    layer = kind(3, return_state=True, go_backwards=True, seed=1, recurrent_dropout=0.3, dtype="float64")
    states = [rng.standard_normal((4, 3)) for _ in range(count)]
    check_gradients(layer, [rng.standard_normal((4, 5, 2)), *states], mask if masked else None)


def test_masks_may_be_given_for_each_input_or_for_the_sequences_alone(rng):
    x, h = rng.standard_normal((3, 5, 2)), rng.standard_normal((3, 4))
    mask = rng.random((3, 5)) > 0.4
    layer = GRU(4)
    np.testing.assert_array_equal(layer([x, h], mask=[mask, None]), layer([x, h], mask=mask))
    np.testing.assert_array_equal(layer([x, h], mask=[None, None]), layer([x, h]))
    np.testing.assert_array_equal(layer(x, mask=mask.tolist()), layer(x, mask=mask))
    with pytest.raises(ValueError, match=r"expects a mask of shape \(3, 5\)"):
        layer([x, h], mask=[mask[:, 1:], None])


def test_a_stateful_layer_continues_from_the_states_it_was_given(rng):
    x, h = rng.standard_normal((3, 4, 2)), rng.standard_normal((3, 4))
    layer = GRU(4, stateful=True, dtype="float64")
    layer(x)
    last = layer(x, initial_state=h)
    np.testing.assert_array_equal(layer.states[0].value, last)
    plain = GRU(4, dtype="float64")
    plain.build_for(x.shape)
    plain.set_weights(layer.get_weights()[:3])
    np.testing.assert_allclose(plain(x, initial_state=h), last)


def test_states_that_do_not_fit_raise_an_error(rng):
    x, h = rng.standard_normal((3, 5, 2)), np.zeros((3, 4))
    layer = LSTM(4, name="l")
    expected = r'LSTM "l" expects initial_state to be 2 of shape \(3, 4\), \(3, 4\), got '
    with pytest.raises(ValueError, match=expected + "1 of shape"):
        layer(x, initial_state=h)
    with pytest.raises(ValueError, match=expected + r"2 of shape \(3, 4\), \(2, 4\)"):
        layer(x, initial_state=[h, h[:2]])
    with pytest.raises(ValueError, match="expects at least one step"):
        layer(x[:, :0])


def encoder_decoder(make_encoder, make_decoder):
    source, target = Input((None,)), Input((None,))
    _, *states = make_encoder()(Embedding(12, 6, mask_zero=True)(source))
    decoded = make_decoder()(Embedding(12, 6, mask_zero=True)(target), initial_state=states)
    return Model([source, target], Dense(12, "softmax")(decoded))


PAIRS = [
    (lambda: LSTM(16, return_state=True), lambda: LSTM(16, return_sequences=True)),
    (lambda: GRU(16, return_state=True), lambda: GRU(16, return_sequences=True)),
    (lambda: RNN(LSTMCell(16), return_state=True), lambda: RNN([LSTMCell(16)], return_sequences=True)),
    (lambda: RNN([GRUCell(16), GRUCell(8)], return_state=True), lambda: RNN([GRUCell(16), GRUCell(8)], return_sequences=True)),
]


@pytest.mark.parametrize(("make_encoder", "make_decoder"), PAIRS)
def test_an_encoder_s_states_start_a_decoder_in_a_model_that_learns_and_is_saved(make_encoder, make_decoder, rng, tmp_path):
    source = rng.integers(1, 12, (64, 4))
    source[:, 3] *= rng.random(64) < 0.5  # some are shorter
    target = np.full_like(source, 1)  # says nothing: all the decoder knows are the states
    model = encoder_decoder(make_encoder, make_decoder)
    model.compile(Adam(0.03), "sparse_categorical_crossentropy")
    losses = model.fit([source, target], source, epochs=8, batch_size=16, verbose=0).history["loss"]
    assert losses[-1] < 0.8 * losses[0]
    encoder = next(layer for layer in model.layers if getattr(layer, "return_state", False))
    assert all(np.abs(weight.grad).max() > 0 for weight in encoder.trainable_weights)  # reached through the states alone
    model.save(tmp_path / "translator.safetensors")
    again = load_model(tmp_path / "translator.safetensors")
    np.testing.assert_array_equal(again.predict([source, target]), model.predict([source, target]))


def test_a_mask_reaches_the_layer_with_the_states_in_a_model(rng):
    x, h = rng.standard_normal((3, 5, 2)).astype("float32"), rng.standard_normal((3, 4)).astype("float32")
    x[0, 3:] = 0
    sequences, state = Input((5, 2)), Input((4,))
    layer = GRU(4)
    model = Model([sequences, state], layer(Masking()(sequences), initial_state=state))
    expected = layer(x[:1, :3], initial_state=h[:1])
    np.testing.assert_allclose(model.predict([x, h])[:1], expected, rtol=1e-5)
