"""`Tape`: the network of code with `call`, which runs at every forward pass and is recorded for the backward pass."""

import copy
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol, Self

import numpy as np

from minidl.autodiff import Recording, TrackedTensor, not_recording, value_of
from minidl.autodiff.tensor import Tensor
from minidl.config.layer_like import LayerLike, ReplaceLayer, Terms
from minidl.config.nest import flatten, is_structure, rebuild
from minidl.config.tree import holds_arrays, is_nested, leaves, pack
from minidl.config.types import AnyShapes, Arrays, DType, Gradients, Masks, Shapes, Tensors
from minidl.graph.layer_array import as_array, as_layer_array, inside_call, mask_of, plain
from minidl.graph.layer_calls import TapeRecording
from minidl.graph.nested_outputs import keys_of_losses, listed_like, names_of_outputs, output_paths, packed_like
from minidl.graph.network import OwnedNetwork
from minidl.graph.shapes import compare_shapes, run_for_two_sizes, zeros_like_inputs
from minidl.graph.symbolic import SymbolicTensor


class CallOwner(LayerLike, Protocol):
    """The protocol that a tape requires of the layer whose `call` it runs."""

    _dtype: DType
    _adds_loss: bool
    _input_structure: Tensors
    _structure: Tensors

    @property
    def dtype(self) -> str: ...
    def preserved_state(self) -> AbstractContextManager[None]: ...
    def held_layers(self) -> Sequence[LayerLike]: ...
    def run_call(self, x: object, mask: Masks, training: bool, **options: Any) -> Tensors: ...


class TapeCache(NamedTuple):
    """What one forward pass keeps for the backward pass."""

    recording: Recording
    x: object
    inputs: list[object]
    outputs: list[object]


