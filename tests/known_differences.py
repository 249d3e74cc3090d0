"""Every deliberate difference from Keras 3, with its reason and the test that shows it; everything else is equal.

`python -m tests.generate` writes `docs/differences_from_keras.md` from this table.
"""

from typing import NamedTuple


class Difference(NamedTuple):
    """One difference.

    Attributes:
        minidl: what minidl does.
        keras: what Keras 3 does (version 3.15, on JAX where the backend matters).
        why: the reason.
        test: the test that shows it, `file.test_name` in `tests/parity`.
    """

    minidl: str
    keras: str
    why: str
    test: str


TRAINING = [
    Difference(
        "A sample weight for each row weighs the steps of that row, also with masks of steps.",
        "With masks it weighs steps: an error, unless there are as many steps as rows.",
        "As without masks.",
        "test_masks_in_losses.test_a_weight_for_each_row_weighs_rows_where_keras_weighs_steps",
    ),
    Difference(
        'The default of `distillation.LogitsDistillation`, "kl_divergence", compares probabilities, as `KLDivergence()` does.',
        "Compares the logits themselves as if they were probabilities.",
        "As documented.",
        "test_distillation.test_the_kl_divergence_by_name_compares_probabilities_where_keras_compares_the_logits",
    ),
    Difference(
        "`clone_model(call_function=...)` is called for layers.",
        "Also for operations such as `x * 2`.",
        "Operations are not layers here.",
        "test_more_differences.test_call_function_is_not_called_for_operations_where_keras_calls_it",
    ),
    Difference(
        "A loss of float64 arrays is float64.",
        "It is `floatx()`.",
        "No precision is lost, and gradients can be checked numerically.",
        "test_more_differences.test_a_loss_of_float64_arrays_is_float64_where_keras_has_floatx",
    ),
    Difference(
        "A layer that is called several times adds to the loss for each call, with `activity_regularizer` or `add_loss`.",
        "On JAX `fit` and `evaluate` add what the last call adds; `model.losses` holds the terms of all calls.",
        "The loss is the sum of `model.losses` and the compiled loss.",
        "test_more_differences.test_every_call_of_a_shared_layer_adds_to_the_loss_where_keras_counts_the_last_in_fit",
    ),
    Difference(
        "`num_samples` of `R2Score` is the number of rows.",
        "Rows times outputs.",
        "It is used as the number of rows.",
        "test_more_differences.test_num_samples_of_r2_score_counts_rows_where_keras_counts_rows_times_outputs",
    ),
    Difference(
        "`output_names` of a model with a dict of outputs are its keys.",
        "The names of the layers that compute them.",
        "Losses, metrics and logs have the keys, in Keras too.",
        "test_more_differences.test_output_names_of_a_dict_of_outputs_are_its_keys_where_keras_names_the_layers",
    ),
    Difference(
        "Outputs of one layer have names of their own: `head`, `head_1`.",
        "Both are named `head`: one loss is missing in the logs, and a dict of losses cannot tell them apart.",
        "Every loss is shown.",
        "test_layer_order.test_outputs_of_one_layer_have_names_of_their_own_where_keras_has_one",
    ),
    Difference(
        'Several losses of one output are added, `loss=["mse", "mae"]`.',
        "Uses the first alone if the model has one output, and adds them if it has several.",
        "A loss that was given counts.",
        "test_compiling.test_several_losses_of_one_output_are_added_where_keras_takes_the_first",
    ),
    Difference(
        "Equal losses of the outputs of a subclassed model have keys of their own in the logs: `mse_loss`, `mse_1_loss`.",
        "One key, with the value of the last output.",
        "Every loss is shown.",
        "test_compiling.test_equal_losses_of_unnamed_outputs_are_all_in_the_logs_where_keras_keeps_the_last",
    ),
    Difference(
        "`class_weight` with a key that is not a class, and negative sample weights, raise an error.",
        "Ignores such keys, and trains with negative weights.",
        "Both are mistakes that would go unnoticed.",
        "test_training.test_invalid_weights_raise_an_error_where_keras_trains",
    ),
    Difference(
        "`fit` warns once (`utils.ModelWarning`) if a cross-entropy does not fit the last activation.",
        "Says nothing.",
        "Such a model trains to nothing useful.",
        "test_training.test_a_cross_entropy_of_raw_outputs_warns_where_keras_is_silent",
    ),
    Difference(
        "`evaluate` and `test_on_batch` inside a callback or in another thread leave the means of the epoch unchanged.",
        "An error on JAX; elsewhere the rest of the epoch is averaged with the inner evaluation.",
        "The history shows the epoch.",
        "test_callbacks.test_an_evaluation_in_a_callback_leaves_the_epoch_s_means_where_keras_fails",
    ),
    Difference(
        "A monitored value of NaN is never the best for `ModelCheckpoint`, `EarlyStopping` and `ReduceLROnPlateau`.",
        "A NaN in the first epoch stays the best value.",
        "Nothing is better than NaN, so the best model would never be saved.",
        "test_callbacks.test_nan_is_never_the_best_value_where_keras_keeps_that_of_the_first_epoch",
    ),
    Difference(
        "`CSVLogger` has columns for validation if an epoch is validated, and none for the learning rate of the validation.",
        "Columns of NA without validation.",
        "The columns are those that the history has.",
        "test_callbacks.test_csv_files_have_columns_for_validation_only_if_there_is_one_where_keras_always_has",
    ),
    Difference(
        "Cross-entropy after its own softmax or sigmoid is computed from the logits, in training and evaluation.",
        "Probabilities are clipped at 1e-7.",
        "Loss and gradient stay exact at any confidence.",
        "test_training.test_the_loss_of_a_confident_mistake_is_computed_from_logits_where_keras_clips",
    ),
    Difference(
        "`predict` uses batches of 512 rows or more (64 with convolutions), `evaluate` of 256.",
        "32 rows.",
        "Faster; results agree up to rounding.",
        "test_training.test_evaluate_and_predict_give_the_same_numbers_at_any_batch_size",
    ),
    Difference(
        "`sample_weight` may be a dict by output name for a list of outputs.",
        "Raises KeyError.",
        "Convenience.",
        "test_training.test_inputs_targets_and_weights_may_be_given_by_name_where_keras_wants_lists",
    ),
    Difference(
        "Dicts of losses, loss weights and sample weights may leave outputs out: these have no loss, or the weight 1. Targets"
        " may leave out only outputs without a loss.",
        "An error for lists of outputs. For dicts of outputs, losses and their targets may leave some out, weights may not.",
        "One rule for all models.",
        "test_compiling.test_dicts_by_output_may_leave_outputs_out_where_keras_wants_all_of_a_list",
    ),
    Difference(
        "`Model(inputs, outputs, trainable=False)` freezes its layers, as setting `model.trainable = False` does.",
        "The constructor argument leaves the layers trainable; setting the attribute freezes them.",
        "Both ways of saying it mean the same.",
        "test_freezing.test_a_model_made_with_trainable_false_freezes_its_layers_where_keras_does_not",
    ),
    Difference(
        "The Python code of `call` runs at every training step and every direct call (define-by-run).",
        "`fit` traces it once per input signature and compiles the trace; direct calls run it each time.",
        "Attributes, closures, random numbers and `if` on values are always those of this step.",
        "test_call.test_call_runs_at_every_training_step_where_keras_traces_it",
    ),
    Difference(
        "`TerminateOnNaN` leaves the weights of the step before.",
        "The weights are NaN.",
        "The model stays usable.",
        "test_callbacks.test_weights_stay_finite_where_keras_has_nan",
    ),
    Difference(
        "`ModelCheckpoint(save_best_only=True)` skips an epoch whose logs lack the monitored value.",
        "Saves that epoch over the best model.",
        "A model that was not evaluated is not the best one.",
        "test_callbacks.test_an_epoch_without_the_value_replaces_no_best_model_where_keras_saves_it",
    ),
    Difference(
        "`SwapEMAWeights` restores the weights when `predict` ends.",
        "After `predict` the averages stay in the model (after `evaluate` they do not).",
        "`predict` does not change a model.",
        "test_callbacks.test_predict_restores_the_weights_where_keras_keeps_the_averages_in_the_model",
    ),
    Difference(
        "In `fit`, the layers that a `call` uses are in training, such as `Dropout` and `BatchNormalization`.",
        "On JAX only if `call` passes `training` on to them; on TensorFlow also if it only has the argument.",
        "A forgotten argument must not switch dropout off.",
        "test_training_in_calls.test_layers_in_call_know_that_fit_trains_where_keras_tells_only_those_that_call_tells",
    ),
    Difference(
        "`on_epoch_end` of a `PyDataset` is called after each epoch.",
        "Once more before the first epoch, after a look at the first batch.",
        "A data set that shuffles itself there begins with its first order.",
        "test_more_differences.test_on_epoch_end_of_a_dataset_is_called_once_per_epoch_where_keras_calls_it_once_more",
    ),
    Difference(
        "`BackupAndRestore` resumes in the middle of an epoch.",
        "Trains on the first batches of that epoch twice.",
        "A resumed run ends with the same bits as an uninterrupted one.",
        "test_utils.test_a_copy_within_an_epoch_leads_to_the_same_end_where_keras_learns_batches_twice",
    ),
    Difference(
        "`BackupAndRestore` restores the history and the states of the other callbacks.",
        "They start over; the history begins with the first epoch of the resumed run.",
        "`EarlyStopping` and `ReduceLROnPlateau` count on, and the history is that of an uninterrupted run.",
        "test_callbacks.test_an_interrupted_fit_resumes_with_the_same_weights_and_also_with_its_history",
    ),
    Difference(
        "A `PyDataset` with `workers=1` prepares batches in one thread.",
        "The default prepares them between the steps.",
        "Reading and training overlap.",
        "test_utils.test_one_worker_is_a_thread_where_keras_has_none",
    ),
    Difference(
        "`utils.normalize` uses the given axis, 0 included.",
        "Normalizes along another axis, or fails, for axis 0.",
        "As documented.",
        "test_utils.test_rows_are_normalized_along_axis_0_where_keras_fails",
    ),
    Difference(
        "`training` in the call of a layer, as in `base(x, training=False)`, holds whenever the functional model runs.",
        "Overridden by the `training` of the run: in `fit` it is True, in `predict` False.",
        "As the guides on transfer learning and Monte Carlo dropout rely on.",
        "test_more_differences.test_training_given_in_the_call_of_a_layer_holds_in_every_run_where_keras_overrides_it",
    ),
    Difference(
        "`input_spec` of built-in layers is `None`.",
        "An `InputSpec` of axes and sizes.",
        "They check inputs themselves, with messages of their own.",
        "test_more_differences.test_built_in_layers_have_no_input_spec_where_keras_sets_one",
    ),
    Difference(
        "A dict that `call` returns keeps its order in `predict` and in the logs.",
        "On JAX its keys are sorted.",
        "The order that was written.",
        "test_more_differences.test_a_dict_that_call_returns_keeps_its_order_where_keras_sorts_it",
    ),
    Difference(
        "Every batch of a generator that gives validation data is used once, also over several epochs.",
        "On JAX every epoch begins with the first two batches of the generator again.",
        "Each batch counts once.",
        "test_more_differences.test_a_generator_of_validation_data_continues_where_keras_repeats_its_first_batches",
    ),
    Difference(
        "`NASNetLarge` and `NASNetMobile` need the size of their images, also without a classifier.",
        "Pads images of unknown size as if it were even.",
        "With another padding the features of images of odd sizes are shifted.",
        "test_more_differences.test_nasnet_needs_the_size_of_images_where_keras_pads_as_for_even_ones",
    ),
]

