"""Notes on errors: which layer of how many one came from."""

from typing import Any


class within:  # noqa: N801  # reads as a statement: with within(layer, 0, 3)
    """A context that adds "in layer 1 of 3, ..." to any error that leaves it."""

    def __init__(self, layer: Any, number: int, total: int) -> None:
        self.layer, self.number, self.total = layer, number, total

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, Exception):
            error.add_note(f"in layer {self.number + 1} of {self.total}, {self.layer.title}")
