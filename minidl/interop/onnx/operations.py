"""Operations of functional models."""

from typing import TYPE_CHECKING, Any

from minidl.graph.operation_call import OperationCall
from minidl.interop.onnx.builder import Tensor

if TYPE_CHECKING:
    from minidl.interop.onnx.builder import Builder


def reason(call: OperationCall) -> str:
    """Why an operation cannot be exported, "" if it can."""
    return "ONNX has no operator for it"


def operation(g: "Builder", call: OperationCall, x: list[Tensor]) -> Any:
    """Add the nodes of an operation."""
    raise ValueError(f"{call.title} cannot be exported to ONNX")