LOSSES = [
    Difference(
        "A loss or metric of your own gets targets `(batch,)` as `(batch, 1)` if the outputs have that shape.",
        "As `(batch,)`, so that `y_true - y_pred` is a square matrix.",
        "A row is compared with its own target.",
        "test_more_differences.test_a_custom_loss_sees_targets_of_the_shape_of_outputs_where_keras_may_broadcast_them",
    ),
    Difference(
        "Class labels that are no whole numbers, such as 1.5, raise an error.",
        "Truncates them.",
        "They are quantities, and the model needs another loss.",
        "test_more_differences.test_labels_that_are_no_whole_numbers_raise_an_error_where_keras_truncates_them",
    ),
    Difference(
        "A row of weight 0, a masked step or an ignored class never counts, even if its loss is NaN or infinite; in a row of"
        " weight 0, and in a masked step, targets may be NaN. The same holds for metrics.",
        "0 times NaN or infinity is NaN.",
        "A weight of 0 says that the row does not count.",
        "test_losses.test_a_row_of_weight_zero_never_counts_where_keras_has_nan",
    ),
    Difference(
        "A weight per row applies to all values of the row.",
        "Raises an error where a row has several values, or takes it as one weight per step.",
        "One meaning for every loss.",
        "test_losses.test_a_weight_per_row_counts_for_all_steps_where_keras_raises_an_error",
    ),
    Difference(
        "`mean_with_sample_weight` divides by the sum of the weights of all values.",
        "With a column of weights and several values per row, it divides by the weights of the rows.",
        "The weighted mean of equal values is that value.",
        "test_losses.test_the_weighted_mean_of_equal_values_is_that_value_where_keras_ignores_the_steps",
    ),
    Difference(
        "Focal losses with `from_logits=True` are computed from the logits.",
        "Converts to probabilities first and clips at 1e-7.",
        "Exact at any confidence.",
        "test_losses.test_focal_losses_on_logits_are_exact_where_keras_clips",
    ),
    Difference(
        "`Poisson` treats a negative rate as 0, with gradient 0.",
        "NaN.",
        "One NaN ends the training.",
        "test_losses.test_a_rate_below_zero_counts_as_zero_where_keras_has_nan",
    ),
    Difference(
        "`Dice` and `Tversky` without `axis` stay one value under sample weights, for reductions `sum` and `none` too.",
        "Repeats the value for each weight.",
        "There is only one value to weight.",
        "test_losses.test_one_value_for_the_whole_batch_stays_one_where_keras_repeats_it_for_each_weight",
    ),
    Difference(
        "`CTC` raises an error if a label is longer than its sequence.",
        "Continues with a loss of about 100000.",
        "The true loss is infinite: no alignment exists.",
        "test_losses.test_a_label_longer_than_its_sequence_raises_an_error_where_keras_continues_with_a_huge_loss",
    ),
    Difference(
        "`Circle` counts a row whose loss underflows to 0.",
        "Leaves it out of the mean, which therefore grows when a row becomes perfect.",
        "0 is a valid loss.",
        "test_losses.test_a_row_whose_circle_loss_underflows_still_counts_where_keras_takes_the_mean_of_the_others",
    ),
    Difference(
        "`CategoricalGeneralizedCrossEntropy` has a finite gradient at probability 0 (that at 1e-7).",
        "Infinite.",
        "One infinity ends the training.",
        "test_losses.test_a_probability_of_zero_has_a_finite_gradient_where_keras_has_infinity",
    ),
]

