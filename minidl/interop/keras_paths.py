"""Where Keras files have the variables of each layer: paths of attribute names, and in lists of class names with counters."""

import functools
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from minidl.config.naming import snake_case
from minidl.graph.chain import Chain
from minidl.graph.graph import Graph
from minidl.layers.layer import Layer
from minidl.layers.recurrent.base_rnn import BaseRNN
from minidl.layers.recurrent.rnn import RNN
from minidl.metrics.metric import Metric
from minidl.models.model import Model
from minidl.variable import Variable

# Class -> our attribute -> Keras's.
_ATTRIBUTES: dict[str, dict[str, str]] = {
    "Bidirectional": {"layer": "forward_layer"},
    "GroupQueryAttention": {f"{part}_dense": f"_{part}_dense" for part in ("query", "key", "value", "gate", "output")},
    "MultiHeadAttention": {"gate_dense": "_gate_dense"},
}
_CLASSES = {"GroupQueryAttention": "GroupedQueryAttention"}  # public name -> Keras's own name of the class


class Place(NamedTuple):
    """A layer or metric of a model, its path in a Keras file, and its own variables by their keys there."""

    path: str
    owner: Any
    variables: dict[str, Variable]

    @property
    def group(self) -> str:
        """The path of the group that holds the variables."""
        return f"{self.path}/vars".lstrip("/")


def places(model: Model) -> list[Place]:
    """Every layer and metric that a model holds, once each, in Keras's order."""
    found: list[Place] = []
    _visit(model, "", found, set())
    return found


def _visit(owner: object, path: str, found: list[Place], seen: set[int]) -> None:
    if id(owner) in seen:
        return
    seen.add(id(owner))
    found += _own_places(owner, path)
    if isinstance(owner, Model) and isinstance(owner.network, (Chain, Graph)):
        _visit_all(owner.layers, f"{path}/layers", found, seen)
    for name, value in _attributes(owner):
        inner = f"{path}/{name}"
        if isinstance(value, (Layer, Metric)):
            _visit(value, inner, found, seen)
        else:
            _visit_all(value, inner, found, seen)


def _visit_all(container: Any, path: str, found: list[Place], seen: set[int]) -> None:
    """Visit the members of a list, tuple or dict; names are those of classes, with counters: dense, dense_1 ..."""
    counts: Counter[str] = Counter()
    for member in list(container.values()) if isinstance(container, Mapping) else container:
        is_owner = isinstance(member, (Layer, Metric))
        if not is_owner and not isinstance(member, (list, tuple, Mapping)):
            continue
        stem = keras_stem(member) if is_owner else "container"
        name = f"{stem}_{counts[stem]}" if counts[stem] else stem
        counts[stem] += 1
        (_visit if is_owner else _visit_all)(member, f"{path}/{name}", found, seen)


def keras_stem(owner: Layer) -> str:
    """The name of an object's class in paths."""
    if type(owner) is Model and isinstance(owner.network, Graph):
        return "functional"
    kind = type(owner)
    return snake_case(_CLASSES.get(kind.__name__, kind.__name__) if kind.__module__.startswith("minidl.") else kind.__name__)


def _own_places(owner: Any, path: str) -> Iterator[Place]:
    if isinstance(owner, Metric):
        yield Place(path.lstrip("/"), owner, {str(number): variable for number, variable in enumerate(owner.variables)})
        return
    weights = sorted((v for v in owner.own_variables() if not v.is_carried), key=lambda variable: variable.is_state)
    numbered = {str(number): variable for number, variable in enumerate(weights)}
    if isinstance(owner, BaseRNN) and not isinstance(owner, RNN):  # Keras's layer holds a cell, which holds the weights
        yield Place(path.lstrip("/"), owner, {})
        yield Place(f"{path}/cell".lstrip("/"), owner, numbered)
        return
    yield Place(path.lstrip("/"), owner, numbered)


@functools.cache
def _base_attributes(is_model: bool) -> frozenset[str]:
    return frozenset(vars(Model() if is_model else Layer())) | {"_stack_mask", "_arguments", "_as_made", "_weight_attributes"}


def _attributes(owner: Any) -> list[tuple[str, object]]:
    """The attributes that may hold layers or metrics, under Keras's names and in its order: private ones last."""
    if isinstance(owner, Metric):
        return []
    base = _base_attributes(isinstance(owner, Model))
    renamed = next((_ATTRIBUTES[kind.__name__] for kind in type(owner).__mro__ if kind.__name__ in _ATTRIBUTES), {})
    kept = {
        renamed.get(name, name): value
        for name, value in vars(owner).items()
        if name not in base and isinstance(value, (Layer, Metric, list, tuple, dict))
    }
    if isinstance(owner, Model) and not isinstance(
        owner.network, (Chain, Graph)
    ):  # Keras finds the property among the attributes
        kept["layers"] = owner.layers
    return sorted(kept.items(), key=lambda item: f"~{item[0]}" if item[0].startswith("_") else item[0])
