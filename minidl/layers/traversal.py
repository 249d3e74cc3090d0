"""What a layer and all layers in it hold or do: sublayers, variables by path, own threads, a state, code of the user."""

from typing import ClassVar, Protocol

from minidl.layers.lambda_layer import Lambda
from minidl.layers.layer import Layer
from minidl.variable import Variable


class Nested(Protocol):
    """A layer or model that may hold layers."""

    parallelizes: ClassVar[bool]

    @property
    def carries_state(self) -> bool: ...
    def sublayers(self) -> list[Layer]: ...


def with_sublayers(layer: Layer) -> list[Layer]:
    """A layer, its sublayers, and theirs."""
    return [layer, *(member for held in layer.sublayers() for member in with_sublayers(held))]


def copy_settings(source: Layer, target: Layer) -> None:
    """Copy names and `trainable` between two layers of the same architecture, by position, recursively."""
    target.name, target._trainable = source.name, source._trainable
    for one, other in zip(source.own_variables(), target.own_variables(), strict=False):
        other.path, other.trainable = one.path, one.trainable
    for held, counterpart in zip(source.sublayers(), target.sublayers(), strict=False):
        copy_settings(held, counterpart)


def weight_paths(layer: Layer) -> dict[str, Variable]:
    """A layer's variables, once each and in the order of `variables`, by paths such as "encoder/dense/kernel"."""
    named = [(variable.name, variable) for variable in sorted(layer.own_variables(), key=lambda variable: variable.is_state)]
    for inner in layer.sublayers():
        named += [(f"{inner.name}/{path}", variable) for path, variable in weight_paths(inner).items()]
    found: dict[str, Variable] = {}
    seen, numbers = set[Variable](), dict[str, int]()
    for path, variable in named:
        if variable not in seen:
            seen.add(variable)
            free = path
            while free in found:
                free = f"{path}_{numbers.setdefault(path, 1)}"
                numbers[path] += 1
            found[free] = variable
    return found


def parallelizes(layer: Nested) -> bool:
    """Whether a layer in it uses several threads itself."""
    return layer.parallelizes or any(map(parallelizes, layer.sublayers()))


def keeps_state(layer: Nested) -> bool:
    """Whether a layer in it passes a state of each row from one batch to the next."""
    return layer.carries_state or any(map(keeps_state, layer.sublayers()))


def is_built_in(layer: Nested) -> bool:
    """Whether it computes without code of the user."""
    ours = type(layer).__module__.startswith("minidl.") and not isinstance(layer, Lambda)
    return ours and all(map(is_built_in, layer.sublayers()))
