"""Elementwise operations, comparisons and reductions."""

from collections.abc import Callable

import numpy as np

from minidl.interop.onnx.activations import ALONG_AXIS, ELEMENTWISE, relu
from minidl.interop.onnx.builder import Builder, Tensor, element_type
from minidl.interop.onnx.call import AddCall, Call
from minidl.interop.onnx.numbers import Formula, Numbers


def unary(operator: str) -> AddCall:
    """An operator of one tensor; it keeps the order of axes."""
    return lambda g, call: _mapped(g, call, lambda x: _operator(g, operator, x, call.dtypes[0]))


def _operator(g: Builder, operator: str, x: str, dtype: str) -> str:
    """ONNX has operators for whole numbers only where the result may differ from x."""
    if not dtype.startswith("float") and operator in ("Ceil", "Floor", "Round"):
        return x
    return relu(Numbers(g, dtype), x) if operator == "Relu" else g.op(operator, x)


def _mapped(g: Builder, call: Call, function: Callable[[str], str]) -> Tensor:
    return g.elementwise(g.cast(call.tensors[0], call.dtypes[0]), function)


def composed(function: Formula) -> AddCall:
    """A formula of one tensor, which keeps the order of axes."""
    return lambda g, call: _mapped(g, call, lambda x: function(Numbers(g, call.dtypes[0]), x))


def test(operator: str) -> AddCall:
    """A question about each number, such as IsNaN, which no whole number is."""

    def add(g: Builder, call: Call) -> str:
        if call.common().startswith("float"):
            return g.op(operator, *call.names(g, call.common()))
        (x,) = call.names(g, "int64")
        return g.op("Less", x, x)

    return add


def binary(operator: str) -> AddCall:
    """An operator of two tensors that broadcast."""
    return lambda g, call: _in_pairs(g, operator, call, call.dtypes[0])


def comparison(operator: str, negated: bool = False) -> AddCall:
    """A comparison of two tensors, in their common type."""

    def add(g: Builder, call: Call) -> str:
        dtype = call.common()
        y = g.op(operator, *call.names(g, "int32" if dtype == "bool" and operator != "Equal" else dtype))
        return g.op("Not", y) if negated else y

    return add


def _in_pairs(g: Builder, operator: str, call: Call, dtype: str) -> object:
    """Both operands in an order of axes that both have, if their ranks are equal; a single number fits every order."""
    a, b = (g.cast(one, dtype) for one in call.tensors)
    for one, other in ((a, b), (b, a)):
        if other.rank == 0:
            view, name = next(iter(one.views.items()))
            names = [name, g.plain(other)] if one is a else [g.plain(other), name]
            return g.tensor(g.op(operator, *names), call.shapes[0], dtype, view)
    for order in [view for view in a.views if view in b.views and a.rank == b.rank]:
        return g.tensor(g.op(operator, a.views[order], b.views[order]), call.shapes[0], dtype, order)
    return g.op(operator, g.plain(a), g.plain(b))


def logical(operator: str) -> AddCall:
    """An operator of booleans."""
    return lambda g, call: g.op(operator, *call.names(g, "bool"))


def activation(name: str) -> AddCall:
    """An activation function with its options."""

    def add(g: Builder, call: Call) -> str | Tensor:
        if name in ELEMENTWISE:
            return _mapped(g, call, lambda x: ELEMENTWISE[name](Numbers(g, call.dtypes[0]), x, **call.options))
        (x,) = call.names(g)
        return ALONG_AXIS[name](g, x, call.tensors[0].rank, call.dtypes[0], **call.options)

    return add


def reduction(operator: str) -> AddCall:
    """A reduction over `axis`; without it over all."""

    def add(g: Builder, call: Call) -> str:
        (x,) = call.names(g)
        return reduce(g, operator, x, call)

    return add


def reduce(g: Builder, operator: str, x: str, call: Call, keepdims: bool | None = None) -> str:
    """Reduce x over the axes of the call."""
    keep = bool(call.options.get("keepdims")) if keepdims is None else keepdims
    return reduced(g, operator, x, call.axes(call.tensors[0].rank), keep)


def reduced(g: Builder, operator: str, x: str, axes: list[int] | None, keepdims: bool = False) -> str:
    """Reduce x over axes; without them over all."""
    return g.op(operator, x, *([] if axes is None else [g.integers(*axes)]), keepdims=int(keepdims))


def any_or_all(operator: str) -> AddCall:
    """`any` is the maximum of 0 and 1, `all` their minimum."""

    def add(g: Builder, call: Call) -> str:
        (x,) = call.names(g, "bool")
        return truth(g, operator, x, call.axes(call.tensors[0].rank), bool(call.options.get("keepdims")))

    return add


def truth(g: Builder, operator: str, x: str, axes: list[int] | None, keepdims: bool = False) -> str:
    """A reduction of booleans over axes; without them over all."""
    found = reduced(g, operator, g.op("Cast", x, to=element_type("int32")), axes, keepdims)
    return g.op("Cast", found, to=element_type("bool"))


def variance(root: bool) -> AddCall:
    """The mean square of the distances from the mean, or its root."""

    def add(g: Builder, call: Call) -> str:
        (x,) = call.names(g)
        centered = g.op("Sub", x, reduce(g, "ReduceMean", x, call, keepdims=True))
        y = reduce(g, "ReduceMean", g.op("Mul", centered, centered), call)
        return g.op("Sqrt", y) if root else y

    return add