METRICS = [
    Difference(
        "`BinaryAccuracy`, `CategoricalAccuracy`, `SparseCategoricalAccuracy` and IoU metrics count NaN as a wrong prediction.",
        "NaN is class 0 of two, or the first class that is NaN.",
        "A network that has diverged is not right by chance.",
        "test_metrics.test_nan_is_a_wrong_prediction_where_keras_may_count_it_as_right",
    ),
    Difference(
        "`R2Score(num_regressors=...)` adjusts by the number of rows.",
        "Keras 3.15 counts every output of a row as an observation.",
        "Correctness; later versions of Keras count rows.",
        "test_metrics.test_r2_is_adjusted_by_rows_where_keras_counts_outputs",
    ),
    Difference(
        "Masked steps count in no metric.",
        "On JAX, metrics of training lose the mask (those of validation do not).",
        "As documented.",
        "test_training.test_masked_sequences_are_learned_as_in_keras",
    ),
    Difference(
        "An ignored class (`ignore_class`) counts in no metric.",
        "Counts as 0 if there are no sample weights.",
        "As in the loss.",
        "test_metrics.test_an_ignored_class_does_not_count_where_keras_counts_it_as_zero",
    ),
    Difference(
        "`PearsonCorrelation` and `ConcordanceCorrelation`: a row of equal numbers has correlation 0.",
        "NaN, which stays for the whole epoch.",
        "One constant row must not spoil the epoch.",
        "test_metrics.test_a_row_of_equal_numbers_counts_as_uncorrelated_where_keras_has_nan",
    ),
    Difference(
        "`R2Score` of targets that are all equal is 1 for a perfect prediction, otherwise 0.",
        "NaN for a perfect prediction, and for weights that are all 0.",
        "As in scikit-learn.",
        "test_metrics.test_r2_of_equal_targets_is_one_or_zero_where_keras_has_nan",
    ),
    Difference(
        "`IoU` metrics accept fractional sample weights.",
        "Truncates them to integers, with a warning, unless the metric has a float dtype.",
        "A weight of 0.5 is not 0.",
        "test_metrics.test_iou_accepts_fractional_weights_where_keras_truncates_them",
    ),
    Difference(
        "`path` of the variables of a metric is their name.",
        "The name of the metric comes before it.",
        "A metric that another one holds is found by its attribute.",
        "test_more_differences.test_paths_of_the_variables_of_a_metric_are_their_names_where_keras_has_the_metric_before_them",
    ),
]

