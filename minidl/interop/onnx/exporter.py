"""`Exporter`: walks through a model and lets the function of each layer add its nodes."""

from __future__ import annotations

from typing import Any

from minidl.config.nest import flatten, is_structure, rebuild
from minidl.config.types import Options, Tensors
from minidl.graph.chain import Chain
from minidl.graph.graph import Graph
from minidl.graph.network import Network
from minidl.graph.operation_call import OperationCall
from minidl.graph.shapes import flatten_shapes, is_shape
from minidl.graph.symbolic import SymbolicTensor
from minidl.interop.onnx.builder import Builder, Masked, Tensor
from minidl.interop.onnx.operations import operation
from minidl.interop.onnx.table import function_of, is_network, reason
from minidl.layers.layer import Layer


class Exporter(Builder):
    """A builder that adds whole layers and networks."""

    def layer(
        self,
        layer: Any,
        x: Tensors,
        mask: Tensor | None = None,
        options: Options | None = None,
        training: bool | None = None,
    ) -> tuple[Tensors, Tensors]:
        """Add the nodes of a layer for inference; returns its output and the output's mask, as `Layer._infer` does."""
        if isinstance(layer, OperationCall):
            with self.inside(layer.name):
                return operation(self, layer, flatten(x)), None
        if why := reason(layer):
            raise ValueError(f"{layer.title} cannot be exported to ONNX: {why}")
        if training:
            raise ValueError(f"{layer.title} cannot be exported to ONNX: it is called with training=True")
        with self.inside(layer.name):
            if is_network(layer):
                return self.network(layer.network, x, mask)
            x = rebuild(x, [self._prepared(layer, one) for one in flatten(x)])
            result = function_of(layer)(self, layer, x, mask, **dict(options or {}))
            if isinstance(result, Masked):
                return self._as_tensors(layer, result.output, x), result.mask
            keeps = layer.supports_masking and not layer.changes_masks and not isinstance(mask, (list, tuple))
            return self._as_tensors(layer, result, x), mask if keeps else None

    def network(self, network: Network, x: Tensors, mask: Tensor | None = None) -> tuple[Tensors, Tensors]:
        """Add the layers of a network, as its `infer` runs them."""
        if isinstance(network, Chain):
            for layer in network.layers:
                x, mask = self.layer(layer, x, mask)
            return x, mask
        if not isinstance(network, Graph):
            raise TypeError(f"a {type(network).__name__} cannot be exported to ONNX")
        values = dict(zip(network.inputs, network.ordered(x) if is_structure(x) else [x], strict=True))
        masks: dict[SymbolicTensor, Tensor | None] = dict(
            zip(network.inputs, [None] * len(values) if mask is None else flatten(mask), strict=True)
        )
        for node, layer in zip(network.nodes, network.node_layers, strict=True):
            inputs = rebuild(node.inputs, [values[tensor] for tensor in node.sources])
            found = [masks.get(tensor) for tensor in node.sources]
            given = rebuild(node.inputs, found) if node.mask is None else self.cast(values[node.mask], "bool")
            nothing = node.mask is None and all(one is None for one in found)
            y, y_mask = self.layer(layer, inputs, None if nothing else given, node.options, node.training)
            outputs, output_masks = flatten(y), flatten(y_mask)
            values.update(zip(node.outputs, outputs, strict=True))
            masks.update(zip(node.outputs, [*output_masks, *[None] * (len(outputs) - len(output_masks))], strict=True))
        return (
            rebuild(network.output_structure, [values[tensor] for tensor in network.outputs]),
            rebuild(network.output_structure, [masks.get(tensor) for tensor in network.outputs]),
        )

    def _prepared(self, layer: Layer, x: Tensor) -> Tensor:
        """The input in the layer's type, as `Layer.as_arrays` gives it."""
        keeps = layer.input_dtype != "float" and not x.dtype.startswith("float")
        return x if keeps else self.cast(x, layer.dtype)

    def _as_tensors(self, layer: Layer, result: object, x: object) -> Tensors:
        """The outputs as tensors: names get the shape that the layer infers."""
        members = flatten(result)
        if not any(isinstance(one, str) for one in members):
            return result
        shape = layer.compute_output_shape(rebuild(x, [one.shape for one in flatten(x)]))
        shapes = [shape] if is_shape(shape) else flatten_shapes(shape)
        dtype = layer.output_dtype or layer.dtype
        made = [self.tensor(one, its, dtype) if isinstance(one, str) else one for one, its in zip(members, shapes, strict=True)]
        return rebuild(result, made)
