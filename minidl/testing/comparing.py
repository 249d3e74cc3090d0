"""Compare the results of two calls of a layer array by array."""

import numpy as np

from minidl.config.nest import flatten, rebuild
from minidl.config.types import Array, Tensors
from minidl.testing.layer_case import LayerCase, Outcome
from minidl.testing.report import assert_close


def copies(x: object) -> Tensors:
    """A copy of each array."""
    return rebuild(x, [array.copy() for array in flatten(x)])


def same(name: str, actual: Array | list[Array], expected: Array | list[Array], message: str, check: str = "mutation") -> None:
    """Fail unless arrays are exactly equal to the others."""
    several = len(flatten(expected)) > 1
    for number, (one, other) in enumerate(zip(flatten(actual), flatten(expected), strict=True)):
        assert_close(check, f"{name}[{number}]" if several else name, one, other, message, 0.0)


def compare_outcomes(check: str, case: LayerCase, actual: Outcome, expected: Outcome, message: str) -> None:
    """Fail unless two runs gave the same outputs, gradients and state."""
    for number, (one, other) in enumerate(zip(actual.y, expected.y, strict=True)):
        assert_close(check, output_name(expected.y, number), one, other, message)
    for name, dx_one, dx_other in zip(case.x_names, actual.dx, expected.dx, strict=True):
        assert_close(check, f"d{name}", dx_one, dx_other, message)
    # Terms that cancel leave a rounding error of their own size, as for the bias of attention's keys, whose gradient is 0.
    largest = max((float(np.abs(grad).max(initial=0.0, where=np.isfinite(grad))) for grad in expected.grads), default=0.0)
    for name, grad_one, grad_other in zip(case.weight_names, actual.grads, expected.grads, strict=True):
        assert_close(check, f"{name}.grad", grad_one, grad_other, message, least=max(largest, 1e-30))
    for variable, state_one, state_other in zip(case.state, actual.state, expected.state, strict=True):
        assert_close(check, variable.name, state_one, state_other, message)


def output_name(y: object, number: int) -> str:
    """The name of an output in messages."""
    return "y" if len(flatten(y)) == 1 else f"y[{number}]"
