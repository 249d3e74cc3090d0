"""`Bidirectional`: a recurrent layer run over a sequence in both directions."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np

from minidl.config.types import Array, Arrays, Cache, Config, Shape, Shapes, Tensors
from minidl.graph.shapes import is_shape
from minidl.layers.layer import Layer
from minidl.layers.options import LayerOptions
from minidl.layers.passes import LayerCache
from minidl.layers.recurrent.cell_loop import SequenceCall
from minidl.layers.recurrent.directions import both_directions
from minidl.layers.wrapper import Wrapper

_MODES = ("sum", "mul", "concat", "ave", None)


class Bidirectional(SequenceCall, Wrapper):  # type: ignore[misc]  # named tensors instead of *inputs
    """Runs a recurrent layer over a sequence, a second one over the reversed sequence, and merges their outputs.

    `y = merge(forward_layer(x), reverse(backward_layer(reverse(x))))`.

    Both are made from the config of `layer`, which is not changed: `forward_layer`, named "forward_..." after it, and
    `backward_layer`, named "backward_...", with the opposite `go_backwards`. If the layer has a `seed`, the backward layer uses
    the next one, so that its dropout is repeatable and different. With `return_sequences`, the backward outputs are reversed to
    align the time axis, and the outputs of masked steps are zeros. Keras does not take a layer with `go_backwards=True`,
    gives both the same seed (a `SimpleRNN` none), and ignores `weights`.

    Args:
        layer: a recurrent layer: one with `return_sequences`, `return_state`, `go_backwards` and `stateful`.
        merge_mode: "sum", "mul", "ave" (the mean) or "concat" (along the features); `None` returns both outputs.
        weights: initial values of the weights, those of the forward layer first; not part of the config.
        backward_layer: another layer for the backward direction, used as it is; of the opposite `go_backwards`.
        **kwargs: `name`, `trainable`, `activity_regularizer` and what every `Layer` takes.
    Shapes:
        x (batch, time, features), or `[x, *initial_state]` with the states of the forward layer first -> y as the layer's,
        twice as wide for "concat"; `(y, *forward_states, *backward_states)` with `return_state`; two outputs, forward and
        backward, instead of y if `merge_mode` is `None`; mask (batch, time).
    Raises:
        ValueError: `layer` is not recurrent, the two layers do not fit each other, an unknown merge mode, or an odd number of
            initial states.
    Source: Schuster & Paliwal 1997.
    Example:
        >>> from minidl.layers import SimpleRNN
        >>> Bidirectional(SimpleRNN(4, return_sequences=True))(np.ones((2, 5, 3))).shape
        (2, 5, 8)
    """

    supports_masking = True

    def __init__(
        self,
        layer: Layer,
        merge_mode: str | None = "concat",
        weights: list[Array] | None = None,
        backward_layer: Layer | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        if merge_mode not in _MODES:
            raise ValueError(
                f"Bidirectional expects merge_mode to be one of {', '.join(map(repr, _MODES))}, got {merge_mode!r}"
            )
        forward, backward = both_directions(layer, backward_layer)
        super().__init__(forward, **kwargs)
        self.merge_mode = merge_mode
        self.backward_layer = backward
        self.initial_weights = weights
        for one in (self.layer, self.backward_layer):
            if hasattr(one, "zero_output_for_mask"):
                one.zero_output_for_mask = self.return_sequences  # so that penalties on its output see the zeros, too

    @property
    def forward_layer(self) -> Any:
        """The layer that starts at the first step."""
        return self.layer

    @property
    def return_sequences(self) -> bool:
        """Whether every step's output is returned."""
        return bool(self.forward_layer.return_sequences)

    @property
    def return_state(self) -> bool:
        """Whether the last states are returned too."""
        return bool(self.forward_layer.return_state)

    @property
    def stateful(self) -> bool:
        """Whether a batch starts with the last states of the previous one."""
        return bool(self.forward_layer.stateful)

    def build(self, input_shape: Shape) -> None:
        """Build both layers, and assign the constructor's `weights`."""
        for layer, shape, _ in self._each(input_shape):
            layer.build_for(shape)
        shapes = [self._first(layer.compute_output_shape(shape)) for layer, shape, _ in self._each(input_shape)]
        if self.merge_mode not in ("concat", None) and shapes[0] != shapes[1]:
            raise ValueError(
                f"{self.title} expects two outputs of one shape for merge_mode={self.merge_mode!r}, got {shapes[0]} and "
                f'{shapes[1]}; use "concat", or give both as many units'
            )
        if self.initial_weights is not None:
            variables = [variable for variable in self.weights if not variable.is_state]
            wanted, given = [v.shape for v in variables], [np.shape(value) for value in self.initial_weights]
            if wanted != given:
                raise ValueError(f"{self.title} expects weights of shapes {wanted}, got {given}")
            for variable, value in zip(variables, self.initial_weights, strict=True):
                variable.assign(value)

    def forward(
        self, x: Arrays, training: bool = False, mask: Array | list[Array | None] | None = None, **options: Any
    ) -> tuple[Arrays, object]:
        """Both layers' outputs, merged; those of the backward layer are reversed to align the time axis."""
        runs = [layer._forward(own, own_mask, training) for layer, own, own_mask in self._each(x, mask)]
        step_mask = self._step_mask(mask, runs[0][0])
        y, outputs = self._join([run[0] for run in runs], step_mask)
        return y, ([run[1] for run in runs], outputs, step_mask, isinstance(x, (list, tuple)))

    def infer(self, x: Array, mask: Array | None = None, **options: object) -> Tensors:
        results = [layer._infer(own, own_mask)[0] for layer, own, own_mask in self._each(x, mask)]
        return self._join(results, self._step_mask(mask, results[0]))[0]

    def backward(self, dy: Tensors, cache: Cache) -> Tensors:
        """`dx` is the sum of both layers' `dx`; the gradients of the initial states follow, the forward layer's first."""
        of_forward, of_backward = self._backward_both(dy, cache)
        if not cache[-1]:
            return of_forward + of_backward
        parts = [part if isinstance(part, list) else [part] for part in (of_forward, of_backward)]
        return [parts[0][0] + parts[1][0], *parts[0][1:], *parts[1][1:]]

    def backward_weights(self, dy: Array, cache: object) -> None:
        self._backward_both(dy, cache, weights_only=True)

    def _backward_both(self, dy: Tensors, cache: Cache, weights_only: bool = False) -> list[Tensors]:
        caches, outputs, step_mask, _ = cache
        gradients = list(dy) if isinstance(dy, (list, tuple)) else [dy]
        count = 2 if self.merge_mode is None else 1
        parts, dstates = gradients[:count], gradients[count:]
        both = parts if self.merge_mode is None else [None, None] if parts[0] is None else self._unmerge(parts[0], *outputs)
        both = [None if one is None else self._unalign(one, step_mask, number) for number, one in enumerate(both)]
        given = [both[:1] + dstates[: len(dstates) // 2], both[1:] + dstates[len(dstates) // 2 :]]
        for own, output in zip(given, outputs, strict=True):
            if all(one is None for one in own):  # no output of this layer was used
                own[0] = np.zeros_like(output)
        return [
            layer._backward(tuple(own) if self.return_state else own[0], own_cache, weights_only)
            for layer, own, own_cache in zip(self._both, given, caches, strict=True)
        ]

    def _join(self, results: list[Array], step_mask: Array | None) -> tuple[Tensors, list[Array]]:
        """The result of the call, from those of both layers; and the aligned outputs of both."""
        outputs = [self._align(self._first(result), step_mask, number) for number, result in enumerate(results)]
        states = [state for result in results for state in result[1:]] if self.return_state else []
        y = outputs if self.merge_mode is None else [self._merge(*outputs)]
        return (y[0] if len(y) + len(states) == 1 else (*y, *states)), outputs

    def _merge(self, y_forward: Array, y_backward: Array) -> Array:
        if self.merge_mode == "concat":
            return np.concatenate([y_forward, y_backward], axis=-1)
        if self.merge_mode == "mul":
            return y_forward * y_backward
        return y_forward + y_backward if self.merge_mode == "sum" else (y_forward + y_backward) / 2

    def _unmerge(self, dy: Array, y_forward: Array, y_backward: Array) -> list[Array]:
        """The gradients of the two outputs that were merged."""
        if self.merge_mode == "concat":
            return np.split(dy, [y_forward.shape[-1]], axis=-1)
        if self.merge_mode == "mul":
            return [dy * y_backward, dy * y_forward]
        return [dy, dy] if self.merge_mode == "sum" else [dy / 2, dy / 2]

    def _align(self, y: Array, step_mask: Array | None, number: int) -> Array:
        """A layer's outputs, 0 at masked steps; those of the second layer reversed in time."""
        if not self.return_sequences:
            return y
        aligned = y[:, ::-1] if number == 1 else y
        return aligned if step_mask is None else aligned * step_mask

    def _unalign(self, dy: Array, step_mask: Array | None, number: int) -> Array:
        """The gradient of the argument of `_align`."""
        if not self.return_sequences:
            return dy
        masked = dy if step_mask is None else dy * step_mask
        return masked[:, ::-1] if number == 1 else masked

    def _step_mask(self, mask: Array | list[Array | None] | None, result: Tensors) -> Array | None:
        """The mask as 1 and 0 in the order of the outputs, of their rank and type."""
        mask = self._first_mask(mask)
        if mask is None or not self.return_sequences:
            return None
        y, steps = self._first(result), np.asarray(mask, dtype=bool)
        steps = steps[:, ::-1] if self.forward_layer.go_backwards else steps
        return steps.reshape(*steps.shape, *(1,) * (y.ndim - 2)).astype(y.dtype)

    @property
    def _both(self) -> tuple[Any, Any]:
        return self.layer, self.backward_layer

    def _each(self, x: Tensors, mask: Array | list[Array | None] | None = None) -> Tensors:
        """Each layer with its own part of the input and its mask."""
        mask = self._first_mask(mask)
        for layer, own in zip(self._both, self._halves(x), strict=True):
            yield layer, own, mask if mask is None or not isinstance(own, list) else [mask, *[None] * (len(own) - 1)]

    def _halves(self, x: Array | tuple[int, ...]) -> tuple[Tensors, Tensors]:
        """The sequences with the initial states of each layer: arrays, or their shapes."""
        if is_shape(x) or not isinstance(x, (list, tuple)):
            return x, x
        sequences, *states = x
        if len(states) % 2:
            raise ValueError(
                f"{self.title} expects initial_state to hold the states of both directions, forward first, got {len(states)} "
                f"in all; give an even number of them"
            )
        half = len(states) // 2
        return ([sequences, *states[:half]], [sequences, *states[half:]]) if states else (sequences, sequences)

    def _first(self, result: Array | tuple[int, ...]) -> Tensors:
        return result[0] if self.return_state else result

    @staticmethod
    def _first_mask(mask: Array | list[Array | None] | None) -> Tensors:
        """The mask of the sequences, alone or before those of the states, which have none."""
        several = isinstance(mask, (list, tuple)) and (not mask or mask[0] is None or np.ndim(mask[0]) > 1)
        return mask if not several else mask[0] if mask else None

    def penalty(self, cache: tuple[list[LayerCache], list[Array], Array | None, bool]) -> float:
        """What both layers add to the loss."""
        return float(sum(layer._penalty(one) for layer, one in zip(self._both, cache[0], strict=True)))

    @property
    def has_penalty(self) -> bool:
        """Whether one of the layers, or an `activity_regularizer` on the whole, adds to the loss."""
        return super().has_penalty or self.backward_layer.has_penalty

    def compute_mask(self, inputs: Array, mask: Array | None = None) -> Tensors:
        """The sequences' mask, if every step's output is returned; twice if both outputs are."""
        mask = self._first_mask(mask) if self.return_sequences else None
        return [mask, mask] if self.merge_mode is None else mask

    def compute_output_shape(self, input_shape: Shape) -> Shapes:
        results = [layer.compute_output_shape(own) for layer, own, _ in self._each(input_shape)]
        (y_forward, y_backward), states = (
            [self._first(one) for one in results],
            [s for one in results if self.return_state for s in one[1:]],
        )
        width = None if None in (y_forward[-1], y_backward[-1]) else y_forward[-1] + y_backward[-1]
        merged = (*y_forward[:-1], width) if self.merge_mode == "concat" else y_forward
        y = [y_forward, y_backward] if self.merge_mode is None else [merged]
        return y[0] if len(y) + len(states) == 1 else (*y, *states)

    def check_input(self, shape: Shape) -> None:
        for layer, own, _ in self._each(shape):
            layer.check_input(own)

    def split_activation(self) -> None:
        """None: a merged output does not end in one softmax or sigmoid."""

    def reset_state(self) -> None:
        """Start the next batch with the initial states (stateful layers)."""
        for layer in self._both:
            if hasattr(layer, "reset_state"):
                layer.reset_state()

    def constructor_arguments(self) -> Config:
        """The two layers as they are now, and the merge mode; `weights` are saved with the other weights."""
        arguments = super().constructor_arguments() | {"layer": self.layer, "backward_layer": self.backward_layer}
        return {key: value for key, value in arguments.items() if key != "weights"}
