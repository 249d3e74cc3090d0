"""Prediction: batch after batch, or, where no callback follows the batches, several at once on all threads."""

from collections.abc import Callable, Iterable
from functools import partial
from itertools import islice
from typing import Any

import numpy as np

from minidl.callbacks.callback import CallbackList
from minidl.config.nest import flatten, rebuild
from minidl.data.batches import ArrayBatches, repeated
from minidl.kernels.threads import in_parallel, run_with_blas_threads
from minidl.layers.lambda_layer import Lambda
from minidl.layers.layer import Layer
from minidl.models.protocol import Trainable

ROWS = 512  # at a time, where the user does not say
ROWS_IN_CACHE = 64  # of images on their way through convolutions: what one layer makes of them, the next finds in the cache
WORTH = 1 << 22  # multiplications of a batch, about 40 microseconds, from which a second thread gains


def default_rows(model: Trainable) -> int:
    """Number of rows at a time, where the user does not say."""
    return ROWS_IN_CACHE if parallelizes(model) else ROWS


def run_prediction(model: Trainable, batches: Iterable[Any], listeners: CallbackList, steps: int | None) -> Any:
    """The outputs for every batch, joined."""
    listeners.on_predict_begin()
    outputs: list[Any] = []

    def predict_batches() -> None:
        for step, batch in enumerate(batches if steps is None else islice(repeated(batches), steps)):
            listeners.on_predict_batch_begin(step)
            outputs.append(model.predict_step(batch))
            listeners.on_predict_batch_end(step, {"outputs": outputs[-1]})

    def predict_at_once(batches: ArrayBatches) -> None:
        batches.announce(scattered=False)
        outputs[:] = in_parallel(lambda rows: model.predict_step(batches.data.rows(rows).as_batch()), batches.slices())

    if isinstance(batches, ArrayBatches) and steps is None and may_spread(model, batches, listeners):
        run_with_threads_for(model, partial(predict_at_once, batches))
    else:
        run_with_threads_for(model, predict_batches)
    listeners.on_predict_end()
    if len(outputs) == 1:
        return outputs[0]
    return rebuild(outputs[0], [np.concatenate(parts) for parts in zip(*map(flatten, outputs), strict=True)])


def may_spread(model: Trainable, batches: ArrayBatches, listeners: CallbackList) -> bool:
    """Whether several batches may be predicted at once, and whether that is worth it.

    Not where a callback follows the batches, where somebody else wrote a layer or `predict_step`, nor where a layer hands a
    state from one batch to the next.
    """
    if listeners.callbacks or model.overrides("predict_step") or not _keeps_nothing(model):
        return False
    return parallelizes(model) or batches.batch_size * model.count_params() >= WORTH


def _keeps_nothing(layer: Layer | Trainable) -> bool:
    """Whether it is made of minidl's own layers alone, and none hands a state from one batch to the next."""
    ours = type(layer).__module__.startswith("minidl.") and not isinstance(layer, Lambda)
    return isinstance(layer, Layer) and ours and not layer.carries_state and all(map(_keeps_nothing, layer.sublayers()))


def run_with_threads_for(model: Trainable, work: Callable[[], None]) -> None:
    """`work()`, with one BLAS thread for a model whose convolutions work on several threads themselves.

    The other threads of BLAS, which wait busily, would be in their way.
    """
    if parallelizes(model):
        run_with_blas_threads(1, work)
    else:
        work()


def parallelizes(layer: Layer | Trainable) -> bool:
    """Whether a layer in it works on several threads itself."""
    return layer.parallelizes or any(map(parallelizes, layer.sublayers()))
