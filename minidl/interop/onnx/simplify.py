"""Simplify the nodes of a graph: fold batch normalization into the layer before it, drop what nothing uses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from minidl.interop.onnx.builder import Builder

if TYPE_CHECKING:
    from onnx import NodeProto

_AXES = {"Conv": 0, "ConvTranspose": 1, "Gemm": 1}  # operator -> axis of the output channels in its weights


def simplified(g: Builder, outputs: list[str]) -> list[NodeProto]:
    """The nodes that the outputs need, with batch normalization folded; weights that no node uses are removed."""
    nodes = _folded(g, g.nodes, outputs)
    needed, kept = set(outputs), []
    for node in reversed(nodes):
        if needed & set(node.output):
            kept.append(node)
            needed |= set(names_used([node]))
    g.weights = {name: value for name, value in g.weights.items() if name in needed}
    return kept[::-1]


def names_used(nodes: Iterable[NodeProto]) -> list[str]:
    """Every name that the nodes read, also inside loops."""
    found: list[str] = []
    for node in nodes:
        found += node.input
        for attribute in node.attribute:
            if attribute.HasField("g"):
                found += names_used(attribute.g.node)
                found += [output.name for output in attribute.g.output]
    return found


def _folded(g: Builder, nodes: list[NodeProto], outputs: list[str]) -> list[NodeProto]:
    """Put the factor and offset of each BatchNormalization into the weights of the node before it, if only it uses that."""
    uses, kept = Counter([*names_used(nodes), *outputs]), []
    makers: dict[str, NodeProto] = {}
    for node in nodes:
        before = makers.get(node.input[0]) if node.op_type == "BatchNormalization" else None
        if before is not None and before.op_type in _AXES and uses[node.input[0]] == 1 and _are_weights(g, before):
            _fold(g, before, node)
            makers[node.output[0]] = before
            continue
        kept.append(node)
        makers.update(dict.fromkeys(node.output, node))
    return kept


def _are_weights(g: Builder, node: NodeProto) -> bool:
    groups = next((attribute.i for attribute in node.attribute if attribute.name == "group"), 1)
    return all(name in g.weights for name in node.input[1:]) and (groups == 1 or node.op_type == "Conv")


def _fold(g: Builder, before: NodeProto, node: NodeProto) -> None:
    gamma, beta, mean, variance = (g.weights[name] for name in node.input[1:])
    epsilon = next(attribute.f for attribute in node.attribute if attribute.name == "epsilon")
    factor = gamma / np.sqrt(variance + np.asarray(epsilon, variance.dtype))
    kernel = g.weights[before.input[1]]
    shape = [1] * kernel.ndim
    shape[_AXES[before.op_type]] = -1
    bias = g.weights[before.input[2]] if len(before.input) > 2 else np.zeros_like(mean)
    name = before.input[1].rpartition("/")[0]
    folded = [kernel * factor.reshape(shape), (bias - mean) * factor + beta]
    with g.inside_only(name):
        weights = [g.weight(part, value.astype(kernel.dtype)) for part, value in zip(("kernel", "bias"), folded, strict=True)]
    before.input[:] = [before.input[0], *weights]
    before.output[:] = node.output
