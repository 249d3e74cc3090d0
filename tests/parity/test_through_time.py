"""Bidirectional and TimeDistributed compared with Keras's, where the two differ on purpose, and what all users stack."""

import jax
import keras
import numpy as np
import pytest

from minidl import layers
from tests.parity.comparing import assert_close, both, copy_random_weights
from tests.table.layers.common import SEQUENCES, mask_of
from tests.table.layers.through_time import WORDS


@pytest.fixture
def generator():
    return np.random.default_rng(0)


def numbers(generator, *shape):
    return generator.normal(size=shape).astype("float32")


def built(make, shape, generator):
    """Both libraries' layers with the same random weights."""
    ours, theirs = both(make)
    for layer in (ours, theirs):
        layer.build(shape)
    copy_random_weights(ours, theirs, generator)
    return ours, theirs


def test_bidirectional_uses_weights_and_seeds_which_keras_ignores(generator):
    weights = [numbers(generator, *shape) for shape in [(3, 2), (2, 2), (2,)] * 2]
    ours, theirs = both(lambda k: k.layers.Bidirectional(k.layers.SimpleRNN(2, seed=4), weights=weights))
    for layer in (ours, theirs):
        layer.build(SEQUENCES)
    assert_close(ours.get_weights()[0], weights[0])
    assert not np.allclose(theirs.get_weights()[0], weights[0])
    assert (ours.forward_layer.seed, ours.backward_layer.seed) == (4, 5)
    assert theirs.forward_layer.cell.seed is None
    lstm = keras.layers.Bidirectional(keras.layers.LSTM(2, seed=4))
    assert lstm.forward_layer.cell.seed == lstm.backward_layer.cell.seed == 4


def test_bidirectional_accepts_a_layer_that_goes_backwards_where_keras_raises_an_error():
    assert not layers.Bidirectional(layers.SimpleRNN(2, go_backwards=True)).backward_layer.go_backwards
    with pytest.raises(ValueError, match="different `go_backwards` value"):
        keras.layers.Bidirectional(keras.layers.SimpleRNN(2, go_backwards=True))


def test_bidirectional_reports_its_width_where_keras_doubles_the_first(generator):
    def make(k):
        return k.layers.Bidirectional(k.layers.SimpleRNN(2), backward_layer=k.layers.SimpleRNN(3, go_backwards=True))

    ours, theirs = built(make, SEQUENCES, generator)
    x = numbers(generator, *SEQUENCES)
    assert_close(ours(x, mask=mask_of(SEQUENCES)), theirs(x, mask=mask_of(SEQUENCES)))
    assert ours.compute_output_shape((None, 6, 3)) == (None, 5)
    assert theirs.compute_output_shape((None, 6, 3)) == (None, 4)


def test_a_stateful_bidirectional_continues_as_keras_s(generator):
    def make(k):
        return k.layers.Bidirectional(k.layers.SimpleRNN(3, stateful=True, return_sequences=True), merge_mode="ave")

    ours, theirs = built(make, (2, 4, 3), generator)
    for batch in range(3):
        if batch == 2:
            ours.reset_state()
            theirs.reset_state()
        x = numbers(generator, 2, 4, 3)
        assert_close(ours(x), theirs(x))


def test_typical_text_models_learn_as_in_keras(generator):
    x, y = np.array([[1, 2, 3, 4], [3, 1, 0, 0], [2, 0, 0, 0], [4, 4, 2, 0]] * 4), numbers(generator, 16, 1)

    def make(k):
        return k.Sequential(
            [
                k.layers.Embedding(6, 3, mask_zero=True),
                k.layers.Bidirectional(k.layers.SimpleRNN(4, return_sequences=True)),
                k.layers.TimeDistributed(k.layers.Dense(3, "relu")),
                k.layers.Bidirectional(k.layers.SimpleRNN(2), merge_mode="sum"),
                k.layers.Dense(1),
            ]
        )

    ours, theirs = both(make)
    for model in (ours, theirs):
        model.build(x.shape)
        model.compile("sgd", "mse")
    copy_random_weights(ours, theirs, generator)
    how = {"epochs": 3, "batch_size": 8, "shuffle": False, "verbose": 0}
    assert_close(*(model.fit(x, y, **how).history["loss"] for model in (ours, theirs)), 1e-4)
    assert_close(ours.predict(x), theirs.predict(x, verbose=0), 1e-4)


