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
    "a stateful SimpleRNN carries its state through fit, evaluate and predict": (
        "Keras on JAX carries it only from call to call",
        "test_training.test_a_stateful_rnn_goes_on_from_batch_to_batch_in_fit_where_keras_on_jax_forgets",
    ),
    "masked steps count in no metric": (
        "nor do they in Keras, but on JAX it loses the mask on the way to the metrics of training (not of validation)",
        "test_training.test_masked_sequences_are_learned_as_in_keras",
    ),
    "a weight a row counts for all values of the row": (
        "Keras refuses it where a row has several values, or takes it for one a step",
        "test_losses.test_a_weight_a_row_counts_for_all_steps_of_the_row_where_keras_refuses",
    ),
    "mean_with_sample_weight is a mean": (
        "with a column of weights and several values a row, Keras divides by the rows alone",
        "test_losses.test_the_weighted_mean_of_equal_values_is_that_value_where_keras_forgets_the_steps",
    ),
    "the slope of |x| at 0 is 0": (
        "so it is in Keras on TensorFlow and PyTorch; JAX takes 1, which would move weights that are exactly 0",
        "test_weights.test_penalties_and_their_gradients_are_those_of_keras",
    ),
    "Adam's correction of its start is exact": (
        "Keras takes 1 - beta_2**t in float32, 6e-6 off; over epochs this, not rounding here, parts the two loss curves",
        "test_optimizers.test_adam_corrects_its_start_exactly_where_keras_rounds",
    ),
    "sample weights by output name go with a list of outputs": (
        "convenience; Keras raises KeyError",
        "test_training.test_inputs_targets_and_weights_may_come_by_name_where_keras_wants_lists",
    ),
    "GlobalAveragePooling1D of a row that is masked whole is 0": (
        "nothing was seen; Keras divides 0 by 0, and one NaN ends the training",
        "test_pooling.test_a_row_that_is_masked_whole_has_the_mean_0_where_keras_has_nan",
    ),
    "a query that may attend to nothing gives all values equal weights, with scores and dropout too": (
        "the output must not depend on what else is asked for; Keras gives none as soon as there are scores or dropout",
        "test_attention.test_a_query_that_may_attend_to_nothing_gives_the_same_with_scores_and_dropout_where_keras_gives_none",
    ),
    "the scores of such a query have no gradient in Attention and AdditiveAttention": (
        "its weights are equal whatever the scores; Keras takes 1e9 off them and differentiates what float32 leaves",
        "test_attention.test_the_scores_of_a_query_that_may_attend_to_nothing_have_no_gradient_where_keras_s_is_left_from_rounding",
    ),
    "MultiHeadAttention heeds query_mask when it is given by name": (
        "Keras takes it and forgets it",
        "test_attention.test_a_query_mask_given_by_name_counts_where_keras_forgets_it",
    ),
    "GroupQueryAttention's activity_regularizer counts its output once": (
        "as in MultiHeadAttention; Keras has the layer count it again behind its last projection",
        "test_attention.test_the_output_s_activity_counts_once_where_keras_counts_it_twice",
    ),
    "a tensor keeps its mask when MultiHeadAttention has read it": (
        "other layers behind it need the mask too; Keras takes it off",
        "test_attention.test_a_mask_outlives_attention_where_keras_takes_it_off_the_tensor",
    ),
    "an initializer shared by two weights gives them different values": (
        "equal starts for two layers are never meant",
        "test_weights.test_a_shared_initializer_starts_two_weights_differently_here",
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
