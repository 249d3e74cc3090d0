"""`given_gradients`: check the gradients that a user passes to an optimizer."""

from collections.abc import Sequence

import numpy as np

from minidl.config.types import Array
from minidl.config.user_warnings import warn_user
from minidl.variable import Variable


def given_gradients(owner: str, grads: Sequence[object], variables: Sequence[Variable]) -> list[tuple[Variable, Array]]:
    """Pairs of variable and gradient, without the variables whose gradient is `None`.

    Raises:
        ValueError: the numbers differ, a gradient does not have the shape of its variable, or all are `None`.
    """
    arrays = [None if grad is None else np.asarray(grad) for grad in grads]
    shapes = [None if array is None else array.shape for array in arrays]
    if len(arrays) != len(variables) or any(s not in (None, v.shape) for s, v in zip(shapes, variables, strict=True)):
        if not variables:
            raise ValueError(
                f"{owner} got gradients, and knows no variables yet: give apply(gradients, variables) a list of them"
            )
        raise ValueError(
            f"{owner} expects one gradient per variable, of shapes {[v.shape for v in variables]}; got shapes {shapes}"
        )
    pairs = [(variable, array) for variable, array in zip(variables, arrays, strict=True) if array is not None]
    if not pairs:
        raise ValueError(f"{owner} got no gradient for any of the variables {[v.path for v in variables]}")
    if left_out := [v.path for v, array in zip(variables, arrays, strict=True) if array is None]:
        warn_user(f"{owner} got no gradient for {', '.join(left_out)}: not updated; does the loss depend on them?")
    return pairs
