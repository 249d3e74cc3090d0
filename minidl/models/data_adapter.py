"""Data adapter: convert the user's data to arrays, check them against the model and its losses, and split them into batches."""

import copy
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from minidl.config.checks import check_positive_integer
from minidl.config.nest import flatten, for_each_output, is_structure, rebuild, unpack
from minidl.config.processes import processes
from minidl.config.tree import holds_arrays
from minidl.config.types import AnyShapes, Array, Generator, Shape, Shapes, Tensors
from minidl.data.batches import ArrayBatches, ArrayData, Batches, StreamBatches, as_data, is_stream
from minidl.data.class_weights import check_weights, class_weights
from minidl.data.columns import check_columns
from minidl.data.dataset import PyDataset
from minidl.data.finite_check import check_finite
from minidl.data.peekable import PeekableIterator
from minidl.data.string_inputs import is_text
from minidl.graph.chain import Chain
from minidl.graph.layer_shapes import layer_shapes
from minidl.graph.shapes import any_batch, flatten_shapes, shape_of
from minidl.kernels.threads import threads
from minidl.layers.layer import Layer
from minidl.layers.traversal import is_built_in, keeps_state, parallelizes
from minidl.losses.counted_targets import check_counted, without_ignored
from minidl.losses.loss import Loss
from minidl.losses.sample_weights import align_weights, fill_ignored
from minidl.models.compilation import by_output
from minidl.models.functional import check_declared, check_rank, one_input_message
from minidl.models.protocol import Trainable

ROWS = 512  # of a batch of predictions
ROWS_IN_CACHE = 64  # the same with convolutions, whose outputs then stay in the cache
VALUES = 1 << 20  # values of a layer's output, 4 MB of float32, up to which batches of vectors grow
LARGEST_CAST = 1 << 28  # bytes of an array that is cast as a whole; a larger one would take too much memory
_USE_INPUTS = ("train_step", "test_step", "compute_loss", "compute_metrics")


def read_data(
    model: Trainable, x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None, finite: bool = True
) -> Any:
    """The user's data as checked arrays with the same number of rows; an iterable of batches is returned unchanged.

    Args:
        model: the model that the data is for.
        x, y, sample_weight, class_weight: as `fit` takes them.
        finite: whether NaN and infinity are errors.
    """
    if x is None or (isinstance(x, dict) and not x) or (is_structure(x) and x and all(item is None for item in flatten(x))):
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
    if any(isinstance(part, dict) or holds_arrays(part) for part in (y, sample_weight)):
        named = model
        if not model.output_names:  # known once the model's code has run
            named = built(model, any_batch(shape_of(as_data(x, None, None, inputs, takes_text).x)))
        y, sample_weight = map(named.network.listed_outputs, (y, sample_weight))
        y = by_output(named, y) if isinstance(y, dict) else y
        sample_weight = by_output(named, sample_weight) if isinstance(sample_weight, dict) else sample_weight
    data = as_data(x, y, sample_weight, inputs, takes_text)
    data = data.with_parts(x=fit_inputs(model, data.x), y=_targets_with_losses(model, data.y))
    if finite:
        check_finite(data.with_parts(y=None).parts(), {"x": x, "sample_weight": sample_weight})
        known = data.with_parts(y=without_ignored(data.y, data.sample_weight))
        check_those_that_count(model, known, lambda counted: check_finite({"y": counted}, {"y": y}))
    check_weights(data.sample_weight)
    if class_weight is not None:
        if sample_weight is not None:
            raise ValueError("give either class_weight or sample_weight, not both, as in Keras")
        if data.y is None or is_structure(data.y):
            raise ValueError("class_weight needs the targets of a model with one output")
        outputs = flatten_shapes(output_shape(model, any_batch(shape_of(data.x))))
        data = data.with_parts(sample_weight=class_weights(data.y, class_weight, outputs[0][-1]))
    return data


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
        raise ValueError(f"{model.title} has a loss that needs targets, but y is None; give y, or batches that are (x, y)")
    count = len(flatten(data.y))
    if count != len(made) or len(made) != len(output_shapes):
        raise ValueError(
            f"{model.title} has {len(output_shapes)} outputs {model.output_names} and {len(made)} losses, "
            f"got {count} array{'' if count == 1 else 's'} of targets"
        )
    check_those_that_count(model, data, lambda y: _check_each(model, y, data.sample_weight, made, output_shapes))


