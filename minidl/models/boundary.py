"""The boundary: the user's data is gathered and checked against the model and its losses before any work is done."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from minidl import losses
from minidl.config.checks import check_positive_integer
from minidl.config.nest import flatten, is_structure, rebuild
from minidl.data.batches import (
    ArrayBatches,
    ArrayData,
    StreamBatches,
    as_data,
    class_weights,
    is_stream,
    unpack,
)
from minidl.data.finite_check import check_finite
from minidl.layers.shapes import flatten_shapes, map_shapes, shape_of
from minidl.losses.target_checks import align_weights, spread
from minidl.models.choices import Choice, choose
from minidl.models.entries import check_entries, takes_text
from minidl.models.pairing import has_own_loss

if TYPE_CHECKING:
    from minidl.models.model import Model


def check_settings(**settings: Any) -> None:
    """Refuse epochs, steps, batch sizes and the like that are no positive integers; `None` leaves one open."""
    for name, value in settings.items():
        if name == "initial_epoch":
            if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 0:
                raise ValueError(f"fit expects initial_epoch to be an integer of at least 0, got {value!r}")
        elif name == "validation_freq" and isinstance(value, (list, tuple, set, range)):
            check_settings(**{f"validation_freq[{number}]": epoch for number, epoch in enumerate(value)})
        elif value is not None:
            check_positive_integer("fit", name, value)


def check_loss_weights(given: Any) -> None:
    """Refuse loss weights that are no numbers: most often metrics, which come one place later."""
    for weight in flatten(given):
        if weight is not None and not isinstance(weight, (int, float, np.integer, np.floating)):
            raise ValueError(
                f"compile expects loss_weights to be numbers, got {weight!r}; if they are metrics, write metrics={given!r}"
            )


def gather(
    model: "Model", x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None, finite: bool = True
) -> Any:
    """The user's data as arrays of equally many rows, or the iterable of batches as it is."""
    if x is None:
        raise ValueError("there is no data: x is None")
    if is_stream(x):
        if y is not None or sample_weight is not None or class_weight is not None:
            raise ValueError(
                f"x is a {type(x).__name__}, read as an iterable of batches, which brings its own targets and weights; "
                f"give y and weights with arrays"
            )
        return x
    y = model.by_output(y, None) if isinstance(y, dict) else y
    sample_weight = model.by_output(sample_weight, None) if isinstance(sample_weight, dict) else sample_weight
    data = as_data(x, y, sample_weight, model.input_count, takes_text(model))
    data = replace(data, x=_with_declared_rank(model, data.x))
    check_entries(model, data.x)
    if finite:
        check_finite(data.parts())
    if class_weight is not None:
        if sample_weight is not None:
            raise ValueError("give either class_weight or sample_weight, not both, as in Keras")
        if data.y is None or is_structure(data.y):
            raise ValueError("class_weight needs the targets of a model with one output")
        data = replace(data, sample_weight=class_weights(data.y, class_weight))
    return data


def prepare(model: "Model", data: Any, held_out: Any = None, judged: bool = True) -> Choice | None:
    """Check data against model and losses; only then compile a model that never was, and build it.

    Args:
        model: the model.
        data: what `gather` gave.
        held_out: validation data, or `None`.
        judged: whether losses will see the targets.
    Returns:
        What was chosen for a model that was never compiled.
    """
    if model._plan is not None and not model._plan.fits(model):
        model._plan = None  # layers were added, taken off or changed since
    first = data if isinstance(data, ArrayData) else _first_batch(model, data, judged)
    if first is None:
        return None
    shape = any_batch(shape_of(first.x))
    tried = built(model, shape)
    output_shapes = flatten_shapes(tried.compute_output_shape(shape))
    choice = None
    if judged:
        if not model.compiled:
            choice = _choose(model, tried.output_layers(len(output_shapes))[0], first.y, output_shapes)
        made = tried.losses if choice is None else [losses.get(choice.loss)]
        check_targets(tried, first, made, output_shapes)
        if isinstance(held_out, ArrayData):
            with within_validation():
                check_targets(tried, held_out, made, flatten_shapes(output_shape(model, any_batch(shape_of(held_out.x)))))
    if choice is not None:
        model.compile("adam", choice.loss, metrics=choice.metrics)
    if not model.built:
        model.build(shape)
        model._plan = None  # one made before knew of no weights
    if judged and first.y is not None:
        model.plan.scores.settle(first.y, output_shapes)
        model.plan.scores.try_out(first.y, output_shapes)
    return choice


@contextmanager
def within_validation() -> Iterator[None]:
    """Within this context an error says that it is about the validation data."""
    try:
        yield
    except (TypeError, ValueError) as error:
        error.add_note("in the validation data")
        raise


def make_batches(
    model: "Model",
    data: Any,
    batch_size: int | None,
    steps: int | None = None,
    shuffler: np.random.Generator | None = None,
    default: int = 32,
) -> Any:
    """Batches of what `gather` gave, of as many rows as asked, or as the input declares, else of `default`."""
    fixed = model.fixed_batch_size
    if isinstance(data, ArrayData):
        rows = fixed or default if batch_size is None else batch_size
        if fixed is not None and (rows != fixed or len(data) % fixed):
            raise ValueError(
                f"{model.title} declares batches of {fixed} rows, got {len(data)} rows in batches of {rows}; "
                f"give a multiple of {fixed} rows and leave batch_size out"
            )
        return ArrayBatches(data, rows, shuffler)

    def read(item: Any) -> ArrayData:
        batch: ArrayData = gather(model, *unpack(item))
        shapes = flatten_shapes(output_shape(model, any_batch(shape_of(batch.x))))
        if model.compiled and batch.y is not None:
            check_targets(model, batch, model.losses, shapes)
        return batch

    return StreamBatches(data, steps, read, shuffler)


