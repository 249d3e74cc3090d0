"""Data adapter: convert the user's data to arrays, check it against the model, and split it into batches."""

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from minidl.config.checks import check_positive_integer, is_integer
from minidl.config.nest import flatten, for_each_output, is_structure, rebuild, unpack
from minidl.config.processes import processes
from minidl.data.batches import ArrayBatches, ArrayData, StreamBatches, as_data, is_stream
from minidl.data.class_weights import check_weights, class_weights
from minidl.data.columns import check_columns
from minidl.data.dataset import PyDataset
from minidl.data.finite_check import check_finite
from minidl.data.peekable import PeekableIterator
from minidl.data.string_inputs import is_text
from minidl.layers.layer import Layer
from minidl.layers.shapes import flatten_shapes, map_shapes, shape_of
from minidl.losses.sample_weights import align_weights, fill_ignored
from minidl.models.compilation import by_output
from minidl.models.protocol import Trainable


def check_arguments(**settings: Any) -> None:
    """Raise ValueError for steps, batch sizes etc. that are not positive integers (epochs may be 0); `None` is allowed."""
    for name, value in settings.items():
        if name in ("epochs", "initial_epoch"):
            if not is_integer(value, least=0):
                raise ValueError(f"fit expects {name} to be an integer of at least 0, got {value!r}")
        elif name == "validation_freq" and isinstance(value, (list, tuple, set, range)):
            check_arguments(**{f"validation_freq[{number}]": epoch for number, epoch in enumerate(value)})
        elif value is not None:
            check_positive_integer("fit", name, value)


def check_loss_weights(given: Any) -> None:
    """Raise an error for loss weights that are not numbers, usually metrics passed by position."""
    for weight in flatten(given):
        if weight is not None and not isinstance(weight, (int, float, np.integer, np.floating)):
            raise ValueError(
                f"compile expects loss_weights to be numbers, got {weight!r}; if they are metrics, write metrics={given!r}"
            )


def read_data(
    model: Trainable, x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None, finite: bool = True
) -> Any:
    """The user's data as checked arrays with the same number of rows; an iterable of batches is returned unchanged.

    Args:
        model: the model that the data is for.
        x, y, sample_weight, class_weight: as `fit` takes them.
        finite: whether NaN and infinity are errors.
    """
    if x is None or (is_structure(x) and len(x) > 0 and all(item is None for item in flatten(x))):
        raise ValueError(f"there is no data: x is {x}")
    if is_stream(x):
        if y is not None or sample_weight is not None:
            raise ValueError(
                f"x is a {type(x).__name__}, read as an iterable of batches, which brings its own targets and weights; "
                f"give y and weights with arrays"
            )
        return PeekableIterator(x) if isinstance(x, Iterator) and not isinstance(x, PyDataset) else x
    check_columns(model.column_names, x)
    x, y, sample_weight = model.network.listed(x), *map(model.network.listed_outputs, (y, sample_weight))
    inputs, takes_text = model.network.input_count, "string" in model.network.input_kinds
    if isinstance(y, dict) or isinstance(sample_weight, dict):
        named = model
        if not model.output_names:  # known once the model's code has run
            named = built(model, any_batch(shape_of(as_data(x, None, None, inputs, takes_text).x)))
        y = by_output(named, y) if isinstance(y, dict) else y
        sample_weight = by_output(named, sample_weight) if isinstance(sample_weight, dict) else sample_weight
    data = as_data(x, y, sample_weight, inputs, takes_text)
    data = replace(data, x=fit_inputs(model, data.x), y=_for_judged_outputs(model, data.y))
    if finite:
        known = replace(data, y=_known_targets(data))
        check_finite(known.parts(), {"x": x, "y": y, "sample_weight": sample_weight})
    check_weights(data.sample_weight)
    if class_weight is not None:
        if sample_weight is not None:
            raise ValueError("give either class_weight or sample_weight, not both, as in Keras")
        if data.y is None or is_structure(data.y):
            raise ValueError("class_weight needs the targets of a model with one output")
        outputs = flatten_shapes(output_shape(model, any_batch(shape_of(data.x))))
        data = replace(data, sample_weight=class_weights(data.y, class_weight, outputs[0][-1]))
    return data


