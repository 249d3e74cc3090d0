"""Operations of functional models (`minidl.ops`, operators, NumPy functions): those for which ONNX has operators."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import numpy as np

from minidl.graph.operation_call import OperationCall
from minidl.graph.options import decode_options
from minidl.graph.shapes import flatten_shapes, is_shape
from minidl.graph.symbolic import SymbolicTensor
from minidl.interop.onnx import (
    elementwise_operations,
    moving_operations,
    numeric_operations,
    shape_operations,
    window_operations,
)
from minidl.interop.onnx.builder import Tensor
from minidl.interop.onnx.call import AddCall, Call
from minidl.interop.onnx.expanding import expanded, is_composed
from minidl.interop.onnx.number_types import is_widened, wide_input, wide_result
from minidl.variable import Variable

if TYPE_CHECKING:
    from minidl.interop.onnx.exporter import Exporter

_FAMILIES = (elementwise_operations, moving_operations, numeric_operations, shape_operations, window_operations)
TABLE: dict[str, AddCall] = {name: function for family in _FAMILIES for name, function in family.OPERATIONS.items()}


def reason(call: OperationCall, sources: Sequence[SymbolicTensor] | None = None) -> str:
    """Why an operation cannot be exported, "" if it can; its steps are looked at if its inputs are known."""
    if call.function in TABLE:
        return ""
    if not is_composed(call):
        return "ONNX has no operator for it"
    if sources is None:
        return ""
    try:
        steps = expanded(call, [one.shape for one in sources], [one.dtype for one in sources])
    except ValueError as error:
        return str(error)
    for node in steps.nodes:
        if why := reason(cast(OperationCall, node.layer), node.sources):
            return f"it consists of others, and for {cast(OperationCall, node.layer).function}: {why}"
    return ""


def operation(g: "Exporter", call: OperationCall, x: list[Tensor]) -> Tensor | tuple[Tensor, ...]:
    """Add the nodes of an operation; the outputs have the shapes and types that the operation infers."""
    if call.function not in TABLE:
        steps = expanded(call, [one.shape for one in x], [one.dtype for one in x])
        y: Tensor | tuple[Tensor, ...] = g.network(steps, x)[0]
        return y
    shapes, dtypes, _ = call.infer_outputs([one.shape for one in x], [one.dtype for one in x], None, {})
    widened = is_widened(call.function, [one.dtype for one in x], dtypes)
    if widened:
        x = [g.cast(one, wide_input(one.dtype, call.function)) for one in x]
    tensors_in = iter(x)
    tensors = [next(tensors_in) if operand is None else _constant(g, call, operand, x) for operand in call.operands]
    sized: list[object] = list(tensors_in)
    options = {name: decode_options(option, sized) for name, option in call.options.items()}
    if any(isinstance(option, Tensor) for option in options.values()):
        raise ValueError(f"{call.title} cannot be exported to ONNX: an option of it is a tensor")
    several = not is_shape(shapes)
    outputs = flatten_shapes(shapes) if several else [shapes]
    computed = [wide_result(dtype, call.function) for dtype in dtypes] if widened else dtypes
    made = TABLE[call.function](g, Call(call.title, tensors, options, outputs, computed))
    names = made if isinstance(made, list) else [made]
    if len(names) != len(outputs):
        raise ValueError(f"{call.title} cannot be exported to ONNX with these arguments")
    results = [
        g.cast(one if isinstance(one, Tensor) else g.tensor(one, shape, own), dtype)
        for one, shape, own, dtype in zip(names, outputs, computed, dtypes, strict=True)
    ]
    return tuple(results) if several else results[0]


def _constant(g: "Exporter", call: OperationCall, operand: object, x: list[Tensor]) -> Tensor:
    """A variable, array or number among the operands; a number has the type of the tensors."""
    if isinstance(operand, Variable):
        return g.tensor(g.weight(operand.name, operand.value), operand.shape, operand.dtype)
    array = np.asarray(operand)
    if isinstance(operand, (bool, int, float)) and not isinstance(operand, bool):
        floats = isinstance(operand, float) or any(one.dtype.startswith("float") for one in x)
        array = array.astype(call.dtype if floats else next((one.dtype for one in x if one.dtype != "bool"), "int32"))
    return g.tensor(g.constant(array), array.shape, array.dtype.name)