WEIGHTS = [
    Difference(
        "Random generators of layers are no variables; files and copies keep their states.",
        "`variables` of `Dropout` and others holds the state of a generator.",
        "The state is a NumPy generator's.",
        "test_more_differences.test_random_generators_are_no_variables_where_keras_s_are",
    ),
    Difference(
        "`optimizer.learning_rate` is a float64 variable.",
        "A float32 variable, so that `float(optimizer.learning_rate)` of 0.1 is 0.10000000149.",
        "The number that was given.",
        "test_optimizer_state.test_the_learning_rate_has_double_precision_where_keras_rounds_it",
    ),
    Difference(
        "`optimizer.lr` is `optimizer.learning_rate`, also when it is set.",
        "An attribute that nothing reads.",
        "The older name must not be ignored.",
        "test_optimizer_state.test_the_older_name_of_the_learning_rate_works_where_keras_ignores_it",
    ),
    Difference(
        "`OrthogonalRegularizer` of a matrix with one row is 0.",
        "NaN (it divides by the number of pairs, 0).",
        "There is no pair to compare.",
        "test_weights.test_a_single_row_has_no_penalty_where_keras_divides_by_zero",
    ),
    Difference(
        "The gradient of `L1` at 0 is 0.",
        "1 on JAX (0 on TensorFlow and PyTorch).",
        "Weights that are exactly 0 stay there.",
        "test_weights.test_penalties_and_their_gradients_are_those_of_keras",
    ),
    Difference(
        "Adam's bias correction is computed in float64.",
        "`1 - beta_2 ** t` in float32, with a relative error of 6e-6 in the first steps.",
        "Exact; over epochs this is the main difference between the two loss curves.",
        "test_optimizers.test_adams_bias_correction_is_exact_where_keras_rounds",
    ),
    Difference(
        "After `fit`, the weights of `ScheduleFreeAdamW` are the averaged ones.",
        "The interpolated point at which gradients are computed.",
        "The paper predicts with the average.",
        "test_optimizers.test_schedule_free_weights_end_at_the_average_where_keras_leaves_the_interpolated_point",
    ),
    Difference(
        "One initializer object used for two weights gives two different values.",
        "The same values for both.",
        "Equal initial weights are never wanted.",
        "test_weights.test_a_shared_initializer_starts_two_weights_differently_here",
    ),
    Difference(
        "`path` of a weight begins with the layer that owns it, as in `dense/kernel`.",
        "The models and layers around it come first, as in `model/block/dense/kernel`.",
        "A layer does not know who holds it, and several may.",
        "test_more_differences.test_the_path_of_a_weight_begins_with_its_layer_where_keras_names_all_around_it",
    ),
    Difference(
        "Optimizers limit the elements of float32 gradients to 1e16 (of float64 to 1e150), so that their squares stay finite.",
        "The square of 1.9e19 is infinite, and so are the slots of the optimizer from then on.",
        "Training can recover.",
        "test_more_differences.test_huge_gradients_leave_an_optimizer_finite_where_keras_overflows",
    ),
]

