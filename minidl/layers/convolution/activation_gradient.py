"""`ActivationGradient`: the backward pass of a convolution's activation, computed for a chunk of rows when it is needed."""

from minidl import activations
from minidl.activations import ActivationFunction
from minidl.config.types import Array
from minidl.kernels.products import matmul
from minidl.kernels.reductions import ones


class ActivationGradient:
    """The gradient before an activation, `dz = activation.backward(dy, z, y)`; `dz[rows]` computes these rows of the batch.

    A chunk is then still in the cache when the product reads it. Only relu and the identity are computed in chunks, because
    another activation could mix rows.
    """

    def __init__(self, activation: ActivationFunction, dy: Array, z: Array, y: Array) -> None:
        self.activation, self.dy, self.z, self.y = activation, dy, z, y
        self.shape, self.dtype = z.shape, z.dtype
        if activation not in (activations.relu, activations.linear):
            self.activation, self.dy = activations.linear, activation.backward(dy, z, y)

    def __getitem__(self, rows: slice) -> Array:
        return self.activation.backward(self.dy[rows], self.z[rows], self.y[rows])

    def with_sum(self) -> tuple[Array, Array]:
        """`dz` of the whole batch, and the gradient of the bias: its sum over all windows, (filters,)."""
        dz = self[:]
        rows = dz.reshape(-1, dz.shape[-1])
        return dz, matmul(ones(len(rows), rows.dtype), rows)  # a thread of BLAS would disturb the products that follow
