"""Weights from and to PyTorch, which need not be installed: `load_state_dict` and `state_dict`."""

from collections.abc import Mapping
from os import PathLike

import numpy as np

from minidl.config.types import Array, ArrayLike
from minidl.interop.state_files import read_tensors
from minidl.interop.torch_layers import Tensor
from minidl.interop.torch_modules import Names, find_modules, find_units, match, module_names, sorted_by_number
from minidl.models import Model
from minidl.variable import Variable

_COUNTER = "num_batches_tracked"  # of batch normalization; without a counterpart

__all__ = ["load_state_dict", "state_dict"]


def load_state_dict(
    model: Model, state_dict: Mapping[str, ArrayLike] | str | PathLike[str], mapping: Names | None = None
) -> None:
    """Set a model's weights to those of a PyTorch module; all of them, or none if something does not fit.

    Layers and modules are matched by `mapping`; the others by names, if the modules are called like the layers; otherwise in
    their order: that of the model's layers and that of the dict. Successive recurrent layers take the levels `l0`, `l1` ...
    of one module, `Bidirectional` takes both directions, a separable convolution two modules. A dense layer after `Flatten` of
    feature maps gets its rows in minidl's order; in a model with `call`, layers count in the order of its attributes.

    Args:
        model: a built model.
        state_dict: what PyTorch's `module.state_dict()` returns, as tensors or arrays; or the path of a safetensors file. Files
            do not keep the order of modules, so they need a mapping, unless the names differ only in numbers.
        mapping: from names of layers to names of modules: a name, two for a separable convolution, or `None` for a layer that
            keeps its weights. A layer inside others may be called by its path, "encoder/dense".
    Raises:
        TypeError: the state is neither a dict of tensors nor a path.
        ValueError: a layer has no counterpart, or weights are missing, not used, or of other shapes; all are listed.
    Example:
        >>> from minidl import Input, Sequential, layers
        >>> model = Sequential([Input((2,)), layers.Dense(3)])
        >>> load_state_dict(model, {"0.weight": np.ones((3, 2)), "0.bias": np.zeros(3)})
        >>> model.predict(np.ones((1, 2)), verbose=0)
        array([[2., 2., 2.]], dtype=float32)
    """
    _check_model(model)
    ordered = isinstance(state_dict, Mapping)
    state = _as_arrays(state_dict) if isinstance(state_dict, Mapping) else read_tensors(state_dict)
    modules = find_modules(state) if ordered else sorted_by_number(find_modules(state))
    units, problems = find_units(model, mapping or {})
    unused, found = set(state), dict[Variable, Array]()
    for unit, key in match(units, modules, mapping or {}, ordered):
        names = {} if key is None else modules[key]
        for tensor in unit.tensors(set(names)):
            name = names.get(tensor.name)
            unused.discard(name or "")
            problem = _problem(tensor, name, state)
            if problem is not None:
                problems.append(f"{unit.layer.title}: {problem}")
            elif name is not None:
                for variable, convert in tensor.parts:
                    part = convert(state[name])
                    found[variable] = found[variable] + part if variable in found else part
    problems += [f'"{name}" of shape {state[name].shape} is not used' for name in state if name in unused]
    if problems:
        raise ValueError(f"the state does not fit {model.title}, and nothing was changed:\n  " + "\n  ".join(problems))
    for variable, value in found.items():
        variable.assign(value)


def state_dict(model: Model, mapping: Names | None = None) -> dict[str, Array]:
    """A model's weights as arrays with PyTorch's names and layouts.

    Args:
        model: a built model.
        mapping: names of modules by names of layers, as in `load_state_dict`; by default a module is called like its layer,
            with dots instead of slashes in its path, and the two of a separable convolution get the endings "_depthwise" and
            "_pointwise". Recurrent layers of one name become levels of one module.
    Raises:
        ValueError: a layer has no counterpart, and the mapping does not give it the name `None`, which leaves it out.
    Example:
        >>> from minidl import Input, Sequential, layers
        >>> model = Sequential([Input((2,)), layers.Dense(3, name="first")])
        >>> {name: value.shape for name, value in state_dict(model).items()}
        {'first.weight': (3, 2), 'first.bias': (3,)}
    """
    _check_model(model)
    units, problems = find_units(model, mapping or {})
    state: dict[str, Array] = {}
    levels: dict[str, int] = {}
    for unit, module in zip(units, module_names(units, mapping or {}), strict=True):
        level = levels[module] = levels.get(module, -1) + 1
        for tensor in unit.tensors(set()):
            name = _with_level(tensor.name, level) if unit.recurrent else tensor.name
            full = f"{module}.{name}" if module else name
            if full in state:
                problems.append(f'{unit.layer.title} and a layer before it both make "{full}"')
            state[full] = np.array(tensor.value)
    if problems:
        raise ValueError(f"{model.title} has no state for PyTorch:\n  " + "\n  ".join(problems))
    return state


def _problem(tensor: Tensor, name: str | None, state: Mapping[str, Array]) -> str | None:
    """What is wrong with a tensor of the state, if anything."""
    wanted = tensor.value.shape
    if name is None:
        return f'there is no "{tensor.name}" of shape {wanted}' if tensor.parts else None
    if tensor.name == _COUNTER:
        return None
    if state[name].shape != wanted:
        return f'expected shape {wanted}, got "{name}" of shape {state[name].shape}'
    if not tensor.parts and not np.array_equal(state[name], tensor.value):
        return f'has no such weight, and "{name}" is not {tensor.value.flat[0]:g} everywhere'
    return None


def _with_level(name: str, level: int) -> str:
    """`weight_ih_reverse` -> `weight_ih_l0_reverse`."""
    start, reverse, _ = name.partition("_reverse")
    return f"{start}_l{level}{reverse}"


def _as_arrays(state: Mapping[str, object]) -> dict[str, Array]:
    """The state as NumPy arrays; raises TypeError for anything but numbers."""
    arrays = {}
    for name, value in state.items():
        if isinstance(value, Mapping):
            raise TypeError(f"expected a tensor for {name!r}, got a dict; if that is the state, pass it alone")
        if hasattr(value, "detach"):  # a tensor of PyTorch; NumPy has no bfloat16
            value = value.detach().cpu()
            value = value.float() if "bfloat16" in str(value.dtype) else value
        arrays[str(name)] = np.asarray(value)
        if arrays[str(name)].dtype.kind not in "fiub":
            raise TypeError(f"expected a tensor of numbers for {name!r}, got {type(value).__name__}")
    return arrays


def _check_model(model: Model) -> None:
    if not isinstance(model, Model):
        raise TypeError(f"expected a model, got {type(model).__name__}")
    if not model.built:
        raise ValueError(f"{model.title} is not built yet, so it has no weights: begin it with Input(shape), or build() it")
