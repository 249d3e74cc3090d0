"""Output shapes of layers that do not define `compute_output_shape`."""

import inspect
import math
from typing import Any

import numpy as np

from minidl.config.layer_like import InferredOutputs, LayerParts
from minidl.config.loading import is_loading, take_example
from minidl.config.nest import flatten, is_structure, rebuild
from minidl.config.types import AnyShapes, Array, Arrays, Masks, Options, Shapes, Structure, Tensors
from minidl.graph.shapes import compare_shapes, flatten_shapes, map_structure, run_for_two_sizes, zeros_like_inputs


def infer_output_shape(layer: Any, input_shape: Shapes) -> AnyShapes:
    """Find a layer's output shape by running it with two sizes for every unknown axis; its state is restored.

    Raises:
        ValueError: the layer raises an error for these arrays; it can define `compute_output_shape`.
    """
    layer.build_weights(input_shape)
    kind = {"any": layer.dtype if layer._defines_call else "int64", "string": "string"}.get(layer.input_dtype, layer.dtype)
    one, other = run_for_two_sizes(
        lambda size: _run(layer, input_shape, zeros_like_inputs(input_shape, kind, size), None, {})[0]
    )
    return compare_shapes(one, other)


def infer_outputs(
    layer: Any, input_shape: Shapes, dtypes: Structure[str], masked: Structure[bool], options: Options
) -> InferredOutputs:
    """Shapes and dtypes of a layer's outputs for symbolic inputs, and whether they have masks.

    A layer with `call` is run on zeros, with masks of ones for inputs that have masks.
    """
    if layer._defines_call:
        try:
            return _found_by_running(layer, input_shape, dtypes, masked, options)
        except Exception:
            if not layer.declares_shape:
                raise
    known = inspect.signature(layer.compute_output_shape).parameters if options else ()
    shape = layer.compute_output_shape(input_shape, **{name: value for name, value in options.items() if name in known})
    outputs = len(flatten_shapes(shape))
    x = zeros_like_inputs(input_shape, dtypes, 2) if layer.changes_masks or any(flatten(masked)) else None
    y_mask = None if x is None else layer.compute_mask(x, _ones_for(x, masked))
    masks = flatten(y_mask) if is_structure(y_mask) else [y_mask]
    return (
        shape,
        [layer.output_dtype or layer.dtype] * outputs,
        [n < len(masks) and masks[n] is not None for n in range(outputs)],
    )


def _found_by_running(
    layer: LayerParts, input_shape: Shapes, dtypes: Structure[str], masked: Structure[bool], options: Options
) -> InferredOutputs:

    def run(size: int) -> tuple[Tensors, Tensors]:
        x = zeros_like_inputs(input_shape, dtypes, size)
        return _run(layer, input_shape, x, _ones_for(x, masked), options)

    (y, y_mask), (other, _) = run_for_two_sizes(run)
    shape = layer.compute_output_shape(input_shape) if layer.declares_shape else compare_shapes(y, other)
    masks = flatten(y_mask) if is_structure(y_mask) else [y_mask]
    comes_masked = [n < len(masks) and masks[n] is not None for n in range(len(flatten(y)))]
    return shape, [one.dtype.name for one in flatten(y)], comes_masked


def _run(layer: LayerParts, input_shape: Shapes, x: Arrays, mask: Masks, options: Options) -> tuple[Tensors, Tensors]:
    if is_loading() and layer._defines_call and layer.declares_shape:
        outputs = flatten_shapes(layer.compute_output_shape(map_structure(np.shape, x)))
        take_example(layer.title, sum(math.prod(size or 1 for size in shape) for shape in outputs))
    try:
        with layer.preserved_state(), np.errstate(all="ignore"):
            y, y_mask = layer._infer(x, mask, **options)
    except Exception as error:
        error.add_note(
            f"minidl ran {layer.title} on zeros of shape {input_shape} to find its output shape; it can be given instead: "
            f"define compute_output_shape(input_shape), or write Lambda(function, output_shape=...)"
        )
        raise
    if y is None:
        raise TypeError(f"{layer.title} returned None; its code must end with return and the output")
    return y, y_mask


def _ones_for(x: Arrays, masked: Structure[bool]) -> Masks:
    """Masks of ones for the inputs that have a mask: of their first two axes."""
    if not any(flatten(masked)):
        return None
    masks: list[Array | None] = [
        np.ones(one.shape[:2], bool) if comes else None for one, comes in zip(flatten(x), flatten(masked), strict=True)
    ]
    return rebuild(x, masks) if is_structure(x) else masks[0]