RECURRENT = [
    Difference(
        "`Bidirectional.losses` holds the `activity_regularizer` of its layers as one term.",
        "One for each direction; that of `SimpleRNN` is missing.",
        "The terms are those of the forward pass.",
        "test_more_differences.test_an_activity_regularizer_inside_bidirectional_is_one_loss_of_its_layer_here",
    ),
    Difference(
        "`TimeDistributed.losses` holds the `activity_regularizer` of its layer.",
        "It is missing.",
        "It is part of the loss.",
        "test_more_differences.test_an_activity_regularizer_inside_time_distributed_is_among_its_losses_here",
    ),
    Difference(
        "`layer.variables` contains the states of a stateful recurrent layer; `weights` does not.",
        "Neither contains them.",
        "A saved or copied model continues from them.",
        "test_layers.test_the_state_of_a_stateful_rnn_is_among_its_variables_here",
    ),
    Difference(
        "The states of stacked cells are one flat list.",
        "Nested for cells with several states.",
        "As for every other layer.",
        "test_recurrent.test_the_states_of_stacked_cells_are_one_flat_list_where_keras_nests_them",
    ),
    Difference(
        "Dropout in `LSTM`, `GRU` and `ConvLSTM` uses one mask for all gates.",
        "One mask per gate, but one for all without `recurrent_dropout`.",
        "The tied form of Gal & Ghahramani; one matrix product per step.",
        "test_recurrent.test_recurrent_dropout_draws_one_mask_for_all_gates_where_keras_draws_one_for_each",
    ),
    Difference(
        "At a masked step every RNN repeats the previous output.",
        "On JAX it returns the first state, or that of the last cell; on TensorFlow the previous output.",
        "As documented.",
        "test_recurrent.test_a_masked_step_repeats_the_previous_output_where_keras_on_jax_outputs_a_state",
    ),
    Difference(
        "`reset_state` restores what the cell's `get_initial_state` returns.",
        "Sets the states to zero.",
        "That is what the first batch started with.",
        "test_recurrent.test_reset_state_restores_the_cell_s_initial_state_where_keras_sets_zeros",
    ),
    Difference(
        "`SimpleRNN` applies its `activity_regularizer`.",
        "Stores the argument and does not use it.",
        "As documented.",
        "test_layers.test_simple_rnn_applies_its_activity_regularizer_which_keras_ignores",
    ),
    Difference(
        "A stateful RNN carries its state through `fit`, `evaluate` and `predict`.",
        "On JAX only from one direct call to the next.",
        "As documented.",
        "test_training.test_a_stateful_rnn_keeps_its_state_from_batch_to_batch_in_fit_where_keras_on_jax_does_not",
    ),
    Difference(
        "`Bidirectional(weights=...)` sets the initial weights.",
        "Ignores the argument.",
        "As documented.",
        "test_through_time.test_bidirectional_uses_weights_and_seeds_which_keras_ignores",
    ),
    Difference(
        "The two layers of `Bidirectional` have different seeds.",
        "Both get the same seed (a `SimpleRNN` loses it).",
        "Otherwise both directions drop the same inputs.",
        "test_through_time.test_bidirectional_uses_weights_and_seeds_which_keras_ignores",
    ),
    Difference(
        "`Bidirectional` accepts a layer with `go_backwards=True`.",
        "Creates a second backward layer and raises an error.",
        "The other direction is well defined.",
        "test_through_time.test_bidirectional_accepts_a_layer_that_goes_backwards_where_keras_raises_an_error",
    ),
    Difference(
        "`Bidirectional` with layers of two widths reports the sum as its output shape.",
        "Reports twice the forward width.",
        "That is the shape of the output, in Keras too.",
        "test_through_time.test_bidirectional_reports_its_width_where_keras_doubles_the_first",
    ),
    Difference(
        "`TimeDistributed` applies the `activity_regularizer` of its layer.",
        "Only those of layers inside an inner model.",
        "As for every other layer.",
        "test_through_time.test_time_distributed_applies_its_layer_s_penalty_which_keras_ignores",
    ),
    Difference(
        "The output mask of `TimeDistributed` fits its output, and keeps a mask made inside.",
        "Passes on the input's mask even where its axis is gone, and drops a mask made inside.",
        "A mask has to match its tensor.",
        "test_through_time.test_time_distributed_computes_the_mask_of_its_output_where_keras_passes_the_input_s_on",
    ),
    Difference(
        "`TimeDistributed` masks every element of a masked step.",
        "Passes a mask of rows to the inner layer, which fails for sequence layers.",
        "The step is not real, so nothing in it is.",
        "test_through_time.test_time_distributed_masks_whole_steps_where_keras_fails",
    ),
    Difference(
        "Gradients of a stateful layer in `TimeDistributed` stop between steps.",
        "On JAX they continue to the previous step (on TensorFlow they stop).",
        "As between batches.",
        "test_through_time.test_gradients_of_a_stateful_layer_end_at_each_step_where_keras_on_jax_continues",
    ),
]

ACTIVATIONS = [
    Difference(
        "A layer with weights, or that differs in training, cannot be an activation, as in `Dense(2, activation=PReLU())` or "
        "`Dense(2, activation=Dropout(0.5))`; add it as a layer.",
        "Its weights become weights of the layer, and it knows whether the model is training.",
        "Activations are functions; the model is the same.",
        "test_more_differences.test_a_layer_with_weights_is_no_activation_where_keras_adds_its_weights",
    ),
    Difference(
        "In a file that Keras 2 wrote, `hard_sigmoid` is `clip(0.2 * x + 0.5, 0, 1)`, as it was there.",
        "Reads it as `clip(x / 6 + 0.5, 0, 1)`, without a warning.",
        "A file predicts what it predicted where it was written.",
        "test_keras_files.test_hard_sigmoid_of_keras_2_stays_what_it_was_where_keras_3_replaces_it",
    ),
    Difference(
        "`sparsemax` is the projection onto the probability simplex.",
        "Rows sum to 1 only if one element is nonzero: it adds up all partial sums instead of using the last.",
        "The formula of the paper.",
        "test_activations.test_sparsemax_sums_to_one_where_keras_is_right_only_for_rows_with_one_nonzero_element",
    ),
    Difference(
        "The gradient of `sparse_sigmoid` at -1 and 1 is 0.",
        "On JAX the mean of both sides.",
        "As in `hard_sigmoid`.",
        "test_activations.test_the_derivative_at_the_ends_of_sparse_sigmoid_is_zero_where_keras_on_jax_takes_the_mean",
    ),
    Difference(
        'Layers with `activation="glu"` report half the width as their output shape.',
        "Reports the whole width, and the next layer of a model fails.",
        "That is the shape of the output.",
        "test_activations.test_dense_and_activation_report_half_the_width_with_glu_where_keras_reports_all",
    ),
    Difference(
        '`activations.get("threshold")` raises an error.',
        "Fails when the layer is called.",
        "The function needs two numbers that no layer passes.",
        "test_activations.test_get_raises_an_error_for_threshold_where_keras_fails_in_the_call",
    ),
    Difference(
        "`GaussianDropout` and `AlphaDropout` raise an error for a rate of 1.",
        "Fails when the layer is called.",
        "Their formulas divide by `1 - rate`.",
        "test_dropping.test_a_rate_of_one_raises_an_error_where_keras_divides_by_zero",
    ),
    Difference(
        "`GaussianNoise` accepts any `stddev` of at least 0.",
        "Raises an error above 1.",
        "Noise may be larger than 1.",
        "test_dropping.test_a_large_stddev_is_accepted_where_keras_raises_an_error",
    ),
]

