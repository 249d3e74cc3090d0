"""What the parity tests share: one line of configuration makes both objects; weights are copied; arrays are compared.

Known differences. What minidl does otherwise on purpose, and where that is tested; everything else is equal.
"""

import jax
import keras
import numpy as np

import minidl

# Difference -> (reason, the test that shows it).
DIFFERENCES = {
    "cross-entropy behind its own softmax or sigmoid is not clipped at 1e-7": (
        "training runs through the logits, stable at any confidence",
        "test_training.test_a_confident_mistake_costs_its_logits_where_keras_clips",
    ),
    "compile's default optimizer is adam, Keras's rmsprop": (
        "what fit chooses on its own",
        "test_names.test_compile_has_keras_s_arguments",
    ),
    "predict and evaluate take 256 rows at a time, Keras 32": (
        "faster; no number changes but by rounding",
        "test_training.test_evaluate_and_predict_give_the_same_numbers_at_any_batch_size",
    ),
    "a stateful SimpleRNN's state is among its weights": (
        "a layer's state is exactly its non-trainable variables, so checkpoints and snapshots hold it",
        "test_layers.test_the_state_of_a_stateful_rnn_is_among_its_weights_here",
    ),
    "SimpleRNN heeds its activity_regularizer": (
        "Keras documents the argument, stores it and forgets it",
        "test_layers.test_simple_rnn_heeds_its_activity_regularizer_which_keras_forgets",
    ),
    "an initializer shared by two weights gives them different values": (
        "equal starts for two layers are never meant",
        "test_functions.test_a_shared_initializer_starts_two_weights_differently_here",
    ),
    "EarlyStopping is silent about a figure that only some epochs lack": (
        "validation_freq would warn every epoch",
        "tests/callbacks",
    ),
}

jax.config.update("jax_disable_most_optimizations", True)  # compiling takes longer than computing here


def both(make):
    """The same expression, `make(library)`, in minidl and in Keras."""
    return make(minidl), make(keras)


def assert_close(ours, theirs, tolerance=1e-5, what=""):
    """Equal shapes, and numbers within `tolerance`, relative and absolute."""
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape, f"{what}: shape {ours.shape}, Keras has {theirs.shape}"
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance, err_msg=what)


def copy_random_weights(ours, theirs, generator):
    """Give both the same random weights; those of a variance are positive, and a state starts as it is."""
    assert [v.name for v in ours.weights if v.name != "rnn_state"] == [v.name for v in theirs.weights]
    for mine, its in zip((v for v in ours.weights if v.name != "rnn_state"), theirs.weights, strict=True):
        assert mine.shape == tuple(its.shape), its.path
        assert mine.trainable == its.trainable, its.path
        assert mine.dtype == its.dtype, its.path
        start = np.asarray(its)
        if start.size > 1 and np.ptp(start) == 0:  # not drawn at random
            assert_close(mine.value, start, 0, f"first value of {its.path}")
        value = generator.normal(size=mine.shape)
        if "variance" in mine.name:
            value = np.abs(value) + 0.5
        mine.assign(value)
        its.assign(value.astype("float32"))
