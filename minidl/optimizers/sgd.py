"""`SGD`: gradient descent, with momentum."""

from typing import Any

from minidl.config.checks import check_real
from minidl.config.types import Array
from minidl.optimizers.optimizer import Optimizer


class SGD(Optimizer):
    """Stochastic gradient descent: `w -= learning_rate * g`, or with a momentum that remembers earlier steps.

    Args:
        learning_rate: a number of at least 0.
        momentum: share of the last step that is taken again, in [0, 1].
        nesterov: look ahead along the momentum before stepping.
        **kwargs: weight decay, clipping, averaging and `name`, as for every `Optimizer`.
    Source: Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning".
    Example:
        >>> SGD(0.1, momentum=0.9)
        SGD(learning_rate=0.1, momentum=0.9)
    """

    slot_names = ("momentum",)

    def __init__(self, learning_rate: Any = 0.01, momentum: float = 0.0, nesterov: bool = False, **kwargs: Any) -> None:
        super().__init__(learning_rate, **kwargs)
        self.momentum = check_real("SGD", "momentum", momentum, 0.0, 1.0)
        self.nesterov = nesterov

    def update_vector(self, value: Array, gradient: Array, learning_rate: float, slots: dict[str, Array]) -> None:
        """`m = momentum * m - learning_rate * g`, `w += m`."""
        step = gradient * -learning_rate
        if self.momentum == 0:
            value += step
            return
        m = slots["momentum"]
        m *= self.momentum
        m += step
        if self.nesterov:
            step += self.momentum * m
            value += step
        else:
            value += m
