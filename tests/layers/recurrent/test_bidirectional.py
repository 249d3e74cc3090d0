"""`Bidirectional`: two layers, two directions, one sequence."""

import numpy as np
import pytest

from minidl import Input, Model, Sequential, load_model
from minidl.layers import Bidirectional, Concatenate, Dense, Embedding, SimpleRNN
from minidl.models import clone_model
from tests.table.layers.through_time import TwoStates

PADDED = np.array([[1, 2, 3, 4], [3, 1, 0, 0], [2, 0, 0, 0]])


def classic(units=4):
    """What Keras users stack for texts."""
    return Sequential(
        [
            Embedding(6, 3, mask_zero=True),
            Bidirectional(SimpleRNN(units, return_sequences=True)),
            Bidirectional(SimpleRNN(units)),
            Dense(1),
        ]
    )


def by_hand(layer, x, mask=None):
    """Forward and backward outputs, each by its own layer on its own sequence, in the order of time."""
    ahead = SimpleRNN.from_config(layer.forward_layer.get_config() | {"name": "ahead"})
    back = SimpleRNN.from_config(layer.forward_layer.get_config() | {"name": "back"})
    turned = x[:, ::-1]
    for one, weights in ((ahead, layer.forward_layer), (back, layer.backward_layer)):
        one.build(x.shape)
        one.set_weights(weights.get_weights())
    y = ahead(x, mask=mask), back(turned, mask=None if mask is None else mask[:, ::-1])
    return (y[0], y[1][:, ::-1]) if layer.return_sequences else y


