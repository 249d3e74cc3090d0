"""Elementwise functions that ONNX has no operator for, written as formulas; special values; integers and bits."""

from collections.abc import Callable

import numpy as np

from minidl.interop.onnx.builder import Builder, Tensor, element_type
from minidl.interop.onnx.call import AddCall, Call
from minidl.interop.onnx.elementwise_operations import reduced, truth
from minidl.interop.onnx.numbers import Formula, Numbers


def formula(function: Formula) -> AddCall:
    """An operation as a formula `f(n, *tensors)`; every operand gets the type of the result, or the common one."""

    def add(g: Builder, call: Call) -> str:
        dtype = call.dtypes[0] if call.dtypes[0] != "bool" else call.common()
        return function(Numbers(g, dtype), *call.names(g, dtype))

    return add


def _arctan2(n: Numbers, y: str, x: str) -> str:
    half_turn = n("Where", n("Less", y, 0.0), -np.pi, np.pi)
    upright = n("Mul", n("Sign", y), np.pi / 2)
    slope = n("Atan", n("Div", y, n("Where", n("Equal", x, 0.0), 1.0, x)))
    turned = n("Add", slope, n("Where", n("Less", x, 0.0), half_turn, 0.0))
    return n("Where", n("Equal", x, 0.0), upright, turned)


def _logaddexp2(n: Numbers, a: str, b: str) -> str:
    difference = n("Mul", n("Abs", n("Sub", a, b)), -np.log(2))
    return n("Add", n("Max", a, b), n("Mul", n("Softplus", difference), 1 / np.log(2)))


def _mod(n: Numbers, a: str, b: str) -> str:
    if not n.is_float:
        return n("Mod", a, b)
    rest = n("Mod", a, b, fmod=1)
    other_sign = n("Less", n("Mul", n("Sign", rest), n("Sign", b)), 0.0)
    return n("Where", other_sign, n("Add", rest, b), rest)


def _extreme(operator: str) -> Formula:
    """The larger or smaller of two numbers, or the one that is not NaN."""

    def add(n: Numbers, a: str, b: str) -> str:
        extreme = n(operator, a, b)
        return n("Where", n("IsNaN", a), b, n("Where", n("IsNaN", b), a, extreme)) if n.is_float else extreme

    return add


def _has_sign(n: Numbers, x: str) -> str:
    below = n("Less", x, 0.0)
    return n("Or", below, n("Less", n("Reciprocal", x), 0.0)) if n.is_float else below


def _finite(n: Numbers, x: str) -> str:
    if not n.is_float:
        return n("Equal", x, x)
    return n("Not", n("Or", n("IsNaN", x), n("IsInf", x)))


def _is_close(n: Numbers, a: str, b: str, rtol: float, atol: float, equal_nan: bool) -> str:
    limit = n("Add", n("Mul", n("Abs", b), rtol), atol)
    near = n("And", n("LessOrEqual", n("Abs", n("Sub", a, b)), limit), n("And", _finite(n, a), _finite(n, b)))
    near = n("Or", near, n("Equal", a, b))
    return n("Or", near, n("And", n("IsNaN", a), n("IsNaN", b))) if equal_nan else near


def isclose(g: Builder, call: Call) -> str:
    """`|a - b| <= atol + rtol * |b|`."""
    dtype = call.common()
    dtype = dtype if dtype.startswith("float") else "float32"
    a, b = call.names(g, dtype)
    return _is_close(Numbers(g, dtype), a, b, **call.options)


def allclose(g: Builder, call: Call) -> str:
    """Whether that holds everywhere."""
    return truth(g, "ReduceMin", isclose(g, call), None)


def nan_to_num(g: Builder, call: Call) -> str:
    """Numbers instead of NaN and infinity."""
    n, limits = Numbers(g, call.dtypes[0]), np.finfo(call.dtypes[0])
    (x,) = call.names(g)
    high, low = (call.options[name] for name in ("posinf", "neginf"))
    y = n("Where", n("IsNaN", x), float(call.options["nan"]), x)
    y = n("Where", n("IsInf", x, detect_negative=0), float(limits.max if high is None else high), y)
    return n("Where", n("IsInf", x, detect_positive=0), float(limits.min if low is None else low), y)


def count_nonzero(g: Builder, call: Call) -> str:
    """Number of elements that are not 0."""
    (x,) = call.names(g, "bool")
    return count(g, x, call.axes(call.tensors[0].rank), call.dtypes[0])


def count(g: Builder, x: str, axes: list[int] | None, dtype: str) -> str:
    """Number of booleans that are true."""
    total = reduced(g, "ReduceSum", g.op("Cast", x, to=element_type("int64")), axes)
    return g.op("Cast", total, to=element_type(dtype))


