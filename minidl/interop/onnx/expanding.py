"""Operations that are written with other operations: exported as these."""

from minidl.autodiff import ComposedOperation
from minidl.autodiff.table import TABLE as OPERATIONS
from minidl.config.nest import flatten
from minidl.config.types import Shape, Tensors
from minidl.graph.graph import Graph
from minidl.graph.operation_call import OperationCall
from minidl.graph.options import decode_options
from minidl.graph.symbolic import SymbolicTensor
from minidl.layers.input_layer import Input
from minidl.variable import Variable


def is_composed(call: OperationCall) -> bool:
    """Whether the operation is written with other operations."""
    return isinstance(OPERATIONS.get(call.function), ComposedOperation)


def expanded(call: OperationCall, shapes: list[Shape], dtypes: list[str]) -> Graph:
    """The operations that a composed operation consists of, for inputs of these shapes and types.

    Raises:
        ValueError: its steps depend on values, or on sizes that are not known.
    """
    starts = [Input(batch_shape=shape, dtype=dtype) for shape, dtype in zip(shapes, dtypes, strict=True)]
    tensors_in = iter(starts)
    tensors = [next(tensors_in) if operand is None else _value(operand) for operand in call.operands]
    sized = list(tensors_in)
    options = {name: decode_options(option, sized) for name, option in call.options.items()}
    try:
        made = flatten(OPERATIONS[call.function].forward(tensors, options))
    except (TypeError, ValueError, AttributeError, IndexError) as error:
        raise ValueError(f"its steps depend on values, or on sizes that are not known: {error}") from error
    if not all(isinstance(one, SymbolicTensor) for one in made):
        raise ValueError("its result does not depend on the input")
    return Graph(starts, made, strict=False)


def _value(operand: object) -> Tensors:
    return operand.value if isinstance(operand, Variable) else operand
