"""The config of a graph: its layers, and the calls that connect them, as a plain structure; and the graph made from it."""

from collections.abc import Callable

from minidl.config.nest import flatten, rebuild
from minidl.config.tree import pack
from minidl.config.types import Config
from minidl.graph.graph import Graph
from minidl.graph.symbolic import SymbolicTensor, connect


def graph_config(graph: Graph) -> Config:
    """The graph as plain structure: its layers, and the calls that connect them."""
    layers = [*graph.layers, *graph.functions]
    places: dict[SymbolicTensor, list[int]] = {}
    for tensor in graph.inputs:
        places[tensor] = [-1, graph.inputs.index(tensor)]
    for number, node in enumerate(graph.nodes):
        places.update((tensor, [number, index]) for index, tensor in enumerate(node.outputs))
    return {
        "layers": layers,
        "calls": [
            {
                "layer": layers.index(node.layer),
                "inputs": places[node.inputs] if isinstance(node.inputs, SymbolicTensor) else [places[t] for t in node.sources],
                "options": node.options,
                "mask": None if node.mask is None else places[node.mask],
                "training": node.training,
            }
            for node in graph.nodes
        ],
        "input_specs": [
            {
                "shape": list(t.shape),
                "dtype": t.dtype,
                "name": t.name,
                "layer": layers.index(layer),
            }
            for t, layer in zip(graph.inputs, graph.input_layers, strict=True)
        ],
        "structure": {
            "inputs": pack(graph.given_inputs, [places[t] for t in graph.inputs]),
            "outputs": pack(graph.given_outputs, [places[t] for t in graph.outputs]),
        },
    }


def rebuild_graph(config: Config) -> dict[str, object]:
    """A model's config with a rebuilt graph: symbolic inputs and outputs instead of the result of `graph_config`."""
    layers = config["layers"]
    inputs = [layers[spec["layer"]].output for spec in config["input_specs"]]
    made: list[list[SymbolicTensor]] = []

    def find(place: list[int]) -> SymbolicTensor:
        return inputs[place[1]] if place[0] == -1 else made[place[0]][place[1]]

    for call in config["calls"]:
        several = not call["inputs"] or isinstance(call["inputs"][0], list)
        sources = [find(place) for place in call["inputs"]] if several else find(call["inputs"])
        mask = None if call["mask"] is None else find(call["mask"])
        made.append(flatten(connect(layers[call["layer"]], sources, call["options"], mask, call["training"])))
    rest = {key: value for key, value in config.items() if key not in ("layers", "calls", "input_specs", "structure")}
    return rest | {name: _found(places, find) for name, places in config["structure"].items()}


def _found(structure: object, find: Callable[[list[int]], object]) -> object:
    if isinstance(structure, list) and isinstance(structure[0], int):
        return find(structure)
    return rebuild(structure, [_found(member, find) for member in flatten(structure)])