class Tape(OwnedNetwork[CallOwner]):
    """Code with `call`, as a network.

    The code runs at every training step, on tracked tensors, so attributes, closures, random numbers and Python branches are
    those of this step. In inference it runs on arrays and nothing is recorded.

    Args:
        owner: the layer or model that defines `call`.
    """

    def __init__(self, owner: CallOwner) -> None:
        super().__init__(owner)
        self.replace: ReplaceLayer | None = None
        self.splits: dict[LayerLike, Tensors] = {}  # layer -> (the same layer without its softmax or sigmoid, that activation)
        self.logits_of: list[LayerLike | None] = []  # for each output the layer whose activation is fused with the loss
        self.made_by: list[LayerLike | None] = []  # for each output the layer that made it in the last recorded run
        self._output_names: list[str] = []  # found in the first recorded run
        self._names_outputs = True
        self._output_shapes: dict[str, Shapes] = {}  # input shape -> output shape

    @property
    def layers(self) -> Sequence[LayerLike]:
        """The layers that the owner's attributes hold."""
        return self.owner.held_layers()

    @property
    def input_count(self) -> int | None:
        """Unknown: what the code takes."""
        return None

    @property
    def output_names(self) -> list[str]:
        """A name for each output; empty before the first run."""
        return self._output_names

    @property
    def names_outputs(self) -> bool:
        """Whether the code returns a dict or a single output."""
        return self._names_outputs

    def forward(self, x: Arrays, mask: Masks, training: bool, **options: Any) -> tuple[Arrays, TapeCache, Masks]:
        """Run `call` on tracked tensors."""
        recording = TapeRecording(self.owner.title, training, self.replace, self.splits)
        masks = flatten(mask) if is_structure(x) and is_structure(mask) else [mask]
        inputs = [_tracked(recording, part, masks[n] if n < len(masks) else None) for n, part in enumerate(flatten(x))]
        with recording.active():
            result = self.owner.run_call(self._as_given(x, inputs), mask, training, **options)
        outputs = [self._checked_output(recording, output) for output in flatten(result)]
        self.made_by = [recording.makers.get(id(output)) for output in outputs]
        self._output_names, self._names_outputs = names_of_outputs(result, output_paths(self.owner._structure))
        for number, layer in enumerate(self.logits_of):
            if layer is not None:
                outputs[number] = self._logits(recording, outputs[number], self.splits[layer][1])
        y = [output.value if isinstance(output, TrackedTensor) else output for output in outputs]
        y_masks = [output.mask if isinstance(output, TrackedTensor) else None for output in outputs]
        cache = TapeCache(recording, x, inputs, outputs)
        return rebuild(result, y), cache, None if all(m is None for m in y_masks) else rebuild(result, y_masks)

    def infer(self, x: Arrays, mask: Masks, training: bool = False, **options: Any) -> tuple[Arrays, Masks]:
        """Run `call` on arrays, recording nothing."""
        if self.splits or self.replace is not None:
            y, _, y_mask = self.forward(x, mask, training, **options)
            return y, y_mask
        masks = flatten(mask) if is_structure(x) and is_structure(mask) else [mask]
        parts = [as_layer_array(part, masks[n] if n < len(masks) else None) for n, part in enumerate(flatten(x))]
        with not_recording(), inside_call():
            result = self.owner.run_call(self._as_given(x, parts), mask, training, **options)
        outputs = flatten(result)
        y_masks = [mask_of(output) for output in outputs]
        y = [self._as_value(output) for output in outputs]
        return rebuild(result, y), None if all(m is None for m in y_masks) else rebuild(result, y_masks)

    def backward(self, dy: Gradients, cache: TapeCache, weights_only: bool = False) -> Gradients:
        """Backpropagate through the recording; returns the gradients of the inputs, in their structure."""
        tracked = [part for part in cache.inputs if isinstance(part, TrackedTensor)]
        found = iter(cache.recording.backward(cache.outputs, flatten(dy), tracked, weights_only))
        if weights_only:
            return None
        dx = [next(found) if isinstance(part, TrackedTensor) else None for part in cache.inputs]
        return rebuild(cache.x, dx) if is_structure(cache.x) else dx[0]

    def penalty(self, cache: TapeCache) -> float:
        """The sum of the penalties of the called layers and the terms passed to `add_loss`."""
        return float(sum(value for _, value in self.loss_terms(cache)))

    def loss_terms(self, cache: TapeCache) -> Terms:
        """The terms passed to `add_loss`, with the owner, and those of the called layers."""
        recording = cache.recording
        return [*((self.owner, float(np.sum(value_of(term)))) for term in recording.losses), *recording.penalties]

    @property
    def has_penalty(self) -> bool:
        """Whether the owner or a layer in it adds to the loss."""
        return self.owner._adds_loss or super().has_penalty

    def compute_output_shape(self, input_shape: Shapes) -> AnyShapes:
        """The shapes of what `call` returns, found by running it on zeros, with two sizes for each unknown axis."""
        key = repr(input_shape)
        if key not in self._output_shapes:  # the code is not run again for a shape that is known
            try:
                self._output_shapes[key] = self._found_shape(input_shape, self.owner.dtype)
            except TypeError:
                if all(layer.input_kind != "string" for layer in self.layers):
                    raise
                self._output_shapes[key] = self._found_shape(input_shape, "string")
        return self._output_shapes[key]

    def _found_shape(self, input_shape: Shapes, dtype: str) -> AnyShapes:
        """The same for inputs of this type."""

        def run(size: int) -> Arrays:
            with self.owner.preserved_state(), np.errstate(all="ignore"):
                return self.forward(self.listed(zeros_like_inputs(input_shape, dtype, size)), None, False)[0]

        one, other = run_for_two_sizes(run)
        if one is None:
            raise TypeError(f"{self.owner.title} returned None; its code must end with return and the output")
        return compare_shapes(one, other)

    def listed(self, x: object) -> Tensors:
        if not holds_arrays(x):
            return x
        arrays = leaves(x)
        self.owner._input_structure = pack(x, range(len(arrays)))
        return arrays

    def _as_given(self, x: object, parts: Sequence[object]) -> Tensors:
        """The inputs in the structure of x; in their own if x lists nested inputs."""
        structure = self.owner._input_structure
        if type(x) is list and is_nested(structure) and len(leaves(structure)) == len(x):
            return pack(structure, parts)
        return rebuild(x, parts) if is_structure(x) else parts[0]

    def listed_outputs(self, y: object) -> Tensors:
        return listed_like(self.owner._structure, y)

    def packed(self, y: object) -> Tensors:
        return packed_like(self.owner._structure, y)

    def loss_keys(self, names: Sequence[str]) -> list[str]:
        paths = output_paths(self.owner._structure)
        return keys_of_losses(paths, names) if len(paths) == len(names) else list(names)

    @property
    def output_layers(self) -> list[LayerLike | None]:
        """For each output the layer that made it, in the last run that was recorded."""
        return self.made_by

    def with_output_layers(self, replacements: Sequence[LayerLike | None]) -> Self:
        """The same network with the logits of some outputs: those whose layer ends in a softmax or sigmoid."""
        changed = copy.copy(self)
        changed.logits_of = [
            None if replacement is None else layer for layer, replacement in zip(self.made_by, replacements, strict=True)
        ]
        changed.splits = {layer: layer.split_activation() for layer in changed.logits_of if layer is not None}
        return changed

    def with_layers(self, replace: ReplaceLayer) -> Self:
        changed = copy.copy(self)
        made: dict[LayerLike, LayerLike] = {}

        def once(layer: LayerLike) -> LayerLike:
            if layer not in made:
                made[layer] = replace(layer)
            return made[layer]

        changed.replace = once
        return changed

    def _checked_output(self, recording: Recording, output: object) -> Tensors:
        """The result of `call`, as a tracked tensor or an array."""
        if isinstance(output, TrackedTensor) or output is None:
            return output
        if isinstance(output, Tensor) and output.is_variable:  # a weight, returned as it is
            return recording.track_variable(output)
        return self._as_value(output)

    def _as_value(self, output: Tensors) -> Tensors:
        """What `call` returned, as an array."""
        if output is None:
            return None
        if isinstance(output, SymbolicTensor) or is_structure(output):
            expected = "call returns tensors, or one list, tuple or dict of them"
            raise TypeError(f"{self.owner.title}: {expected}; one of its outputs is {output!r}")
        array = as_array(plain(output), self.owner._dtype)
        return array.copy() if isinstance(output, Tensor) else array  # a weight's own array is not given away

    def _logits(self, recording: TapeRecording, output: Tensors, activation: Callable[..., Tensors]) -> Tensors:
        """The input of the activation; computed from its value if another layer made the output in this run."""
        if not isinstance(output, TrackedTensor):  # a constant
            output = recording.track(output)
        if id(output) in recording.logits:
            return recording.logits[id(output)]
        p = np.maximum(output.value, np.finfo(output.dtype).tiny)
        if activation.__name__ == "softmax":
            value, slope = np.log(p), 1 / p
        else:
            rest = np.maximum(1 - p, np.finfo(output.dtype).eps)
            value, slope = np.log(p / rest), 1 / (p * rest)
        logits = recording.record([value], [output], lambda dys, wanted: [dys[0] * slope])[0]
        logits.mask = output.mask
        return logits


def _tracked(recording: Recording, part: object, mask: Any) -> Tensors:
    """An input: floats are tracked, other arrays stay arrays, as no gradient flows through them."""
    if isinstance(part, np.ndarray) and part.dtype.kind == "f":
        return recording.track(part, mask)
    return as_layer_array(part, mask)
