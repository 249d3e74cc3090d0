"""Numerical gradient check: central differences along random directions, in float64."""

from collections.abc import Callable

import numpy as np

from minidl.config.types import Array
from minidl.testing.report import fail, worst_index

RELATIVE = 1e-6  # relative to the gradient's norm: well above the error of central differences in float64
_STEPS = (1e-5, 1e-6, 1e-7)  # the smaller steps are used only if the first disagrees, as a kink may lie within it
_ROUNDING = 4 * float(np.finfo(np.float64).eps)
_DIRECTIONS = 2
_MOST_ELEMENTS = 2000  # elements compared one by one for the message


def check_gradient(
    name: str,
    scalar: Callable[[], float],
    array: Array,
    gradient: object,
    *,
    generator: np.random.Generator | None = None,
    magnitude: float = 1.0,
    check: str = "gradient",
    tolerance: float = RELATIVE,
) -> float:
    """Compare the gradient of a scalar with respect to an array with numerical differences.

    Args:
        name: name of the tensor, for the message.
        scalar: computes the scalar from the current contents of `array`.
        array: float64; changed in place during the check, then restored.
        gradient: the gradient to check, of the array's shape.
        generator: draws the directions.
        magnitude: sum of the absolute terms of the scalar, which bounds its rounding error.
        check: name of the check, for the message.
        tolerance: tolerance of the difference, relative to the gradient's norm.
    Returns:
        The ratio of the gradient's norm to the tolerance.
    Raises:
        AssertionError: the gradient is wrong; names the tensor, the worst index, and both values there.
    Example:
        >>> x = np.array([1.0, 2.0])
        >>> check_gradient("x", lambda: float((x**2).sum()), x, 2 * x) > 1e3
        True
        >>> check_gradient("x", lambda: float((x**2).sum()), x, 3 * x)
        Traceback (most recent call last):
        AssertionError: [gradient] x: at index (1,) backward gives 6, numeric differences give 4 (worst of 2 elements)
    """
    generator = generator or np.random.default_rng(0)
    if not isinstance(gradient, np.ndarray):
        fail(check, name, f"the gradient is {gradient!r}, expected an array of shape {array.shape}")
    if gradient.shape != array.shape:
        fail(check, name, f"the gradient has shape {gradient.shape}, expected {array.shape}")
    if not np.isfinite(gradient).all():
        fail(check, name, f"the gradient is not finite at index {tuple(map(int, np.argwhere(~np.isfinite(gradient))[0]))}")
    length = float(np.linalg.norm(gradient))
    for _ in range(_DIRECTIONS):
        direction = generator.standard_normal(array.shape)
        analytic = float((gradient * direction).sum())
        for step in _STEPS:
            numeric = _difference(scalar, array, direction, step)
            allowed = max(tolerance * max(length, abs(numeric)), _ROUNDING * magnitude / step)
            if abs(analytic - numeric) <= allowed:
                break
        else:
            fail(check, name, _worst_element(scalar, array, gradient))
    return length / max(tolerance * length, _ROUNDING * magnitude / _STEPS[0])


def _difference(scalar: Callable[[], float], array: Array, direction: Array, step: float) -> float:
    """The derivative along a direction, by central differences."""
    start = array.copy()
    try:
        array[...] = start + step * direction
        above = scalar()
        array[...] = start - step * direction
        return (above - scalar()) / (2 * step)
    finally:
        array[...] = start


def _worst_element(scalar: Callable[[], float], array: Array, gradient: Array) -> str:
    """The error message: the element at which the gradient and the numerical one differ most."""
    numeric = gradient.copy()
    count = min(array.size, _MOST_ELEMENTS)
    for place in range(count):
        index = np.unravel_index(place, array.shape)
        direction = np.zeros(array.shape)
        direction[index] = 1.0
        numeric[index] = _difference(scalar, array, direction, _STEPS[1])
    worst = worst_index(gradient, numeric)
    return (
        f"at index {worst} backward gives {gradient[worst]:.6g}, numeric differences give {numeric[worst]:.6g} "
        f"(worst of {count} elements)"
    )
