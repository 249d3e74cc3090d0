"""`Gates`: activations of parts that lie side by side in a row, without a new array where they are the usual ones."""

from typing import Any

import numpy as np

from minidl.config.types import Array
from minidl.kernels.elementwise import sigmoid, tanh


class Gates:
    """Several activations at once, each on its own `units` columns: for one pass, as it holds room for its arithmetic.

    Where all of them are tanh or sigmoid, the whole row goes through one hyperbolic tangent, as
    `sigmoid(z) = (1 + tanh(z / 2)) / 2`. The slope of both is `(1 - y) * (y + least)`, with -1 times `least` the least value
    of y.

    Args:
        activations: one for each part, objects with `forward(z)` and `backward(dy, z, y)`.
        like: an array of the width of one part, (batch, units).
    Attributes:
        usual: whether `backward` needs no `z`, so that y may be written over it.
    """

    def __init__(self, activations: list[Any], like: Array) -> None:
        kinds = [activation.forward for activation in activations]
        batch, self.units = like.shape
        self.activations = activations
        self.usual = all(kind in (tanh, sigmoid) for kind in kinds)
        bent = [kind is sigmoid for kind in kinds]
        self.inner, self.middle, self.least = (self._spread(bent, like, *pair) for pair in ((0.5, 1), (0.5, 0), (0, 1)))
        self.only_tanh = not any(bent)
        self.room = np.empty((2, batch, self.units * len(kinds)), like.dtype) if self.usual else None

    def forward(self, z: Array, y: Array) -> None:
        """Write the activations of z to y; both (batch, parts * units), and one array if the activations are the usual ones."""
        if not self.usual:
            for part, activation in self._parts():
                y[:, part] = activation.forward(z[:, part])
        elif self.only_tanh:
            np.tanh(z, out=y)
        else:
            np.multiply(z, self.inner, out=y)
            np.tanh(y, out=y)
            y *= self.inner
            y += self.middle

    def backward(self, dy: Array, z: Array, y: Array) -> None:
        """Turn the gradient of y into that of z, in place."""
        if self.room is None:
            for part, activation in self._parts():
                dy[:, part] = activation.backward(dy[:, part], z[:, part], y[:, part])
        else:
            one, other = self.room
            dy *= np.subtract(1, y, out=one)
            dy *= np.add(y, self.least, out=other)

    @staticmethod
    def _spread(bent: list[bool], like: Array, where_sigmoid: float, where_tanh: float) -> Any:
        """One number where all activations are alike, else an array as large as the row: twice as fast as broadcasting one."""
        numbers = [where_sigmoid if one else where_tanh for one in bent]
        if len(set(numbers)) == 1:
            return numbers[0]
        return np.tile(np.repeat(np.array(numbers, like.dtype), like.shape[1]), (len(like), 1))

    def _parts(self) -> list[tuple[slice, Any]]:
        starts = range(0, self.units * len(self.activations), self.units)
        return [(slice(start, start + self.units), one) for start, one in zip(starts, self.activations, strict=True)]


def recurrent_gradient(before: Array, scale: Array | None, dz: Array) -> Array:
    """The recurrent kernel's gradient: one product over all steps, of the states before them and their gradients."""
    before = before if scale is None else before * scale
    gradient: Array = before.reshape(-1, before.shape[-1]).T @ dz.reshape(-1, dz.shape[-1])
    return gradient


class Held:
    """Backward's way past masked steps: their rows' gradient of a state waits here, and the step itself sees 0.

    Args:
        keep: booleans (batch, 1), `False` where the step is masked; or `None`.
        gradients: of the states behind the step, each (batch, units); the masked rows are set to 0.
    """

    def __init__(self, keep: Array | None, *gradients: Array) -> None:
        self.waiting = [] if keep is None else [gradient * ~keep for gradient in gradients]
        if keep is not None:
            for gradient in gradients:
                gradient *= keep

    def give_back(self, *gradients: Array) -> None:
        """Add what waited to the gradients of the states before the step."""
        for gradient, waiting in zip(gradients, self.waiting, strict=False):
            gradient += waiting
