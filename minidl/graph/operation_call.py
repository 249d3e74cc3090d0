"""`OperationCall`: an operation as a node of a graph."""

import math
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from minidl.autodiff import TABLE, Operation
from minidl.autodiff.table import load_operations
from minidl.autodiff.tensor import TensorLike
from minidl.config.configurable import Configurable
from minidl.config.dtypes import standardize_dtype
from minidl.config.layer_like import InferredOutputs, LayerLike, ReplaceLayer, Terms
from minidl.config.loading import is_loading, take_example
from minidl.config.naming import automatic_name
from minidl.config.nest import flatten
from minidl.config.types import AnyShapes, Array, Arrays, Cache, Generator, Gradients, Masks, Options, Shape, Structure, Tensors
from minidl.graph.bounds import largest_result
from minidl.graph.options import decode_options, encode_options
from minidl.graph.shapes import compare_shapes, zeros_of
from minidl.graph.sizes import Size
from minidl.graph.small_examples import compares_sizes, found_with_small_sizes
from minidl.graph.symbolic import SymbolicTensor, connect
from minidl.variable import Variable

_LARGE = 1 << 18  # values of the inputs in a row: the shape of a larger result is found without computing it, if possible
_LARGEST, _FEWEST = 1 << 22, (1, 2)  # with results of more values, rows are saved while a model is loaded
_TRIED = ((4, 5), (260, 261))  # sizes for every axis whose size is not known; the larger where an index is too large


_NUMBERS = re.compile(r"\d")


class Sized:
    """A tensor of which only the shape is known."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape


class GraphFunction(Configurable):
    """Base class of operations and random draws, which are nodes of a graph like layers, but without weights.

    It has the same methods that networks call on layers, as in `Passes`.

    Args:
        function: name of the function, for messages.
        name: by default the function's name and a number.
        dtype: the float type of its outputs.
    """

    has_penalty = is_model = False
    activity_regularizer = None
    is_plain = True
    input_dtype = input_kind = "any"

    def __init__(self, function: str, name: str | None, dtype: str | None) -> None:
        self.function = function
        self.name = name or automatic_name(function.rpartition(".")[2])
        self.dtype = standardize_dtype(dtype)
        self._dtype = np.dtype(self.dtype)
        self.weights: list[Variable] = []
        self.generators: list[Generator] = []

    @property
    def title(self) -> str:
        """The function and the name, as in error messages."""
        return f'operation {self.function} "{self.name}"'

    @property
    def has_weights(self) -> bool:
        """Whether a variable is among the operands."""
        return bool(self.weights)

    @property
    def trainable_weights(self) -> list[Variable]:
        """The variables among the operands that are trained."""
        return [variable for variable in self.weights if variable.trainable]

    def build_for(self, input_shape: AnyShapes) -> None:
        """Does nothing: there are no weights to create."""

    build_weights = build_for

    def replace_layers(self, replace: ReplaceLayer) -> Any:
        """What `replace` makes of it, as for a layer."""
        return replace(self)

    def sublayers(self) -> list[LayerLike]:
        """It has none."""
        return []

    def split_activation(self) -> None:
        """It is not split."""

    def compute_output_shape(self, input_shape: object) -> Any:
        """The output's shape."""
        return self.infer_outputs(input_shape, None, None, {})[0]

    def infer_outputs(self, input_shape: Any, dtypes: Any, masked: Any, options: Options) -> InferredOutputs:
        """Shapes and types of the outputs, and whether masks come with them."""
        raise TypeError(f"{type(self).__name__} defines no infer_outputs")

    def _forward(self, x: Tensors, mask: Masks = None, training: bool = False, **options: Any) -> tuple[Arrays, object, None]:
        raise TypeError(f"{type(self).__name__} defines no _forward")

    def _infer(self, x: Tensors, mask: Masks = None, **options: Any) -> tuple[Arrays, None]:
        return self._forward(x)[0], None

    def _backward(self, dy: Gradients, cache: Cache, weights_only: bool = False) -> list[Array | None]:
        raise TypeError(f"{type(self).__name__} defines no _backward")

    def _penalty(self, cache: object) -> float:
        return 0.0

    def _loss_terms(self, cache: object) -> Terms:
        return []