def test_a_frozen_bidirectional_has_no_trainable_weights_as_in_keras():
    for make in (
        lambda k: k.layers.Bidirectional(k.layers.SimpleRNN(2), trainable=False),
        lambda k: k.layers.Bidirectional(k.layers.SimpleRNN(2, trainable=False)),
        lambda k: k.layers.TimeDistributed(k.layers.Dense(2), trainable=False),
    ):
        for layer in both(make):
            layer.build(SEQUENCES)
            assert list(layer.trainable_weights) == []


def test_time_distributed_applies_its_layer_s_penalty_which_keras_ignores(generator):
    x = numbers(generator, *SEQUENCES)
    ours, theirs = built(lambda k: k.layers.TimeDistributed(k.layers.Dense(2, activity_regularizer="l2")), x.shape, generator)
    y, cache, _ = ours._forward(x, None, True)
    assert_close(y, theirs(x))
    assert theirs.losses == []
    in_model = keras.layers.TimeDistributed(keras.Sequential([keras.layers.Dense(2, activity_regularizer="l2")]))
    in_model.build(x.shape)
    in_model.set_weights(theirs.get_weights())
    in_model(x)
    assert_close(np.float32(ours._penalty(cache)), np.float32(sum(in_model.losses)))


def test_time_distributed_computes_the_mask_of_its_output_where_keras_passes_the_input_s_on(generator):
    x, mask = numbers(generator, *WORDS), generator.random(WORDS[:3]) < 0.5
    mask[0, 1] = False
    ours, theirs = built(lambda k: k.layers.TimeDistributed(k.layers.SimpleRNN(2)), x.shape, generator)
    assert_close(ours(x, mask=mask), theirs(x, mask=mask))
    assert theirs.compute_mask(x, mask).shape == WORDS[:3]
    np.testing.assert_array_equal(ours.compute_mask(x, mask), mask.any(axis=2))
    ids = np.array([[[1, 0], [2, 3]]])
    ours, theirs = built(lambda k: k.layers.TimeDistributed(k.layers.Embedding(5, 2, mask_zero=True)), ids.shape, generator)
    assert theirs.compute_mask(ids, None) is None
    np.testing.assert_array_equal(ours.compute_mask(ids, None), ids != 0)


def test_time_distributed_masks_whole_steps_where_keras_fails(generator):
    x, mask = numbers(generator, *WORDS), np.array([[True, False, True], [True, True, False]])
    ours, theirs = built(lambda k: k.layers.TimeDistributed(k.layers.SimpleRNN(2)), x.shape, generator)
    words = np.broadcast_to(mask[..., np.newaxis], WORDS[:3])
    assert_close(ours(x, mask=mask), theirs(x, mask=words))
    with pytest.raises(IndexError):
        theirs(x, mask=mask)


def test_gradients_of_a_stateful_layer_end_at_each_step_where_keras_on_jax_continues(generator):
    x = numbers(generator, *WORDS)
    ours, theirs = built(lambda k: k.layers.TimeDistributed(k.layers.SimpleRNN(2, stateful=True)), x.shape, generator)
    y, cache, _ = ours._forward(x)
    dy = numbers(generator, *y.shape)
    dx = ours._backward(dy, cache)

    def outputs(inputs):
        mapping = [(variable, variable.value) for variable in theirs.non_trainable_variables]
        with keras.StatelessScope(mapping):
            return theirs(inputs)

    its_y, back = jax.vjp(outputs, x)
    assert_close(y, its_y)
    its_dx = np.asarray(back(dy)[0])
    assert_close(dx[:, -1], its_dx[:, -1])
    assert not np.allclose(dx[:, 0], its_dx[:, 0], rtol=1e-3)