CORE = [
    Difference(
        "Half precision (`float16`, `bfloat16`, `mixed_float16`) raises an error.",
        "Computes in it.",
        "It is not faster on a CPU, and overflows above 65504.",
        "test_more_differences.test_half_precision_raises_an_error_where_keras_computes_in_it",
    ),
    Difference(
        "`model.export(path)` writes ONNX by default.",
        'Writes TensorFlow\'s SavedModel by default, and ONNX with `format="onnx"`.',
        "ONNX is the only format that does not need another framework.",
        "test_export.test_the_default_format_is_onnx_where_keras_has_saved_model",
    ),
    Difference(
        "Integers of Python, sums of booleans and indices, such as those of `ops.argmax`, are int64.",
        "int32, unless another type is given.",
        "As in NumPy; `top_k` and everything with a `dtype` agree.",
        "test_more_differences.test_integers_of_operations_are_int64_where_keras_has_int32",
    ),
    Difference(
        "Layers that compute return floats for integers, `Activation`, `Dropout` and `Identity` too.",
        "Some return integers, such as `ReLU` and `Dropout`, and others floats.",
        "One rule; `Flatten`, `Reshape` and other layers that only move values keep the type.",
        "test_more_differences.test_layers_return_floats_for_integers_where_keras_may_return_integers",
    ),
    Difference(
        "`EinsumDense` reports the axes for dots in the order in which they appear in the output.",
        "With three or more such axes on the left, `compute_output_shape` reverses them.",
        "That is the shape of the output, in Keras too.",
        "test_einsum.test_several_axes_for_an_ellipsis_on_the_left_are_reported_in_order_where_keras_reverses_them",
    ),
    Difference(
        "`EinsumDense` fills in sizes that the input determines.",
        "Leaves `None` where `output_shape` has it.",
        "The next layer can be built.",
        "test_einsum.test_sizes_that_the_input_determines_are_reported_where_keras_leaves_none",
    ),
    Difference(
        "`EinsumDense` raises an error if a letter is repeated within input, kernel or output.",
        "Takes the diagonal.",
        "Almost always a typing error.",
        "test_einsum.test_diagonals_raise_an_error_where_keras_accepts_them",
    ),
    Difference(
        "`Dot(normalize=True)` gives a row of zeros the gradient 0.",
        "NaN.",
        "One NaN ends the training.",
        "test_merging.test_a_row_of_zeros_gets_no_gradient_from_its_cosine_where_keras_gives_nan",
    ),
    Difference(
        "`GlobalAveragePooling1D` of a fully masked row is 0.",
        "NaN (0 / 0).",
        "One NaN ends the training.",
        "test_pooling.test_a_row_that_is_masked_whole_has_the_mean_0_where_keras_has_nan",
    ),
]

NORMALIZATION = [
    Difference(
        "A batch of no rows leaves the moving averages of `BatchNormalization` as they are.",
        "They become NaN, and stay it.",
        "No rows have no mean.",
        "test_normalization.test_no_rows_leave_the_moving_averages_as_they_are_where_keras_makes_them_nan",
    ),
    Difference(
        "`UnitNormalization` gives a row of zeros the gradient 0.",
        "NaN.",
        "One NaN ends the training.",
        "test_normalization.test_a_row_of_zeros_has_a_unit_normalization_without_gradient_where_keras_has_nan",
    ),
    Difference(
        "`RMSNormalization(axis=...)` applies `scale` along that axis.",
        "Applies it along the last axis.",
        "`scale` was created for that axis.",
        "test_normalization.test_rms_normalization_scales_along_its_axis_where_keras_scales_along_the_last",
    ),
    Difference(
        "`LayerNormalization`, `RMSNormalization` and `UnitNormalization` raise an error for the batch axis.",
        "Normalizes across the batch.",
        "A row's output must not depend on the other rows of its batch.",
        "test_normalization.test_rows_are_never_normalized_over_the_batch_where_keras_does_it",
    ),
    Difference(
        "`SpectralNormalization` does not modify the kernel, and divides by sigma in inference too.",
        "Writes into the kernel; on JAX `fit` loses what was written.",
        "A forward pass changes no trainable weight.",
        "test_normalization.test_spectral_normalization_does_not_modify_the_kernel_and_divides_in_inference_too",
    ),
    Difference(
        "A `kernel_regularizer` inside `SpectralNormalization` sees the kernel itself.",
        "Sees the kernel divided by sigma.",
        "Follows from the row above.",
        "test_normalization.test_spectral_normalization_regularizes_the_kernel_itself_where_keras_uses_the_divided_one",
    ),
    Difference(
        "`SpectralNormalization(Embedding(...))` returns floats.",
        "Casts them to the integer type of the ids: all 0.",
        "Integers are useless here.",
        "test_normalization.test_spectral_normalization_of_an_embedding_gives_numbers_where_keras_gives_integers",
    ),
    Difference(
        "`SpectralNormalization` passes masks on.",
        "Drops them with a warning.",
        "Its inner layer passes them on.",
        "test_normalization.test_spectral_normalization_passes_masks_on_where_keras_drops_them",
    ),
]

