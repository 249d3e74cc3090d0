"""`Dense`: fully connected layer."""

from typing import TYPE_CHECKING, Any, Unpack

from minidl import activations
from minidl.activations import ActivationFunction
from minidl.config.checks import check_positive_integer
from minidl.config.types import ActivationLike, AnyShapes, Array, ConstraintLike, InitializerLike, RegularizerLike
from minidl.kernels.activations.relu import activate
from minidl.kernels.dense import dense
from minidl.kernels.in_use import in_use
from minidl.kernels.products import matmul
from minidl.kernels.reductions import ones
from minidl.layers.argument_checks import raise_wrong_rows
from minidl.layers.layer import Layer
from minidl.layers.weight_options import add_weight_with, set_weight_options

if TYPE_CHECKING:  # a first prediction does not wait for this import
    from minidl.layers.options import WeightLayerOptions


class Dense(Layer):
    """Fully connected layer: `y = activation(x @ kernel + bias)`.

    Args:
        units: width of the output, a positive integer.
        activation: name, function or `None` for none.
        use_bias: whether a bias is added.
        kernel_initializer, bias_initializer: initial values of the weights.
        kernel_regularizer, bias_regularizer, activity_regularizer: penalties on weights and output.
        kernel_constraint, bias_constraint: functions applied to the weights after each update.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`, as for every `Layer`.
    Shapes:
        x (batch, ..., features) -> y (batch, ..., units), or half of that with "glu"; kernel (features, units); bias (units,).
    Raises:
        ValueError: `units` is not positive, or odd with "glu", or x's last axis is not the one the layer was built for.
    Source: Glorot & Bengio 2010 (initialization).
    Example:
        >>> Dense(2)(np.ones((4, 3))).shape
        (4, 2)
    """

    supports_masking = True

    def __init__(
        self,
        units: int,
        activation: "ActivationLike" = None,
        use_bias: bool = True,
        kernel_initializer: "InitializerLike" = "glorot_uniform",
        bias_initializer: "InitializerLike" = "zeros",
        kernel_regularizer: "RegularizerLike" = None,
        bias_regularizer: "RegularizerLike" = None,
        activity_regularizer: "RegularizerLike" = None,
        kernel_constraint: "ConstraintLike" = None,
        bias_constraint: "ConstraintLike" = None,
        **kwargs: "Unpack[WeightLayerOptions]",
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.units = check_positive_integer("Dense", "units", units)
        self.activation = activations.get(activation)
        self.activation.compute_output_shape((None, self.units), self.title)  # glu halves the units
        self.use_bias = use_bias
        set_weight_options(
            self,
            kernel=(kernel_initializer, kernel_regularizer, kernel_constraint),
            bias=(bias_initializer, bias_regularizer, bias_constraint),
        )

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        features = input_shape[-1]
        if not features:
            raise ValueError(f"{self.title} needs to know the size of its input's last axis, above 0, got shape {input_shape}")
        self.kernel = add_weight_with(self, "kernel", (features, self.units))
        self.bias: Any = add_weight_with(self, "bias", (self.units,)) if self.use_bias else None

    def forward(self, x: Array, training: bool = False) -> tuple[Array, tuple[Array, Array, Array]]:
        """`z = x @ kernel + bias`, `y = activation(z)`."""
        rows = x if x.ndim == 2 else x.reshape(-1, x.shape[-1])
        z = matmul(rows, self.kernel.value)  # (rows, features) @ (features, units) -> (rows, units)
        z = z if x.ndim == 2 else z.reshape(*x.shape[:-1], self.units)
        y = activate(z, self.bias.array if self.use_bias else None, self.activation.forward)
        return y, (rows, z, y)

    def infer(self, x: Array) -> Array:
        """`activation(x @ kernel + bias)`, without a cache."""
        if x.ndim != 2 or not self.use_bias:
            return self.forward(x)[0]
        return in_use[dense](x, self.kernel.array, self.bias.array, self.activation.forward)

    def backward(self, dy: Array, cache: tuple[Array, Array, Array]) -> Array:
        """`dx = dz @ kernel.T`, where `dz` is the gradient before the activation."""
        dz = self._backward_to_logits(dy, cache)
        dx = matmul(dz, self.kernel.array.T)  # (rows, units) @ (units, features) -> (rows, features)
        return dx if dy.ndim == 2 else dx.reshape(*dy.shape[:-1], dx.shape[-1])

    def backward_weights(self, dy: Array, cache: tuple[Array, Array, Array]) -> None:
        """The weights' gradients, without the product that gives `dx`."""
        self._backward_to_logits(dy, cache)

    def _backward_to_logits(self, dy: Array, cache: tuple[Array, Array, Array]) -> Array:
        rows, z, y = cache
        dz: Array = self.activation.backward(dy, z, y)
        dz = dz if dz.ndim == 2 else dz.reshape(-1, dz.shape[-1])
        self.kernel.add_product(rows.T, dz)  # (features, rows) @ (rows, units) -> (features, units)
        if self.use_bias:
            self.bias.add_product(ones(len(dz), dz.dtype), dz)  # their sum; three times as fast as np.sum
        return dz

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return self.activation.compute_output_shape((*input_shape[:-1], self.units), self.title)

    def check_input(self, shape: AnyShapes) -> None:
        features = self.kernel.shape[0] if self.built else None
        if type(shape) is not tuple or len(shape) < 2 or (features is not None and features != shape[-1]):
            raise_wrong_rows(self.title, shape, features)

    def split_activation(self) -> tuple[Layer, ActivationFunction] | None:
        """This layer without its softmax or sigmoid, with the same kernel and bias."""
        return None if self.activity_regularizer is not None else activations.split_final(self)