@pytest.mark.parametrize("sequences", [True, False])
@pytest.mark.parametrize(
    ("mode", "merged"),
    [
        ("sum", np.add),
        ("mul", np.multiply),
        ("ave", lambda a, b: (a + b) / 2),
        ("concat", lambda a, b: np.concatenate([a, b], axis=-1)),
    ],
)
def test_the_outputs_are_those_of_two_layers_on_the_sequence_and_its_reverse(mode, merged, sequences, rng):
    layer, x = Bidirectional(SimpleRNN(3, return_sequences=sequences), mode), rng.normal(size=(4, 5, 2)).astype("float32")
    y = layer(x)
    np.testing.assert_allclose(y, merged(*by_hand(layer, x)), rtol=1e-5, atol=1e-6)
    both = Bidirectional(SimpleRNN(3, return_sequences=sequences), None)
    both.build(x.shape)
    both.set_weights(layer.get_weights())
    for one, other in zip(both(x), by_hand(layer, x), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_masked_steps_output_zeros_and_change_nothing(rng):
    layer, x = Bidirectional(SimpleRNN(3, return_sequences=True)), rng.normal(size=(3, 4, 2)).astype("float32")
    mask = PADDED != 0
    y = layer(x, mask=mask)
    assert (y[~mask] == 0).all()
    np.testing.assert_allclose(y[1:2, :2], layer(x[1:2, :2]), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(layer(np.where(mask[..., np.newaxis], x, 9), mask=mask), y)


def test_a_layer_with_go_backwards_is_paired_with_a_forward_one(rng):
    x, mask = rng.normal(size=(3, 4, 2)).astype("float32"), PADDED != 0
    plain = Bidirectional(SimpleRNN(3, return_sequences=True), None)
    turned = Bidirectional(SimpleRNN(3, return_sequences=True, go_backwards=True), None)
    assert (turned.forward_layer.go_backwards, turned.backward_layer.go_backwards) == (True, False)
    plain.build(x.shape)
    turned.build(x.shape)
    half = len(plain.weights) // 2
    turned.set_weights(plain.get_weights()[half:] + plain.get_weights()[:half])
    for one, other in zip(turned(x, mask=mask), plain(x, mask=mask)[::-1], strict=True):
        np.testing.assert_allclose(one, other[:, ::-1], rtol=1e-5, atol=1e-6)


def test_the_names_weights_and_layers_are_ordered_forward_first():
    given = SimpleRNN(3, name="reader")
    layer = Bidirectional(given)
    layer.build((None, 4, 2))
    assert [one.name for one in (layer.forward_layer, layer.backward_layer)] == ["forward_reader", "backward_reader"]
    assert layer.weights == layer.forward_layer.weights + layer.backward_layer.weights
    assert layer.sublayers() == [layer.forward_layer, layer.backward_layer]
    assert not given.built
    again = Bidirectional.from_config(layer.get_config())
    assert (again.forward_layer.name, again.backward_layer.name) == ("forward_reader", "backward_reader")


def test_each_direction_has_its_own_repeatable_dropout():
    x = np.ones((2, 5, 8), "float32")

    def outputs():
        layer = Bidirectional(SimpleRNN(3, dropout=0.5, kernel_initializer="ones", activation=None, seed=4), None)
        assert (layer.forward_layer.seed, layer.backward_layer.seed) == (4, 5)
        layer.build(x.shape)
        for direction in (layer.forward_layer, layer.backward_layer):
            direction.recurrent_kernel.assign(np.zeros((3, 3)))
        return layer(x, training=True)

    one, other = outputs(), outputs()
    np.testing.assert_array_equal(one, other)
    assert not np.array_equal(*one)


def test_the_states_follow_the_output_forward_ones_first(rng):
    x = rng.normal(size=(3, 4, 2)).astype("float32")
    layer = Bidirectional(TwoStates(2, return_state=True), "sum")
    y, *states = layer(x)
    assert len(states) == 4
    np.testing.assert_allclose(y, states[0] + states[2], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(states[:2], layer.forward_layer(x)[1:], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(states[2:], layer.backward_layer(x)[1:], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("mode", ["mul", None])
def test_it_starts_from_initial_state(mode, rng, check_gradients):
    x, states = rng.normal(size=(3, 4, 2)), [rng.normal(size=(3, 2)) for _ in range(4)]
    layer = Bidirectional(TwoStates(2, return_sequences=True, return_state=True, dtype="float64"), mode)
    results = layer(x, initial_state=states)
    ahead, back = layer.forward_layer([x, *states[:2]]), layer.backward_layer([x, *states[2:]])
    first = [ahead[0], back[0][:, ::-1]] if mode is None else [ahead[0] * back[0][:, ::-1]]
    for one, other in zip(results, [*first, *ahead[1:], *back[1:]], strict=True):
        np.testing.assert_array_equal(one, other)
    for one, other in zip(results, layer([x, *states]), strict=True):
        np.testing.assert_array_equal(one, other)
    check_gradients(layer, [x, *states], mask=[PADDED != 0, *[None] * 4])


def test_initial_states_may_be_symbolic(rng):
    sequences, states = Input((4, 2)), [Input((2,)) for _ in range(4)]
    model = Model([sequences, *states], Bidirectional(TwoStates(2))(sequences, initial_state=states))
    arrays = [rng.normal(size=shape).astype("float32") for shape in ((3, 4, 2), *[(3, 2)] * 4)]
    np.testing.assert_allclose(model.predict(arrays), model.layers[-1](arrays), rtol=1e-5, atol=1e-6)
    model.compile("sgd", "mse")
    assert np.isfinite(model.fit(arrays, np.ones((3, 4)), verbose=0).history["loss"][0])


def test_an_encoder_passes_its_states_to_a_decoder():
    source, target = Input((None,), dtype="int64"), Input((None,), dtype="int64")
    _, *states = Bidirectional(TwoStates(3, return_state=True))(Embedding(6, 2, mask_zero=True)(source))
    merged = [Concatenate()([states[n], states[n + 2]]) for n in (0, 1)]
    decoded = TwoStates(6, return_sequences=True)(Embedding(6, 2)(target), initial_state=merged)
    model = Model([source, target], Dense(6, "softmax")(decoded))
    model.compile("adam", "sparse_categorical_crossentropy")
    losses = model.fit([PADDED, PADDED], PADDED, epochs=3, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    padded = model.predict([PADDED[1:2], PADDED[1:2, :2]])
    np.testing.assert_allclose(model.predict([PADDED[1:2, :2], PADDED[1:2, :2]]), padded, rtol=1e-5, atol=1e-6)


def test_a_stateful_layer_keeps_its_state_until_it_is_reset(rng):
    x = rng.normal(size=(2, 6, 3)).astype("float32")
    layer = Bidirectional(SimpleRNN(2, stateful=True), None)
    first = layer(x[:, :3])
    second = layer(x[:, 3:])
    assert layer.stateful
    whole = SimpleRNN(2)
    whole.build(x.shape)
    whole.set_weights(layer.forward_layer.get_weights())
    np.testing.assert_allclose(second[0], whole(x), rtol=1e-5, atol=1e-6)
    layer.reset_state()
    for one, other in zip(layer(x[:, :3]), first, strict=True):
        np.testing.assert_array_equal(one, other)
    layer.reset_states()
    assert not any(variable.value.any() for variable in layer.weights if variable.is_state)


def test_penalties_of_both_directions_count(rng):
    x = rng.normal(size=(4, 5, 2)).astype("float32")
    layer = Bidirectional(SimpleRNN(3, activity_regularizer="l2"), None)
    layer.build(x.shape)
    (ahead, back), cache, _ = layer._forward(x)
    assert layer.has_penalty
    assert layer._penalty(cache) == pytest.approx(0.01 * (np.square(ahead).sum() + np.square(back).sum()) / 4, rel=1e-5)
    assert not Bidirectional(SimpleRNN(3)).has_penalty
    backward = SimpleRNN(3, go_backwards=True, activity_regularizer="l2")
    assert Bidirectional(SimpleRNN(3), backward_layer=backward).has_penalty


def test_it_starts_with_the_given_weights(rng):
    weights = [rng.normal(size=shape).astype("float32") for shape in [(2, 3), (3, 3), (3,)] * 2]
    layer = Bidirectional(SimpleRNN(3, stateful=True), weights=weights)
    layer.build((4, 5, 2))
    for variable, value in zip([v for v in layer.weights if not v.is_state], weights, strict=True):
        np.testing.assert_array_equal(variable.value, value)
    assert "weights" not in layer.get_config()
    with pytest.raises(ValueError, match=r'Bidirectional "b" expects weights of shapes .*, got \[\(2, 3\)\]'):
        Bidirectional(SimpleRNN(3), weights=weights[:1], name="b").build((4, 5, 2))


def test_an_unused_output_does_not_affect_the_gradients(rng):
    x = Input((4, 2))
    ahead, _ = Bidirectional(TwoStates(3, activity_regularizer="l2"), None)(x)
    model = Model(x, ahead)
    model.compile("sgd", "mse")
    data = rng.normal(size=(3, 4, 2))
    gradients = model.gradients(data, np.zeros((3, 3)))
    layer = model.layers[-1]
    assert any(gradients[path].any() for path in gradients if "forward" in path)
    assert any(gradients[path].any() for path in gradients if "backward" in path)  # its penalty alone
    layer.backward_layer.activity_regularizer = None
    gradients = model.gradients(data, np.zeros((3, 3)))
    assert not any(gradients[path].any() for path in gradients if "backward" in path)


def test_a_bidirectional_lstm_trains_saves_loads_and_ignores_padding(tmp_path):
    model, y = classic(), np.array([1.0, -1.0, 0.5])
    model.compile("adam", "mse")
    losses = model.fit(PADDED, y, epochs=20, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    alone = [model.predict(row[np.newaxis, : (row != 0).sum()])[0] for row in PADDED]
    np.testing.assert_allclose(model.predict(PADDED), alone, rtol=1e-5, atol=1e-6)
    model.save(tmp_path / "model.safetensors")
    again = load_model(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(again.predict(PADDED), model.predict(PADDED))
    for one in (model, again):
        one.fit(PADDED, y, epochs=2, verbose=0, shuffle=False)
    np.testing.assert_array_equal(again.predict(PADDED), model.predict(PADDED))


def test_a_clone_has_layers_of_its_own_and_freezing_reaches_both_directions():
    model = classic()
    model.predict(PADDED)
    clone = clone_model(model)
    clone.predict(PADDED)
    assert not set(map(id, clone.weights)) & set(map(id, model.weights))
    layer = Bidirectional(SimpleRNN(3), trainable=False)
    layer.build((None, 4, 2))
    assert layer.trainable_weights == []
    frozen = Bidirectional(SimpleRNN(3, trainable=False))
    frozen.build((None, 4, 2))
    assert frozen.trainable_weights == []


class WithInnerCells(TwoStates):
    """A recurrent layer that holds others, as one made of cells does."""

    def __init__(self, units, cells=(), **kwargs):
        super().__init__(units, **kwargs)
        self.cells = cells


def test_layers_inside_the_layer_are_made_again_for_each_direction():
    given = Dense(2, name="cell")
    layer = Bidirectional(WithInnerCells(2, cells=[given]))
    ahead, back = layer.forward_layer.cells[0], layer.backward_layer.cells[0]
    assert len({given, ahead, back}) == 3
    assert ahead.name == back.name == "cell"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Bidirectional(Dense(2)), "expects a recurrent layer, such as LSTM.*got Dense.*has no go_backwards"),
        (lambda: Bidirectional(SimpleRNN), "expects a recurrent layer"),
        (lambda: Bidirectional("lstm"), "expects a recurrent layer.*got 'lstm'"),
        (lambda: Bidirectional(SimpleRNN(2), backward_layer=Dense(2)), "expects a recurrent layer"),
        (lambda: Bidirectional(SimpleRNN(2), "avg"), r"merge_mode to be one of 'sum'.*None, got 'avg'"),
        (
            lambda: Bidirectional(SimpleRNN(2), backward_layer=SimpleRNN(2)),
            "of the opposite direction of layer.*False for both",
        ),
        (
            lambda: Bidirectional(SimpleRNN(2), backward_layer=SimpleRNN(2, go_backwards=True, return_sequences=True)),
            "same return_sequences for both of its layers, got False for layer and True for backward_layer",
        ),
        (
            lambda: Bidirectional(SimpleRNN(2), "sum", backward_layer=SimpleRNN(3, go_backwards=True)).build((1, 4, 2)),
            r"""outputs of one shape for merge_mode='sum', got \(1, 2\) and \(1, 3\); use "concat",""",
        ),
        (
            lambda: Bidirectional(TwoStates(2), name="b")([np.ones((1, 4, 2)), *[np.ones((1, 2))] * 3]),
            'Bidirectional "b" expects initial_state to hold the states of both directions.*got 3',
        ),
        (lambda: Bidirectional(SimpleRNN(2, name="r"))(np.ones((4, 2))), 'SimpleRNN "forward_r" expects sequences'),
        (
            lambda: Bidirectional(SimpleRNN(2), name="b")(np.ones((1, 4, 2)), mask=np.ones((1, 3))),
            r'Bidirectional "b" expects a mask of shape \(1, 4\)',
        ),
    ],
)
def test_inputs_that_do_not_match_raise_an_error(make, message):
    with pytest.raises(ValueError, match=message):
        make()
