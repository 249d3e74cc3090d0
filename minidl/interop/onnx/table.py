"""The table of all layers that can be exported: class -> function that adds its nodes; and why others cannot be."""

from collections.abc import Callable, Sequence
from typing import Any

from minidl.config.registry import HasConfig
from minidl.graph.chain import Chain
from minidl.graph.graph import Graph
from minidl.graph.operation_call import GraphFunction, OperationCall
from minidl.graph.symbolic import SymbolicTensor
from minidl.interop.onnx import (
    activations,
    attention,
    convolution,
    dense,
    merging,
    normalization,
    operations,
    passing,
    pooling,
    preprocessing,
    recurrent,
    reshaping,
    spectrograms,
    wrapping,
)
from minidl.layers.layer import Layer
from minidl.layers.traversal import with_sublayers
from minidl.models.model import Model

FAMILIES = (
    *(activations, attention, convolution, dense, merging, normalization, passing),
    *(pooling, preprocessing, recurrent, reshaping, spectrograms, wrapping),
)
TABLE: dict[type, Callable[..., object]] = {kind: function for family in FAMILIES for kind, function in family.LAYERS.items()}
UNSUPPORTED: dict[type, str] = {
    kind: reason for family in FAMILIES for kind, reason in getattr(family, "UNSUPPORTED", {}).items()
}


def is_network(layer: HasConfig) -> bool:
    """Whether the layer is a model whose layers are known, and not code with `call`."""
    return isinstance(layer, Model) and isinstance(layer.network, (Chain, Graph))


def function_of(layer: Layer) -> Callable[..., object]:
    """The function that adds a layer's nodes."""
    return TABLE[next(kind for kind in type(layer).__mro__ if kind in TABLE)]


def reason(layer: Any) -> str:
    """Why a layer cannot be exported, "" if it can."""
    if isinstance(layer, OperationCall):
        return operations.reason(layer)
    if isinstance(layer, GraphFunction):
        return "it draws random numbers"
    if is_network(layer):
        return ""
    for kind in type(layer).__mro__:
        if kind in TABLE:
            stateful = any(member.carries_state for member in with_sublayers(layer))
            return "it carries its state from batch to batch" if stateful else ""
        if kind in UNSUPPORTED:
            return UNSUPPORTED[kind]
        if kind is Layer or {"call", "forward", "infer", "__call__"} & set(vars(kind)):
            return "its class is Python code, which ONNX cannot hold" if kind is not Layer else "ONNX has no operator for it"
    return "ONNX has no operator for it"


def unsupported_layers(layer: Any, sources: Sequence[SymbolicTensor] | None = None) -> list[str]:
    """Every layer and operation of a model that cannot be exported, by name and with the reason."""
    if is_network(layer):
        network = layer.network
        if isinstance(network, Graph):
            calls = zip(network.node_layers, network.nodes, strict=True)
            lines = [line for member, node in calls for line in unsupported_layers(member, node.sources)]
        else:
            lines = [line for member in network.layers for line in unsupported_layers(member)]
        return list(dict.fromkeys(lines))
    why = operations.reason(layer, sources) if isinstance(layer, OperationCall) else reason(layer)
    return [f"{layer.title}: {why}"] if why else []
