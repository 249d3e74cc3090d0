"""`Passes`: a layer's forward and backward pass, as it defines them and as networks call them."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from minidl.config.checks import check_not_masked
from minidl.config.types import AnyShapes, Array, Arrays, Cache, DType, Masks, Shapes, Tensors
from minidl.graph.shapes import map_structure, shape_of
from minidl.graph.tape import Tape
from minidl.layers.activity_regularization import activity_terms, add_activity_gradient
from minidl.layers.protocol import check_input_gradients, check_mask, raise_wrong_output
from minidl.variable import Variable


class LayerCache(NamedTuple):
    """Cache of `_forward` for `_backward`: the layer's cache, its input's shape, and the output if it is regularized."""

    inner: Cache
    input_shape: Shapes | None
    output: Tensors


_layer_cache = functools.partial(tuple.__new__, LayerCache)  # in a third of the time of LayerCache(...)


class Passes:
    """The passes of a layer in training and inference.

    A layer defines `forward` and `backward`, and optionally others of the first methods below. Networks call the methods that
    begin with an underscore: they cast and check inputs, propagate masks, and add the penalty on the output.
    """

    if TYPE_CHECKING:

        @property
        def title(self) -> str: ...
        @property
        def weights(self) -> list[Variable]: ...

    activity_regularizer: Any
    _dtype: DType
    _adds_loss: bool
    _variables: list[Variable]
    _tape: Callable[[], Tape]  # the network that records `call`

    supports_masking: bool = False  # the output has the same mask as the input
    parallelizes: ClassVar[bool] = False  # the layer itself uses several threads
    mixes_batch: ClassVar[bool] = False  # a row's output depends on other rows in training
    input_dtype: str = "float"  # "any": integers and strings are not converted; "string": only strings are accepted
    output_dtype: str | None = None  # of symbolic outputs, where it is not the layer's own
    _takes: ClassVar[frozenset[str]] = frozenset()  # which of the arguments "mask" and "training" its forward has
    _required_arguments: ClassVar[int] = 1  # number of tensors its call needs
    _mask_arguments: ClassVar[tuple[str, ...]] = ()  # arguments of its call that get the mask of another: "query_mask"
    joins_next: ClassVar[bool] = False  # whether it defines `infer_with`, which may compute the next layer of a chain too
    records_direct_calls: ClassVar[bool] = True  # whether a direct call in training records what `call` does
    mask_by_position: ClassVar[bool] = False  # a call's second argument is the mask of the first
    _defines_call: ClassVar[bool] = False  # whether its passes are found by recording its call
    _changes_masks: ClassVar[bool] = False  # whether it defines compute_mask
    _is_free_of_penalties: ClassVar[bool] = False  # whether it defines neither a penalty nor a call that may add one
    _has_own_penalty: ClassVar[bool] = False  # whether it defines a penalty, and always has one

    # Methods that a layer defines.

    def forward(self, x: Tensors, training: bool = False) -> tuple[Tensors, Cache]:
        """Compute the output `y`, and a cache for `backward`; by recording `call` if it is defined."""
        if self._defines_call:
            y, cache, _ = self._tape().forward(x, None, training)
            return y, cache
        raise TypeError(f"{self.title} defines no call(x), and no forward(x, training) that returns (y, cache)")

    def backward(self, dy: Tensors, cache: Cache) -> Tensors:
        """Compute the input's gradient from the output's, and add each weight's gradient to its `grad`."""
        if self._defines_call:
            return self._tape().backward(dy, cache)
        raise TypeError(f'{self.title} defines no backward(dy, cache); it returns dx -- see "write your own layer"')

    # Optional methods.

    def infer(self, x: Tensors, *args: Any, **options: Any) -> Tensors:
        """The output in inference mode; equal to `forward(x)[0]`."""
        if self._defines_call:
            return self._tape().infer(x, options.pop("mask", None), **options)[0]
        returned = self.forward(x, *args, **options)
        if type(returned) is not tuple or len(returned) != 2:
            raise_wrong_output(self.title, returned)
        return returned[0]

    def backward_weights(self, dy: Tensors, cache: Cache) -> None:
        """Add only the weights' gradients; equal to `backward` without its `dx`."""
        if self._defines_call:
            self._tape().backward(dy, cache, weights_only=True)
        else:
            self.backward(dy, cache)

    def penalty(self, cache: Cache) -> float:
        """A term that this batch adds to the loss; `backward` adds its gradient."""
        return self._tape().penalty(cache) if self._defines_call else 0.0

    def compute_mask(self, inputs: Tensors, previous_mask: Tensors = None) -> Tensors:
        """The mask of the output: that of the input if the layer supports masking, otherwise `None`."""
        return previous_mask if self.supports_masking else None

    @property
    def is_plain(self) -> bool:
        """Whether the layer itself does no more in a direct call than in a prediction: it adds no loss, and takes numbers."""
        return self._is_free_of_penalties and self.input_dtype != "string"

    @property
    def uses_mask(self) -> bool:
        """Whether the output depends on a mask."""
        return "mask" in self._takes or bool(self._mask_arguments)

    def expected_mask_shape(self, mask_shape: AnyShapes, input_shape: AnyShapes) -> AnyShapes:
        """The shape that a mask must have, with the number of axes of `mask_shape`: the first axes of its input."""
        return tuple(input_shape[: max(len(mask_shape), 1)])

    def check_input(self, shape: AnyShapes) -> None:
        """Raise ValueError, with a helpful message, for an input shape that the layer does not accept."""

    def split_activation(self) -> "tuple[Any, Any] | None":
        """The layer without its final softmax or sigmoid, and that activation; `None` without such an activation.

        The first shares all variables with this layer and returns the logits.
        """
        return None

    # Methods that networks call.

    @property
    def has_weights(self) -> bool:
        """Whether the layer or a sublayer has variables."""
        return bool(self._variables or self.weights)

    def as_arrays(self, x: object) -> Tensors:
        """Convert inputs to arrays with the layer's dtype; an array that already has it is returned unchanged."""
        if type(x) is np.ndarray and x.dtype == self._dtype:
            return x
        if type(x) is list and x and all(type(one) is np.ndarray and one.dtype == self._dtype for one in x):
            return x
        return map_structure(self._checked_array, x)

    def _checked_array(self, x: object) -> Array:
        if isinstance(x, np.ndarray):
            check_not_masked(x, f"the input of {self.title}")
        return self._as_array(x)

    def _as_array(self, x: Tensors) -> Array:
        array = np.asarray(x)
        if array.dtype == self._dtype:
            return array
        if self.input_dtype != "float" and array.dtype.kind != "f":
            return array
        if array.dtype.kind not in "biuf":
            fix = "turn it into numbers first" if array.ndim else "call it on an array, or on a symbolic tensor"
            got = f"an array of type {array.dtype}" if array.ndim else f"a {type(x).__name__}"
            raise TypeError(f"{self.title} computes with numbers, got {got}; {fix}")
        return array.astype(self._dtype)

    def _forward(self, x: Arrays, mask: Masks = None, training: bool = False, **options: Any) -> tuple[Any, LayerCache, Any]:
        """`forward` for networks: casts and checks the input, propagates the mask, and makes the cache of `_backward`."""
        if type(x) is not np.ndarray or x.dtype != self._dtype:
            x = self.as_arrays(x)
        shape = x.shape if type(x) is np.ndarray else shape_of(x)
        self.check_input(shape)
        if mask is not None:
            check_mask(self, mask, x)
        if self._defines_call:
            y, cache, y_mask = self._tape().forward(x, mask, training, **options)
            y_mask = self.compute_mask(x, mask) if y_mask is None or self._changes_masks else y_mask
        else:
            if "training" in self._takes:
                options["training"] = training
            if "mask" in self._takes:
                options["mask"] = mask
            returned = self.forward(x, **options) if options else self.forward(x)
            if type(returned) is not tuple or len(returned) != 2:
                raise_wrong_output(self.title, returned)
            y, cache = returned
            y_mask = self.compute_mask(x, mask) if mask is not None or self._changes_masks else None
        kept = None if self.activity_regularizer is None else y
        return y, _layer_cache((cache, shape, kept)), y_mask

    def _infer(self, x: Arrays, mask: Masks = None, **options: Any) -> tuple[Tensors, Masks]:
        """`infer` for networks; returns the output and its mask."""
        if type(x) is not np.ndarray or x.dtype != self._dtype:
            x = self.as_arrays(x)
        self.check_input(x.shape if type(x) is np.ndarray else shape_of(x))
        if mask is not None:
            check_mask(self, mask, x)
        if self._defines_call:
            y, y_mask = self._tape().infer(x, mask, **options)
            return y, self.compute_mask(x, mask) if y_mask is None or self._changes_masks else y_mask
        if mask is not None and "mask" in self._takes:
            options["mask"] = mask
        return self.infer(x, **options), self.compute_mask(x, mask) if mask is not None or self._changes_masks else None

    def _backward(self, dy: Tensors, cache: LayerCache, weights_only: bool = False) -> Tensors:
        """`backward` for networks: casts the gradient, adds that of the output's penalty, and checks `dx` (optional)."""
        if self.activity_regularizer is not None:
            dy = add_activity_gradient(self.activity_regularizer, cache.output, dy)
        if type(dy) is not np.ndarray or dy.dtype != self._dtype:
            dy = self.as_arrays(dy)
        if self._defines_call:
            return self._tape().backward(dy, cache.inner, weights_only)
        if weights_only:
            return self.backward_weights(dy, cache.inner)
        dx = self.backward(dy, cache.inner)
        if type(dx) is not np.ndarray or dx.shape != cache.input_shape:
            check_input_gradients(self, dx, cache.input_shape)
        return dx

    def _penalty(self, cache: LayerCache) -> float:
        """`penalty` for networks, including that of the activity regularizer."""
        if self._is_free_of_penalties and self.activity_regularizer is None:
            return 0.0
        own = self._tape().penalty(cache.inner) if self._defines_call else self.penalty(cache.inner)
        if self.activity_regularizer is None:
            return own
        return own + sum(activity_terms(self.activity_regularizer, cache.output))
