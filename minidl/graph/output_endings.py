"""The last activation of each output of a network, found without running it."""

from typing import Any

from minidl import activations
from minidl.config.layer_like import LayerLike
from minidl.config.public_names import PACKAGES
from minidl.graph.chain import Chain
from minidl.graph.network import Network
from minidl.graph.operation_call import OperationCall
from minidl.graph.symbolic import SymbolicTensor

UNKNOWN = ""
# Layers and operations that only move, drop or average values.
_KEEPING = ("minidl.layers.pooling.", "minidl.layers.regularization.", "minidl.layers.reshaping.")
_KEEPING_TOO = ("Identity", "Masking")
_KEEPING_OPERATIONS = ("expand_dims", "get_item", "reshape", "squeeze", "transpose")
_BY_CLASS = {
    "BatchNormalization": "linear",
    "GroupNormalization": "linear",
    "LayerNormalization": "linear",
    "RMSNormalization": "linear",
    "ELU": "elu",
    "LeakyReLU": "leaky_relu",
    "PReLU": "leaky_relu",
    "ReLU": "relu",
    "Softmax": "softmax",
}
_INNER = ("SpectralNormalization", "TimeDistributed")


def output_endings(network: Network) -> list[tuple[LayerLike | None, str]]:
    """For each output the layer that makes it, and the name of the activation it ends in.

    The name is "linear" without activation, and "" if it is unknown: for custom layers and functions, `Lambda`, and layers
    that combine several tensors. Empty for networks whose connections are known only when they run.
    """
    if isinstance(network, Chain):
        endings = (_of_layer(layer, 0) for layer in reversed(network.layers))
        return [next((found for found in endings if found is not None), (None, UNKNOWN))]
    return [_of_tensor(tensor) for tensor in getattr(network, "outputs", ())]


def _of_tensor(tensor: SymbolicTensor) -> tuple[LayerLike | None, str]:
    while tensor.node is not None:
        found = _of_layer(tensor.node.layer, list(tensor.node.outputs).index(tensor))
        if found is not None:
            return found
        if len(tensor.node.sources) != 1:
            break
        tensor = tensor.node.sources[0]
    return None, UNKNOWN


def _of_layer(layer: Any, output: int) -> tuple[Any, str] | None:
    """The layer and its activation; `None` if the values are those of its input."""
    name = type(layer).__name__
    if isinstance(layer, OperationCall):
        function = layer.function.removeprefix("activations.")
        return (
            None if function in _KEEPING_OPERATIONS else (layer, function if function in PACKAGES["activations"] else UNKNOWN)
        )
    if layer.is_model and not layer.network.opaque:
        inner = output_endings(layer.network)
        return inner[output] if output < len(inner) else (layer, UNKNOWN)
    if not type(layer).__module__.startswith("minidl."):
        return layer, UNKNOWN
    if name in _INNER:
        return _of_layer(layer.layer, output)
    if (
        type(layer).__module__.startswith(_KEEPING)
        or name in _KEEPING_TOO
        or (name == "Activation" and layer.activation is activations.linear)
    ):
        return None
    activation = _BY_CLASS.get(name, getattr(vars(layer).get("activation"), "__name__", UNKNOWN))
    own = name in _BY_CLASS or getattr(activations, activation, None) is vars(layer).get("activation")
    return layer, activation if own and activation else UNKNOWN
