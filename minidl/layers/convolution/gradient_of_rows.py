"""`GradientOfRows`: the way back through a convolution's activation, for a chunk of rows at a time."""

from typing import Any

from minidl import activations
from minidl.config.types import Array


class GradientOfRows:
    """The gradient before an activation, worked out for some rows when they are asked for: `dz[rows]`.

    It is then still in the cache where it is needed. An activation that might mix rows gives all of them at once.

    Args:
        activation: what made y of z.
        dy, z, y: as its `backward` takes them.
    """

    def __init__(self, activation: Any, dy: Array, z: Array, y: Array) -> None:
        self.activation, self.dy, self.z, self.y = activation, dy, z, y
        self.shape, self.dtype = z.shape, z.dtype
        if activation not in (activations.relu, activations.linear):
            self.activation, self.dy = activations.linear, activation.backward(dy, z, y)

    def __getitem__(self, rows: slice) -> Array:
        dz: Array = self.activation.backward(self.dy[rows], self.z[rows], self.y[rows])
        return dz

    def whole(self) -> tuple[Array, Array]:
        """All rows, and their sum over all windows."""
        dz = self[:]
        return dz, dz.reshape(-1, dz.shape[-1]).sum(axis=0)
