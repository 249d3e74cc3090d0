"""Fixes: recompiled copies of a model with one thing changed."""

import copy

import numpy as np

from minidl import activations, initializers
from minidl.data.batches import ArrayData
from minidl.diagnostics.examination import as_arrays
from minidl.diagnostics.layer_facts import activation_of, is_recurrent, takes_initializer
from minidl.graph.network import output_layers_of
from minidl.layers import Normalization, Rescaling
from minidl.layers.input_layer import Input
from minidl.layers.layer import Layer
from minidl.layers.traversal import with_sublayers
from minidl.models.model import Model
from minidl.models.sequential import Sequential

ROWS = 2_000  # rows that a scaling layer is adapted to


def recompiled(model: Model, like: Model, loss: object = None, learning_rate: float | None = None) -> Model:
    """Compile a copy with the model's settings, or with those of `like` if the model was never compiled."""
    settings = compiled_one(model, like)
    optimizer = settings.optimizer
    changes = {} if learning_rate is None else {"learning_rate": learning_rate}
    model.compile(
        optimizer.with_arguments(**changes),
        copy.deepcopy(settings.loss) if loss is None else loss,
        **copy.deepcopy(settings.compile_settings),
    )
    return model


def with_learning_rate(model: Model, like: Model, rate: float) -> Model:
    """A copy with the same weights and another learning rate."""
    return recompiled(copy.deepcopy(model), like, learning_rate=rate)


def with_loss(model: Model, like: Model, loss: object) -> Model:
    """A copy with the same weights and another loss."""
    return recompiled(copy.deepcopy(model), like, loss=loss)


def with_activation(model: Model, like: Model, layer: str, activation: str, loss: object = None) -> Model:
    """A copy in which one layer has another activation."""
    changed = copy.deepcopy(model)
    for member in with_sublayers(changed):
        if member.name == layer:
            member.activation = activations.get(activation)  # type: ignore[attr-defined]  # callers choose layers with an activation
    changed.drop_stale_plan()
    return recompiled(changed, like, loss=loss)


def reinitialized(model: Model, like: Model) -> Model:
    """A copy with reinitialized weights: He before a ReLU, Glorot elsewhere; recurrent kernels orthogonal, biases 0."""
    changed = copy.deepcopy(model)
    for layer in with_sublayers(changed):
        for kind, name in suitable_initializers(layer).items():
            initializer = initializers.get(name)
            setattr(layer, f"{kind}_initializer", initializer)
            for variable in layer.own_variables():
                if variable.name == kind:
                    variable.assign(initializer(variable.shape, variable.dtype))
    return recompiled(changed, like)


def with_relu(model: Model, like: Model) -> Model:
    """A reinitialized copy whose hidden layers use ReLU instead of sigmoid or tanh, except recurrent layers."""
    changed = copy.deepcopy(model)
    last = output_layers_of(changed.network, len(changed.output_names))
    for layer in with_sublayers(changed):
        saturates = activation_of(layer) in ("sigmoid", "tanh", "softsign")
        if saturates and layer not in last and not is_recurrent(layer):
            layer.activation = activations.get("relu")  # type: ignore[attr-defined]  # such layers have one
    changed.drop_stale_plan()
    return reinitialized(recompiled(changed, like), like)


def unfrozen_copy(model: Model) -> Model:
    """A copy in which every weight is trainable."""
    changed = copy.deepcopy(model)
    changed.trainable = True
    return recompiled(changed, model)


def suitable_initializers(layer: Layer) -> dict[str, str]:
    """Suitable initializers of a layer's weights, by the kind of weight."""
    if not takes_initializer(layer, "kernel"):
        return {}
    name = activation_of(layer)
    found = {"kernel": "he_normal" if name in RELUS else "lecun_normal" if name == "selu" else "glorot_uniform"}
    if takes_initializer(layer, "recurrent"):
        found["recurrent_kernel"] = "orthogonal"
    elif takes_initializer(layer, "bias"):
        found["bias"] = "zeros"
    return found


RELUS = ("relu", "relu6", "leaky_relu", "elu", "gelu", "silu", "celu", "mish")


def with_scaling(model: Model, like: Model, data: ArrayData) -> Model:
    """A copy with a Normalization layer in front; pixels get a Rescaling by the largest value instead."""
    x = np.asarray(as_arrays(data)[0], "float64")
    layer: Layer
    if x.min() >= 0 and x.max() <= 255 and (x == np.round(x)).all():
        layer = Rescaling(1 / float(x.max()))
    else:
        layer = Normalization(axis=-1)
        layer.adapt(x)
    copied = copy.deepcopy(model)
    if isinstance(copied, Sequential):
        layers = [Input(x.shape[1:]), layer, *copied.layers]
        return recompiled(Sequential(layers, name=model.name), compiled_one(model, like))
    start = Input(x.shape[1:])
    return recompiled(Model(start, copied(layer(start)), name=model.name), compiled_one(model, like))


def compiled_one(model: Model, like: Model) -> Model:
    """The model whose compile settings are used."""
    return model if model.compiled else like
