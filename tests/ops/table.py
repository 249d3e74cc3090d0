"""The gradient table: for every operation of `minidl.ops`, calls on which it is checked; arrays stand for tensors."""

import numpy as np

from tests.ops.arrays import STACK, P, X, Y, apart, positive, real
from tests.ops.nn_table import NN_CALLS
from tests.ops.numpy_table import NUMPY_CALLS

# operation -> [(tensors, options)]; a list among the tensors is an operation's list of them
CALLS = {
    # arithmetic
    "add": [((X, Y), {}), ((X, real(4)), {}), ((real(3, 1), real(1, 4)), {}), ((X, 2.0), {})],
    "subtract": [((X, Y), {}), ((X, real(4)), {}), ((3.0, X), {})],
    "multiply": [((X, Y), {}), ((STACK, real(3, 1)), {}), ((2, X), {})],
    "divide": [((X, Y), {}), ((1.0, X), {}), ((X, real(4)), {})],
    "power": [((P, Y), {}), ((X, 2), {}), ((X, 3.0), {}), ((X, 0), {}), ((P, real(4)), {}), ((2.0, X), {})],
    "maximum": [((X, Y), {}), ((X, 0.1), {})],
    "minimum": [((X, Y), {}), ((X, real(4)), {})],
    "mod": [((X, 0.37), {}), ((positive(3, 4), np.array([0.7, 0.23, 0.9, 0.31])), {})],
    "floor_divide": [((X, 0.3), {})],
    "arctan2": [((X, Y), {})],
    "hypot": [((X, Y), {}), ((X, real(4)), {})],
    "logaddexp": [((X, Y), {})],
    "where": [((X > 0, X, Y), {}), ((X > 0, X, 0.0), {}), ((np.array([True, False, True, True]), X, real(4)), {})],
    "clip": [((X, -0.5, 0.7), {})],
    # elementary
    "negative": [((X,), {})],
    "abs": [((X,), {})],
    "square": [((X,), {})],
    "sqrt": [((P,), {})],
    "rsqrt": [((P,), {})],
    "reciprocal": [((X,), {})],
    "exp": [((X,), {})],
    "expm1": [((X,), {})],
    "log": [((P,), {})],
    "log1p": [((P,), {})],
    "sin": [((X,), {})],
    "cos": [((X,), {})],
    **{
        name: [((X,), {})]
        for name in (
            "cbrt",
            "exp2",
            "tan",
            "arctan",
            "sinh",
            "cosh",
            "arcsinh",
            "erf",
            "deg2rad",
            "rad2deg",
            "copy",
            "nan_to_num",
        )
    },
    **{name: [((X / 2,), {})] for name in ("arcsin", "arccos", "arctanh")},
    "arccosh": [((P + 1,), {})],
    **{name: [((P,), {})] for name in ("log2", "log10")},
    "trunc": [((X,), {})],
    "isinf": [((X,), {})],
    "sign": [((X,), {})],
    "floor": [((X,), {})],
    "ceil": [((X,), {})],
    "round": [((X,), {}), ((X,), {"decimals": 1})],
    "stop_gradient": [((X,), {})],
    "cast": [((X,), {"dtype": "float64"})],
    "isnan": [((X,), {})],
    "isfinite": [((X,), {})],
    "zeros_like": [((X,), {})],
    "ones_like": [((X,), {})],
    # creation
    "zeros": [((), {"shape": (2, 3)})],
    "ones": [((), {"shape": (2, 3), "dtype": "int32"})],
    "full": [((), {"shape": (2,), "fill_value": 2.5})],
    "arange": [((), {"start": 4}), ((), {"start": 1, "stop": 7, "step": 2})],
    "eye": [((), {"N": 3}), ((), {"N": 2, "M": 3, "k": 1})],
    # comparisons
    **{
        name: [((X, Y), {}), ((X, 0.3), {})]
        for name in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")
    },
    "logical_and": [((X > 0, Y > 0), {})],
    "logical_or": [((X > 0, Y > 0), {})],
    "logical_xor": [((X > 0, Y > 0), {})],
    "logical_not": [((X > 0,), {})],
    "argsort": [((X,), {}), ((X,), {"axis": 0})],
    "all": [((X > 0,), {}), ((X > 0,), {"axis": 1})],
    "any": [((X > 0,), {}), ((X > 0,), {"axis": 0, "keepdims": True})],
    "argmax": [((X,), {}), ((X,), {"axis": -1})],
    "argmin": [((X,), {}), ((X,), {"axis": 0})],
    "one_hot": [((np.array([0, 2, 1]),), {"num_classes": 3}), ((np.array([[0, 2], [1, 5]]),), {"num_classes": 3, "axis": 1})],
    # reductions
    **{
        name: [
            ((STACK,), {}),
            ((STACK,), {"axis": 1}),
            ((STACK,), {"axis": (0, -1)}),
            ((STACK,), {"axis": -1, "keepdims": True}),
        ]
        for name in ("sum", "mean", "var", "std", "prod", "logsumexp")
    },
    **{name: [((apart(2, 3, 4),), {"axis": axis}) for axis in (None, 1, (0, 2))] for name in ("max", "min")},
    "cumsum": [((STACK,), {}), ((STACK,), {"axis": 1}), ((STACK,), {"axis": -1})],
    "cumprod": [((STACK,), {}), ((STACK,), {"axis": 1})],
    # products
    "inv": [((real(3, 3) + 3 * np.eye(3),), {}), ((real(2, 3, 3) + 3 * np.eye(3),), {})],
    "det": [((real(3, 3),), {}), ((real(2, 3, 3),), {})],
    "solve": [((real(3, 3) + 3 * np.eye(3), real(3, 2)), {}), ((real(3, 3) + 3 * np.eye(3), real(3)), {})],
    "matmul": [
        ((real(3, 4), real(4, 2)), {}),
        ((STACK, real(4, 2)), {}),
        ((STACK, real(2, 4, 5)), {}),
        ((real(4), real(4, 2)), {}),
        ((X, real(4)), {}),
        ((real(4), real(4)), {}),
        ((real(4), real(2, 4, 3)), {}),
        ((real(1, 3, 4), real(2, 4, 5)), {}),
        ((real(3, 4), real(2, 4, 5)), {}),
    ],
    "dot": [
        ((real(3, 4), real(4, 2)), {}),
        ((real(4), real(4)), {}),
        ((STACK, real(4)), {}),
        ((STACK, real(5, 4, 3)), {}),
        ((real(4), real(5, 4, 3)), {}),
        ((2.0, X), {}),
    ],
    "einsum": [
        (([real(2, 3, 4), real(2, 4, 5)],), {"subscripts": "bij,bjk->bik"}),
        (([real(3, 4), real(4)],), {"subscripts": "ij,j->i"}),
        (([STACK],), {"subscripts": "abc->ca"}),
        (([real(3), real(4)],), {"subscripts": "i,j->ij"}),
        (([real(2, 3), real(3, 4), real(4, 2)],), {"subscripts": "ab,bc,cd->ad"}),
        (([real(2, 3), real(2, 4)],), {"subscripts": "ab,ac->a"}),
    ],
    # shapes
    "reshape": [((STACK,), {"newshape": (4, -1)}), ((STACK,), {"newshape": (None, 12)}), ((STACK,), {"newshape": 24})],
    "ravel": [((STACK,), {})],
    "transpose": [((STACK,), {}), ((STACK,), {"axes": (1, -1, 0)})],
    "swapaxes": [((STACK,), {"axis1": 0, "axis2": -1})],
    "moveaxis": [((STACK,), {"source": 0, "destination": -1}), ((STACK,), {"source": (0, 1), "destination": (2, 0)})],
    "expand_dims": [((X,), {"axis": 1}), ((X,), {"axis": -1})],
    "squeeze": [((real(3, 1, 4, 1),), {}), ((real(3, 1, 4, 1),), {"axis": 1})],
    "broadcast_to": [((real(3, 1),), {"shape": (2, None, 4)}), ((real(4),), {"shape": (3, 4)})],
    "flip": [((STACK,), {}), ((STACK,), {"axis": (0, 2)})],
    "roll": [((STACK,), {"shift": 1}), ((STACK,), {"shift": 2, "axis": 1}), ((STACK,), {"shift": (1, -1), "axis": (0, 2)})],
    "repeat": [((STACK,), {"repeats": 2}), ((STACK,), {"repeats": 3, "axis": 1}), ((STACK,), {"repeats": 2, "axis": -1})],
    "tile": [((X,), {"repeats": 2}), ((X,), {"repeats": (2, 1, 3)}), ((STACK,), {"repeats": (1, 2)})],
    "pad": [
        ((X,), {"pad_width": 1}),
        ((X,), {"pad_width": ((0, 2), (1, 0)), "constant_values": 3.0}),
        *(((X,), {"pad_width": ((1, 2), (2, 0)), "mode": mode}) for mode in ("reflect", "edge", "symmetric", "wrap")),
    ],
    "concatenate": [(([X, Y],), {}), (([X, real(3, 2), Y],), {"axis": -1})],
    "stack": [(([X, Y],), {}), (([X, Y, P],), {"axis": -1})],
    "split": [((real(4, 6),), {"indices_or_sections": 3, "axis": 1}), ((real(5, 2),), {"indices_or_sections": (1, 3)})],
    "take": [
        ((STACK, np.array([0, 2, 0])), {"axis": 1}),
        ((STACK, np.array([[0, 1], [1, 1]])), {"axis": 0}),
        ((STACK, 1), {"axis": -1}),
        ((STACK, np.array([[3, 3]])), {}),
    ],
    "rot90": [((X,), {}), ((STACK,), {"k": 3, "axes": (1, 2)})],
    "sort": [((apart(3, 4),), {}), ((apart(3, 4),), {"axis": 0})],
    "diagonal": [((X,), {}), ((STACK,), {"offset": 1, "axis1": 1, "axis2": 2})],
    "tril": [((X,), {}), ((STACK,), {"k": 1})],
    "triu": [((X,), {}), ((STACK,), {"k": -1})],
    "take_along_axis": [
        ((X, np.array([[0], [3], [3]])), {"axis": 1}),
        ((X, np.array([[1, 1, 2, 0], [1, 0, 2, 2]])), {"axis": 0}),
    ],
    "get_item": [
        ((STACK,), {"key": 1}),
        ((STACK,), {"key": (slice(None), slice(2, 0, -1))}),
        ((STACK,), {"key": (Ellipsis, 0)}),
        ((STACK,), {"key": (slice(None), None, np.array([0, 2, 0]))}),
    ],
    **NUMPY_CALLS,
    **NN_CALLS,
}


def forms():
    """Every call of the table: `(name, tensors, options)`."""
    return [(name, tensors, options) for name, calls in CALLS.items() for tensors, options in calls]


def flat(tensors):
    """The tensors of a call, those in a list too."""
    return list(tensors[0]) if tensors and isinstance(tensors[0], list) else list(tensors)


# operation -> the names of its tensors, where they are not its first arguments
TENSOR_NAMES = {
    "average": ("x", "weights"),
    "batch_normalization": ("x", "mean", "variance", "offset", "scale"),
    "layer_normalization": ("x", "gamma", "beta"),
    "rms_normalization": ("x", "scale"),
    "trapezoid": ("y", "x"),
}


def find(library, name):
    """The function of that name, such as "image.resize"."""
    for part in name.split("."):
        library = getattr(library, part)
    return library


def call(function, name, tensors, options):
    """Call a function of that name as its users do."""
    if name == "einsum":
        return function(options["subscripts"], *tensors[0])
    if name == "meshgrid":
        return tuple(function(*tensors[0], **options))
    if name in TENSOR_NAMES:
        return function(**dict(zip(TENSOR_NAMES[name], tensors, strict=False)), **options)
    return function(*tensors, **options)
