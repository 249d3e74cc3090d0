"""Notes on errors: the layer that an error came from."""

from collections.abc import Sequence
from typing import Any, Self


class within:  # noqa: N801  # reads as a statement: with within(layers) as place
    """Context that adds "in layer 1 of 3, ..." to any error, for the layer whose index is in the attribute `number`."""

    def __init__(self, layers: Sequence[object], number: int = 0) -> None:
        self.layers, self.number = layers, number

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception):
            add_layer_note(error, self.layers, self.number)


def add_layer_note(error: Exception, layers: Sequence[Any], number: int) -> None:
    """Add "in layer 1 of 3, ..." to an error raised in the layer with that index."""
    error.add_note(f"in layer {number + 1} of {len(layers)}, {layers[number].title}")