def make_batches(
    model: Trainable,
    data: Any,
    batch_size: int | None,
    steps: int | None = None,
    shuffler: np.random.Generator | None = None,
    default: int = 32,
    owner: str = "fit",
    class_weight: Any = None,
) -> Any:
    """Batches of the result of `read_data`, of `default` rows unless set by the user or the input.

    `class_weight` weighs the rows of batches that are read from an iterable; those of arrays have their weights already.

    Raises:
        ValueError: `batch_size` or `steps` is not a positive integer; the message says that `owner` expects one.
    """
    if steps is not None:
        check_positive_integer(owner, "steps", steps)
    fixed = model.network.fixed_batch_size
    if isinstance(data, ArrayData):
        rows = fixed or default if batch_size is None else batch_size
        rest = len(data) % fixed if fixed is not None and keeps_state(model) else 0
        if fixed is not None and (rows != fixed or rest):
            multiple = f"give a multiple of {fixed} rows and " if rest else ""
            raise ValueError(
                f"{model.title} declares batches of {fixed} rows, got {len(data)} rows in batches of {rows}; "
                f"{multiple}leave batch_size out"
            )
        return _for_this_process(ArrayBatches(data, check_positive_integer(owner, "batch_size", rows), shuffler), model, owner)

    def read(item: Any) -> ArrayData:
        batch: ArrayData = read_data(model, *unpack(item), class_weight)
        shapes = flatten_shapes(output_shape(model, any_batch(shape_of(batch.x))))
        if model.compiled and batch.y is not None:
            check_targets(model, batch, model.output_losses, shapes)
        return batch

    return _for_this_process(StreamBatches(data, steps, read, shuffler), model, owner)


def _for_this_process(batches: Any, model: Trainable, owner: str) -> Any:
    """The part of the batches for this process, if several train together; each predicts whole batches of other rows."""
    others = processes()
    return batches if others is None or owner == "predict" else others.share(batches, model, owner)


def keeps_state(layer: Layer | Trainable) -> bool:
    """Whether a layer in it passes a state of each row from one batch to the next."""
    own = isinstance(layer, Layer) and layer.carries_state
    return own or any(map(keeps_state, layer.sublayers()))


def check_targets(model: Trainable, data: ArrayData, made: list[Any], output_shapes: list[Any]) -> None:
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


def _for_judged_outputs(model: Trainable, y: Any) -> Any:
    """Targets with `None` for the outputs that have no loss, if there is one array for each of the others, as in Keras."""
    if y is None or not model.compiled or model.overrides("train_step") or model.overrides("compute_loss"):
        return y
    targets, made = flatten(y), model.output_losses
    if len(targets) == len(made) or len(targets) != sum(loss is not None for loss in made):
        return y
    rest = iter(targets)
    return [None if loss is None else next(rest) for loss in made]


def _known_targets(data: ArrayData) -> Any:
    """The targets, with 0 for those that are NaN in rows of weight 0."""
    if data.y is None or data.sample_weight is None:
        return data.y
    targets = flatten(data.y)
    weights = for_each_output(data.sample_weight, len(targets))
    return rebuild(
        data.y,
        [target if target is None else fill_ignored(target, weight) for target, weight in zip(targets, weights, strict=True)],
    )


def output_shape(model: Trainable, input_shape: Any) -> Any:
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


def fit_inputs(model: Trainable, x: Any) -> Any:
    """One array for each input, in the network's order, with the declared rank (a last axis of size 1 is added or dropped).

    Raises:
        ValueError: an input is `None`.
        TypeError: numbers where strings are expected, or strings where numbers are.
    """
    network = model.network
    if isinstance(x, dict) and network.inputs:
        ordered = network.ordered(x)
        x = dict(zip(network.input_names, ordered, strict=True)) if len(ordered) > 1 else ordered[0]
    arrays, shapes, kinds = flatten(x), network.input_shapes, network.input_kinds
    if missing := [name for array, name in zip(arrays, network.input_names, strict=False) if array is None]:
        raise ValueError(f"{model.title} needs an array for each input, also for optional ones; {', '.join(missing)} is None")
    if not shapes and model.built and not network.opaque:
        shapes = flatten_shapes(model.build_shape)
    if len(shapes) == len(arrays):
        arrays = [_with_rank(array, len(shape), shape[-1]) for array, shape in zip(arrays, shapes, strict=True)]
    if "string" in kinds and len(kinds) == len(arrays):
        for array, kind, name in zip(arrays, kinds, network.input_names, strict=True):
            if (kind == "string") != is_text(array):
                wanted, fix = ("strings", "str") if kind == "string" else ("numbers", "float")
                raise TypeError(
                    f'{model.title} takes {wanted} at its input "{name}", got an array of type {array.dtype}; '
                    f"were two inputs swapped? Otherwise convert it to {wanted} with .astype({fix})"
                )
    return rebuild(x, arrays)


def _with_rank(array: Any, rank: int, last: int | None) -> Any:
    """The array with a last axis of size 1 added or dropped to match the declared rank, as in Keras."""
    if array.ndim == rank - 1 and last == 1:
        return array.reshape(*array.shape, 1)
    return array[..., 0] if array.ndim == rank + 1 and array.shape[-1] == 1 else array


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
