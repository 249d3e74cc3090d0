"""The loops over batches of `fit`, `evaluate` and `predict`: one `fit` of a model at a time, with metrics of its own."""

import copy
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from functools import partial
from typing import TypeVar
from weakref import WeakKeyDictionary

import numpy as np

from minidl.autodiff import active_recording
from minidl.callbacks.callback import CallbackList
from minidl.callbacks.step_progress import StepProgress
from minidl.config.interrupts import with_cleanup
from minidl.config.nest import flatten, is_structure, rebuild
from minidl.config.processes import processes
from minidl.config.tree import leaves, pack
from minidl.config.types import Arrays, Tensors
from minidl.data.batches import ArrayBatches, Batches, first_batches
from minidl.data.epoch_iterator import EpochIterator
from minidl.graph.layer_array import is_inside_call
from minidl.kernels.blas_threads import run_with_blas_threads
from minidl.kernels.compiled import start_compiled
from minidl.kernels.memory import run_reusing
from minidl.kernels.threads import in_parallel, threads
from minidl.layers.traversal import is_built_in, keeps_state, parallelizes
from minidl.metrics.metric import Metric
from minidl.models.protocol import Trainable

ModelType = TypeVar("ModelType", bound=Trainable)
Result = TypeVar("Result")

BATCHES_AT_ONCE = 8  # batches that one thread predicts one after the other, most of them in the memory of the first
LEAST_WORK = 1 << 22  # multiplications of a batch, about 40 microseconds, from which a second thread gains


def run_epochs(
    model: Trainable,
    batches: Batches,
    callbacks: CallbackList,
    epochs: range,
    steps: int | None,
    validate: Callable[[int], dict[str, float]],
) -> None:
    """The loop: epoch after epoch, batch after batch.

    With `steps`, an epoch ends after that number of batches and the next one continues; it also ends with the data. A callback
    that resumes an earlier run sets `model.epoch`, `model.step` and `model.epoch_iterator` to where that run stopped, before
    the first epoch begins; an epoch that was begun, with a step above 0, does not begin again.
    """
    model.stop_training, model.epoch, model.step, model.fit_callbacks = False, epochs.start, 0, callbacks
    epoch_iterator = model.epoch_iterator = EpochIterator(batches, steps)
    callbacks.on_train_begin()
    others = processes()
    if others is not None:
        others.begin_fit(model, batches, epochs, callbacks)
    logs = epoch_iterator.logs
    for epoch in range(model.epoch, epochs.stop):
        model.epoch = epoch
        first = model.step
        if first == 0:
            logs = {}
            model.reset_metrics()
            callbacks.on_epoch_begin(epoch)
        for model.step, data in enumerate(epoch_iterator.epoch(first), first):
            if callbacks.has_batch_hooks:
                callbacks.on_train_batch_begin(model.step)
            logs = model.train_step(data)
            if callbacks.has_batch_hooks:
                callbacks.on_train_batch_end(model.step, logs)
            if model.stop_training if others is None else others.stops_after_batch(model):
                break
        if not logs:
            raise ValueError(
                f"the data gave no batch in epoch {epoch + 1}: an iterator can be run through only once; "
                f"give arrays, a list of batches, or an object whose iter() starts over"
            )
        logs = dict(sorted((logs | {f"val_{key}": value for key, value in validate(epoch).items()}).items()))
        callbacks.on_epoch_end(epoch, logs)
        if model.stop_training if others is None else others.stops_after_epoch(model):
            break
        model.step = 0
    if epochs:
        model.optimizer.finalize_variable_values(model.trainable_weights)
    callbacks.on_train_end(logs)
    if others is not None:
        others.end_fit(model)


def run_evaluation(model: Trainable, batches: Batches, callbacks: CallbackList, steps: int | None) -> dict[str, float]:
    """Evaluate every batch once; returns the logs over all of them."""
    model.reset_metrics()
    callbacks.on_test_begin()
    logs: dict[str, float] = {}
    model.stop_evaluating = False
    for step, data in enumerate(first_batches(batches, steps)):
        callbacks.on_test_batch_begin(step)
        logs = model.test_step(data)
        callbacks.on_test_batch_end(step, logs)
        if model.stop_evaluating:
            break
    if not logs:
        raise ValueError("the data gave no batch to evaluate")
    callbacks.on_test_end(logs)
    return logs


