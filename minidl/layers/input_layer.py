"""`Input`: shape and dtype of a model's input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np

from minidl.config.dtypes import standardize_dtype
from minidl.config.naming import automatic_name
from minidl.config.types import Array, Config, DTypeLike, Options, Shape
from minidl.graph.symbolic import Output, SymbolicTensor
from minidl.layers.argument_checks import check_shape
from minidl.layers.layer import Layer
from minidl.layers.layer_config import replace_arguments


class InputLayer(Layer):
    """Declares the shape of the data; returns arrays unchanged.

    Args:
        shape: shape of one row, without the batch; `None` for sizes that vary.
        batch_size: number of rows, `None` for any number.
        dtype: dtype of the data, "string" for text; `floatx()` by default.
        batch_shape: shape with the batch axis, instead of `shape` and `batch_size`.
        optional: whether the model may be called with `None` for this input; the layers after it then get `None`.
        name: as for every layer.
    Example:
        >>> InputLayer((784,), name="pixels").output
        <SymbolicTensor pixels, shape=(None, 784), dtype=float32>
    """

    supports_masking = True
    input_dtype = "any"

    def __init__(
        self,
        shape: Sequence[int | None] | None = None,
        batch_size: int | None = None,
        dtype: DTypeLike = None,
        batch_shape: Sequence[int | None] | None = None,
        optional: bool = False,
        name: str | None = None,
    ) -> None:
        name = name or automatic_name("InputLayer")
        kind = None if dtype is None else "string" if dtype in ("string", "str", str) else _type_name(dtype)
        super().__init__(name=name, dtype=kind if kind is not None and kind.startswith("float") else None)
        if batch_shape is not None and batch_size is not None:
            raise ValueError(
                f"Input expects batch_size or batch_shape, got batch_size={batch_size!r}, batch_shape={batch_shape!r}"
            )
        if (shape is None) == (batch_shape is None):
            given = "neither" if shape is None else f"shape={shape!r}, batch_shape={batch_shape!r}"
            raise ValueError(f"Input expects either the shape of a row, such as Input((784,)), or batch_shape, got {given}")
        whole = (batch_size, *_as_sizes(shape)) if batch_shape is None else _as_sizes(batch_shape)
        self.batch_shape: Shape = whole
        self.optional = optional
        self.build(whole)
        self._output = Output(whole, kind or self.dtype, self.name, optional=bool(optional))

    @classmethod
    def accept_older_arguments(cls, arguments: Options) -> Options:
        """`input_shape` is `shape`, `batch_input_shape` is `batch_shape`, the latter without a warning as in Keras."""
        arguments = {"batch_shape" if name == "batch_input_shape" else name: value for name, value in arguments.items()}
        return super().accept_older_arguments(
            replace_arguments(cls.__name__, arguments, {"input_shape": ("shape", "write shape")})
        )

    @property
    def output(self) -> SymbolicTensor:
        """The symbolic tensor of the input."""
        return self._output.tensor(self)

    def forward(self, x: Array, training: bool = False) -> tuple[Array, bool]:
        """`y = x`."""
        return x, x.dtype.kind == "f"

    def backward(self, dy: Array, cache: bool) -> Array | None:
        """`dx = dy`; integers have none."""
        is_float = cache
        return dy if is_float else None

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def constructor_arguments(self) -> Options:
        """The shape with its batch axis, the type of the data and the name."""
        arguments = super().constructor_arguments() | {"shape": None, "batch_size": None, "batch_shape": self.batch_shape}
        return arguments | {"dtype": self.output.dtype}

    @classmethod
    def from_config(cls, config: Config) -> Self:
        """Make an input from the result of `get_config`."""
        return cls(**{key: value for key, value in config.items() if key != "trainable"})


def Input(  # noqa: N802  # Keras's name for this function
    shape: Shape | None = None,
    batch_size: int | None = None,
    dtype: str | None = None,
    sparse: bool | None = None,
    ragged: bool | None = None,
    batch_shape: Shape | None = None,
    name: str | None = None,
    tensor: object = None,
    optional: bool = False,
) -> SymbolicTensor:
    """A symbolic tensor for the input of a model; see `InputLayer` for the arguments.

    `sparse` is accepted for compatibility with Keras: every input accepts SciPy's sparse matrices. With `tensor` a symbolic
    tensor is returned as it is, as it may be the input of a model.

    Raises:
        ValueError: `ragged` is true, as arrays have one length.
    Example:
        >>> Input((28, 28), name="image").shape
        (None, 28, 28)
    """
    if ragged:
        raise ValueError("Input expects ragged=False, as arrays have one length; pad the rows with utils.pad_sequences")
    if isinstance(tensor, SymbolicTensor):
        return tensor
    return InputLayer(shape, batch_size, dtype, batch_shape, optional, name).output


def _type_name(dtype: DTypeLike) -> str:
    """The name of an element type; strings are not left to NumPy, which evaluates "(50000000,)f4"."""
    return standardize_dtype(dtype) if isinstance(dtype, str) else np.dtype(dtype).name


def _as_sizes(shape: object) -> Shape:
    if not isinstance(shape, (tuple, list)):
        raise ValueError(f"Input expects a shape as a tuple, such as (784,), got {shape!r}; write a single axis as ({shape},)")
    return check_shape("Input", "shape", shape)