ATTENTION = [
    Difference(
        "A query that may attend to nothing gets no value: all its weights are 0.",
        "`MultiHeadAttention` does the same with scores or dropout, otherwise it gives the mean of all values.",
        "The output must not depend on what else is requested.",
        "test_attention.test_a_query_that_may_attend_to_nothing_gets_no_value_where_keras_sometimes_gives_their_mean",
    ),
    Difference(
        "The same holds for `Attention` and `AdditiveAttention`.",
        "Equal weights for all values, with gradients left over from rounding.",
        "One meaning for every attention layer.",
        "test_attention.test_attention_without_any_value_is_zero_where_keras_gives_their_mean",
    ),
    Difference(
        "`MultiHeadAttention` uses a `query_mask` given by name.",
        "Accepts and ignores it.",
        "As documented.",
        "test_attention.test_a_query_mask_given_by_name_counts_where_keras_ignores_it",
    ),
    Difference(
        "`GroupQueryAttention` applies its `activity_regularizer` once.",
        "Twice: to the output and in its last projection.",
        "As in `MultiHeadAttention`.",
        "test_attention.test_the_activity_regularizer_is_applied_once_where_keras_applies_it_twice",
    ),
    Difference(
        "A tensor keeps its mask after `MultiHeadAttention` has read it.",
        "Removes the mask from the tensor.",
        "Other layers need the mask too.",
        "test_attention.test_a_tensor_keeps_its_mask_after_attention_where_keras_removes_it",
    ),
]

PREPROCESSING = [
    Difference(
        "`Normalization.count` is the number of values it was adapted to.",
        "Always 0, kept for older files.",
        "Shows whether the layer was adapted.",
        "test_preprocessing.test_adapting_learns_keras_s_mean_and_variance",
    ),
    Difference(
        "`CategoryEncoding` raises an error for ids outside `num_tokens`.",
        "On JAX a row of zeros.",
        "As documented.",
        "test_preprocessing.test_an_unknown_category_raises_an_error_where_keras_gives_zeros",
    ),
    Difference(
        "`CategoryEncoding` combines ids of three axes and more along the last axis.",
        "Along the second.",
        "As documented, and as its output shape says.",
        "test_preprocessing.test_ids_of_three_axes_are_combined_over_the_last_as_keras_documents_but_does_not_do",
    ),
    Difference(
        "`Discretization(num_bins=49)` creates 49 bins.",
        "50: `1 / (1 / 49)` rounds to more than 49.",
        "As requested.",
        "test_preprocessing.test_49_bins_are_49_where_keras_makes_50",
    ),
    Difference(
        "`Resizing` returns floats for integer images.",
        "Rounds to integers again.",
        "As every other layer.",
        "test_preprocessing.test_whole_numbers_are_resized_to_floats_where_keras_rounds",
    ),
    Difference(
        "`predict` and `evaluate` never change images randomly.",
        "They do in a model whose `call` has no argument `training`.",
        "Predictions should not be random.",
        "test_preprocessing.test_predict_changes_no_images_where_keras_does_in_a_call_without_training",
    ),
    Difference(
        "`RandomContrast` with one factor draws from `1 - factor` to `1 + factor`.",
        "From 1 to `1 + factor`.",
        "As documented.",
        "test_preprocessing.test_one_contrast_factor_applies_to_both_sides_where_keras_ignores_the_lower",
    ),
    Difference(
        "`RandomCrop` crops in inference too, and takes the largest possible window of small images.",
        "Leaves images unchanged in inference, and distorts small ones.",
        "As documented, and as its output shape says.",
        "test_preprocessing.test_a_random_crop_is_the_largest_window_in_inference_as_keras_documents_but_does_not_do",
    ),
    Difference(
        "`RandomCrop` of an image that fits exactly along one axis is random along the other.",
        "Takes the center as soon as one axis fits.",
        "It is a random crop.",
        "test_preprocessing.test_a_crop_of_the_full_height_is_random_across_where_keras_takes_the_middle",
    ),
    Difference(
        "Bounding boxes of `RandomRotation` and `RandomPerspective` may have any format.",
        "Those of `RandomRotation` are read as `xyxy`, those of `RandomPerspective` returned as `xyxy`.",
        "The format that was given counts.",
        "test_moving_images.test_boxes_of_any_format_are_rotated_where_keras_reads_them_as_xyxy",
    ),
    Difference(
        "Bounding boxes of `RandomCrop` follow the pixels, and are clipped to the crop.",
        "The first row is subtracted from x, the first column from y, and nothing is clipped.",
        "A box belongs to the pixels of its object.",
        "test_moving_images.test_boxes_are_cropped_like_the_images_where_keras_swaps_the_axes",
    ),
    Difference(
        "Bounding boxes of `RandomShear`, `RandAugment`, and `Resizing` with an aspect ratio follow the pixels exactly.",
        "Shears relative coordinates, moves boxes in another order than images, and rounds the window in the output.",
        "A box belongs to the pixels of its object.",
        "test_moving_images.test_boxes_of_wide_images_are_sheared_like_the_pixels_where_keras_shears_relative_ones",
    ),
    Difference(
        "`RandomFlip` clips bounding boxes to the image.",
        "Clips relative coordinates to the size in pixels.",
        "As the other layers.",
        "test_moving_images.test_boxes_are_clipped_after_a_flip_where_keras_clips_relative_ones_to_pixels",
    ),
    Difference(
        "Segmentation masks of `RandomElasticTransform` are moved like the images, and their values are not clipped.",
        "Draws other shifts for them, and clips them to `value_range`.",
        "A mask belongs to its image.",
        "test_moving_images.test_masks_of_elastic_transforms_follow_the_images_where_keras_draws_other_shifts",
    ),
    Difference(
        "`utils.bounding_boxes.compute_ciou` takes relative boxes with `image_shape`.",
        "Always raises an error.",
        "As documented.",
        "test_bounding_boxes.test_the_complete_overlap_of_relative_boxes_is_computed_where_keras_always_rejects_them",
    ),
]