class OperationCall(GraphFunction):
    """An operation applied to tensors of a graph and to constants or variables.

    Args:
        function: the operation's name in the table.
        operands: for each tensor argument `None` if it is a tensor of the graph, otherwise a constant or a variable.
        options: the operation's options; unknown sizes are taken from the last input tensors.
        input_dtypes: dtypes of the input tensors.
        name, dtype: as for `GraphFunction`; the type is by default the widest of the tensors and variables.
    Raises:
        ValueError: there is no operation of that name, it cannot take such shapes, or its `dtype` is not known.
    """

    def __init__(
        self,
        function: str,
        operands: Sequence[object],
        options: Options,
        input_dtypes: list[str],
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        if function not in TABLE:
            load_operations()
            if function not in TABLE:
                raise ValueError(f"minidl.ops has no function {function!r}")
        if options.get("dtype") is not None:
            standardize_dtype(options["dtype"])  # NumPy would take "U1000000" too
        variables = [operand for operand in operands if isinstance(operand, Variable)]
        floats = [kind for kind in (*input_dtypes, *(v.dtype for v in variables)) if kind.startswith("float")]
        super().__init__(function, name, dtype or max(floats, default=None))
        self.options, self.input_dtypes = options, input_dtypes
        self.operands = [operand if operand is None else self._as_constant(operand) for operand in operands]
        self.weights = list(dict.fromkeys(variables))

    def _forward(self, x: Tensors, mask: Masks = None, training: bool = False, **options: Any) -> tuple[Arrays, object, None]:
        tensors_in = iter(x)
        tensors = [
            next(tensors_in) if operand is None else operand.array if isinstance(operand, Variable) else operand
            for operand in self.operands
        ]
        sized = list(tensors_in)
        options = {name: decode_options(option, sized) for name, option in self.options.items()}
        y = TABLE[self.function].forward(tensors, options)
        y = tuple(map(self._in_type, y)) if isinstance(y, (tuple, list)) else self._in_type(y)
        return y, (y, tensors, options, len(sized)), None

    def _backward(self, dy: Gradients, cache: Cache, weights_only: bool = False) -> list[Array | None]:
        """The operation's gradients for its tensors; those of variables are added to their `grad`."""
        y, tensors, options, sized = cache
        wanted = [
            np.asarray(tensor).dtype.kind == "f" and (operand is None or isinstance(operand, Variable))
            for tensor, operand in zip(tensors, self.operands, strict=True)
        ]
        gradients = TABLE[self.function].backward(dy, y, tensors, options, wanted)
        for operand, gradient in zip(self.operands, gradients, strict=True):
            if isinstance(operand, Variable) and gradient is not None:
                operand.grad += gradient
        arrived = [gradient for gradient, operand in zip(gradients, self.operands, strict=True) if operand is None]
        return [*(None if gradient is None else np.asarray(gradient, self._dtype) for gradient in arrived), *[None] * sized]

    def infer_outputs(self, input_shape: Any, dtypes: Structure[str], masked: Any, options: Options) -> InferredOutputs:
        """Shapes and types of the output, found by running the operation on examples, with two sizes for each unknown axis."""
        shapes = list(input_shape)
        large = is_loading() or sum(math.prod(size or 1 for size in shape) for shape in shapes) > _LARGE
        if large and (found := self._infer_without_running(shapes)) is not None:
            return found
        first = _TRIED[0]
        if is_loading():
            if self._largest(shapes, first[1]) > _LARGEST:
                first = _FEWEST
            take_example(self.title, self._largest(shapes, first[1]))
        try:
            outcomes = self._tried(shapes, first)
        except IndexError:
            outcomes = self._tried(shapes, _TRIED[1])
        except (ValueError, TypeError) as error:
            rule = TABLE[self.function].shape_rule
            if rule is None or not any(None in shape for shape in shapes):
                raise self._shape_error(shapes, error) from None
            return self._by_rule(rule, *self._split(shapes))
        kinds = [y.dtype.name for y in flatten(outcomes[0])]
        return compare_shapes(*outcomes), kinds, [False] * len(kinds)

    def _by_rule(self, rule: Callable[..., AnyShapes], tensors: list[Tensors], sized: list[Sized]) -> InferredOutputs:
        """Shape and type of the output by the operation's rule."""
        shapes = (one if isinstance(one, tuple) else np.shape(one) for one in tensors)
        kind = self.input_dtypes[0]
        return rule(*shapes, **self._decoded(sized)), [self.dtype if kind.startswith("float") else kind], [False]

    def _decoded(self, sized: list[Sized]) -> Options:
        return {name: decode_options(option, sized) for name, option in self.options.items()}

    def _infer_without_running(self, shapes: list[Shape]) -> InferredOutputs | None:
        """The same from the operation's rule, or from small arrays; `None` if they do not tell."""
        tensors_in, sized = self._split(shapes)
        if (rule := TABLE[self.function].shape_rule) is not None:
            with suppress(ValueError, TypeError):
                return self._by_rule(rule, tensors_in, sized)
        if sized or not compares_sizes(self.function):
            return None

        options = self._decoded(sized)

        def run(tensors: list[Tensors]) -> Tensors:
            y = TABLE[self.function].forward(tensors, options)
            return tuple(map(self._in_type, y)) if isinstance(y, (tuple, list)) else self._in_type(y)

        found = found_with_small_sizes(run, tensors_in, self.input_dtypes, _TRIED[0])
        if found is None:
            return None
        outputs, several = found
        inferred = tuple(shape for shape, _ in outputs)
        return inferred if several else inferred[0], [dtype for _, dtype in outputs], [False] * len(outputs)

    def _split(self, shapes: list[Shape]) -> tuple[list[Tensors], list[Sized]]:
        """The shape or the constant of each tensor, and the shapes of the tensors that sizes are taken from."""
        given = iter(map(tuple, shapes))
        tensors = [
            next(given) if operand is None else operand.array if isinstance(operand, Variable) else operand
            for operand in self.operands
        ]
        return tensors, [Sized(shape) for shape in given]

    def _shape_error(self, shapes: list[Shape], error: Exception) -> ValueError:
        """The error for shapes that do not fit; it names no sizes of the examples that stand for unknown ones."""
        unknown = any(None in shape for shape in shapes)
        options = ", ".join(f"{name}={option!r}" for name, option in self.options.items())
        given = iter(shapes)
        listed = [next(given) if operand is None else np.shape(operand) for operand in self.operands]
        message = f"minidl.ops.{self.function} cannot take tensors of shapes {listed}" + (f" with {options}" if options else "")
        return ValueError(message if unknown and _NUMBERS.search(str(error)) else f"{message}: {error}")

    def _tried(self, shapes: list[Shape], sizes: tuple[int, int]) -> list[Tensors]:
        outcomes = []
        for size in sizes:
            arrays = [_example(shape, kind, size) for shape, kind in zip(shapes, self.input_dtypes, strict=True)]
            with np.errstate(all="ignore"):
                outcomes.append(self._forward(arrays)[0])
        return outcomes

    def _largest(self, shapes: list[Shape], size: int) -> int:
        """An upper bound of the number of values that the operation works on for examples of that size."""
        tensors, sized = self._split([tuple(size if axis is None else axis for axis in shape) for shape in shapes])
        return largest_result(self.function, tensors, self._decoded(sized))

    def _as_constant(self, operand: object) -> Tensors:
        if isinstance(operand, (Variable, bool, int, float)) and not isinstance(operand, np.generic):
            return operand
        return self._in_type(operand)

    def _in_type(self, value: object) -> Array:
        array = np.asarray(value)
        return array.astype(self._dtype) if array.dtype.kind == "f" and array.dtype != self._dtype else array


def _example(shape: Shape, dtype: str, size: int) -> Array:
    """An example array that any operation can take: values between 0 and 1 (so that matrices have an inverse), or 0."""
    zeros = zeros_of(shape, dtype, size)
    return np.random.default_rng(0).random(zeros.shape).astype(dtype) if zeros.dtype.kind == "f" else zeros


def add_operation(operation: Operation, tensors: Sequence[TensorLike], options: Options) -> Tensors:
    """Add an operation to the graph of its symbolic tensors; tensors whose sizes the options need become inputs too."""
    tensors = [TABLE["full"]((), tensor, "int32") if isinstance(tensor, Size) else tensor for tensor in tensors]
    sized: list[SymbolicTensor] = []
    encoded = encode_options(options, sized)
    sources = [*(tensor for tensor in tensors if isinstance(tensor, SymbolicTensor)), *sized]
    operands = [None if isinstance(tensor, SymbolicTensor) else tensor for tensor in tensors]
    call = OperationCall(operation.__name__, operands, encoded, [source.dtype for source in sources])
    return connect(call, sources, {})
