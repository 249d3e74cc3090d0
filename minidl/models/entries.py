"""What may enter a model: numbers, or strings for the layers that turn text into numbers."""

from typing import Any

from minidl.config.nest import flatten
from minidl.data.string_inputs import is_text


def entry_kind(layer: Any) -> str:
    """What a layer takes, as its `input_dtype` says; for a model, what the first layer in it that is particular takes."""
    network = getattr(layer, "network", None)
    if network is None:
        return str(layer.input_dtype)
    if hasattr(network, "nodes"):
        kinds = set(entry_kinds(layer))
        return kinds.pop() if len(kinds) == 1 else "any"
    particular = (kind for kind in map(entry_kind, network.layers) if kind != "any")
    return next(particular, "any")


def entry_kinds(model: Any) -> list[str]:
    """The same for each input: strings enter where `Input` says so, or a layer behind it takes nothing else."""
    network = model.network
    if network is None or not hasattr(network, "nodes"):
        return [entry_kind(model)]
    behind = [[entry_kind(node.layer) for node in network.nodes if tensor in node.sources] for tensor in network.inputs]
    return [
        "string" if tensor.dtype == "string" or "string" in kinds else "float"
        for tensor, kinds in zip(network.inputs, behind, strict=True)
    ]


def takes_text(model: Any) -> bool:
    """Whether strings may enter the model anywhere."""
    return "string" in entry_kinds(model)


def check_entries(model: Any, x: Any) -> None:
    """Refuse numbers where strings enter, and strings where numbers do."""
    kinds, arrays = entry_kinds(model), flatten(x)
    if "string" not in kinds or len(kinds) != len(arrays):
        return  # what has no place for strings was refused before
    names = getattr(model.network, "input_names", ["x"])
    for kind, array, name in zip(kinds, arrays, names, strict=True):
        if (kind == "string") != is_text(array):
            wanted, mend = ("strings", "str") if kind == "string" else ("numbers", "float")
            raise TypeError(
                f'{model.title} takes {wanted} at its input "{name}", got an array of type {array.dtype}; '
                f"were two inputs exchanged? Else turn it into {wanted} with .astype({mend})"
            )