def counted_below(right: bool) -> Callable[[Builder, str, str, str], str]:
    """For each value the number of sorted numbers below it, with `right` those that are equal to it too."""

    def add(g: Builder, sequence: str, values: str, dtype: str) -> str:
        below = g.op("GreaterOrEqual" if right else "Greater", g.expand_dims(values, -1), sequence)
        return count(g, below, [-1], dtype)

    return add


def searchsorted(g: Builder, call: Call) -> str:
    """Where values would be inserted into sorted numbers."""
    sequence, values = call.names(g, call.common())
    return counted_below(call.options["side"] == "right")(g, sequence, values, call.dtypes[0])


def digitize(g: Builder, call: Call) -> str:
    """The number of the bin that each value is in."""
    x, bins = call.tensors[0], np.asarray(call.options["bins"])
    if np.any(np.diff(bins) < 0):
        raise call.unsupported("its bins decrease")
    dtype = np.result_type(x.dtype, bins.dtype).name if not x.dtype.startswith("float") else x.dtype
    return counted_below(True)(g, g.constant(bins, dtype), g.plain(g.cast(x, dtype)), call.dtypes[0])


def isin(g: Builder, call: Call) -> str:
    """True where a value is among others."""
    values, known = call.names(g, call.common())
    found = g.op("Equal", g.expand_dims(values, -1), g.op("Reshape", known, g.integers(-1)))
    among = truth(g, "ReduceMax", found, [-1])
    return g.op("Not", among) if call.options["invert"] else among


def same(g: Builder, call: Call) -> Tensor:
    """A real number itself: its real part, its conjugate."""
    return g.cast(call.tensors[0], call.dtypes[0])


def bits(operator: str) -> AddCall:
    """An operator of integers bit by bit, and of booleans."""
    return lambda g, call: g.op(operator if call.dtypes[0] == "bool" else f"Bitwise{operator}", *call.names(g))


_FORMULAS: dict[str, Formula] = {
    "angle": lambda n, x: n("Where", n("Less", x, 0.0), np.pi, n("Mul", x, 0.0)),
    "arctan2": _arctan2,
    "cbrt": lambda n, x: n("Mul", n("Sign", x), n("Pow", n("Abs", x), 1 / 3)),
    "deg2rad": lambda n, x: n("Mul", x, np.pi / 180),
    "divide_no_nan": lambda n, a, b: n("Where", n("Equal", b, 0.0), 0.0, n("Div", a, n("Where", n("Equal", b, 0.0), 1.0, b))),
    "erfc": lambda n, x: n("Sub", 1.0, n("Erf", x)),
    "floor_divide": lambda n, a, b: n("Floor", n("Div", a, b)) if n.is_float else n("Div", n("Sub", a, n("Mod", a, b)), b),
    "fmax": _extreme("Max"),
    "fmin": _extreme("Min"),
    "fmod": lambda n, a, b: n("Mod", a, b, fmod=1),
    "heaviside": lambda n, x, at: n("Where", n("Equal", x, 0.0), at, n("Where", n("Less", x, 0.0), 0.0, 1.0)),
    "hypot": lambda n, a, b: n("Sqrt", n("Add", n("Mul", a, a), n("Mul", b, b))),
    "imag": lambda n, x: n("Mul", x, 0.0),
    "isfinite": _finite,
    "isneginf": lambda n, x: n("IsInf", x, detect_positive=0),
    "isposinf": lambda n, x: n("IsInf", x, detect_negative=0),
    "isreal": lambda n, x: n("Or", n("Equal", x, x), n("IsNaN", x)),
    "ldexp": lambda n, x, power: n("Mul", x, n("Pow", 2.0, power)),
    "left_shift": lambda n, x, power: n("Mul", x, n("Pow", 2, power)),
    "logaddexp": lambda n, a, b: n("Add", n("Max", a, b), n("Softplus", n("Neg", n("Abs", n("Sub", a, b))))),
    "logaddexp2": _logaddexp2,
    "mod": _mod,
    "rad2deg": lambda n, x: n("Mul", x, 180 / np.pi),
    "signbit": _has_sign,
    "sinc": lambda n, x: n(
        "Where",
        n("Equal", x, 0.0),
        1.0,
        n("Div", n("Sin", n("Mul", x, np.pi)), n("Mul", n("Where", n("Equal", x, 0.0), 1.0, x), np.pi)),
    ),
    "trunc": lambda n, x: n("Mul", n("Sign", x), n("Floor", n("Abs", x))) if n.is_float else x,
}
OPERATIONS: dict[str, AddCall] = {
    **{name: formula(function) for name, function in _FORMULAS.items()},
    "allclose": allclose,
    "bitwise_and": bits("And"),
    "bitwise_not": bits("Not"),
    "bitwise_or": bits("Or"),
    "bitwise_xor": bits("Xor"),
    "conjugate": same,
    "count_nonzero": count_nonzero,
    "digitize": digitize,
    "isclose": isclose,
    "isin": isin,
    "nan_to_num": nan_to_num,
    "real": same,
    "searchsorted": searchsorted,
}