def check_targets(model: "Model", data: ArrayData, made: list[Any], output_shapes: list[Any]) -> None:
    """Refuse targets and weights that the losses cannot mean."""
    if all(loss is None for loss in made):
        if _has_own_step(model) or has_own_loss(model):
            return  # it judges for itself
        raise ValueError(f"{model.title} was compiled without a loss, so there is nothing to judge by: compile it with one")
    if data.y is None:
        raise ValueError(f"{model.title} learns by a loss that needs targets, but y is None")
    targets = flatten(data.y)
    if len(targets) != len(made) or len(made) != len(output_shapes):
        raise ValueError(
            f"{model.title} has {len(output_shapes)} outputs {model.output_names} and {len(made)} losses, "
            f"got {len(targets)} arrays of targets"
        )
    weights = spread(data.sample_weight, len(made))
    for loss, target, weight, shape, name in zip(made, targets, weights, output_shapes, model.output_names, strict=False):
        if loss is None:
            continue
        if target is None:
            raise ValueError(f'{model.title} judges its output "{name}", but its targets are None')
        loss.check_targets(target, shape)
        if weight is not None:
            align_weights(weight, (len(target), *target.shape[1 : len(shape) - 1]))


def output_shape(model: "Model", input_shape: Any) -> Any:
    """The output's shape for inputs of that shape; refuses what the model, or a layer in it, cannot take."""
    return built(model, input_shape).compute_output_shape(input_shape)


def built(model: "Model", input_shape: Any) -> "Model":
    """The model, or a copy built for inputs of that shape, so that a refusal leaves the model as it was."""
    _check_declared(model, input_shape)
    tried = model if model.built else copy.deepcopy(model)
    tried.build_for(input_shape)
    return tried


def any_batch(shape: Any) -> Any:
    """The same shape for any number of rows."""
    return map_shapes(lambda one: (None, *one[1:]), shape)


def _has_own_step(model: "Model") -> bool:
    """Whether the model's class overrides `train_step`."""
    from minidl.models.model import Model

    return type(model).train_step is not Model.train_step


def _first_batch(model: "Model", stream: Any, judged: bool) -> ArrayData | None:
    if model.built and (model.compiled or not judged):
        return None  # each batch is checked as it comes
    if iter(stream) is stream:
        raise ValueError(
            f"{model.title} is not built and compiled yet, and looking at an iterator's first batch would use it up; "
            f"begin the model with Input(shape) and compile it, or give an object whose iter() starts over"
        )
    items = iter(stream)
    try:
        first: ArrayData = gather(model, *unpack(next(items)))
        return first
    except StopIteration:
        raise ValueError("the data gave no batch") from None


def _choose(model: "Model", layer: Any, y: Any, output_shapes: list[Any]) -> Choice:
    if y is None:
        raise ValueError(f"{model.title} was never compiled, and there are no targets y to choose a loss from")
    if len(output_shapes) > 1 or is_structure(y):
        raise ValueError(f"{model.title} has {len(output_shapes)} outputs: compile it with a loss for each")
    split = None if layer is None else layer.split_activation()
    return choose(None if split is None else split[1].__name__, y, output_shapes[0])


def _with_declared_rank(model: "Model", x: Any) -> Any:
    """Add or drop a last axis of size 1 where the model's declared input has or lacks it, as Keras does."""
    declared = model.declared_shapes
    if isinstance(x, dict) and hasattr(model.network, "ordered"):
        x = dict(zip(model.network.input_names, model.network.ordered(x), strict=True))
    arrays = flatten(x)
    if len(declared) != len(arrays):
        return x
    fitted = []
    for array, shape in zip(arrays, declared, strict=True):
        if array.ndim == len(shape) - 1 and shape[-1] == 1:
            array = array.reshape(*array.shape, 1)
        elif array.ndim == len(shape) + 1 and array.shape[-1] == 1:
            array = array[..., 0]
        fitted.append(array)
    return rebuild(x, fitted)


def _check_declared(model: "Model", input_shape: Any) -> None:
    declared, given = model.declared_shapes, flatten_shapes(input_shape)
    if not declared:
        return
    if isinstance(input_shape, dict) and hasattr(model.network, "ordered"):
        given = model.network.ordered(input_shape)
    if len(declared) != len(given):
        raise ValueError(f"{model.title} has {len(declared)} inputs, of shapes {declared}, got {len(given)} arrays")
    for wanted, shape in zip(declared, given, strict=True):
        fits = len(wanted) == len(shape) and all(w is None or s is None or w == s for w, s in zip(wanted, shape, strict=True))
        if not fits:
            raise ValueError(
                f"{model.title} expects rows of shape {tuple(wanted[1:])}, got rows of shape {tuple(shape[1:])}; "
                f"{_mend(wanted, shape)}"
            )


def _mend(wanted: Any, shape: Any) -> str:
    rest, sizes = tuple(wanted[1:]), tuple(shape[1:])
    known = None not in rest and None not in sizes
    if len(sizes) == len(rest) - 1 and tuple(wanted[2:]) == sizes:
        return "one row alone goes in as x[np.newaxis]"
    if known and np.prod(rest, dtype=int) == np.prod(sizes, dtype=int):
        return f"the sizes agree when flattened: give x.reshape(-1, {', '.join(map(str, rest))})"
    return "was the model made for other data, or is an axis missing?"
