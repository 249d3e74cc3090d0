"""Names of element types: standard spelling, kind, and the common type of several."""

import numpy as np

from minidl.config.settings import floatx

_PYTHON = {bool: "bool", int: "int32", float: "floatx", str: "string", "int": "int32", "str": "string"}
_KNOWN = {
    *("bool", "string", "float16", "bfloat16", "float32", "float64", "complex64", "complex128"),
    *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
}


def standardize_dtype(dtype: object) -> str:
    """The name of an element type; `floatx()` for `None` and Python's float.

    Raises:
        ValueError: an unknown type.
    Example:
        >>> standardize_dtype(np.int8), standardize_dtype(int), standardize_dtype(None)
        ('int8', 'int32', 'float32')
    """
    if dtype is None:
        return floatx()
    if isinstance(dtype, (str, type)) and dtype in _PYTHON:
        name = _PYTHON[dtype]
    elif isinstance(dtype, str):
        name = dtype
    else:
        name = str(getattr(dtype, "name", None) or getattr(dtype, "__name__", dtype))
    name = floatx() if name == "floatx" else name
    if name not in _KNOWN:
        raise ValueError(f"unknown dtype {dtype!r}: known are {', '.join(sorted(_KNOWN))}")
    return name


def is_float_dtype(dtype: object) -> bool:
    """Whether it is a float type.

    Example:
        >>> is_float_dtype("float32"), is_float_dtype("int8")
        (True, False)
    """
    return "float" in standardize_dtype(dtype)


def is_int_dtype(dtype: object) -> bool:
    """Whether it is an integer type; bool does not count.

    Example:
        >>> is_int_dtype("int8"), is_int_dtype(bool)
        (True, False)
    """
    return "int" in standardize_dtype(dtype)


def result_type(*dtypes: object) -> str:
    """The type of the result of an operation on arrays of these types, as in Keras: integers do not widen floats.

    Python's `int` and `float` take the type of the others. Without arguments, `floatx()`.

    Example:
        >>> result_type("int64", "float32"), result_type("uint8", "int8"), result_type(int, "int8")
        ('float32', 'int16', 'int8')
    """
    names = [standardize_dtype(dtype) for dtype in dtypes if dtype not in (int, float)]
    floats = {name for name in names if "float" in name}
    if floats:
        return "float32" if floats == {"float16", "bfloat16"} else max(floats, key=lambda name: int(name[-2:]))
    if float in dtypes or not dtypes:
        return floatx()
    if int in dtypes and set(names) <= {"bool"}:
        return "int32"
    whole = np.result_type(*names)
    return floatx() if whole.kind == "f" else str(whole.name)
