"""`clone_model` and `model_from_json`: models made again from their architecture."""

import copy
import json
from collections.abc import Callable, Mapping
from contextvars import copy_context
from typing import Any

from minidl.config.checks import shown
from minidl.config.configurable import named_parts
from minidl.config.layer_like import LayerLike
from minidl.config.loading import loading_text
from minidl.config.nest import flatten, rebuild
from minidl.config.registry import deserialize, serialize
from minidl.config.tree import leaves, pack
from minidl.config.types import CustomObjects
from minidl.graph.graph import Graph
from minidl.graph.operation_call import GraphFunction
from minidl.graph.shapes import nested_shapes
from minidl.graph.symbolic import SymbolicTensor, connect
from minidl.layers.call_arguments import combine
from minidl.layers.input_layer import InputLayer
from minidl.layers.layer import Layer
from minidl.layers.traversal import copy_settings
from minidl.models.model import Model
from minidl.models.sequential import Sequential


def clone_model(
    model: Model,
    input_tensors: object = None,
    clone_function: Callable[[Layer], Layer] | None = None,
    call_function: Callable[..., object] | None = None,
    recursive: bool = False,
) -> Model:
    """A new model with the same architecture and frozen layers, and newly initialized weights; compiled if the model is.

    Custom classes and functions need not be registered, unless two of them have the same name.

    Args:
        model: any model; it is not changed.
        input_tensors: symbolic tensors for the clone's inputs, instead of new ones.
        clone_function: `clone_function(layer)` returns the layer of the clone; by default a copy with new weights.
        call_function: `call_function(layer, *args, **kwargs)` calls the layers of a functional model's clone.
        recursive: whether `clone_function` is also called for the layers of nested models.
    Raises:
        ValueError: one of these arguments is given for a model with code of its own.
        TypeError: `model` is not a model.
    Example:
        >>> from minidl.layers import Dense, Input
        >>> model = Sequential([Input((3,)), Dense(2, name="head")])
        >>> clone = clone_model(model)
        >>> clone.layers[0].name, clone.layers[0] is model.layers[0]
        ('head', False)
    """
    if not isinstance(model, Model):
        raise TypeError(f"clone_model expects a Model or Sequential, got {model!r}")
    own = {
        name: parts[0] for name, parts in named_parts([model, model.compile_settings, model.loss]).items() if len(parts) == 1
    }
    changed = any(given is not None for given in (input_tensors, clone_function, call_function))
    if changed or (isinstance(model.network, Graph) and any(function.weights for function in model.network.functions)):
        clone = _rebuilt(model, input_tensors, clone_function, call_function, recursive, own)
    else:
        clone = deserialize(serialize(model), own)
        if model.built and not clone.built:
            clone.build(nested_shapes(model._input_structure, model.build_shape))
        copy_settings(model, clone)
    if model.compiled:
        clone.compile(
            **deserialize(serialize({"optimizer": model.optimizer, "loss": model.loss} | model.compile_settings), own)
        )
    return clone


def model_from_json(json_string: str, custom_objects: CustomObjects | None = None) -> Model:
    """The model whose `to_json` wrote the text, with new weights.

    Args:
        json_string: the text; one that you do not trust can do no more than the file of a model.
        custom_objects: your own classes and functions by name, unless they are registered.
    Raises:
        ModelFileError: a `ValueError`: the text describes no model, or one that does not fit into the memory.
    Example:
        >>> from minidl import Input, Sequential
        >>> from minidl.layers import Dense
        >>> model_from_json(Sequential([Input((3,)), Dense(2)]).to_json()).output_shape
        (None, 2)
    """
    from minidl.saving.errors import reading  # a prediction does not load it

    if not isinstance(json_string, (str, bytes)):
        raise TypeError(f"model_from_json expects the text that model.to_json() returned, got {shown(json_string)}")
    with reading("the JSON text"):
        return copy_context().run(_from_text, json_string, custom_objects)


def _from_text(text: "str | bytes", custom_objects: CustomObjects | None) -> Model:
    with loading_text(len(text)):
        model = deserialize(json.loads(text), custom_objects)
    if not isinstance(model, Model):
        raise ValueError(f"the JSON text does not describe a model, but {type(model).__name__}")
    return model


def _rebuilt(
    model: Model,
    tensors: object,
    clone_function: Callable[[Layer], Layer] | None,
    call_function: Callable[..., object] | None,
    recursive: bool,
    own: Mapping[str, object],
) -> Model:
    """The clone of a `Sequential` or a functional model, made layer by layer."""
    if model.network.opaque:
        raise ValueError(f"{model.title} has code of its own: clone_model takes no other arguments for it")

    def cloned(layer: Any) -> Any:
        if clone_function is None or isinstance(layer, GraphFunction):
            return (
                copy.copy(layer) if isinstance(layer, GraphFunction) and layer.weights else deserialize(serialize(layer), own)
            )
        if recursive and isinstance(layer, Model) and not layer.network.opaque:
            return clone_model(layer, clone_function=clone_function, call_function=call_function, recursive=True)
        return clone_function(layer)

    graph = model.network
    if not isinstance(graph, Graph):
        first = [layer for layer in model.constructor_arguments()["layers"] if isinstance(layer, InputLayer)]
        start = deserialize(serialize(first), own) if tensors is None else flatten(tensors)
        return Sequential([*start, *map(cloned, model.layers)], trainable=model.trainable, name=model.name)
    inputs = leaves(tensors) if tensors is not None else [deserialize(serialize(one), own).output for one in graph.input_layers]
    found: dict[SymbolicTensor, SymbolicTensor] = dict(zip(graph.inputs, inputs, strict=True))
    made: dict[LayerLike, LayerLike] = {}
    for node in graph.nodes:
        if node.layer not in made:
            made[node.layer] = cloned(node.layer)
        sources = rebuild(node.inputs, [found[tensor] for tensor in flatten(node.inputs)])
        mask = None if node.mask is None else found[node.mask]
        if call_function is None or not isinstance(node.layer, Layer):
            result = connect(made[node.layer], sources, node.options, mask, node.training)
        else:
            options = dict(node.options)
            args, kwargs = combine(sources, options.pop("arguments", None), options)
            kwargs |= {name: given for name, given in (("mask", mask), ("training", node.training)) if given is not None}
            result = call_function(made[node.layer], *args, **kwargs)
        found.update(zip(node.outputs, flatten(result), strict=True))
    outputs = pack(graph.given_outputs, [found[tensor] for tensor in graph.outputs])
    return Model(pack(graph.given_inputs, inputs), outputs, name=model.name)
