"""Prediction: batches one by one, or several in parallel threads."""

from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from typing import Any, TypeVar

import numpy as np

from minidl.autodiff import active_recording
from minidl.callbacks.callback import CallbackList
from minidl.callbacks.step_progress import StepProgress
from minidl.config.tree import leaves, pack
from minidl.data.batches import ArrayBatches, Batches, first_batches
from minidl.graph.layer_array import is_inside_call
from minidl.kernels.blas_threads import run_with_blas_threads
from minidl.kernels.compiled import start_compiled
from minidl.kernels.memory import run_reusing
from minidl.kernels.threads import in_parallel
from minidl.layers.traversal import is_built_in, keeps_state, parallelizes
from minidl.models.protocol import Trainable

Result = TypeVar("Result")

ROWS = 512  # default batch size
ROWS_IN_CACHE = 64  # default batch size with convolutions, whose outputs then stay in the cache
LEAST_WORK = 1 << 22  # multiplications of a batch, about 40 microseconds, from which a second thread gains


def default_rows(model: Trainable) -> int:
    """Default batch size."""
    return ROWS_IN_CACHE if parallelizes(model) else ROWS


def run_prediction(
    model: Trainable,
    batches: Batches,
    callback_list: CallbackList,
    steps: int | None,
    least_work: int = LEAST_WORK,
) -> Any:
    """The outputs for every batch, joined.

    Args:
        model, batches, callback_list, steps: the model, the batches, the callbacks, and the number of batches.
        least_work: multiplications per batch from which batches are predicted in parallel, each in a thread.
    """
    callback_list.on_predict_begin()
    outputs: list[Any] = []

    def predict_batches() -> None:
        model.stop_predicting = False
        for step, batch in enumerate(first_batches(batches, steps)):
            callback_list.on_predict_batch_begin(step)
            outputs.append(model.predict_step(batch))
            callback_list.on_predict_batch_end(step, {"outputs": outputs[-1]})
            if model.stop_predicting:
                break

    def predict_at_once(batches: ArrayBatches) -> None:
        batches.advise(scattered=False)

        def predict_rows(rows: slice) -> Any:
            y_pred = model.predict_step(batches.data.rows(rows).as_batch())
            for progress in callback_list.callbacks:
                progress.advance()
            return y_pred

        outputs[:] = in_parallel(predict_rows, batches.slices())

    work: Callable[[], None] = predict_batches
    large = isinstance(batches, ArrayBatches) and gains_from_threads(model, batches.rows_of_largest, least_work)
    if isinstance(batches, ArrayBatches) and large and steps is None and has_independent_batches(model, callback_list):
        work = partial(predict_at_once, batches)
    run_with_threads_for(model, work, large)
    callback_list.on_predict_end()
    if len(outputs) == 1:
        return outputs[0]
    return pack(outputs[0], [np.concatenate(parts) for parts in zip(*map(leaves, outputs), strict=True)])


def infers_directly(model: Trainable, x: Any) -> bool:
    """Whether `model(x)` is only `network.infer`: x has the input's shape; nothing is built, recorded or penalized."""
    shape = model.network.input_shape or model.build_shape
    fits = type(x) is np.ndarray and x.dtype.kind == "f" and type(shape) is tuple and x.shape[1:] == shape[1:]
    plain = fits and model.built and model.network.is_plain and model.activity_regularizer is None and model.input_spec is None
    return plain and not vars(model).get("_loss_owners") and active_recording() is None and not is_inside_call()


def has_independent_batches(model: Trainable, callback_list: CallbackList) -> bool:
    """Whether batches may be predicted in any order and on any thread.

    Not with callbacks of the user, with a custom `predict_step` or custom layers, or if a layer passes a state from one batch
    to the next.
    """
    only_shown = all(isinstance(callback, StepProgress) for callback in callback_list.callbacks)
    return only_shown and not model.overrides("predict_step") and is_built_in(model) and not keeps_state(model)


def gains_from_threads(model: Trainable, batch_size: int, least_work: int = LEAST_WORK) -> bool:
    """Whether a batch is enough work for parallel prediction to be faster."""
    return parallelizes(model) or batch_size * model.count_params() >= least_work


def run_training(model: Trainable, work: Callable[[], Result]) -> Result:
    """`work()`, which trains, with compiled kernels and one BLAS thread for built-in layers."""
    start_compiled()  # before the first forward pass, so that all steps have the same kernels
    return run_with_threads_for(model, lambda: run_reusing(work), all_products=True)


def run_with_threads_for(model: Trainable, work: Callable[[], Result], all_products: bool) -> Result:
    """`work()`, with one BLAS thread for layers that use several threads themselves.

    Other BLAS threads, which spin while they wait, would compete with them. With `all_products` these are all built-in layers,
    otherwise only convolutions; then each product of a Dense layer limits BLAS for itself.

    The work runs in a copy of the context, so that NumPy's error state is at the end what it was: a Ctrl-C between two
    instructions of `np.errstate` itself would leave it changed.
    """
    if parallelizes(model) or (all_products and all(map(is_built_in, model.sublayers()))):
        return copy_context().run(run_with_blas_threads, 1, work)
    return copy_context().run(work)
