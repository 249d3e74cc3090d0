"""`+ - * / ** @ [] < <= > >=` for what stands for a value: symbolic tensors and variables; and the trace that is being made.

The operators call the functions of `minidl.ops`, which stand floors above and are looked up when the first operator is used.
"""

import importlib
import linecache
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).parent


class Trace:
    """What a function does while it is traced, besides computing its output.

    Attributes:
        title: whose function it is, for messages.
        variables: id of a variable's array -> the variable, so that `w.value` in the function means `w`.
        latest: variable -> the symbolic tensor that was assigned to it.
        losses: the terms given to `add_loss`.
        generators: what drew random numbers.
    """

    def __init__(self, title: str, variables: dict[int, Any]) -> None:
        self.title, self.variables = title, variables
        self.latest: dict[Any, Any] = {}
        self.losses: list[Any] = []
        self.generators: list[Any] = []


_active: ContextVar[Trace | None] = ContextVar("trace", default=None)


def active_trace() -> Trace | None:
    """The trace that is being made in this thread, if any."""
    return _active.get()


@contextmanager
def tracing(trace: Trace) -> Iterator[Trace]:
    """Within this context, operations on variables are written down rather than computed."""
    token = _active.set(trace)
    try:
        yield trace
    finally:
        _active.reset(token)


@contextmanager
def not_tracing() -> Iterator[None]:
    """Within this context operations compute, also inside a function that is being traced: a layer builds and tries itself."""
    token = _active.set(None)
    try:
        yield
    finally:
        _active.reset(token)


def refuse_while_tracing(what: str) -> None:
    """Refuse to hand out values while a function is traced: they would be frozen into it, and nothing would learn."""
    trace = _active.get()
    if trace is not None:
        raise TypeError(
            f"{trace.title} hands {what} to NumPy while it is traced; use minidl.ops (ops.matmul, ops.exp ...), operators and "
            f"layers in call, or write forward and backward on arrays instead"
        )


def run_located(function: Callable[..., Any], title: str, *inputs: Any, **options: Any) -> Any:
    """Run a function that is being traced; an error that leaves it carries the last line that is not ours."""
    try:
        return function(*inputs, **options)
    except Exception as error:
        for frame, number in reversed(list(traceback.walk_tb(error.__traceback__))):
            file = frame.f_code.co_filename
            if not Path(file).is_relative_to(_PACKAGE):
                line = linecache.getline(file, number).strip()
                error.add_note(f"in {title}, while it was traced, at line {number} of {file}: {line}")
                break
        raise


def _apply(name: str, *operands: Any) -> Any:
    return getattr(importlib.import_module("minidl.ops"), name)(*operands)


class Operators:
    """What an expression may be made of; each operator is the function of `minidl.ops` that NumPy has under it."""

    __array_priority__ = 100.0

    def __add__(self, other: Any) -> Any:
        return _apply("add", self, other)

    def __radd__(self, other: Any) -> Any:
        return _apply("add", other, self)

    def __sub__(self, other: Any) -> Any:
        return _apply("subtract", self, other)

    def __rsub__(self, other: Any) -> Any:
        return _apply("subtract", other, self)

    def __mul__(self, other: Any) -> Any:
        return _apply("multiply", self, other)

    def __rmul__(self, other: Any) -> Any:
        return _apply("multiply", other, self)

    def __truediv__(self, other: Any) -> Any:
        return _apply("divide", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return _apply("divide", other, self)

    def __floordiv__(self, other: Any) -> Any:
        return _apply("floor_divide", self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return _apply("floor_divide", other, self)

    def __mod__(self, other: Any) -> Any:
        return _apply("mod", self, other)

    def __rmod__(self, other: Any) -> Any:
        return _apply("mod", other, self)

    def __pow__(self, other: Any) -> Any:
        return _apply("power", self, other)

    def __rpow__(self, other: Any) -> Any:
        return _apply("power", other, self)

    def __matmul__(self, other: Any) -> Any:
        return _apply("matmul", self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return _apply("matmul", other, self)

    def __neg__(self) -> Any:
        return _apply("negative", self)

    def __abs__(self) -> Any:
        return _apply("abs", self)

    def __getitem__(self, key: Any) -> Any:
        return _apply("get_item", self, key)

    def __lt__(self, other: Any) -> Any:
        return _apply("less", self, other)

    def __le__(self, other: Any) -> Any:
        return _apply("less_equal", self, other)

    def __gt__(self, other: Any) -> Any:
        return _apply("greater", self, other)

    def __ge__(self, other: Any) -> Any:
        return _apply("greater_equal", self, other)
