"""The order of a graph's calls and of its layers."""

from collections.abc import Sequence

from minidl.config.checks import shown
from minidl.config.layer_like import LayerLike
from minidl.graph.symbolic import Node, SymbolicTensor

Place = Node | SymbolicTensor  # a call, or an input


def sorted_places(inputs: list[SymbolicTensor], outputs: list[SymbolicTensor]) -> tuple[list[Place], list[Place]]:
    """The inputs and calls that the outputs depend on, found by a search depth first, without recursion.

    Returns:
        Them in the order in which the search ends with them, each after those it depends on; and in the order in which it
        meets them.
    Raises:
        ValueError: an output is not a symbolic tensor, or needs an input that is not among `inputs`.
    """
    ended: list[Place] = []
    met: dict[Place, None] = {}
    known = set(inputs)
    for output in outputs:
        if not isinstance(output, SymbolicTensor):
            raise ValueError(
                f"a model's outputs are symbolic tensors, made by calling layers on Input(...); got {shown(output)}"
            )
        stack: list[tuple[SymbolicTensor, bool]] = [(output, False)]
        while stack:
            tensor, seen_sources = stack.pop()
            place = tensor if tensor in known else tensor.node
            if place is None:
                raise ValueError(f'the output "{output.name}" needs the input "{tensor.name}", which is not among the inputs')
            if seen_sources or (place is tensor and place not in met):
                ended.append(place)
            if place not in met and isinstance(place, Node):
                stack.append((tensor, True))
                stack.extend((source, False) for source in reversed(place.needed))
            met[place] = None
    return ended, list(met)


def ordered_layers(inputs: list[SymbolicTensor], ended: list[Place], met: list[Place]) -> list[LayerLike]:
    """Layers and operations in Keras's order, which is also that of the weights.

    A layer's depth is the number of calls on the longest path from its output to an output of the graph. Deeper layers come
    first, layers of one depth in the order in which the search meets them; inputs that lead nowhere are first at depth 0. A
    layer that is called several times has the largest of its depths.

    Args:
        inputs: of the graph.
        ended, met: what `sorted_places` returned.
    """
    known = set(inputs)
    depths: dict[Place, int] = {}
    deepest: dict[LayerLike, int] = {}
    for place in reversed(ended):
        if isinstance(place, Node):
            depth = deepest[place.layer] = max(depths.get(place, 0), deepest.get(place.layer, 0))
            for tensor in place.needed:
                source = tensor if tensor in known or tensor.node is None else tensor.node
                depths[source] = max(depths.get(source, 0), depth + 1)
        elif place.node is None:
            deepest[place.layer] = depths.get(place, 0)
    idle = [tensor.layer for tensor in inputs if tensor.node is None and tensor.layer not in deepest]
    layers = dict.fromkeys([*idle, *(place.layer for place in met if isinstance(place, Node) or place.node is None)])
    return sorted(layers, key=lambda layer: -deepest.get(layer, 0))


def check_names(layers: Sequence[LayerLike]) -> None:
    """Raise ValueError for two layers of one name."""
    seen: dict[str, LayerLike] = {}
    for layer in layers:
        if seen.setdefault(layer.name, layer) is not layer:
            raise ValueError(f'two layers are named "{layer.name}"; layer names are unique in a model, rename one of them')
