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
    "Bidirectional starts with the weights it is given": (
        "Keras documents the argument and does nothing with it",
        "test_through_time.test_bidirectional_takes_weights_and_seeds_which_keras_forgets",
    ),
    "Bidirectional's two layers have seeds of their own": (
        "with one seed for both, as in Keras, both directions drop the same inputs; a SimpleRNN's it loses",
        "test_through_time.test_bidirectional_takes_weights_and_seeds_which_keras_forgets",
    ),
    "Bidirectional takes a layer that goes backwards": (
        "Keras makes it a partner that goes backwards too, and refuses the pair",
        "test_through_time.test_bidirectional_turns_a_layer_that_goes_backwards_which_keras_refuses",
    ),
    "Bidirectional with two widths announces the sum of them": (
        "Keras announces twice the forward layer's, and puts out what we do",
        "test_through_time.test_bidirectional_announces_the_width_it_has_where_keras_doubles_the_first",
    ),
    "TimeDistributed heeds its layer's activity_regularizer": (
        "as Keras does for the layers of a model in it, but not for the layer itself",
        "test_through_time.test_time_distributed_heeds_its_layer_s_penalty_which_keras_forgets",
    ),
    "the mask behind TimeDistributed is one of its output": (
        "Keras hands on the mask that came, also where its places are gone, and drops one that is made inside",
        "test_through_time.test_time_distributed_makes_the_mask_of_its_output_where_keras_hands_on_what_came",
    ),
    "TimeDistributed masks all of a masked step": (
        "Keras hands the inner layer a mask of the rows, which layers for sequences cannot take",
        "test_through_time.test_time_distributed_masks_whole_steps_where_keras_fails",
    ),
    "gradients end where a stateful layer in TimeDistributed begins the next step": (
        "as between batches; Keras's on JAX go on to the step before, on TensorFlow they do not",
        "test_through_time.test_gradients_of_a_stateful_layer_end_at_each_step_where_keras_on_jax_goes_on",
    ),
    "GlobalAveragePooling1D of a row that is masked whole is 0": (
        "nothing was seen; Keras divides 0 by 0, and one NaN ends the training",
        "test_pooling.test_a_row_that_is_masked_whole_has_the_mean_0_where_keras_has_nan",
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