def extreme(operator: str) -> AddCall:
    """`argmax` and `argmin`."""

    def add(g: Builder, call: Call) -> str:
        axis, (x,) = call.options["axis"], call.names(g, call.common())
        if axis is None:
            x, axis = g.op("Reshape", x, g.integers(-1)), 0
            if call.options["keepdims"]:
                raise call.unsupported("axis=None with keepdims=True")
        y = g.op(operator, x, axis=axis, keepdims=int(call.options["keepdims"]))
        return g.op("Cast", y, to=element_type(call.dtypes[0]))

    return add


def clip(g: Builder, call: Call) -> str:
    """`min(max(x, x_min), x_max)`; a limit may be `None`."""
    x, low, high = call.names(g)
    return g.op("Min", g.op("Max", x, low), high)


def where(g: Builder, call: Call) -> str:
    """The first value where the condition holds, otherwise the second."""
    condition, one, other = call.tensors
    values = [g.plain(g.cast(value, call.dtypes[0])) for value in (one, other)]
    return g.op("Where", g.plain(g.cast(condition, "bool")), *values)


def rounded(g: Builder, call: Call) -> object:
    """Round to integers or decimals, half to even."""
    factor = 10.0 ** call.options["decimals"]
    if factor == 1:
        return unary("Round")(g, call)
    (x,), scale = call.names(g), g.constant(factor, call.dtypes[0])
    return g.op("Div", g.op("Round", g.op("Mul", x, scale)), scale)


def matmul(g: Builder, call: Call) -> str:
    """Products of matrices."""
    return g.op("MatMul", *call.names(g))


def einsum(g: Builder, call: Call) -> str:
    """Sums of products by letters."""
    return g.op("Einsum", *call.names(g), equation=call.options["subscripts"].replace(" ", ""))


COMPOSED: dict[str, Formula] = {
    "copy": lambda n, x: x,
    "exp2": lambda n, x: n("Pow", 2.0, x),
    "expm1": lambda n, x: n("Sub", n("Exp", x), 1.0),
    "log10": lambda n, x: n("Mul", n("Log", x), 1 / np.log(10)),
    "log1p": lambda n, x: n("Log", n("Add", x, 1.0)),
    "log2": lambda n, x: n("Mul", n("Log", x), 1 / np.log(2)),
    "rsqrt": lambda n, x: n("Reciprocal", n("Sqrt", x)),
    "square": lambda n, x: n("Mul", x, x),
    "stop_gradient": lambda n, x: x,
}
UNARY = {
    "abs": "Abs",
    "arccos": "Acos",
    "arccosh": "Acosh",
    "arcsin": "Asin",
    "arcsinh": "Asinh",
    "arctan": "Atan",
    "arctanh": "Atanh",
    "ceil": "Ceil",
    "cos": "Cos",
    "cosh": "Cosh",
    "erf": "Erf",
    "exp": "Exp",
    "fabs": "Abs",
    "floor": "Floor",
    "log": "Log",
    "negative": "Neg",
    "reciprocal": "Reciprocal",
    "relu": "Relu",
    "sigmoid": "Sigmoid",
    "sign": "Sign",
    "sin": "Sin",
    "sinh": "Sinh",
    "sqrt": "Sqrt",
    "tan": "Tan",
    "tanh": "Tanh",
}
_NOT_OPERATIONS = ("exponential", "keras_2_hard_sigmoid", "linear", "mish")  # activations alone
OPERATIONS: dict[str, AddCall] = {
    **{name: composed(function) for name, function in COMPOSED.items()},
    **{name: activation(name) for name in (*ELEMENTWISE, *ALONG_AXIS) if name not in _NOT_OPERATIONS},
    **{f"activations.{name}": activation(name) for name in (*ELEMENTWISE, *ALONG_AXIS)},
    **{name: unary(operator) for name, operator in UNARY.items()},
    "add": binary("Add"),
    "all": any_or_all("ReduceMin"),
    "any": any_or_all("ReduceMax"),
    "argmax": extreme("ArgMax"),
    "argmin": extreme("ArgMin"),
    "clip": clip,
    "divide": binary("Div"),
    "einsum": einsum,
    "equal": comparison("Equal"),
    "greater": comparison("Greater"),
    "greater_equal": comparison("GreaterOrEqual"),
    "isinf": test("IsInf"),
    "isnan": test("IsNaN"),
    "less": comparison("Less"),
    "less_equal": comparison("LessOrEqual"),
    "logical_and": logical("And"),
    "logical_not": logical("Not"),
    "logical_or": logical("Or"),
    "logical_xor": logical("Xor"),
    "logsumexp": reduction("ReduceLogSumExp"),
    "matmul": matmul,
    "max": reduction("ReduceMax"),
    "maximum": binary("Max"),
    "mean": reduction("ReduceMean"),
    "min": reduction("ReduceMin"),
    "minimum": binary("Min"),
    "multiply": binary("Mul"),
    "not_equal": comparison("Equal", negated=True),
    "power": binary("Pow"),
    "prod": reduction("ReduceProd"),
    "round": rounded,
    "std": variance(root=True),
    "subtract": binary("Sub"),
    "sum": reduction("ReduceSum"),
    "var": variance(root=False),
    "where": where,
}
