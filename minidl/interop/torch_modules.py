"""Which layer of a model belongs to which module of PyTorch: by a mapping, by names, or in their order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from minidl.config.types import Array
from minidl.interop.feature_order import FeatureOrders, Features
from minidl.interop.torch_layers import Unit, units_of
from minidl.layers.activations.prelu import PReLU
from minidl.layers.dense import Dense
from minidl.layers.layer import Layer
from minidl.layers.normalization.batch_normalization import BatchNormalization
from minidl.layers.normalization.layer_normalization import LayerNormalization
from minidl.layers.normalization.rms_normalization import RMSNormalization
from minidl.layers.recurrent.rnn import RNN
from minidl.layers.recurrent.stacked import StackedRNNCells
from minidl.layers.wrapper import Wrapper
from minidl.models import Model

Names: TypeAlias = Mapping[str, str | Sequence[str] | None]  # layer -> its module, or its two modules, or none
Key: TypeAlias = tuple[str, str]  # a module, and the level of a recurrent one: "l0" ...
Modules: TypeAlias = dict[Key, dict[str, str]]  # for each module its tensors -> their names in the state
_LEVEL = re.compile(r"^((?:weight|bias)_(?:ih|hh|hr))_(l\d+)(_reverse)?$")


def find_units(model: Model, mapping: Names) -> tuple[list[Unit], list[str]]:
    """The parts of a model that are modules in PyTorch, in order, and a sentence for each layer that cannot be one."""
    orders = FeatureOrders(model)
    units: list[Unit] = []
    problems: list[str] = []
    unknown, visited = dict.fromkeys(mapping), set()

    def visit(layer: Layer, path: str, outer: tuple[str, ...]) -> None:
        names = tuple(dict.fromkeys((path, layer.name, *outer)))
        for name in names:
            unknown.pop(name, None)
        if layer in visited or any(name in mapping and mapping[name] is None for name in names):
            return
        visited.add(layer)
        found = units_of(layer, names, orders.read.get(layer), orders.made.get(layer))
        unknown_order = _unknown_order(layer, orders.read.get(layer))
        if found and unknown_order:
            problems.append(unknown_order)
        elif found is not None:
            units.extend(found)
        elif layer.weights and (layer.own_variables() or _is_closed(layer)):
            problems.append(f"{layer.title} has no counterpart in PyTorch; map its name to None to leave it out")
        else:
            for inner in layer.sublayers():  # what a wrapper or a recurrent layer holds may have its name
                holds_one = isinstance(layer, (Wrapper, RNN, StackedRNNCells))
                visit(inner, path if holds_one else f"{path}/{inner.name}", names if holds_one else ())

    for layer in model.sublayers():
        visit(layer, layer.name, ())
    return units, [*problems, *(f"the mapping names {name!r}, and no layer has that name" for name in unknown)]


def _unknown_order(layer: Layer, reads: Features | None) -> str:
    """The sentence for a layer whose weights would not fit PyTorch's order of features, "" if they do."""
    in_order = isinstance(layer, (Dense, BatchNormalization, LayerNormalization, RMSNormalization, PReLU))
    if reads is None or not (reads.mixed or (reads.order is not None and not in_order)):
        return ""
    after = f" after {reads.mixed}" if reads.mixed else ""
    return (
        f"{layer.title} reads features whose order in PyTorch is not known{after}; map its name to None to leave it out, and "
        f"set its weights yourself"
    )


def _is_closed(layer: Layer) -> bool:
    """Whether the parts of a built-in layer are not separate modules."""
    open_ = isinstance(layer, (Model, RNN, StackedRNNCells)) or type(layer).__name__ in ("TimeDistributed", "Wrapper")
    return type(layer).__module__.startswith("minidl.layers.") and not open_


def find_modules(state: Mapping[str, Array]) -> Modules:
    """The tensors of each module; each level of a recurrent module counts as one, and attention includes its `out_proj`."""
    modules: Modules = {}
    for full in state:
        prefix, _, name = full.rpartition(".")
        outer, _, last = prefix.rpartition(".")
        if last == "out_proj" and any(_join(outer, inner) in state for inner in ("in_proj_weight", "q_proj_weight")):
            prefix, name = outer, f"out_proj.{name}"
        level = _LEVEL.match(name)
        key = (prefix, level[2] if level else "")
        modules.setdefault(key, {})[f"{level[1]}{level[3] or ''}" if level else name] = full
    return modules


def sorted_by_number(modules: Modules) -> Modules:
    """The modules of a file, "2" before "10"."""
    parts = {key: re.split(r"(\d+)", ".".join(key)) for key in modules}
    order = sorted(modules, key=lambda key: [(part.isdigit(), int(part) if part.isdigit() else part) for part in parts[key]])
    return {key: modules[key] for key in order}


def match(units: list[Unit], modules: Modules, mapping: Names, ordered: bool) -> list[tuple[Unit, Key | None]]:
    """The module of each unit, `None` if it has no module.

    Raises:
        ValueError: the modules' order is not known, and neither the mapping nor names tell which is which.
    """
    free = [key for key in modules if modules[key].keys() != {"num_batches_tracked"}]
    pairs: list[tuple[Unit, Key | None]] = []
    rest: list[Unit] = []
    for unit, wanted in zip(units, _mapped(units, mapping), strict=True):
        if wanted is None:
            rest.append(unit)
        else:
            pairs.append((unit, _take(free, wanted)))
    names = [_default_name(unit, units) for unit in rest]
    if sorted(names) == sorted(key[0] for key in free):
        return [*pairs, *((unit, _take(free, name)) for unit, name in zip(rest, names, strict=True))]
    if rest and not ordered and len({re.sub(r"\d+", "", key[0]) for key in free}) > 1:
        raise ValueError(
            f"a file does not keep the order of its modules; pass mapping={{layer name: module name}}. Layers: "
            f"{_listed(names)}; modules: {_listed(key[0] for key in free)}"
        )
    return [*pairs, *((unit, _take(free, free[0][0]) if free else None) for unit in rest)]


def module_names(units: list[Unit], mapping: Names) -> list[str]:
    """The name of each unit's module: that of the mapping, or its path."""
    mapped = _mapped(units, mapping)
    return [_default_name(unit, units) if name is None else name for unit, name in zip(units, mapped, strict=True)]


def _mapped(units: list[Unit], mapping: Names) -> list[str | None]:
    """The modules that the mapping gives; two for a separable convolution."""
    found = []
    for unit in units:
        given = next((mapping[name] for name in unit.names if name in mapping), None)
        number = [other for other in units if other.layer is unit.layer].index(unit)
        if given is not None and not isinstance(given, str):
            given = given[number] if number < len(given) else ""
        found.append(given)
    return found


def _take(free: list[Key], name: str) -> Key | None:
    """The free module of that name; of a recurrent one the lowest level."""
    keys = sorted((key for key in free if key[0] == name), key=lambda key: int(key[1][1:] or 0))
    for key in keys[:1]:
        free.remove(key)
    return keys[0] if keys else None


def _default_name(unit: Unit, units: list[Unit]) -> str:
    """The path of the layer, with an ending if it is two modules."""
    same = [other for other in units if other.layer is unit.layer]
    ending = "" if len(same) == 1 else "_depthwise" if same[0] is unit else "_pointwise"
    return unit.names[0].replace("/", ".") + ending


def _join(module: str, name: str) -> str:
    return f"{module}.{name}" if module else name


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(repr, dict.fromkeys(names)))
