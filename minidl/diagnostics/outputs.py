"""Inputs of the first layers with kernels, and each model output with its activation, loss and targets."""

from typing import Any, NamedTuple

import numpy as np

from minidl.config.layer_like import LayerLike
from minidl.config.nest import flatten, for_each_output
from minidl.config.types import Array, Tensors
from minidl.diagnostics.examination import Examination
from minidl.diagnostics.layer_facts import activation_of
from minidl.graph.network import output_layers_of
from minidl.layers import Embedding
from minidl.layers.layer import Layer
from minidl.layers.recorder import LayerTrace
from minidl.models.model import Model


class KernelInput(NamedTuple):
    """The first layer with a kernel after a model input.

    Attributes:
        number: index of the model input.
        layer: the layer.
        x: the layer's input: the model input, or the output of layers without weights.
    """

    number: int
    layer: Layer
    x: Array


class Output(NamedTuple):
    """One model output.

    Attributes:
        layer: the layer that computes it, if it is a single one.
        activation: name of its last activation; "linear" for none, "" if unknown.
        loss: its loss, or `None`.
        y_true: targets of the sample.
        y_pred: outputs for the sample, as `predict` returns them.
        sample_weight: weights of the rows, or `None`.
    """

    layer: Layer | None
    activation: str
    loss: Any
    y_true: Tensors
    y_pred: Array
    sample_weight: Array | None


def kernel_inputs(examination: Examination) -> list[KernelInput]:
    """The first layers with kernels, except those after embeddings or normalization layers."""
    raw = {id(x): number for number, x in enumerate(flatten(examination.batch[0]))}
    found = []
    for entry in examination.forward_backward.log:
        sources = [x for x in flatten(entry.x) if id(x) in raw]
        if not sources:
            continue
        number = raw[id(sources[0])]
        if all(variable.is_state for variable in entry.layer.weights):
            raw.update((id(y), number) for y in flatten(entry.y))
        elif not isinstance(entry.layer, Embedding) and not _normalizes(entry.layer):
            found += [KernelInput(number, entry.layer, np.asarray(x)) for x in sources if x.dtype.kind in "biuf"]
    return found


def outputs(examination: Examination) -> list[Output]:
    """Every output for the sample; targets and losses are `None` where there are none."""
    x, y, sample_weight = examination.batch
    model = examination.model
    with model.preserved_state(), np.errstate(all="ignore"):
        y_pred = flatten(model._infer(x)[0])
    losses = model.output_losses if model.compiled and len(model.output_losses) == len(y_pred) else [None] * len(y_pred)
    targets, weights = for_each_output(y, len(y_pred)), for_each_output(sample_weight, len(y_pred))
    layers = output_layers_of(model.network, len(y_pred))
    last = examination.forward_backward.log[-1] if examination.forward_backward.log else None
    names = [_ending(layer, last if len(y_pred) == 1 else None) for layer in layers]
    return [Output(*parts) for parts in zip(layers, names, losses, targets, y_pred, weights, strict=True)]


def _ending(layer: LayerLike | None, last: LayerTrace | None) -> str:
    """The last layer's activation; for a nested model, that of the layer that ran last."""
    if layer is not None and not _has_layers_of_its_own(layer):
        return activation_of(layer)
    return "" if last is None else activation_of(last.layer) if last.layer is not layer else ""


def _has_layers_of_its_own(layer: LayerLike) -> bool:
    """Whether the last activation belongs to an inner layer: of a nested model, or of a layer defined by `call`."""
    return isinstance(layer, Model) or (isinstance(layer, Layer) and layer._defines_call)


def _normalizes(layer: Layer) -> bool:
    return any(parent.__module__.startswith("minidl.layers.normalization") for parent in type(layer).__mro__)
