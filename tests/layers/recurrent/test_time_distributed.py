"""`TimeDistributed`: all steps at once must be what step after step would be."""

import numpy as np
import pytest

from minidl import Input, Model, Sequential, load_model
from minidl.layers import (
    ActivityRegularization,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GlobalAveragePooling1D,
    Layer,
    MaxPooling2D,
    SimpleRNN,
    TimeDistributed,
)

IDS = np.array([[[1, 2, 0], [3, 0, 0], [0, 0, 0]], [[4, 4, 4], [0, 0, 0], [0, 0, 0]]])  # (batch, sentences, words)


class Counts(Layer):
    """Counts its calls, and the rows of the last one."""

    calls = rows = 0

    def forward(self, x, training=False):
        type(self).calls, type(self).rows = type(self).calls + 1, len(x)
        return 2 * x, None

    def backward(self, dy, cache):
        return 2 * dy


class Largest(Layer):
    """Divides by the largest size seen in training so far: its state depends on the order of the steps."""

    def build(self, input_shape):
        self.largest = self.add_weight((), "ones", trainable=False, name="largest")

    def forward(self, x, training=False):
        if training:
            self.largest.assign(max(self.largest.value, np.abs(x).max()))
        return x / self.largest.value, self.largest.numpy()

    def backward(self, dy, largest):
        return dy / largest


def conv_stack():
    return Sequential([Conv2D(3, 3, activation="relu"), MaxPooling2D(), Flatten(), Dense(2)])


def test_dense_at_every_step_is_dense(rng):
    x, dy = rng.normal(size=(4, 5, 3)).astype("float32"), rng.normal(size=(4, 5, 2)).astype("float32")
    plain = Dense(2, "tanh", kernel_regularizer="l2", activity_regularizer="l2")
    wrapped = TimeDistributed(Dense(2, "tanh", kernel_regularizer="l2", activity_regularizer="l2"))
    plain.build(x.shape)
    wrapped.build(x.shape)
    wrapped.set_weights(plain.get_weights())
    results = []
    for layer in (plain, wrapped):
        y, cache, _ = layer._forward(x, None, True)
        penalty, dx = layer._penalty(cache), layer._backward(dy, cache)
        results.append([y, dx, layer(x), np.float32(penalty), *(v.grad.copy() for v in layer.weights)])
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_all_steps_are_computed_in_one_call_unless_that_changes_the_numbers(rng):
    x = rng.normal(size=(2, 5, 3)).astype("float32")

    def calls(make, training):
        layer = TimeDistributed(Sequential([Counts(), make()]))
        layer.build(x.shape)
        Counts.calls = 0
        layer._forward(x, None, training)
        return Counts.calls, Counts.rows

    for make in (lambda: Dense(2), lambda: Dropout(0.5), lambda: BatchNormalization(), lambda: Largest()):
        assert calls(make, False) == (1, 10)
    for make in (lambda: Dense(2), lambda: Dropout(0.5)):
        assert calls(make, True) == (1, 10)
    for make in (BatchNormalization, Largest, lambda: Dense(2, activity_regularizer="l2"), lambda: ActivityRegularization(0.1)):
        assert calls(make, True) == (5, 2)
    penalised = TimeDistributed(Sequential([Counts(), Dense(2, activity_regularizer="l2")]))
    penalised.build(x.shape)
    Counts.calls = 0
    penalised._infer(x)
    assert Counts.calls == 1  # inference alone needs no penalty


