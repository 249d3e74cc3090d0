"""`SpectralNormalization`: a layer whose kernel matrix has spectral norm 1."""

from __future__ import annotations

import copy
from typing import NamedTuple, Unpack

import numpy as np

from minidl.config.checks import check_positive_integer
from minidl.config.types import Array, Arrays, Cache, Shape, Tensors
from minidl.initializers import RandomNormal
from minidl.layers.layer import Layer
from minidl.layers.options import LayerOptions
from minidl.layers.wrapper import Wrapper
from minidl.variable import Variable


class _Divided(NamedTuple):
    """The inner layer with its kernel divided by sigma, and the values it was computed from."""

    layer: Layer
    kernel: Variable
    sigma: float
    v: Array
    u: Array


class SpectralNormalization(Wrapper):
    """Runs a layer with `kernel = W / sigma`, where `sigma = v @ W @ u` is the kernel's largest singular value.

    `W` is the kernel as a matrix (all axes but the last, last), and the singular vectors u and v come from a few power
    iterations `v = W @ u`, `u = v @ W`, both normalized. They start from `vector_u`, which is updated in each training
    step. The gradient treats u and v as constants, which is exact once they have converged. A kernel of zeros is not
    changed.

    Both modes divide, and the kernel itself is never changed. Keras writes `kernel / sigma` into the kernel at each training
    step and predicts with that; on JAX, its `fit` loses it again and predicts with a kernel that is not divided.
    A regularizer of the inner kernel, too, is one of the kernel itself, Keras's of `kernel / sigma`. Masks are passed on
    as by the inner layer; Keras drops them.

    Args:
        layer: a layer that has a `kernel` or `embeddings`, such as `Dense`, `Conv2D` or `Embedding`.
        power_iterations: number of power iterations at each call, a positive integer.
        **kwargs: `name`, `trainable`, `input_shape` and what every `Wrapper` takes.
    Shapes:
        x and y: those of the inner layer; vector_u (1, size of the kernel's last axis).
    Raises:
        ValueError: `power_iterations` is not positive, or `layer` has neither `kernel` nor `embeddings`.
    Source: Miyato, Kataoka, Koyama & Yoshida 2018.
    Example:
        >>> from minidl.layers import Dense
        >>> layer = SpectralNormalization(Dense(2, kernel_initializer="ones"))
        >>> layer(np.eye(2)).round(4)  # a matrix of ones stretches (1, 1) to twice its length
        array([[0.5, 0.5],
               [0.5, 0.5]], dtype=float32)
    """

    def __init__(self, layer: Layer, power_iterations: int = 1, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(layer, **kwargs)
        self.power_iterations = check_positive_integer("SpectralNormalization", "power_iterations", power_iterations)

    @property
    def uses_mask(self) -> bool:
        """Whether the layer inside takes a mask."""
        return self.layer.uses_mask

    def build(self, input_shape: Shape) -> None:
        """Build the inner layer, and create vector_u."""
        self.layer.build_for(input_shape)
        self.kernel_name = next((name for name in ("kernel", "embeddings") if hasattr(self.layer, name)), "")
        if not self.kernel_name:
            raise ValueError(
                f"{self.title} expects a layer with a kernel or embeddings, such as Dense(8), got {self.layer!r}, "
                f"which has neither"
            )
        self.kernel: Variable = getattr(self.layer, self.kernel_name)
        self._variables.append(self.kernel)  # which comes first among the weights, as in Keras
        self.vector_u = self.add_weight(
            (1, self.kernel.shape[-1]), RandomNormal(stddev=0.02), self.kernel.dtype, False, name="vector_u"
        )

    def forward(self, x: Array, training: bool = False, mask: Array | None = None, **options: object) -> tuple[Arrays, object]:
        """The inner layer's pass with `kernel / sigma`; training keeps the new u."""
        divided = self._divide()
        if training:
            self.vector_u.assign(divided.u[np.newaxis])
        y, cache, _ = divided.layer._forward(x, mask, training, **options)
        return y, (cache, divided)

    def infer(self, x: Array, mask: Array | None = None, **options: object) -> Tensors:
        """The inner layer's output with `kernel / sigma`."""
        return self._divide().layer._infer(x, mask, **options)[0]

    def backward(self, dy: Tensors, cache: Cache) -> Tensors:
        """The inner layer's `dx`; `dW = (dQ - outer(v, u) * sum(dQ * Q)) / sigma`, where Q is `W / sigma`."""
        return self._gradients(dy, cache, weights_only=False)

    def backward_weights(self, dy: Array, cache: object) -> None:
        self._gradients(dy, cache, weights_only=True)

    def _gradients(self, dy: Array, cache: Cache, weights_only: bool) -> Tensors:
        inner_cache, (layer, kernel, sigma, v, u) = cache
        kernel.grad[...] = 0.0
        dx = layer._backward(dy, inner_cache, weights_only)
        through_sigma = np.vdot(kernel.grad, kernel.value) * np.outer(v, u)
        self.kernel.grad += (kernel.grad - through_sigma.reshape(kernel.shape)) / kernel.value.dtype.type(sigma)
        return dx

    def penalty(self, cache: Cache) -> float:
        """What the inner layer adds to the loss."""
        return cache[1].layer._penalty(cache[0])  # type: ignore[no-any-return]  # caches are not typed

    def divided_kernel(self) -> Variable:
        """The kernel divided by sigma, which predictions use and Keras stores."""
        return self._divide().kernel

    @property
    def spectral_norm(self) -> float:
        """Sigma, by which the kernel is divided."""
        return self._divide().sigma

    def _divide(self) -> _Divided:
        """The inner layer, its kernel replaced by a variable of this call, so that several calls may run at the same time."""
        matrix, u = self.kernel.value.reshape(-1, self.kernel.shape[-1]), self.vector_u.value[0]
        v = np.zeros(len(matrix), matrix.dtype)
        for _ in range(self.power_iterations):
            v = _unit(matrix @ u)
            u = _unit(v @ matrix)
        sigma = float(v @ matrix @ u)
        if sigma == 0.0:  # a kernel of zeros: nothing to divide, and nothing learned of u
            sigma, v, u = 1.0, np.zeros_like(v), self.vector_u.value[0].copy()
        layer, kernel = copy.copy(self.layer), Variable(self.kernel.value / matrix.dtype.type(sigma), dtype=self.kernel.dtype)
        setattr(layer, self.kernel_name, kernel)
        return _Divided(layer, kernel, sigma, v, u)


def _unit(vector: Array) -> Array:
    unit: Array = vector / max(np.sqrt(vector @ vector), vector.dtype.type(1e-7))
    return unit
