"""`Operation`: one call of a function of `minidl.ops` in a graph."""

from typing import Any

import numpy as np

from minidl.config.naming import automatic_name
from minidl.config.types import Array
from minidl.layers.layer import Layer
from minidl.ops.op import TABLE, find_sizes
from minidl.variable import Variable

_TRIED = ((4, 5), (260, 261))  # sizes for every axis whose size is not known; the larger where an index reaches beyond


class Operation(Layer):
    """A function of tensors at its place in a graph; made by calling the function on symbolic tensors, not by hand.

    Args:
        function: its name in `minidl.ops`.
        operands: for each tensor of the function `None` where one comes in, else the constant or variable that stands there.
        options: the function's other arguments; sizes found at run time are those of the tensors that come in last.
        input_dtypes: types of the tensors that come in.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Raises:
        ValueError: there is no function of that name, or it cannot take such shapes.
    """

    input_dtype = "any"

    def __init__(
        self, function: str, operands: list[Any], options: dict[str, Any], input_dtypes: list[str], **kwargs: Any
    ) -> None:
        floats = [kind for kind in input_dtypes if kind.startswith("float")]
        variables = [operand for operand in operands if isinstance(operand, Variable)]
        floats += [variable.dtype for variable in variables if variable.dtype.startswith("float")]
        kwargs = {"name": automatic_name(function), "dtype": max(floats) if floats else None} | kwargs
        super().__init__(**kwargs)
        if function not in TABLE:
            raise ValueError(f"minidl.ops has no function {function!r}")
        self.function = function
        self.operands = [self._as_constant(operand) for operand in operands]
        self.options = options
        self.input_dtypes = input_dtypes
        self._variables += dict.fromkeys(variables)

    def _as_constant(self, operand: Any) -> Any:
        is_float = isinstance(operand, np.ndarray) and operand.dtype.kind == "f"
        return operand.astype(self._dtype) if is_float else operand

    def forward(self, x: Any, training: bool = False) -> tuple[Any, Any]:
        """The function of what comes in and of the operands that stand here."""
        coming = iter(x)
        tensors = [
            next(coming) if operand is None else operand.value if isinstance(operand, Variable) else operand
            for operand in self.operands
        ]
        rest = list(coming)
        options = {key: find_sizes(value, rest) for key, value in self.options.items()} if rest else self.options
        y = TABLE[self.function].forward(tensors, options)
        y = tuple(map(self._as_array, y)) if isinstance(y, (tuple, list)) else self._as_array(np.asarray(y))
        return y, (y, tensors, options, len(rest))

    def backward(self, dy: Any, cache: Any) -> list[Array | None]:
        """The function's gradient, for what came in; that of variables is added to theirs."""
        y, tensors, options, rest = cache
        wanted = [
            getattr(tensor, "dtype", np.dtype(int)).kind == "f" and (operand is None or isinstance(operand, Variable))
            for tensor, operand in zip(tensors, self.operands, strict=True)
        ]
        gradients = TABLE[self.function].backward(dy, y, tensors, options, wanted)
        for operand, gradient in zip(self.operands, gradients, strict=True):
            if isinstance(operand, Variable) and gradient is not None:
                operand.grad += gradient
        coming = [gradient for gradient, operand in zip(gradients, self.operands, strict=True) if operand is None]
        return [*(None if gradient is None else np.asarray(gradient, self._dtype) for gradient in coming), *[None] * rest]

    def as_arrays(self, x: Any) -> Any:
        """The tensors that come in: none, one or several."""
        return [self._as_array(item) for item in x] if isinstance(x, list) else super().as_arrays(x)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Found by running the function on zeros, with two sizes for each that is not known."""
        shapes = list(input_shape)
        try:
            outcomes = self._tried(shapes, _TRIED[0])
        except IndexError:
            outcomes = self._tried(shapes, _TRIED[1])
        except (ValueError, TypeError) as error:
            raise ValueError(f"minidl.ops.{self.function} cannot take tensors of shapes {shapes}: {error}") from None
        one, other = (outcome if isinstance(outcome, tuple) else (outcome,) for outcome in outcomes)
        self.output_dtype = one[0].dtype.name
        announced = tuple(
            tuple(a if a == b else None for a, b in zip(first.shape, second.shape, strict=True))
            for first, second in zip(one, other, strict=True)
        )
        return announced if isinstance(outcomes[0], tuple) else announced[0]

    def _tried(self, shapes: list[Any], sizes: tuple[int, int]) -> list[Any]:
        outcomes = []
        for size in sizes:
            filled = [tuple(size if axis is None else axis for axis in shape) for shape in shapes]
            arrays = [np.zeros(shape, kind) for shape, kind in zip(filled, self.input_dtypes, strict=True)]
            with np.errstate(all="ignore"):
                outcomes.append(self.forward(arrays)[0])
        return outcomes