def check_those_that_count(model: Trainable, data: ArrayData, check: Callable[[Tensors], None]) -> None:
    """Run a check of targets, where those of masked steps may be anything."""
    if data.y is not None:
        check_counted(data.y, check, lambda: _output_masks(built(model, any_batch(shape_of(data.x))), data))


def _output_masks(model: Trainable, data: ArrayData) -> list[Tensors] | None:
    """The mask of each output, `None` for one without, found by running the model; `None` if none has one."""
    outputs, found = len(flatten(data.y)), []
    with np.errstate(all="ignore"):
        for start in range(0, len(data), ROWS):
            mask = model._infer(data.rows(slice(start, start + ROWS)).x)[1]
            if mask is None or (outputs > 1 and len(flatten(mask)) != outputs):
                return None
            found.append(for_each_output(mask, outputs))
    return [None if parts[0] is None else np.concatenate(parts) for parts in zip(*found, strict=True)]


def _check_each(model: Trainable, y: Tensors, sample_weight: Tensors, made: list[Loss | None], shapes: list[Shape]) -> None:
    """Raise an error for targets and weights of an output that do not fit its loss."""
    targets, weights = flatten(y), for_each_output(sample_weight, len(made))
    for loss, target, weight, shape, name in zip(made, targets, weights, shapes, model.output_names, strict=False):
        if loss is None:
            continue
        if target is None:
            raise ValueError(f'{model.title} has a loss for its output "{name}", but the targets are None')
        loss.check_targets(fill_ignored(target, weight), shape)
        if weight is not None:
            align_weights(weight, (len(target), *target.shape[1 : len(shape) - 1]))


def output_shape(model: Trainable, input_shape: Shape) -> AnyShapes:
    """The output shape for inputs of that shape; raises an error if the model or a layer does not accept them."""
    shape = built(model, input_shape).compute_output_shape(input_shape)
    check_rank(model, input_shape)
    return shape


def built(model: Trainable, input_shape: Shapes) -> Trainable:
    """The model, or a copy built for inputs of that shape, so that an error does not change the model."""
    check_declared(model, input_shape)
    tried = model if model.built else copy.deepcopy(model)
    try:
        tried.build_for(input_shape)
    except (TypeError, ValueError) as error:
        if isinstance(input_shape, dict) and not model.network.opaque and not model.network.inputs:
            raise ValueError(one_input_message(model, list(input_shape))) from error
        raise
    return tried


def make_batches(
    model: Trainable,
    data: Any,
    batch_size: int | None,
    steps: int | None = None,
    shuffler: Generator | None = None,
    default: int = 32,
    owner: str = "fit",
    class_weight: Mapping[int, float] | None = None,
) -> Batches:
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

    def read(item: object) -> ArrayData:
        batch: ArrayData = read_data(model, *unpack(item), class_weight)
        shapes = flatten_shapes(output_shape(model, any_batch(shape_of(batch.x))))
        if model.compiled and batch.y is not None:
            check_targets(model, batch, model.output_losses, shapes)
        return batch

    return _for_this_process(StreamBatches(data, steps, read, shuffler), model, owner)