def test_batch_statistics_are_those_of_each_step(rng):
    x = rng.normal(size=(6, 3, 2)).astype("float32")
    layer, inner = TimeDistributed(BatchNormalization(momentum=0.5)), BatchNormalization(momentum=0.5)
    y = layer(x, training=True)
    for step in range(3):
        np.testing.assert_allclose(y[:, step], inner(x[:, step], training=True), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(layer.layer.moving_variance.value, inner.moving_variance.value, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(layer(x)[:, 1], inner(x[:, 1]), rtol=1e-5, atol=1e-6)


def test_state_follows_the_steps_in_their_order():
    x = np.array([[[1.0], [4.0], [2.0]]])
    layer = TimeDistributed(Largest())
    assert layer(x, training=True).ravel().tolist() == [1.0, 1.0, 0.5]
    assert layer(x).ravel().tolist() == [0.25, 1.0, 0.5]


def test_a_stateful_layer_continues_from_step_to_step_and_gradients_end_there(rng):
    x, dy = rng.normal(size=(2, 3, 4, 2)).astype("float32"), rng.normal(size=(2, 3, 5)).astype("float32")
    layer, inner = TimeDistributed(SimpleRNN(5, stateful=True)), SimpleRNN(5, stateful=True)
    layer.build(x.shape)
    inner.build((2, 4, 2))
    inner.set_weights(layer.get_weights())
    y, cache, _ = layer._forward(x, None, True)
    dx = layer._backward(dy, cache)
    for step in range(3):
        its_y, its_cache, _ = inner._forward(x[:, step], None, True)
        np.testing.assert_array_equal(y[:, step], its_y)
        np.testing.assert_array_equal(dx[:, step], inner._backward(dy[:, step], its_cache))
    for one, other in zip(layer.weights, inner.weights, strict=True):
        np.testing.assert_allclose(one.grad, other.grad, rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(one.value, other.value)
    assert not np.array_equal(layer(x), layer(x))
    assert not TimeDistributed(SimpleRNN(5)).stateful


def test_dropout_draws_for_each_step():
    y = TimeDistributed(Dropout(0.5, seed=1))(np.ones((3, 6, 20)), training=True)
    assert len({tuple(y[0, step]) for step in range(6)}) == 6


def test_nested_time_distributed_layers_reach_the_innermost_steps(rng):
    x = rng.normal(size=(2, 3, 4, 5)).astype("float32")
    layer = TimeDistributed(TimeDistributed(Dense(2)))
    y, dense = layer(x), layer.layer.layer
    np.testing.assert_allclose(y, dense(x), rtol=1e-5, atol=1e-6)
    assert layer.compute_output_shape((None, 3, None, 5)) == (None, 3, None, 2)


def test_time_distributed_with_a_convolutional_model_trains_saves_and_loads(tmp_path, rng):
    x, y = rng.normal(size=(6, 3, 8, 8, 1)).astype("float32"), rng.normal(size=(6, 2)).astype("float32")
    model = Sequential([TimeDistributed(conv_stack()), SimpleRNN(4), Dense(2)])
    model.compile("adam", "mse")
    losses = model.fit(x, y, epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    frames = model.layers[0].layer
    np.testing.assert_allclose(model.layers[0](x)[:, 1], frames.predict(x[:, 1]), rtol=1e-5, atol=1e-6)
    model.save(tmp_path / "model.safetensors")
    again = load_model(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(again.predict(x), model.predict(x))
    for one in (model, again):
        one.fit(x, y, verbose=0, shuffle=False)
    np.testing.assert_array_equal(again.predict(x), model.predict(x))


def test_a_softmax_at_every_step_is_fused_with_its_cross_entropy():
    x, labels = np.array([[[80.0], [-80.0]]]), np.array([[1, 0]])
    kernel = np.array([[1.0, -1.0]])
    model = Sequential([TimeDistributed(Dense(2, "softmax"))])
    model.compile(loss="sparse_categorical_crossentropy")
    model.predict(x)
    model.set_weights([kernel, np.zeros(2)])
    assert model.evaluate(x, labels, verbose=0) == pytest.approx(160.0)


# Masks.


def test_words_and_sentences_that_are_padding_change_nothing():
    model = Sequential(
        [
            Input((None, 3), dtype="int64"),
            TimeDistributed(Embedding(5, 4, mask_zero=True)),
            TimeDistributed(SimpleRNN(3)),
            SimpleRNN(2),
        ]
    )
    sentences, words, text = model.layers
    by_hand = [
        text(
            np.stack(
                [[words.layer(sentences.layer(sentence[sentence > 0][np.newaxis]))[0] for sentence in row if sentence.any()]]
            )
        )
        for row in IDS
    ]
    np.testing.assert_allclose(model.predict(IDS), np.concatenate(by_hand), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model.predict(IDS[:1, :2]), by_hand[0], rtol=1e-5, atol=1e-6)
    model.compile("sgd", "mse")
    full = model.gradients(IDS[:1], np.ones((1, 2)))
    for path, gradient in model.gradients(IDS[:1, :2], np.ones((1, 2))).items():
        np.testing.assert_allclose(full[path], gradient, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("training", [True, False])
def test_a_masked_step_is_masked_in_all_its_elements(training, rng):
    x, mask = rng.normal(size=(2, 3, 4, 5)).astype("float32"), np.array([[True, False, True], [True, True, False]])
    layer = TimeDistributed(SimpleRNN(2))
    y = layer(x, mask=mask, training=training)
    assert (y[~mask] == 0).all()
    np.testing.assert_array_equal(y[mask], layer(x, training=training)[mask])
    nested = TimeDistributed(TimeDistributed(BatchNormalization()))
    other = np.where(mask[..., np.newaxis, np.newaxis], x, 7)
    results = [nested(one, mask=mask, training=True)[mask] for one in (x, other)]
    np.testing.assert_array_equal(*results)


def words_mask():
    return IDS != 0


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: Dense(2), words_mask()),
        (lambda: SimpleRNN(2, return_sequences=True), words_mask()),
        (lambda: Sequential([Dense(2), Dropout(0.1)]), words_mask()),
        (lambda: SimpleRNN(2), words_mask().any(axis=2)),
        (lambda: GlobalAveragePooling1D(), words_mask().any(axis=2)),
        (lambda: Sequential([SimpleRNN(3)]), words_mask().any(axis=2)),  # as many features as there were words
        (lambda: Flatten(), words_mask().any(axis=2)),
    ],
)
def test_the_output_mask_has_the_axes_that_the_output_still_has(make, expected, rng):
    x = rng.normal(size=(*IDS.shape, 4)).astype("float32")
    layer = TimeDistributed(make())
    layer.build(x.shape)
    for y_mask in (layer._forward(x, words_mask())[2], layer._infer(x, words_mask())[1]):
        np.testing.assert_array_equal(y_mask, expected)
    sentences = np.array([[True, True, False], [True, False, False]])
    y_mask = layer._infer(x, sentences)[1]
    np.testing.assert_array_equal(y_mask if y_mask.ndim == 2 else y_mask.any(axis=2), sentences)
    assert layer._infer(x)[1] is None


def test_a_mask_computed_by_the_inner_layer_applies_to_unmasked_steps():
    layer = TimeDistributed(Embedding(5, 2, mask_zero=True))
    sentences = np.array([[True, False, True], [True, True, True]])
    layer.build(IDS.shape)
    np.testing.assert_array_equal(layer._infer(IDS)[1], IDS != 0)
    np.testing.assert_array_equal(layer._infer(IDS, sentences)[1], (IDS != 0) & sentences[..., np.newaxis])


def test_each_of_several_outputs_is_stacked_over_the_steps(rng):
    x = rng.normal(size=(2, 3, 4, 5)).astype("float32")
    for stateful in (False, True):
        layer = TimeDistributed(SimpleRNN(2, return_state=True, return_sequences=True, stateful=stateful))
        y, state = layer(x)
        assert (y.shape, state.shape) == ((2, 3, 4, 2), (2, 3, 2))
        np.testing.assert_array_equal(y[:, :, -1], state)
        assert layer.compute_output_shape((2, 3, 4, 5)) == ((2, 3, 4, 2), (2, 3, 2))
    entry = Input((3, 4, 5))
    y, state = TimeDistributed(SimpleRNN(2, return_state=True))(entry)
    model = Model(entry, state)
    model.compile("sgd", "mse")
    assert model.fit(x, np.zeros((2, 3, 2)), verbose=0).history["loss"][0] > 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: TimeDistributed(Dense(2), name="t")(np.ones((3, 4))),
            r'"t" expects sequences .* three axes or more, got shape \(3, 4\)',
        ),
        (lambda: TimeDistributed(Dense(2), name="t")(np.ones((3, 0, 4))), '"t" expects sequences of at least one step'),
        (lambda: TimeDistributed(Dense(2), name="t")([np.ones((3, 2, 4))] * 2), '"t" expects sequences'),
        (lambda: TimeDistributed(Conv2D(2, 3, name="c"))(np.ones((3, 2, 4))), 'Conv2D "c" expects'),
        (lambda: TimeDistributed(Dense), "TimeDistributed expects a layer"),
        (
            lambda: TimeDistributed(Dense(2), name="t")(np.ones((3, 4, 2)), mask=np.ones(3)),
            r'TimeDistributed "t" expects a mask of shape \(3, 4\) for inputs of shape \(3, 4, 2\), got \(3,\)',
        ),
    ],
)
def test_inputs_that_do_not_match_raise_an_error(call, message):
    with pytest.raises(ValueError, match=message):
        call()
