"""Spare copies: what a diagnosis experiments on, so that the model and the randomness of what comes next stay as they were."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from minidl.config import randomness
from minidl.models.model import Model

AnyModel = TypeVar("AnyModel", bound=Model)


@contextmanager
def spare_copy(model: AnyModel) -> Iterator[AnyModel]:
    """A copy of a model with its optimizer, its state and its generators, to do anything with.

    Seeds that are drawn within this context, when the copy is built for the first time, are drawn again afterwards, so that
    the model itself starts, and learns, as if nothing had happened.

    Example:
        >>> from minidl.layers import Dense
        >>> model = minidl.Sequential([Dense(1)])
        >>> with spare_copy(model) as spare:
        ...     history = spare.fit([[1.0], [2.0]], [1.0, 2.0], verbose=0)
        >>> spare.built, model.built
        (True, False)
    """
    before = randomness._spawner
    randomness._spawner = copy.deepcopy(before)
    try:
        yield copy.deepcopy(model)
    finally:
        randomness._spawner = before
