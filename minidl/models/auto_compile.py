"""Prepare a model for data: check it, compile it if it never was, build it, and warn of a loss that does not fit."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from typing import Any, NamedTuple

import numpy as np

from minidl import losses
from minidl.config.layer_like import LayerLike
from minidl.config.model_warning import ModelWarning
from minidl.config.nest import is_structure, unpack
from minidl.config.types import Array, Shape
from minidl.config.user_warnings import warn_user
from minidl.data.batches import ArrayData
from minidl.data.peekable import PeekableIterator
from minidl.graph.network import output_layers_of
from minidl.graph.output_endings import output_endings
from minidl.graph.shapes import any_batch, flatten_shapes, shape_of
from minidl.layers.building import BUILDING
from minidl.losses.generalized_crossentropy import CategoricalGeneralizedCrossEntropy
from minidl.losses.loss import Loss
from minidl.models.data_adapter import built, check_targets, check_those_that_count, output_shape, read_data
from minidl.models.functional import check_rank
from minidl.models.protocol import Trainable

_BOUNDED = (  # outputs may be probabilities
    "hard_sigmoid",
    "keras_2_hard_sigmoid",
    "sigmoid",
    "softmax",
    "sparse_sigmoid",
    "sparsemax",
    "threshold",
)


class Choice(NamedTuple):
    """Compile settings, and the reason for them in words."""

    loss: str
    metrics: list[str]
    reason: str

    def __str__(self) -> str:
        metrics = f", metrics={self.metrics}" if self.metrics else ""
        return f"compiled with optimizer='adam', loss={self.loss!r}{metrics}: {self.reason}"


def choose(activation: str | None, y: Array, output_shape: Shape) -> Choice:
    """Loss and metrics that fit a model's output activation and its targets.

    Args:
        activation: name of the model's final softmax or sigmoid, otherwise `None`.
        y: the targets, an array.
        output_shape: the model's output shape, batch axis included.
    """
    targets = np.asarray(y)
    if activation == "softmax":
        if targets.ndim == len(output_shape) and targets.shape[-1] > 1:
            return Choice("categorical_crossentropy", ["accuracy"], "softmax output, one-hot rows")
        return Choice("sparse_categorical_crossentropy", ["accuracy"], "softmax output, integer labels")
    if activation == "sigmoid":
        return Choice("binary_crossentropy", ["accuracy"], "sigmoid output")
    return Choice("mean_squared_error", [], "the output has no softmax or sigmoid, so this is a regression")


def prepare_model(model: Trainable, data: Any, held_out: Any = None, needs_loss: bool = True) -> Choice | None:
    """Check data against model and losses; then compile a model that never was, and build it.

    Returns:
        The settings chosen for a model that was never compiled.
    """
    if not model.built:
        with BUILDING.held:
            return copy_context().run(_prepare, model, data, held_out, needs_loss)  # as in run_with_threads_for
    return _prepare(model, data, held_out, needs_loss)


def _prepare(model: Trainable, data: object, held_out: object, needs_loss: bool) -> Choice | None:
    model.drop_stale_plan()
    first = data if isinstance(data, ArrayData) else _first_batch(model, data, needs_loss)
    if first is None:
        return None
    shape = any_batch(shape_of(first.x))
    tried = built(model, shape)
    output_shapes = flatten_shapes(tried.compute_output_shape(shape))
    check_rank(model, shape)
    choice = None
    if needs_loss:
        if not model.compiled:
            choice = _choose_for(model, output_layers_of(tried.network, len(output_shapes))[0], first.y, output_shapes)
        made = tried.output_losses if choice is None else [losses.as_loss(choice.loss)]
        check_targets(tried, first, made, output_shapes)
        if isinstance(held_out, ArrayData):
            with within_validation():
                check_targets(tried, held_out, made, flatten_shapes(output_shape(model, any_batch(shape_of(held_out.x)))))
    if choice is not None:
        model.compile("adam", choice.loss, metrics=choice.metrics)
    if not model.built:
        model.build_for(shape)
        model.drop_stale_plan()
    if needs_loss and first.y is not None:
        model.plan.metrics.resolve(first.y, output_shapes)
        metrics = model.plan.metrics
        check_those_that_count(model, first, lambda y: metrics.try_out(y, output_shapes))
    return choice


@contextmanager
def within_validation() -> Iterator[None]:
    """Context in which errors say that they are about the validation data."""
    try:
        yield
    except (TypeError, ValueError) as error:
        error.add_note("in the validation data")
        raise


def _first_batch(model: Trainable, stream: Any, needs_loss: bool) -> ArrayData | None:
    if model.built and (model.compiled or not needs_loss):
        return None  # each batch is checked when it is read
    try:
        item = stream.peek() if isinstance(stream, PeekableIterator) else next(iter(stream))
        first: ArrayData = read_data(model, *unpack(item))
        return first
    except StopIteration:
        raise ValueError("the data gave no batch") from None


def _choose_for(model: Trainable, layer: Any, y: Array, output_shapes: list[Shape]) -> Choice:
    if y is None:
        raise ValueError(
            f"{model.title} was never compiled, and there are no targets to choose a loss from: give y, or compile with a loss"
        )
    if len(output_shapes) > 1 or is_structure(y):
        raise ValueError(f"{model.title} has {len(output_shapes)} outputs: compile it with a loss for each")
    split = None if layer is None else layer.split_activation()
    return choose(None if split is None else split[1].__name__, y, output_shapes[0])


def warn_about_logits(model: Trainable) -> None:
    """Warn once of each output whose last activation does not fit its cross-entropy; Keras says nothing."""
    if model.overrides("compute_loss") or model.overrides("train_step"):
        return
    endings = output_endings(model.network)
    if len(endings) != len(model.output_losses):
        return
    for loss, (layer, activation) in zip(model.output_losses, endings, strict=True):
        message = None if loss is None else _mismatch(loss, layer, activation)
        if message is not None:
            warn_user(message, ModelWarning)


def _mismatch(loss: Loss, layer: LayerLike | None, activation: str) -> str | None:
    if not type(loss).__module__.startswith("minidl."):
        return None
    name = type(loss).__name__
    paired = "softmax" if isinstance(loss, CategoricalGeneralizedCrossEntropy) else getattr(loss, "paired_activation", None)
    if paired is None:
        return None
    title = getattr(layer, "title", "the model")
    if loss.from_logits:
        if activation not in ("softmax", "sigmoid"):
            return None
        return (
            f"{title} ends in a {activation}, and {name}(from_logits=True) applies a {paired} to it again; remove "
            f"from_logits=True, or the activation"
        )
    if activation in ("", *_BOUNDED):
        return None
    logits = "" if isinstance(loss, CategoricalGeneralizedCrossEntropy) else f", or compile with {name}(from_logits=True)"
    ends = "has no activation" if activation == "linear" else f"ends in {activation}"
    return f'{title} {ends}, so its outputs are not the probabilities that {name} expects; use activation="{paired}"{logits}'
