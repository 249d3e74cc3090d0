"""`ComposedOperation`: an operation written with other operations, whose gradient is computed by recording them."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from minidl.autodiff.operation import Operation, as_operands, handlers_in, stacked
from minidl.autodiff.recording import Recording
from minidl.autodiff.table import NUMPY, TABLE
from minidl.autodiff.tensor import OperationHandler
from minidl.config.types import Array, Options, Tensors


class ComposedOperation(Operation):
    """An operation whose function is written with other operations.

    In a graph it is one node, so that its code sees arrays with all their sizes. On tracked tensors its code runs and records
    the operations that it uses.

    Example:
        >>> from minidl import ops
        >>> cube = ComposedOperation(lambda x: x * ops.square(x), name="cube")
        >>> x = np.array([2.0])
        >>> cube(x), cube.backward(np.ones(1), None, [x], {}, [True])
        (array([8.]), [array([12.])])
    """

    def __call__(self, *args: Any, **kwargs: Any) -> Array:
        tensors, options = self.bind(args, kwargs)
        handlers = handlers_in([*tensors, *options.values()])
        given = [stacked(tensor) for tensor in tensors]
        symbolic = next((handler for handler in handlers if handler.is_symbolic), None)
        y: Array
        if not handlers:
            y = self.compute(tensors, options)
        elif symbolic is not None:
            y = symbolic.apply(self, given, options)
        else:
            y = self.forward([x if isinstance(x, OperationHandler) else as_operands([x])[0] for x in given], options)
        return y

    def backward(
        self, dy: Tensors, y: Tensors, tensors: list[Tensors], options: Options, wanted: Iterable[bool]
    ) -> list[Array | None]:
        """The gradients of the requested tensors, found by running the function again and recording it."""
        wanted = list(wanted)
        recording = Recording(f"minidl.ops.{self.__name__}")
        inputs = [recording.track(np.asarray(x)) if wants else x for x, wants in zip(tensors, wanted, strict=True)]
        with recording.active():
            found = self.forward(inputs, options)
        outputs, dys = (list(found), list(dy)) if isinstance(found, (tuple, list)) else ([found], [dy])
        tracked = [x for x, wants in zip(inputs, wanted, strict=True) if wants]
        gradients = iter(recording.backward(outputs, dys, tracked))
        return [next(gradients) if wants else None for wants in wanted]


def composed(
    tensors: int = 1,
    several: bool = False,
    numpy: Callable[..., object] | Iterable[Callable[..., object]] = (),
    name: str | None = None,
) -> Callable[[Callable[..., object]], ComposedOperation]:
    """Decorator that registers a function written with operations as an operation.

    Args:
        tensors, several: as for `Operation`.
        numpy: the NumPy functions that are recorded as this operation, with the same order of arguments.
        name: its key in the table; by default the function's name without a trailing underscore.
    """

    def make(function: Callable[..., object]) -> ComposedOperation:
        made = ComposedOperation(function, tensors, several, name=name)
        TABLE[made.__name__] = made
        NUMPY.update(dict.fromkeys([numpy] if callable(numpy) else numpy, made))
        return made

    return make