def rows_to_predict(model: Trainable, data: object) -> int:
    """Default batch size of predictions.

    If all outputs of layers are vectors, arrays have as many batches as there are threads, or a multiple. Two threads that
    predict wait for each other at each NumPy call, as only one of them can run Python code; large batches have few calls.
    """
    if parallelizes(model):
        return ROWS_IN_CACHE
    if not isinstance(data, ArrayData) or len(data) <= ROWS or (width := _longest_vector(model)) is None:
        return ROWS
    rounds = math.ceil(len(data) / (threads() * max(ROWS, VALUES // width)))
    return max(ROWS, math.ceil(len(data) / (threads() * rounds)))


def _longest_vector(model: Trainable) -> int | None:
    """Length of the longest output of a layer; `None` if one is no vector, or not known."""
    if not is_built_in(model) or any(layer.sublayers() for layer in model.sublayers()):
        return None
    starts = {tensor.layer for tensor in model.network.inputs}
    known = layer_shapes(model.network, model.build_shape)
    outputs = [shape for layer, shapes in known.items() if layer not in starts for shape in shapes]
    if any(len(shape) != 2 for shape in [*flatten_shapes(model.build_shape or ()), *outputs]):
        return None
    return max((size or 1 for _, size in outputs), default=None)


def _for_this_process(batches: Batches, model: Trainable, owner: str) -> Batches:
    """The part of the batches for this process, if several train together; each predicts whole batches of other rows."""
    others = processes()
    return batches if others is None or owner == "predict" else others.share(batches, model, owner)


def _targets_with_losses(model: Trainable, y: Tensors) -> Tensors:
    """Targets with `None` for the outputs that have no loss, if there is one array for each of the others, as in Keras."""
    if y is None or not model.compiled or model.overrides("train_step") or model.overrides("compute_loss"):
        return y
    targets, made = flatten(y), model.output_losses
    if len(targets) == len(made) or len(targets) != sum(loss is not None for loss in made):
        return y
    rest = iter(targets)
    return [None if loss is None else next(rest) for loss in made]


def fit_inputs(model: Trainable, x: Tensors) -> Tensors:
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
    optional = {name for name, tensor in zip(network.input_names, network.inputs, strict=False) if tensor.optional}
    if missing := [n for array, n in zip(arrays, network.input_names, strict=False) if array is None and n not in optional]:
        raise ValueError(
            f"{model.title} needs an array for each input, but {', '.join(missing)} is None; only an Input(..., optional=True) "
            f"may be None"
        )
    if not shapes and model.built and not network.opaque:
        shapes = flatten_shapes(model.build_shape)
    if len(shapes) == len(arrays):
        arrays = [_with_rank(array, len(shape), shape[-1]) for array, shape in zip(arrays, shapes, strict=True)]
    if "string" in kinds and len(kinds) == len(arrays):
        for array, kind, name in zip(arrays, kinds, network.input_names, strict=True):
            if array is not None and (kind == "string") != is_text(array):
                wanted, fix = ("strings", "str") if kind == "string" else ("numbers", "float")
                raise TypeError(
                    f'{model.title} takes {wanted} at its input "{name}", got an array of type {array.dtype}; '
                    f"were two inputs swapped? Otherwise convert it to {wanted} with .astype({fix})"
                )
    return rebuild(x, arrays)


def _with_rank(array: Array | None, rank: int, last: int | None) -> Array | None:
    """The array with a last axis of size 1 added or dropped to match the declared rank, as in Keras."""
    if array is None:
        return None
    if array.ndim == rank - 1 and last == 1:
        return array.reshape(*array.shape, 1)
    return array[..., 0] if array.ndim == rank + 1 and array.shape[-1] == 1 else array


def cast_once(model: Trainable, data: Any, epochs: int) -> Any:
    """The data with inputs in the dtype of the first layer, if more than one epoch would cast the same array.

    Only for a chain that starts with one built-in layer, and if no code of the user sees the inputs.
    """
    if not isinstance(data, ArrayData) or epochs < 2 or any(map(model.overrides, _USE_INPUTS)):
        return data
    first = model.network.layers[0] if isinstance(model.network, Chain) and model.network.layers else None
    if not isinstance(first, Layer) or not type(first).__module__.startswith("minidl.layers.") or first.sublayers():
        return data
    x = data.x
    casts = type(x) is np.ndarray and x.dtype.kind == "f" and x.dtype != first._dtype and x.nbytes <= LARGEST_CAST
    return data.with_parts(x=x.astype(first._dtype)) if casts else data
