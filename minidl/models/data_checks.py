"""Check shapes and targets of data against a model, before anything runs."""

import copy
from typing import Any

import numpy as np

from minidl.config.nest import flatten, for_each_output
from minidl.config.types import Shape
from minidl.data.batches import ArrayData
from minidl.layers.shapes import flatten_shapes, map_shapes
from minidl.losses.loss import Loss
from minidl.losses.sample_weights import align_weights, fill_ignored
from minidl.models.protocol import Trainable


def check_targets(model: Trainable, data: ArrayData, made: list[Loss | None], output_shapes: list[Shape]) -> None:
    """Raise an error for targets and weights that do not fit the losses."""
    if all(loss is None for loss in made):
        if model.overrides("train_step") or model.overrides("compute_loss"):
            return  # it computes its own loss
        if model.has_penalty:
            return  # the penalties are the loss
        raise ValueError(
            f"{model.title} was compiled without a loss, so it cannot be trained or evaluated: compile it with one"
        )
    if data.y is None:
        raise ValueError(f"{model.title} has a loss that needs targets, but y is None")
    targets = flatten(data.y)
    if len(targets) != len(made) or len(made) != len(output_shapes):
        raise ValueError(
            f"{model.title} has {len(output_shapes)} outputs {model.output_names} and {len(made)} losses, "
            f"got {len(targets)} arrays of targets"
        )
    weights = for_each_output(data.sample_weight, len(made))
    for loss, target, weight, shape, name in zip(made, targets, weights, output_shapes, model.output_names, strict=False):
        if loss is None:
            continue
        if target is None:
            raise ValueError(f'{model.title} has a loss for its output "{name}", but the targets are None')
        loss.check_targets(fill_ignored(target, weight), shape)
        if weight is not None:
            align_weights(weight, (len(target), *target.shape[1 : len(shape) - 1]))


def output_shape(model: Trainable, input_shape: Shape) -> Any:
    """The output shape for inputs of that shape; raises an error if the model or a layer does not accept them."""
    shape = built(model, input_shape).compute_output_shape(input_shape)
    check_rank(model, input_shape)
    return shape


def built(model: Trainable, input_shape: Any) -> Trainable:
    """The model, or a copy built for inputs of that shape, so that an error does not change the model."""
    check_declared(model, input_shape)
    tried = model if model.built else copy.deepcopy(model)
    try:
        tried.build_for(input_shape)
    except (TypeError, ValueError) as error:
        if isinstance(input_shape, dict) and not model.network.opaque and not model.network.inputs:
            raise ValueError(_one_input(model, list(input_shape))) from error
        raise
    return tried


def check_rank(model: Trainable, input_shape: Any) -> None:
    """Raise ValueError for rows of another rank than those that built the model."""
    if not model.built or model.network.opaque or model.network.inputs:  # `check_declared` compares declared shapes
        return
    for wanted, shape in zip(flatten_shapes(model.build_shape), flatten_shapes(input_shape), strict=False):
        if len(wanted) != len(shape) and len(wanted) > 1:  # a model of single values or texts takes rows of them too
            raise ValueError(
                f"{model.title} was built for rows of shape {tuple(wanted[1:])}, got rows of shape {tuple(shape[1:])}; "
                f"{_fix(wanted, shape)}"
            )


def any_batch(shape: Any) -> Any:
    """The shape with an unknown batch size."""
    return map_shapes(lambda one: (None, *one[1:]), shape)


def check_declared(model: Trainable, input_shape: Any) -> None:
    """Raise ValueError for another number of inputs, or other shapes, than the model's inputs declare."""
    declared, given = model.network.input_shapes, flatten_shapes(input_shape)
    if not declared:
        return
    if isinstance(input_shape, dict) and model.network.inputs:
        given = model.network.ordered(input_shape)
    if isinstance(input_shape, dict) and not model.network.inputs:
        raise ValueError(_one_input(model, list(input_shape)))
    if len(declared) != len(given):
        inputs = f"{len(declared)} inputs, of shapes {declared}" if len(declared) > 1 else f"one input of shape {declared[0]}"
        raise ValueError(f"{model.title} has {inputs}, got {len(given)} array{'s' if len(given) > 1 else ''}")
    for wanted, shape in zip(declared, given, strict=True):
        if shape is None:  # an optional input
            continue
        fits = len(wanted) == len(shape) and all(w is None or s is None or w == s for w, s in zip(wanted, shape, strict=True))
        if not fits:
            raise ValueError(
                f"{model.title} expects rows of shape {tuple(wanted[1:])}, got rows of shape {tuple(shape[1:])}; "
                f"{_fix(wanted, shape)}"
            )


def _one_input(model: Trainable, keys: list[Any]) -> str:
    """The message for a dict given to a model whose input has no name."""
    array = f"the array itself, x[{keys[0]!r}]" if len(keys) == 1 else "one array, such as np.column_stack(list(x.values()))"
    return f"{model.title} has one input, got a dict with the keys {keys}; give {array}"


def _fix(wanted: Any, shape: Any) -> str:
    rest, sizes = tuple(wanted[1:]), tuple(shape[1:])
    known = None not in rest and None not in sizes
    if len(sizes) == len(rest) - 1 and tuple(wanted[2:]) == sizes:
        return f"give a single row as x[np.newaxis], several as an array of shape (rows, {', '.join(map(str, rest))})"
    if known and np.prod(rest, dtype=int) == np.prod(sizes, dtype=int):
        return f"the sizes agree when flattened: give x.reshape(-1, {', '.join(map(str, rest))})"
    return "was the model made for other data, or is an axis missing?"
