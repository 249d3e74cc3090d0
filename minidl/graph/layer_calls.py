"""Calls of layers inside code that is being recorded."""

from collections.abc import Callable, Mapping
from typing import Any

from minidl.autodiff import Recording, TrackedTensor, not_recording
from minidl.config.layer_like import LayerLike
from minidl.config.nest import flatten, is_structure, rebuild
from minidl.config.types import Array, Masks, Options, Tensors
from minidl.graph.layer_array import as_layer_array, mask_of


class TapeRecording(Recording):
    """A recording in which layers may be replaced, and in which logits can be found behind a softmax or sigmoid.

    Args:
        title, training: as for `Recording`.
        replace: returns the layer that runs instead of a layer.
        splits: layer -> (the same layer without its softmax or sigmoid, that activation).
    """

    def __init__(
        self, title: str, training: bool, replace: Callable[[LayerLike], LayerLike] | None, splits: Mapping[LayerLike, Tensors]
    ) -> None:
        super().__init__(title, training)
        self.replace, self.splits = replace, splits
        self.logits: dict[int, TrackedTensor] = {}  # id of a tensor -> the logits from which a softmax or sigmoid computed it


def call_layer(recording: Recording, layer: Any, x: object, mask: Masks, training: bool | None, options: Options) -> Tensors:
    """Call a layer on tensors, as one step of a recording; the outputs in the layer's own form."""
    if not isinstance(recording, TapeRecording):
        return _record_layer(recording, layer, layer, x, mask, training, options)
    if layer in recording.splits:
        linear, activation = recording.splits[layer]
        logits = _record_layer(recording, layer, linear, x, mask, training, options)
        y = activation(logits)
        y.mask, recording.logits[id(y)], recording.makers[id(y)] = logits.mask, logits, layer
        return y
    runs = layer if recording.replace is None else recording.replace(layer)
    return _record_layer(recording, layer, runs, x, mask, training, options)


def _record_layer(
    recording: Recording, layer: Any, runs: LayerLike, x: object, mask: Masks, training: bool | None, options: Options
) -> Tensors:
    """Call `layer`, whose passes are those of `runs`, and record it."""
    parts = flatten(x)
    sources = [recording.source_of(part) for part in parts]
    values = [part if source is None else source.value for part, source in zip(parts, sources, strict=True)]
    masks = [mask_of(part) if source is None else source.mask for part, source in zip(parts, sources, strict=True)]
    if mask is None and any(one is not None for one in masks):
        mask = rebuild(x, masks)
    with not_recording():
        arrays = layer._prepare(rebuild(x, values))
        y, cache, y_mask = runs._forward(arrays, mask, recording.training if training is None else training, **options)
    recording.layers.append(layer)
    if layer.has_penalty:
        recording.penalties += runs._loss_terms(cache)

    def backward(dys: list[Array | None], wanted: list[bool]) -> list[Array | None]:
        with not_recording():
            dx = runs._backward(rebuild(y, dys), cache, not any(wanted))
        return flatten(dx) if any(wanted) else [None] * len(sources)

    outputs = recording.record(flatten(y), sources, backward, None, layer.has_weights, layer.has_penalty)
    for output, one in zip(outputs, flatten(y_mask) if is_structure(y_mask) else [y_mask], strict=False):
        output.mask = one
    if len(outputs) == 1:
        recording.makers[id(outputs[0])] = layer
    return rebuild(y, [output if output.dtype.kind == "f" else as_layer_array(output.value, output.mask) for output in outputs])
