"""`Numbers`: formulas of names in a graph."""

from collections.abc import Callable

from minidl.interop.onnx.builder import Builder

Formula = Callable[..., str]  # (numbers, *names, **options) -> name


class Numbers:
    """Arithmetic of names in a graph, all of one type: `n("Mul", x, 2.0)`.

    Args:
        g: the builder.
        dtype: the type of the tensors; numbers become constants of this type.
    """

    def __init__(self, g: Builder, dtype: str) -> None:
        self.g, self.dtype = g, dtype

    @property
    def is_float(self) -> bool:
        """Whether they are no whole numbers."""
        return self.dtype.startswith("float")

    def __call__(self, operator: str, *operands: str | float, **attributes: object) -> str:
        """The result of an operator."""
        names = [one if isinstance(one, str) else self.g.constant(one, self.dtype) for one in operands]
        return self.g.op(operator, *names, **attributes)
