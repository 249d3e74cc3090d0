"""`Call`: an operation with its operands, as the functions of the table of operations get it."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from minidl.config.types import Options, Shape
from minidl.interop.onnx.builder import Builder, Tensor


class Call(NamedTuple):
    """An operation and its inferred outputs.

    Attributes:
        title: for messages.
        tensors: the operands, constants included.
        options: its options.
        shapes, dtypes: those of the outputs.
    """

    title: str
    tensors: list[Tensor]
    options: Options
    shapes: list[Shape]
    dtypes: list[str]

    def names(self, g: Builder, dtype: str | None = None) -> list[str]:
        """The operands in minidl's order of axes, cast to one type: by default that of the first output."""
        return [g.plain(g.cast(one, dtype or self.dtypes[0])) for one in self.tensors]

    def common(self) -> str:
        """The type in which the operands are compared."""
        floats = [one.dtype for one in self.tensors if one.dtype.startswith("float")]
        return max(floats) if floats else np.result_type(*(one.dtype for one in self.tensors)).name

    def axes(self, rank: int) -> list[int] | None:
        """The option `axis` as a list of positive axes; `None` for all of them."""
        axis = self.options.get("axis")
        if axis is None:
            return None
        return [one % rank for one in (axis if isinstance(axis, (tuple, list)) else [axis])]

    def unsupported(self, why: str) -> ValueError:
        """The error for arguments that ONNX cannot express."""
        return ValueError(f"{self.title} cannot be exported to ONNX: {why}")


AddCall: TypeAlias = Callable[[Builder, Call], Any]  # adds the nodes of an operation
