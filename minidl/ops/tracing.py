"""`TracedFunction`: a function of tensors written with `minidl.ops`, drawn as a graph for each kind of arrays it is given."""

from collections.abc import Callable
from typing import Any

from minidl.config.types import Array
from minidl.graph.graph import Graph
from minidl.graph.symbolic import SymbolicTensor
from minidl.layers.input_layer import InputLayer
from minidl.operators import Trace, run_located, tracing


class TracedFunction:
    """A function that knows its gradient, because it was drawn as a graph.

    Args:
        function: takes tensors, and returns one that layers, operators and `minidl.ops` make of them.
        title: what messages call it.
        names: of the tensors.
    Example:
        >>> import minidl.ops as ops
        >>> cube = TracedFunction(lambda x: x * x * x, "cube", ["x"])
        >>> y, cache = cube.forward(np.array([2.0], "float32"))
        >>> y, cube.backward(np.ones(1, "float32"), cache)
        (array([8.], dtype=float32), [array([12.], dtype=float32)])
    """

    def __init__(self, function: Callable[..., Any], title: str, names: list[str]) -> None:
        self.function, self.title, self.names = function, title, names
        self.graphs: dict[Any, Graph] = {}

    def forward(self, *arrays: Array) -> tuple[Array, Any]:
        """The function's value, and what the way back needs."""
        graph = self.graph_for(arrays)
        y, cache, _ = graph.forward(list(arrays) if len(arrays) > 1 else arrays[0], None, True)
        return y, (graph, cache)

    def backward(self, dy: Array, cache: Any) -> list[Array | None]:
        """The gradient of each tensor, given that of the value."""
        graph, kept = cache
        dx = graph.backward(dy, kept)
        return dx if isinstance(dx, list) else [dx]

    def graph_for(self, arrays: tuple[Array, ...]) -> Graph:
        """The graph for arrays of such sizes and types; drawn when it is first needed.

        Raises:
            TypeError, ValueError: the function did something that only values can do; a note names the line.
        """
        kinds = tuple((array.shape[1:], array.dtype.name) for array in arrays)
        if kinds not in self.graphs:
            inputs = [
                InputLayer(batch_shape=(None, *shape), dtype=dtype, name=name).output
                for name, (shape, dtype) in zip(self.names, kinds, strict=True)
            ]
            with tracing(Trace(self.title, {})):
                output = run_located(self.function, self.title, *inputs)
            if not isinstance(output, SymbolicTensor):
                raise TypeError(f"{self.title} returns what minidl.ops and operators make of its tensors, got {output!r}")
            self.graphs[kinds] = Graph(inputs, output, strict=False)
        return self.graphs[kinds]