def run_prediction(
    model: Trainable,
    batches: Batches,
    callback_list: CallbackList,
    steps: int | None,
    least_work: int = LEAST_WORK,
) -> Tensors:
    """The outputs for every batch, joined.

    Args:
        model, batches, callback_list, steps: the model, the batches, the callbacks, and the number of batches.
        least_work: multiplications per batch from which batches are predicted in parallel, each in a thread.
    """
    callback_list.on_predict_begin()
    outputs: list[Tensors] = []

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

        def predict_rows(rows: slice) -> Tensors:
            y_pred = model.predict_step(batches.data.rows(rows).as_batch())
            for progress in callback_list.callbacks:
                progress.advance()
            return y_pred

        def predict_several(several: list[slice]) -> list[Tensors]:
            return run_reusing(lambda: [predict_rows(rows) for rows in several])

        rows = batches.slices()
        count = max(1, min(BATCHES_AT_ONCE, len(rows) // (4 * threads())))
        parts = [rows[start : start + count] for start in range(0, len(rows), count)]
        outputs[:] = itertools.chain.from_iterable(in_parallel(predict_several, parts))

    work: Callable[[], None] = predict_batches
    large = isinstance(batches, ArrayBatches) and gains_from_threads(model, batches.rows_of_largest, least_work)
    if isinstance(batches, ArrayBatches) and large and steps is None and has_independent_batches(model, callback_list):
        work = partial(predict_at_once, batches)
    run_with_threads_for(model, work, large)
    callback_list.on_predict_end()
    if len(outputs) == 1:
        return outputs[0]
    return pack(outputs[0], [np.concatenate(parts) for parts in zip(*map(leaves, outputs), strict=True)])


def infers_directly(model: Trainable, x: Arrays) -> bool:
    """Whether `model(x)` is only `network.infer`: x has the input's shape; nothing is built, recorded or penalized."""
    shape = model.network.input_shape or model.build_shape
    fits = type(x) is np.ndarray and x.dtype.kind == "f" and type(shape) is tuple and x.shape[1:] == shape[1:]
    plain = fits and model.built and model.network.is_plain and model.activity_regularizer is None and model.input_spec is None
    state = vars(model)
    plain = plain and not state["_call_losses"] and not state.get("_loss_owners")
    return plain and active_recording() is None and not is_inside_call()


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


class Claim:
    """The use of a model's metrics by a `fit` or an evaluation, in the thread that makes it."""

    def __init__(self) -> None:
        self.thread = threading.get_ident()


_in_fit: "WeakKeyDictionary[Trainable, Claim]" = WeakKeyDictionary()  # the model, and the `fit` that it belongs to
_in_use: "WeakKeyDictionary[Trainable, Claim]" = WeakKeyDictionary()  # the model, and what uses its metrics


def run_alone(model: Trainable, work: Callable[[], None], leave: Callable[[], None]) -> None:
    """`work()`, during which no other `fit` of the model may run, then `leave()`.

    Raises:
        RuntimeError: another `fit` of the model is running.
    """
    claim = Claim()

    def run() -> None:
        if _in_fit.setdefault(model, claim) is not claim:
            raise RuntimeError(f"{model.title} is being fitted already; one model cannot run two fits at the same time")
        wait_for_metrics(model, claim)
        work()

    def cleanup() -> None:
        release_metrics(model, claim)
        if _in_fit.get(model) is claim:
            leave()
            del _in_fit[model]

    with_cleanup(run, cleanup)


def wait_for_metrics(model: Trainable, claim: Claim) -> None:
    """Claim the metrics for a `fit`; first wait until an evaluation in another thread has ended."""
    while not claim_metrics(model, claim):
        holder = _in_use.get(model)  # None if it has ended since
        if holder is not None and holder.thread == claim.thread:  # a fit inside an evaluation, in a callback
            return
        time.sleep(0.001)


def claim_metrics(model: Trainable, claim: Claim) -> bool:
    """Whether the metrics of the model now belong to `claim`, and not to an earlier one."""
    return _in_use.setdefault(model, claim) is claim


def release_metrics(model: Trainable, claim: Claim) -> None:
    """End the claim, if it has the metrics."""
    if _in_use.get(model) is claim:
        del _in_use[model]


@contextmanager
def unshared_metrics(model: ModelType) -> Iterator[ModelType]:
    """The model; while its metrics are in use, or a `fit` waits for them, a copy that shares everything but the metrics.

    So `evaluate` in a callback or in another thread leaves the running means of the epoch unchanged.
    """
    claim = Claim()
    try:
        yield model if model not in _in_fit and claim_metrics(model, claim) else _with_copied_metrics(model)
    finally:
        release_metrics(model, claim)


def _with_copied_metrics(model: ModelType) -> ModelType:
    """A shallow copy of the model with copies of the compiled metrics, and of those that are attributes."""
    copies: dict[int, object] = {}  # so that a metric in several places stays one metric
    changed, plan = copy.copy(model), copy.copy(model.plan)
    plan.metrics = copy.deepcopy(plan.metrics, copies)
    vars(changed).update({name: _copied(value, copies) for name, value in vars(model).copy().items()} | {"_plan": plan})
    return changed


def _copied(value: object, copies: dict[int, object]) -> object:
    if is_structure(value) and any(isinstance(member, Metric) for member in flatten(value)):
        return rebuild(value, [_copied(member, copies) for member in flatten(value)])
    return copy.deepcopy(value, copies) if isinstance(value, Metric) else value
