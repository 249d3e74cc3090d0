"""The ends of a model: the inputs as the first kernels get them, and each output with its activation, loss and targets."""

from typing import Any, NamedTuple

import numpy as np

from minidl.config.nest import flatten, for_each_output
from minidl.config.types import Array
from minidl.diagnostics.layer_facts import activation_of
from minidl.diagnostics.patient import Patient
from minidl.graph.network import output_layers_of
from minidl.graph.symbolic import LayerLike
from minidl.layers import Embedding
from minidl.layers.layer import Layer
from minidl.models.model import Model
from minidl.models.recorder import LayerTrace


class Entrance(NamedTuple):
    """The first layer with a kernel behind an input.

    Attributes:
        number: of the input.
        layer: the layer.
        x: what it gets: the input, or what layers without weights of their own made of it.
    """

    number: int
    layer: Layer
    x: Array


class Output(NamedTuple):
    """One output.

    Attributes:
        layer: the layer that makes it, where one alone does.
        activation: name of the function it ends in; "linear" for none, "" where it is not known.
        loss: its loss, or `None`.
        y_true: targets of the sample.
        y_pred: outputs for the sample, as the user knows them.
        sample_weight: weights of the rows, or `None`.
    """

    layer: Layer | None
    activation: str
    loss: Any
    y_true: Any
    y_pred: Array
    sample_weight: Any


def entrances(patient: Patient) -> list[Entrance]:
    """Where numbers enter: not behind embeddings, nor behind layers that normalise as they learn."""
    raw = {id(x): number for number, x in enumerate(flatten(patient.batch[0]))}
    found = []
    for entry in patient.passage.log:
        sources = [x for x in flatten(entry.x) if id(x) in raw]
        if not sources:
            continue
        number = raw[id(sources[0])]
        if all(variable.is_state for variable in entry.layer.weights):
            raw.update((id(y), number) for y in flatten(entry.y))
        elif not isinstance(entry.layer, Embedding) and not _normalises(entry.layer):
            found += [Entrance(number, entry.layer, np.asarray(x)) for x in sources if x.dtype.kind in "biuf"]
    return found


def outputs(patient: Patient) -> list[Output]:
    """Every output on the sample; without targets or losses where there are none."""
    x, y, sample_weight = patient.batch
    model = patient.model
    with model.preserved_state(), np.errstate(all="ignore"):
        y_pred = flatten(model._infer(x)[0])
    losses = model.losses if model.compiled and len(model.losses) == len(y_pred) else [None] * len(y_pred)
    targets, weights = for_each_output(y, len(y_pred)), for_each_output(sample_weight, len(y_pred))
    layers = output_layers_of(model.network, len(y_pred))
    last = patient.passage.log[-1] if patient.passage.log else None
    names = [_ending(layer, last if len(y_pred) == 1 else None) for layer in layers]
    return [Output(*parts) for parts in zip(layers, names, losses, targets, y_pred, weights, strict=True)]


def _ending(layer: LayerLike | None, last: LayerTrace | None) -> str:
    """The last layer's activation; of a nested model that of the layer that ran last."""
    if layer is not None and not _has_layers_of_its_own(layer):
        return activation_of(layer)
    return "" if last is None else activation_of(last.layer) if last.layer is not layer else ""


def _has_layers_of_its_own(layer: LayerLike) -> bool:
    """Whether a layer's last activation is that of a layer in it: of a nested model, or of a layer written as `call`."""
    return isinstance(layer, Model) or (isinstance(layer, Layer) and layer._defines_call)


def _normalises(layer: Layer) -> bool:
    return any(parent.__module__.startswith("minidl.layers.normalization") for parent in type(layer).__mro__)
