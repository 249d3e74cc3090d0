"""The table of compiled kernels: which function of minidl has which drop-in version. Importing it imports Numba."""

from collections.abc import Callable

from minidl.kernels.compiled import (
    batch_normalization,
    convolution,
    dense,
    elementwise,
    normalization,
    optimizers,
    pooling,
    recurrence,
    recurrent_loops,
    relu,
    softmax,
    waiting,
)


def compiled_functions() -> dict[str, Callable[..., object]]:
    """The reference's module and name, and the drop-in version with the same signature."""
    return {
        "kernels.activations.gelu.gelu_piece": elementwise.gelu_piece,
        "kernels.activations.gelu.gelu_piece_backward": elementwise.gelu_piece_backward,
        "kernels.activations.relu.add_bias_and_relu": relu.add_bias_and_relu,
        "kernels.activations.relu.positive_gradient": relu.positive_gradient,
        "kernels.activations.relu.positive_part": relu.positive_part,
        "kernels.add_rows.add_rows": elementwise.add_rows,
        "kernels.attention.softmax_rows": softmax.softmax_rows,
        "kernels.attention.softmax_rows_backward": softmax.softmax_rows_backward,
        "kernels.convolution.add_windows": convolution.add_windows,
        "kernels.dense.dense": dense.dense,
        "kernels.dropout.drop": elementwise.drop,
        "kernels.normalization.batch_backward": batch_normalization.batch_backward,
        "kernels.normalization.center_rows": batch_normalization.center_rows,
        "kernels.normalization.column_products": batch_normalization.column_products,
        "kernels.normalization.normalize": normalization.normalize,
        "kernels.normalization.normalize_backward": normalization.normalize_backward,
        "kernels.normalization.scale_and_center": normalization.scale_and_center,
        "kernels.normalization.scale_and_center_backward": normalization.scale_and_center_backward,
        "kernels.pooling.max_pool_rows_backward": pooling.max_pool_rows_backward,
        "kernels.softmax_crossentropy.softmax_crossentropy": softmax.softmax_crossentropy,
        "kernels.softmax_crossentropy.softmax_crossentropy_backward": softmax.softmax_crossentropy_backward,
        "kernels.recurrence.gru.gru": recurrent_loops.gru,
        "kernels.recurrence.gru.gru_backward": recurrent_loops.gru_backward,
        "kernels.recurrence.gru.gru_step": recurrence.gru_step,
        "kernels.recurrence.gru.gru_step_backward": recurrence.gru_step_backward,
        "kernels.recurrence.lstm.lstm": recurrent_loops.lstm,
        "kernels.recurrence.lstm.lstm_backward": recurrent_loops.lstm_backward,
        "kernels.recurrence.lstm.lstm_step": recurrence.lstm_step,
        "kernels.recurrence.lstm.lstm_step_backward": recurrence.lstm_step_backward,
        "kernels.threads.wait_briefly": waiting.wait_briefly,
        "optimizers.adadelta.Adadelta.update_vector": optimizers.adadelta,
        "optimizers.adagrad.Adagrad.update_vector": optimizers.adagrad,
        "optimizers.adam.Adam.update_vector": optimizers.adam,
        "optimizers.adamax.Adamax.update_vector": optimizers.adamax,
        "optimizers.ftrl.Ftrl.update_vector": optimizers.ftrl,
        "optimizers.lion.Lion.update_vector": optimizers.lion,
        "optimizers.nadam.Nadam.update_vector": optimizers.nadam,
        "optimizers.rmsprop.RMSprop.update_vector": optimizers.rmsprop,
        "optimizers.schedule_free.ScheduleFreeAdamW.update_vector": optimizers.schedule_free,
        "optimizers.sgd.SGD.update_vector": optimizers.sgd,
    }
