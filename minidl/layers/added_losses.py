"""`layer.losses`: the terms that the last direct call of a layer added to the loss, and the penalties on its weights."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from minidl.autodiff import Recording, active_recording
from minidl.config.layer_like import LayerLike, LayerParts, Terms
from minidl.config.types import Array, Cache, Masks, Options, Tensors
from minidl.graph.layer_array import is_inside_call
from minidl.graph.symbolic import is_symbolic
from minidl.layers.activity_regularization import activity_terms
from minidl.layers.passes import LayerCache
from minidl.layers.protocol import check_weights
from minidl.variable import Variable

_collected: ContextVar[Terms | None] = ContextVar("collected_losses", default=None)
_augments: ContextVar[bool] = ContextVar("augments", default=False)  # a direct call runs that says nothing about training


def run_direct(
    layer: LayerParts, x: Tensors, mask: Array | None, training: bool | None, options: Options
) -> tuple[Tensors, Masks]:
    """Output and mask of a direct call. The outermost call stores what its layers add to the loss, for `losses`."""
    outer = _collected.get()
    stores = outer is None and not is_inside_call()
    found: Terms = [] if outer is None else outer
    token = _collected.set(found if stores else outer)
    undecided = stores or _augments.get()
    if training is None and undecided:
        training = layer._default_training
    augments = _augments.set(undecided and training is None)
    try:
        needs_cache = (stores or outer is not None) and _penalizes(layer)
        if training and not needs_cache and not layer.records_direct_calls:
            y, y_mask = layer._infer(x, mask, training=True, **options)
        elif training or needs_cache:
            y, cache, y_mask = layer._forward(x, mask, bool(training), **options)
            found += layer._loss_terms(cache)
        else:
            y, y_mask = layer._infer(x, mask, **options)
    except AttributeError:
        check_weights(layer)
        raise
    finally:
        _collected.reset(token)
        _augments.reset(augments)
    if stores:
        store(layer, found)
    return y, y_mask


def augments_by_default() -> bool:
    """Whether random image layers of a network run as in training: in direct calls that say nothing about it, as in Keras."""
    return _augments.get()


def training_of_call(options: Options, x: object) -> bool | None:
    """The argument `training` of a call of a random image layer, from its options: True if it is a direct call without it."""
    outermost = _collected.get() is None and not is_inside_call() and active_recording() is None
    undecided = not is_symbolic(x) and (outermost or _augments.get())
    return bool(options.get("training", True)) if undecided else options.get("training")


@contextmanager
def training_argument(layer: LayerParts, training: bool) -> Iterator[bool | None]:
    """Context of a run of `call`, with its argument `training`: its default, if nothing else says it, as in Keras."""
    if training or not _augments.get():
        yield training
        return
    default = layer._default_training
    token = _augments.set(default is None)
    try:
        yield default
    finally:
        _augments.reset(token)


def collect(layer: LayerLike, terms: list[object]) -> None:
    """Add terms of `add_loss` to those of the direct call that is running, if there is one."""
    collected = _collected.get()
    if collected is not None:
        collected += [(layer, np.array(term)[()]) for term in terms]


def store(layer: Any, terms: Terms) -> None:
    """Store the terms of a layer and its sublayers, instead of those of the call before."""
    owners: list[tuple[Any, object]] = [*terms]
    for owner in (layer, *layer.__dict__.get("_loss_owners", ()), *(owner for owner, _ in owners)):
        owner._call_losses = []
    for owner, term in owners:
        owner._call_losses.append(np.float32(term) if isinstance(term, float) else term)
    layer._loss_owners = list(dict.fromkeys(owner for owner, _ in terms if owner is not layer))


def losses_of(layer: LayerParts) -> list[Array]:
    """The stored terms of a layer and its sublayers, and the penalties on its trainable weights."""
    regularized = [variable for variable in layer.trainable_weights if variable.regularizer is not None]
    terms = [term for owner in _with_sublayers(layer) for term in owner._call_losses]
    return [*terms, *(weight_penalty(variable, active_recording()) for variable in regularized)]


def terms_of(layer: LayerParts, cache: LayerCache) -> Terms:
    """The terms of a layer's `_penalty`, each with the layer that adds it."""
    if layer._defines_call:
        found: Terms = layer._tape().loss_terms(cache.inner)
    elif layer._has_own_penalty or any(inner.has_penalty for inner in layer.sublayers()):
        found = [(layer, layer.penalty(cache.inner))]
    else:
        found = []
    return found + activity_losses(layer, cache)


def activity_losses(layer: LayerParts, cache: Cache) -> Terms:
    """The terms of a layer's own `activity_regularizer`."""
    if layer.activity_regularizer is None:
        return []
    return [(layer, term) for term in activity_terms(layer.activity_regularizer, cache.output)]


def weight_penalty(variable: Variable, recording: Recording | None) -> Tensors:
    """The value of a variable's regularizer; while code is recorded, a tracked tensor with its gradient."""
    value = np.asarray(variable.regularizer(variable.array), variable.dtype)
    if recording is None:
        return value[()]
    source = recording.track_variable(variable)
    return recording.record([value], [source], lambda dys, wanted: [dys[0] * variable.regularizer.gradient(variable.array)])[0]


def _penalizes(layer: LayerParts) -> bool:
    """Whether a layer or a sublayer computes a penalty from its output or its cache; terms of `add_loss` need no cache."""
    own = layer.activity_regularizer is not None or layer._has_own_penalty
    return own or (not layer._is_free_of_penalties and any(map(_penalizes, layer.sublayers())))


def _with_sublayers(layer: LayerParts) -> list[LayerParts]:
    return list(dict.fromkeys([layer, *(one for inner in layer.sublayers() for one in _with_sublayers(inner))]))
