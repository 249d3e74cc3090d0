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
    "predict and evaluate take 512 rows at a time (images 64), Keras 32": (
        "faster; no number changes but by rounding",
        "test_training.test_evaluate_and_predict_give_the_same_numbers_at_any_batch_size",
    ),
    "the states of a stateful recurrent layer are among its weights": (
        "a layer's state is exactly its non-trainable variables, so checkpoints and snapshots hold it",
        "test_layers.test_the_state_of_a_stateful_rnn_is_among_its_weights_here",
    ),
    "a recurrent cell returns its output and its new states in one tuple": (
        "several outputs of a layer are a tuple; Keras's cells return (output, [states])",
        "test_recurrent.test_a_cell_returns_one_flat_tuple_where_keras_nests_the_states",
    ),
    "the states of stacked cells are one flat list": (
        "as those of every layer; Keras nests those of a cell that has several",
        "test_recurrent.test_the_states_of_stacked_cells_are_one_flat_list_where_keras_nests_them",
    ),
    "dropout of LSTM, GRU and ConvLSTM draws one mask for all gates": (
        "Gal & Ghahramani's tied form, one product a step; Keras draws one a gate, but one for all without recurrent_dropout",
        "test_recurrent.test_recurrent_dropout_draws_one_mask_for_all_gates_where_keras_draws_one_for_each",
    ),
    "at a masked step RNN repeats the output before, whatever the cell": (
        "so Keras documents it, and does on TensorFlow; on JAX it puts out the first state, or the last cell's",
        "test_recurrent.test_a_masked_step_repeats_the_output_before_where_keras_on_jax_puts_out_a_state",
    ),
    "reset_state goes back to what the cell's get_initial_state gives": (
        "there the first batch began; Keras goes to zeros",
        "test_recurrent.test_reset_state_goes_back_to_the_cell_s_first_state_where_keras_goes_to_zeros",
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
    "focal losses on logits are exact": (
        "as the plain cross-entropies; Keras turns logits into probabilities first, and clips those at 1e-7",
        "test_losses.test_focal_losses_on_logits_are_exact_where_keras_clips",
    ),
    "Poisson takes a rate below 0 for 0": (
        "and gives it no gradient; Keras has NaN, and one NaN ends the training",
        "test_losses.test_a_rate_below_zero_counts_as_zero_where_keras_has_nan",
    ),
    "a loss of one value for the whole batch stays one value under sample weights": (
        "Dice and Tversky without axis; under the means it is Keras's, under sum and none Keras repeats it for each weight",
        "test_losses.test_one_value_for_the_whole_batch_stays_one_where_keras_repeats_it_for_each_weight",
    ),
    "CTC refuses a label that is longer than its sequence": (
        "no path says it, so its loss is infinite; Keras goes on with 100000",
        "test_losses.test_a_label_longer_than_its_sequence_is_refused_where_keras_goes_on_with_a_huge_loss",
    ),
    "Circle counts a row whose value underflows": (
        "it is as good as can be; Keras takes the mean of the others, which grows when a row becomes good",
        "test_losses.test_a_row_whose_circle_loss_underflows_still_counts_where_keras_takes_the_mean_of_the_others",
    ),
    "CategoricalGeneralizedCrossEntropy has a finite slope at a probability of 0": (
        "that at 1e-7; Keras has infinity, and one ends the training",
        "test_losses.test_a_probability_of_zero_has_a_finite_slope_where_keras_has_infinity",
    ),
    "an ignored class counts in no metric": (
        "as in the loss; in Keras it counts as 0 where there are no sample weights",
        "test_metrics.test_an_ignored_class_counts_for_nothing_where_keras_counts_it_as_zero",
    ),
    "a row of equal numbers counts as uncorrelated": (
        "it has no correlation; Keras has NaN, which stays for the whole epoch",
        "test_metrics.test_a_row_of_equal_numbers_counts_as_uncorrelated_where_keras_has_nan",
    ),
    "R2Score of targets that are all equal is 1 or 0": (
        "as scikit-learn has it; Keras has NaN for a perfect prediction, and for weights that are all 0",
        "test_metrics.test_r2_of_equal_targets_is_one_or_zero_where_keras_has_nan",
    ),
    "the overlap metrics take fractions as weights": (
        "Keras cuts them down to whole numbers, with a warning, unless it is given a float type",
        "test_metrics.test_fractions_are_weights_of_iou_where_keras_cuts_them_down",
    ),
    "metrics without a name of their own are numbered within their model": (
        "auc is auc in every model; Keras counts all metrics of the process, so that a second model has auc_1",
        "test_metrics.test_a_second_model_s_auc_is_called_auc_where_keras_counts_on",
    ),
    "one row alone is at right angles to all others": (
        "OrthogonalRegularizer has no pair to judge; Keras divides by the number of pairs, and gives NaN",
        "test_weights.test_one_row_alone_has_no_penalty_where_keras_divides_by_no_pairs",
    ),
    "the slope of |x| at 0 is 0": (
        "so it is in Keras on TensorFlow and PyTorch; JAX takes 1, which would move weights that are exactly 0",
        "test_weights.test_penalties_and_their_gradients_are_those_of_keras",
    ),
    "Adam's correction of its start is exact": (
        "Keras takes 1 - beta_2**t in float32, 6e-6 off; over epochs this, not rounding here, parts the two loss curves",
        "test_optimizers.test_adam_corrects_its_start_exactly_where_keras_rounds",
    ),
    "ScheduleFreeAdamW's weights are the mean point at the end of fit": (
        "that is what the paper predicts with; Keras leaves them between it and the point that takes the steps",
        "test_optimizers.test_schedule_free_weights_end_at_the_mean_point_where_keras_leaves_them_on_the_way",
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
    "sparsemax projects onto the probabilities": (
        "Keras adds up all partial sums where it should take the last, and its rows sum to 1 only where one element wins",
        "test_activations.test_sparsemax_sums_to_one_where_keras_is_right_only_for_rows_with_one_winner",
    ),
    "the slope of sparse_sigmoid at -1 and 1 is 0": (
        "as in hard_sigmoid; JAX takes the middle of the two sides for this one of Keras's functions",
        "test_activations.test_the_slope_at_the_ends_of_sparse_sigmoid_is_zero_where_keras_on_jax_takes_the_middle",
    ),
    "layers with glu announce half the width": (
        "that is what comes out; Keras announces the whole, so that the next layer of a model refuses it",
        "test_activations.test_dense_and_activation_announce_the_half_that_glu_gives_where_keras_announces_the_whole",
    ),
    "LeakyReLU refuses its old name of the slope, alpha": (
        "with the new one, which a config holds; Keras warns and takes it",
        "test_dropping.test_an_alpha_is_refused_where_keras_warns",
    ),
    "GaussianDropout and AlphaDropout refuse a rate of 1": (
        "their formulas divide by 1 - rate; Keras fails when the layer is called",
        "test_dropping.test_a_rate_of_one_is_refused_where_keras_divides_by_zero",
    ),
    "GaussianNoise takes any stddev of at least 0": (
        "noise may be larger than 1; Keras refuses it",
        "test_dropping.test_a_large_stddev_is_taken_where_keras_refuses_it",
    ),
    "activations.get refuses threshold": (
        "it needs two numbers that no layer hands it; Keras fails when the layer is called",
        "test_activations.test_threshold_is_refused_by_get_where_keras_fails_in_the_call",
    ),
    "EinsumDense announces the axes for its dots in their order": (
        "that is how they come out of it; Keras's compute_output_shape turns three and more of them round",
        "test_einsum.test_several_axes_for_dots_on_the_left_are_announced_in_their_order_where_keras_turns_them_round",
    ),
    "EinsumDense announces sizes that its input tells": (
        "Keras leaves None where output_shape has it",
        "test_einsum.test_sizes_that_the_input_tells_are_announced_where_keras_leaves_them_open",
    ),
    "EinsumDense takes each letter once in input, kernel and output": (
        "diagonals and repeated weights are meant by nobody, and mistyped letters are common",
        "test_einsum.test_diagonals_are_refused_where_keras_takes_them",
    ),
    "Dot with normalize gives a row of zeros no gradient": (
        "it has no direction; Keras gives NaN, and one NaN ends the training",
        "test_merging.test_a_row_of_zeros_gets_no_gradient_from_its_cosine_where_keras_gives_nan",
    ),
    "UnitNormalization gives a row of zeros no gradient": (
        "it has no direction; Keras gives NaN, and one NaN ends the training",
        "test_normalization.test_a_row_of_zeros_has_a_unit_normalisation_without_gradient_where_keras_has_nan",
    ),
    "RMSNormalization's scale lies along its axis": (
        "Keras multiplies it along the last axis, whatever the axis is that it was made for",
        "test_normalization.test_rms_normalisation_scales_along_its_axis_where_keras_scales_along_the_last",
    ),
    "SpectralNormalization leaves the kernel alone, and divides when predicting too": (
        "forward changes no weight here; Keras writes into the kernel, and on JAX its fit loses what was written",
        "test_normalization.test_spectral_normalisation_leaves_the_kernel_alone_and_divides_when_predicting_too",
    ),
    "what SpectralNormalization's inner kernel is regularised by is its own size": (
        "Keras takes that of the kernel divided by sigma, as it writes that into the kernel",
        "test_normalization.test_spectral_normalisation_regularises_the_kernel_itself_where_keras_takes_the_divided_one",
    ),
    "SpectralNormalization of an Embedding gives numbers": (
        "Keras casts them to the type of the ids: integers, all 0",
        "test_normalization.test_spectral_normalisation_of_an_embedding_gives_numbers_where_keras_gives_integers",
    ),
    "SpectralNormalization hands masks on": (
        "its inner layer does; Keras drops them with a warning",
        "test_normalization.test_spectral_normalisation_hands_masks_on_where_keras_drops_them",
    ),
    "LayerNormalization, RMSNormalization and UnitNormalization refuse the batch's axis": (
        "a row's output would depend on the rows that happen to stand beside it",
        "test_normalization.test_rows_are_never_normalised_over_the_batch_where_keras_does_it",
    ),
    "a Normalization that was never adapted refuses to work": (
        "Keras hands the data on unchanged, which nobody means",
        "test_preprocessing.test_a_normalization_that_was_never_adapted_says_so_where_keras_hands_x_on",
    ),
    "a Normalization counts what it was adapted to": (
        "it shows that it was; Keras keeps a count of 0, for the sake of older files",
        "test_preprocessing.test_adapting_learns_keras_s_mean_and_variance",
    ),
    "CategoryEncoding refuses ids outside of num_tokens": (
        "Keras's documentation says the same, but on JAX it gives a row of zeros",
        "test_preprocessing.test_an_unknown_category_is_refused_where_keras_gives_zeros",
    ),
    "multi-hot rows and counts of several axes run over the last": (
        "as Keras documents CategoryEncoding and announces its shape; it runs over the second",
        "test_preprocessing.test_ids_of_three_axes_are_gathered_over_the_last_as_keras_announces_but_does_not_do",
    ),
    "Discretization makes as many bins as it was told": (
        "1 / (1 / 49) rounds to more than 49, and Keras makes 50 bins of it",
        "test_preprocessing.test_49_bins_are_49_where_keras_makes_50",
    ),
    "Resizing makes floats of whole numbers": (
        "as every layer here; Keras rounds to whole numbers again",
        "test_preprocessing.test_whole_numbers_are_resized_to_floats_where_keras_rounds",
    ),
    "layers that change images at random do so with training=True alone, also when called by hand": (
        "training is False wherever it is not said, here; in Keras these layers have True as their own default",
        "test_preprocessing.test_a_random_layer_called_by_hand_needs_training_where_keras_assumes_it",
    ),
    "RandomContrast with one factor draws from both sides of 1": (
        "as Keras documents; it draws from 1 to 1 + factor",
        "test_preprocessing.test_one_contrast_factor_reaches_to_both_sides_where_keras_forgets_the_lower",
    ),
    "RandomCrop crops in inference, and takes the largest window of images that are too small": (
        "as Keras documents and announces its shape; it leaves images as they are in inference, and distorts small ones",
        "test_preprocessing.test_a_random_crop_is_the_largest_window_in_inference_as_keras_documents_but_does_not_do",
    ),
    "RandomCrop of an image that fits exactly along one axis is random along the other": (
        "Keras takes the middle as soon as one axis has the size of the crop",
        "test_preprocessing.test_a_crop_of_the_full_height_is_random_across_where_keras_takes_the_middle",
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
    "lower and whitespace mean all letters and spaces of Unicode": (
        "as documented; Keras's TensorFlow knows those of ASCII alone, so that É and é are two words",
        "test_text.test_all_letters_and_spaces_of_unicode_count_where_keras_knows_ascii",
    ),
    "unknown strings are shared out among several places by another hash": (
        "BLAKE2b stands in Python's library; FarmHash and SipHash do not",
        "test_text.test_unknown_terms_take_the_same_places_as_in_keras_by_another_hash",
    ),
    "(batch,) is a batch for the layers with a vocabulary": (
        "the first axis is the batch everywhere; Keras takes it for one row where rows are counted",
        "test_text.test_the_first_axis_is_the_batch_where_keras_takes_it_for_one_row",
    ),
    "lookups of three axes and more are counted along the last": (
        "as Keras documents; it sums along the second",
        "test_text.test_terms_are_counted_along_the_last_axis_where_keras_forgets_to",
    ),
    "a lookup with a given vocabulary may be adapted": (
        "what adapt learned is part of the config, so a loaded layer cannot tell it from what was given",
        "test_text.test_a_layer_with_a_given_vocabulary_may_be_adapted_where_keras_refuses",
    ),
    "a batch of texts without any token has one step": (
        "the layers behind cannot do with none",
        "test_text.test_a_batch_without_a_token_has_one_step_where_keras_gives_none",
    ),
    "one-hot, multi-hot and counted rows of a lookup are of the layer's float type": (
        "so Keras announces them, and gives integers",
        "test_text.test_rows_of_numbers_are_of_the_layer_s_float_type_where_keras_gives_integers",
    ),
    "TerminateOnNaN leaves the weights of the step before": (
        "nothing can be learned from NaN, so nothing is; Keras's weights are NaN",
        "test_callbacks.test_weights_stay_finite_where_keras_has_nan",
    ),
    "ModelCheckpoint's best model outlives an epoch without its figure": (
        "it was not judged; Keras saves it over the best one",
        "test_callbacks.test_an_epoch_without_the_figure_replaces_no_best_model_where_keras_saves_it_unjudged",
    ),
    "SwapEMAWeights gives the weights back when predict ends": (
        "as when evaluate ends; Keras leaves the averages in the model",
        "test_callbacks.test_predict_gives_the_weights_back_where_keras_keeps_the_averages_in_the_model",
    ),
    "LambdaCallback refuses hooks that there are none": (
        "a mistyped name would never be called",
        "test_callbacks.test_a_function_for_a_hook_that_does_not_exist_is_refused_where_keras_never_calls_it",
    ),
    "BackupAndRestore takes an epoch up in its middle": (
        "so that the end is that of an uninterrupted run; Keras trains on the epoch's first batches twice",
        "test_utils.test_a_copy_within_an_epoch_leads_to_the_same_end_where_keras_learns_batches_twice",
    ),
    "a thread makes the batches of a PyDataset ahead even with one worker": (
        "reading and learning overlap; Keras's default reads in between",
        "test_utils.test_one_worker_is_a_thread_where_keras_has_none",
    ),
    "utils.normalize takes the axis that it is given": (
        "Keras divides along the last where 0 is given, and fails or gives other numbers",
        "test_utils.test_rows_are_normalised_along_axis_0_where_keras_fails",
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
