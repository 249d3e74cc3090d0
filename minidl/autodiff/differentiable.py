"""`DifferentiableFunction`: a Python function of arrays whose gradient is computed by recording it."""

from collections.abc import Callable

import numpy as np

from minidl.autodiff.recording import Recording
from minidl.autodiff.tracked import TrackedTensor
from minidl.config.types import Array


class DifferentiableFunction:
    """A function that can be run forward and backward.

    Args:
        function: `function(*tensors)`, returns one tensor; written with operators, NumPy functions, `minidl.ops` and layers.
        title: its name in messages.
    Raises:
        TypeError: the function returns something else, such as `None`.
    Example:
        >>> import minidl.ops
        >>> cube = DifferentiableFunction(lambda x: x**3, "cube")
        >>> y, cache = cube.forward(np.array([2.0]))
        >>> y, cube.backward(np.ones(1), cache)
        (array([8.]), [array([12.])])
    """

    def __init__(self, function: Callable[..., object], title: str) -> None:
        self.function, self.title = function, title

    def forward(self, *arrays: object) -> tuple[Array, tuple[Recording, list[object], object]]:
        """The function's value, and the cache of `backward`. Float arrays are tracked."""
        recording = Recording(self.title)
        inputs = [recording.track(x) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x for x in arrays]
        with recording.active():
            y = self.function(*inputs)
        value = np.asarray(y.value if isinstance(y, TrackedTensor) else y)
        if value.dtype.kind not in "biuf":
            raise TypeError(f"{self.title} returned {y!r}; return a tensor, or a number")
        return value, (recording, inputs, y)

    def backward(self, dy: Array, cache: tuple[Recording, list[object], object]) -> list[Array | None]:
        """The gradient of each argument, given that of the value, or `None`."""
        recording, inputs, y = cache
        tracked = [x for x in inputs if isinstance(x, TrackedTensor)]
        found = iter(recording.backward([y], [dy], tracked))
        return [next(found) if isinstance(x, TrackedTensor) else None for x in inputs]
