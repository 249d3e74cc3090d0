"""Properties of a layer: its activation, the initializers it takes, whether it is recurrent."""

from minidl.config.layer_like import LayerLike
from minidl.layers.recurrent.base_rnn import BaseRNN
from minidl.layers.recurrent.cell import Cell
from minidl.layers.recurrent.rnn import RNN

ACTIVATION_LAYERS = {"ReLU": "relu", "Softmax": "softmax", "LeakyReLU": "leaky_relu", "ELU": "elu"}


def has_activation(layer: LayerLike) -> bool:
    """Whether the layer takes an activation as an argument."""
    return "activation" in vars(layer)


def activation_of(layer: LayerLike) -> str:
    """Name of the layer's activation; "linear" for none."""
    if type(layer).__name__ in ACTIVATION_LAYERS:
        return ACTIVATION_LAYERS[type(layer).__name__]
    return str(vars(layer)["activation"].__name__) if has_activation(layer) else "linear"


def takes_initializer(layer: LayerLike, kind: str) -> bool:
    """Whether the layer takes an initializer for weights of a kind, such as "kernel"."""
    return f"{kind}_initializer" in vars(layer)


def is_recurrent(layer: LayerLike) -> bool:
    """Whether the layer is recurrent or a recurrent cell."""
    return isinstance(layer, (BaseRNN, Cell))


def has_no_gates(layer: LayerLike) -> bool:
    """Whether a recurrent layer has no gates, like SimpleRNN."""
    return "Simple" in type(layer).__name__ or (isinstance(layer, RNN) and "Simple" in type(layer.cell).__name__)
