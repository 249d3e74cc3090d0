"""Shapes of operations that only compare sizes, found with small arrays: every large size is replaced by a small one."""

from collections.abc import Callable, Sequence

import numpy as np

from minidl.config.types import Array, Shape, Tensors
from minidl.graph.shapes import compare_shapes, zeros_of

_LARGE = 16  # sizes up to this one stay
# Operations that compute no size from others or from options, so that equal sizes may be replaced by equal ones.
_NAMES = (
    "abs add all amax amin any arccos arccosh arcsin arcsinh arctan arctan2 arctanh argmax argmin average "
    "batch_normalization bitwise_and bitwise_not bitwise_or bitwise_xor cast cbrt ceil celu clip conjugate copy cos "
    "cosh count_nonzero cumprod cumsum deg2rad divide divide_no_nan dot einsum elu equal erf erfc erfinv exp exp2 "
    "expand_dims expm1 fabs flip floor floor_divide fmax fmin fmod gelu greater greater_equal hard_sigmoid hard_silu "
    "hard_tanh heaviside hypot inner isclose isfinite isinf isnan layer_normalization leaky_relu less less_equal log "
    "log10 log1p log2 log_sigmoid log_softmax logaddexp logical_and logical_not logical_or logical_xor logsumexp "
    "matmul max maximum mean min minimum mod moveaxis multiply nan_to_num nanmax nanmean nanmin nansum negative norm "
    "normalize not_equal ones_like outer power prod ptp rad2deg real reciprocal relu relu6 rms_normalization round "
    "rsqrt selu sigmoid sign signbit silu sin sinc sinh soft_shrink softmax softplus softsign sort sparse_plus "
    "sparsemax sqrt square squareplus squeeze std stop_gradient subtract sum swapaxes tan tanh tanh_shrink tensordot "
    "threshold transpose trunc var where zeros_like"
)
COMPARING = set(_NAMES.split())


def compares_sizes(function: str) -> bool:
    """Whether the operation of that name computes no size, so that its shape may be found with small sizes."""
    return function in COMPARING or function.startswith("activations.")


class SmallSizes:
    """Small sizes for large ones, different for different sizes.

    Args:
        shapes: of all tensors.
    Example:
        >>> small = SmallSizes([(None, 500), (500, 3000), (3,)])
        >>> small.shape((500, 3000)), small.restored((17, 3, 18))
        ((17, 18), (500, 3, 3000))
    """

    def __init__(self, shapes: Sequence[Shape]) -> None:
        large = sorted({size for shape in shapes for size in shape if size is not None and size > _LARGE})
        self._small = {size: _LARGE + 1 + number for number, size in enumerate(large)}
        self._large = {small: size for size, small in self._small.items()}

    def shape(self, shape: Shape) -> Shape:
        """The shape with small sizes."""
        return tuple(size if size is None else self._small.get(size, size) for size in shape)

    def restored(self, shape: Shape) -> Shape:
        """The shape with the large sizes again."""
        return tuple(size if size is None else self._large.get(size, size) for size in shape)

    def cut(self, array: Array) -> Array:
        """The beginning of a constant array, of the shape with small sizes."""
        return array[tuple(slice(self._small.get(size, size)) for size in array.shape)]


def found_with_small_sizes(
    run: Callable[[list[Tensors]], Tensors], tensors: list[Tensors], dtypes: list[str], sizes: tuple[int, int]
) -> tuple[list[tuple[Shape, str]], bool] | None:
    """Shape and dtype of each output, and whether there are several; `None` if the operation fails with small sizes.

    Args:
        run: computes the outputs of arrays.
        tensors: for each tensor its shape, or a constant.
        dtypes: those of the shapes.
        sizes: two sizes for unknown axes.
    """
    small = SmallSizes([tensor if isinstance(tensor, tuple) else np.shape(tensor) for tensor in tensors])
    outcomes = []
    for size in sizes:
        kinds = iter(dtypes)
        arrays = [
            zeros_of(small.shape(tensor), next(kinds), size)
            if isinstance(tensor, tuple)
            else small.cut(tensor)
            if isinstance(tensor, np.ndarray)
            else tensor
            for tensor in tensors
        ]
        try:
            with np.errstate(all="ignore"):
                outcomes.append(run(arrays))
        except Exception:
            return None
    several = isinstance(outcomes[0], (tuple, list))
    pairs = zip(*outcomes, strict=True) if several else [tuple(outcomes)]
    return [(small.restored(compare_shapes(one, other)), one.dtype.name) for one, other in pairs], several
