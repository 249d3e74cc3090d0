"""Predicting: batch after batch, or, where nobody watches the batches, several at once on all threads."""

from collections.abc import Iterable
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from minidl.callbacks.callback import CallbackList
from minidl.config.nest import flatten, rebuild
from minidl.data.batches import ArrayBatches, repeated
from minidl.kernels.threads import in_parallel
from minidl.layers.lambda_layer import Lambda
from minidl.layers.layer import Layer
from minidl.models.guards import parallelizes, run_with_threads_for

if TYPE_CHECKING:
    from minidl.models.model import Model

ROWS = 512  # at a time, where the user does not say
ROWS_IN_CACHE = 64  # of images on their way through convolutions: what one layer makes of them, the next finds in the cache
WORTH = 1 << 22  # multiplications of a batch, about 40 microseconds, from which a second thread gains


def default_rows(model: "Model") -> int:
    """Number of rows at a time, where the user does not say."""
    return ROWS_IN_CACHE if parallelizes(model) else ROWS


def run_prediction(model: "Model", batches: Iterable[Any], listeners: CallbackList, steps: int | None) -> Any:
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


def may_spread(model: "Model", batches: ArrayBatches, listeners: CallbackList) -> bool:
    """Whether several batches may be predicted at once, and whether that is worth it.

    Not where a callback follows the batches, where somebody else wrote a layer or `predict_step`, nor where a layer hands a
    state from one batch to the next.
    """
    if listeners.callbacks or _has_own_step(model) or not _keeps_nothing(model):
        return False
    return parallelizes(model) or batches.batch_size * model.count_params() >= WORTH


def _has_own_step(model: "Model") -> bool:
    from minidl.models.model import Model

    return type(model).predict_step is not Model.predict_step


def _keeps_nothing(layer: Layer) -> bool:
    """Whether it is all of minidl's own layers, and none has a state that moves in inference."""
    ours = type(layer).__module__.startswith("minidl.") and not isinstance(layer, Lambda)
    return ours and not getattr(layer, "stateful", False) and all(map(_keeps_nothing, layer.sublayers()))
