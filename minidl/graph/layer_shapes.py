"""The shapes of all layers' outputs in a network, as far as they are known."""

from minidl.config.types import Shape, Shapes
from minidl.graph.chain import Chain
from minidl.graph.network import Network
from minidl.graph.shapes import flatten_shapes


def layer_shapes(network: Network, input_shape: Shapes | None) -> dict[object, list[Shape]]:
    """The output shapes of each layer of a network that is built for this input shape.

    In a network of code only those of layers that were built by themselves: what each one gets is not known.
    """
    known: dict[object, list[Shape]] = {tensor.layer: [tensor.shape] for tensor in network.inputs}
    for node in network.nodes:
        known.setdefault(node.layer, [tensor.shape for tensor in node.outputs])
    if isinstance(network, Chain):
        shape = input_shape
        for layer in network.layers if input_shape is not None else ():
            shape = layer.compute_output_shape(shape)
            known[layer] = flatten_shapes(shape)
    elif not network.inputs:
        for layer in network.layers:
            if layer.built and layer.build_shape is not None:
                known[layer] = flatten_shapes(layer.compute_output_shape(layer.build_shape))
    return known
