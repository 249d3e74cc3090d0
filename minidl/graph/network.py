"""`Network`: the protocol of connected layers that models use."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, Generic, TypeVar
from weakref import ref

from minidl.config.layer_like import LayerLike, ReplaceLayer, Terms
from minidl.config.types import AnyShapes, Arrays, Cache, Gradients, Masks, Shape, Shapes, State, Tensors
from minidl.graph.symbolic import Node, SymbolicTensor


class Network:
    """Base class of `Chain`, `Graph` and `Tape`, which connect layers; every model has one.

    Attributes:
        opaque: whether custom code runs, so that no layer in it can be replaced.
        inputs: the symbolic inputs of a graph; empty for other networks.
        nodes: the calls of layers that connect them to the outputs; empty for other networks.
    """

    opaque: ClassVar[bool] = False
    inputs: Sequence[SymbolicTensor] = ()
    nodes: Sequence[Node] = ()

    @property
    def layers(self) -> Sequence[Any]:
        """The layers, in the order they run."""
        raise NotImplementedError

    def forward(self, x: Arrays, mask: Masks, training: bool) -> tuple[Arrays, object, Masks]:
        """The output, a cache for `backward`, and the output's mask."""
        raise NotImplementedError

    def infer(self, x: Arrays, mask: Masks) -> tuple[Arrays, Masks]:
        """The output and its mask, in inference mode."""
        raise NotImplementedError

    def backward(self, dy: Gradients, cache: Cache, weights_only: bool = False) -> Gradients:
        """The gradient of the input; `None` with `weights_only`. Adds every weight's gradient to its `grad`."""
        raise NotImplementedError

    def penalty(self, cache: Cache) -> float:
        """The sum of the layers' penalties."""
        raise NotImplementedError

    def loss_terms(self, cache: Cache) -> Terms:
        """The terms of `penalty`, each with the layer that adds it."""
        return []

    def compute_output_shape(self, input_shape: Shapes) -> AnyShapes:
        """The shape of the output; builds the layers."""
        raise NotImplementedError

    @property
    def has_penalty(self) -> bool:
        """Whether any layer has a penalty."""
        return any(layer.has_penalty for layer in self.layers)

    @property
    def is_plain(self) -> bool:
        """Whether `infer` is all that a direct call of the network does: no layer adds a loss, or is a model itself."""
        if self._plain_layers is None:
            return False
        for layer in self._plain_layers:  # noqa: SIM110  # a loop takes a third of the time of `all`
            if layer.activity_regularizer is not None:
                return False
        return True

    @cached_property
    def _plain_layers(self) -> tuple[LayerLike, ...] | None:
        """The layers, or `None` if one of them does more in a direct call than in a prediction."""
        if self.opaque or not all(layer.is_plain and not layer.sublayers() for layer in self.layers):
            return None
        return tuple(self.layers)

    @cached_property
    def _joining(self) -> dict[int, Callable[[Arrays, LayerLike], Arrays | None]]:
        """Of a chain: `infer_with(x, next)` of the layers that have it, by their numbers; it returns `None` where it cannot."""
        return {number: layer.infer_with for number, layer in enumerate(self.layers[:-1]) if layer.joins_next}

    @property
    def input_shape(self) -> AnyShapes:
        """The declared shape of the input, batch axis included, or the shapes of several; `None` where nothing is declared."""
        return None

    @property
    def input_shapes(self) -> list[Shape]:
        """The declared shapes, one for each input; empty where nothing is declared."""
        return []

    @property
    def input_count(self) -> int | None:
        """Number of inputs; `None` where it is not known."""
        return None if self.opaque else max(len(self.input_shapes), 1)

    @property
    def fixed_batch_size(self) -> int | None:
        """The batch size that the input declares, or `None`."""
        return next((shape[0] for shape in self.input_shapes), None)

    @property
    def input_names(self) -> list[str]:
        """A name for each input."""
        return ["x"]

    @property
    def input_kinds(self) -> list[str]:
        """The kind of data of each input: "string", "float" or "any". A layer that accepts any leaves it to the next one."""
        return [next((kind for kind in (layer.input_kind for layer in self.layers) if kind != "any"), "any")]

    @property
    def output_names(self) -> list[str]:
        """A name for each output, used in logs; empty if the number of outputs is not known yet."""
        return ["output"]

    @property
    def output_stems(self) -> list[str]:
        """The same without the numbers of outputs that one layer makes."""
        return self.output_names

    @property
    def names_outputs(self) -> bool:
        """Whether keys of logs contain the names of outputs; not for a list that code with `call` returns, as in Keras."""
        return True

    @property
    def output_layers(self) -> list[LayerLike | None]:
        """For each output the layer that makes it, or `None`; empty if the number of outputs is unknown."""
        return []

    def with_output_layers(self, replacements: Sequence[LayerLike | None]) -> "Network":
        """The same network with other output layers; `None` keeps the layer."""
        raise NotImplementedError

    def with_layers(self, replace: ReplaceLayer) -> "Network":
        """The same network with every layer replaced by `function(layer)`."""
        raise NotImplementedError

    def ordered(self, x: Tensors) -> list[Tensors]:
        """The member of a list or dict for each input."""
        return list(x.values()) if isinstance(x, Mapping) else list(x)

    def listed(self, x: object) -> Tensors:
        """The inputs as a list, where they are nested deeper than one level."""
        return x

    def listed_outputs(self, y: object) -> Tensors:
        """The same for what belongs to the outputs, such as targets or losses."""
        return y

    def packed(self, y: object) -> Tensors:
        """The outputs in the structure that the model shows."""
        return y

    def loss_keys(self, names: Sequence[str]) -> list[str]:
        """The keys of the outputs' losses in logs, from names for them: "heads/left" for nested outputs."""
        return list(names)

    def as_graph(self, make_input: Callable[[], SymbolicTensor], before: "Network | None" = None) -> "Network | None":
        """The network with symbolic `inputs` and `nodes`, on an input made for it; `None` where that is not possible."""
        return None


def output_layers_of(network: Network, count: int) -> list[LayerLike | None]:
    """The network's `output_layers` if it has that many outputs; `None` for each otherwise."""
    known = network.output_layers
    return known if len(known) == count else [None] * count


Owner = TypeVar("Owner")


class OwnedNetwork(Network, Generic[Owner]):
    """A network that is code of a layer or model, its owner, which holds the network; it is held weakly, so without a cycle."""

    def __init__(self, owner: Owner) -> None:
        self._owner = ref(owner)

    @property
    def owner(self) -> Owner:
        """The layer or model."""
        owner = self._owner()
        if owner is None:
            raise ReferenceError("the model of this network does not exist any more; keep a reference to it")
        return owner

    def __getstate__(self) -> State:
        return self.__dict__ | {"_owner": self._owner()}  # pickle knows no weak references

    def __setstate__(self, state: State) -> None:
        self.__dict__.update(state | {"_owner": ref(state["_owner"])})