AUDIO = [
    Difference(
        "`MelSpectrogram` limits the decibels of each signal by the largest of that signal.",
        "By the largest of the whole batch.",
        "The output of a row must not depend on the other rows.",
        "test_spectrograms.test_each_signal_has_its_own_loudest_band_where_keras_takes_that_of_the_batch",
    ),
    Difference(
        "`MelSpectrogram.compute_output_shape` tells the number of windows, `steps // sequence_stride + 1`.",
        "One more if `steps + 1` is a multiple of `sequence_stride`.",
        "That is the shape of the output.",
        "test_spectrograms.test_the_number_of_windows_is_inferred_where_keras_sometimes_infers_one_more",
    ),
]

TEXT = [
    Difference(
        "`lower` and `whitespace` of text standardization use Unicode.",
        "On TensorFlow only ASCII, so that É and é are two words.",
        "As documented.",
        "test_text.test_text_standardization_uses_unicode_where_keras_uses_ascii",
    ),
    Difference(
        "For layers with a vocabulary, shape `(batch,)` is a batch.",
        "One row, where rows are counted.",
        "The first axis is the batch everywhere.",
        "test_text.test_the_first_axis_is_the_batch_where_keras_takes_it_for_one_row",
    ),
    Difference(
        "Lookups with three axes and more are counted along the last axis.",
        "Along the second.",
        "As documented.",
        "test_text.test_terms_are_counted_along_the_last_axis_where_keras_does_not",
    ),
    Difference(
        "A lookup with a given vocabulary may be adapted.",
        "Raises an error.",
        "A loaded layer cannot tell a given vocabulary from an adapted one.",
        "test_text.test_a_layer_with_a_given_vocabulary_may_be_adapted_where_keras_raises_an_error",
    ),
    Difference(
        "A batch of texts without any token has one (padding) step.",
        "No step.",
        "The next layers need at least one.",
        "test_text.test_a_batch_without_a_token_has_one_step_where_keras_gives_none",
    ),
    Difference(
        "One-hot, multi-hot and count rows of a lookup have the layer's float type.",
        "Integers, although its output spec says floats.",
        "As its output spec says.",
        "test_text.test_rows_of_numbers_are_of_the_layer_s_float_type_where_keras_gives_integers",
    ),
]

DIFFERENCES: dict[str, list[Difference]] = {
    "Training and callbacks": TRAINING,
    "Losses": LOSSES,
    "Metrics": METRICS,
    "Weights and optimizers": WEIGHTS,
    "Recurrent layers": RECURRENT,
    "Activations, dropout and noise": ACTIVATIONS,
    "Core, merging and pooling layers": CORE,
    "Normalization": NORMALIZATION,
    "Attention": ATTENTION,
    "Preprocessing": PREPROCESSING,
    "Audio": AUDIO,
    "Text": TEXT,
}

# What readers ask about, and where both do the same -> the test that shows it.
SAME_AS_KERAS = [
    (
        "`model.trainable = False` is written into every layer of the model, also of an inner model. A layer that another "
        "model shares is frozen there too.",
        "test_freezing.test_freezing_an_inner_model_freezes_its_layers_in_every_model_that_shares_them",
    ),
    (
        "`self.w.assign(value)` inside `call` takes effect at once: later reads of `self.w` in the same call give `value`, and "
        "gradients flow through what was assigned (in Keras on JAX; TensorFlow's variables stop them).",
        "test_call.test_gradients_flow_through_a_value_that_call_assigns",
    ),
    (
        "Results have no `.numpy()`: they are NumPy arrays and floats here, and arrays of JAX in Keras on JAX. Only tensors of "
        "TensorFlow and PyTorch have it; `ops.convert_to_numpy(result)` and `float(loss)` work everywhere. Variables have it.",
        "test_more_differences.test_results_have_no_method_numpy_and_variables_have_it",
    ),
    (
        "`model.save` and `save_weights` raise an error for a folder that does not exist; `ModelCheckpoint` creates it.",
        "test_more_differences.test_model_checkpoint_creates_folders_and_save_does_not",
    ),
]
