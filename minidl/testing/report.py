"""Error messages of the checks: they name the check, the tensor, and the index where values differ."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import numpy as np

from minidl.config.types import Array

TOLERANCE = {"float32": 2e-5, "float64": 1e-10}  # between two ways to compute a value, relative to the largest one


def fail(check: str, tensor: str, message: str) -> NoReturn:
    """Raise the `AssertionError` of a failed check."""
    raise AssertionError(f"[{check}] {tensor}: {message}")


@contextmanager
def checking(check: str, subject: str) -> Iterator[None]:
    """Context that reports any error as a failure of that check."""
    try:
        yield
    except AssertionError as error:
        error.add_note(f"while checking {subject}")
        raise
    except Exception as error:
        raise AssertionError(f"[{check}] {subject}: raised {type(error).__name__}: {error}") from error


def assert_close(
    check: str,
    tensor: str,
    actual: object,
    expected: object,
    message: str,
    tolerance: float | None = None,
    least: float = 1e-30,
) -> None:
    """Fail unless two arrays (or two `None`) agree, relative to the largest expected value, or `least` if larger."""
    if actual is None or expected is None:
        if actual is not expected:
            fail(check, tensor, f"{message}: one is None, the other is not")
        return
    actual, expected = np.asarray(actual), np.asarray(expected)
    if actual.shape != expected.shape:
        fail(check, tensor, f"{message}: shapes {actual.shape} and {expected.shape}")
    if actual.dtype.kind not in "fc":
        if not np.array_equal(actual, expected):
            fail(check, tensor, message)
        return
    if actual.size == 0:
        return
    if tolerance is None:
        tolerance = TOLERANCE.get(actual.dtype.name, 1e-5)
    finite = np.isfinite(expected)
    scale = max(float(np.abs(expected[finite]).max(initial=0.0)), least)
    with np.errstate(invalid="ignore"):
        wrong = ~((actual == expected) | (np.abs(actual - expected) <= tolerance * scale))
    if wrong.any():
        index = worst_index(actual, expected)
        fail(check, tensor, f"{message}: {actual[index]:.8g} against {expected[index]:.8g} at index {index}")


def worst_index(actual: Array, expected: Array) -> tuple[int, ...]:
    """Index at which two arrays differ most."""
    with np.errstate(invalid="ignore"):
        distance = np.nan_to_num(np.abs(actual - expected), nan=np.inf)
    return tuple(int(axis) for axis in np.unravel_index(int(distance.argmax()), distance.shape))
