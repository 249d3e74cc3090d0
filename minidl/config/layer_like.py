"""`LayerLike` and `VariableLike`: what the packages below `layers` and `variable` require of layers and variables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeAlias

from minidl.config.types import AnyShapes, Cache, Structure, Tensors

if TYPE_CHECKING:
    from minidl.config.types import Array, Arrays, Gradients, Masks, Options, Shapes


class VariableLike(Protocol):
    """A variable."""

    name: str
    trainable: bool
    is_state: bool
    grad: Array

    @property
    def array(self) -> Array: ...


class LayerLike(Protocol):
    """The protocol that a graph requires of its layers and operations."""

    name: str

    @property
    def title(self) -> str: ...
    @property
    def weights(self) -> Sequence[VariableLike]: ...
    @property
    def has_weights(self) -> bool: ...
    @property
    def has_penalty(self) -> bool: ...
    @property
    def input_kind(self) -> str: ...
    @property
    def is_plain(self) -> bool: ...
    @property
    def activity_regularizer(self) -> Any: ...
    def sublayers(self) -> Sequence[LayerLike]: ...
    def build_for(self, input_shape: Shapes) -> None: ...
    def build_weights(self, input_shape: Shapes) -> None: ...
    def infer_outputs(
        self, input_shape: AnyShapes, dtypes: Structure[str], masked: Structure[bool], options: Options
    ) -> InferredOutputs: ...
    def compute_output_shape(self, input_shape: AnyShapes) -> AnyShapes: ...
    def split_activation(self) -> tuple[Any, Any] | None: ...
    def _forward(
        self, x: Arrays, mask: Masks = None, training: bool = False, **options: Any
    ) -> tuple[Arrays, object, Masks]: ...
    def _infer(self, x: Arrays, mask: Masks = None, **options: Any) -> tuple[Arrays, Masks]: ...
    def _backward(self, dy: Tensors, cache: Cache, weights_only: bool = False) -> Gradients: ...
    def _penalty(self, cache: Cache) -> float: ...
    def _loss_terms(self, cache: Cache) -> Terms: ...


class LayerParts(LayerLike, Protocol):
    """The protocol that helpers of the class `Layer` require of a layer."""

    built: bool
    trainable: bool
    build_shape: AnyShapes
    input_dtype: str
    output_dtype: str | None
    _variables: list[Any]
    _weight_attributes: dict[str, Any]
    _call_losses: list[Array]
    _required_arguments: ClassVar[int]
    _default_training: ClassVar[bool | None]
    _defines_call: ClassVar[bool]
    _has_own_penalty: ClassVar[bool]
    _is_free_of_penalties: ClassVar[bool]

    @property
    def dtype(self) -> str: ...
    @property
    def build(self) -> Callable[..., None]: ...
    @property
    def call(self) -> Callable[..., Tensors]: ...
    @property
    def forward(self) -> Callable[..., tuple[Tensors, Cache]]: ...
    @property
    def is_model(self) -> bool: ...
    @property
    def variables(self) -> Sequence[Any]: ...
    @property
    def trainable_weights(self) -> Sequence[Any]: ...
    @property
    def declares_shape(self) -> bool: ...
    @property
    def changes_masks(self) -> bool: ...
    @property
    def records_direct_calls(self) -> bool: ...
    def sublayers(self) -> Sequence[Any]: ...
    def penalty(self, cache: Cache) -> float: ...
    def compute_mask(self, inputs: Tensors, previous_mask: Masks = None) -> Masks: ...
    def expected_mask_shape(self, mask_shape: AnyShapes, input_shape: AnyShapes) -> AnyShapes: ...
    def preserved_state(self) -> AbstractContextManager[None]: ...
    def check_rebuild(self, *input_shapes: Any, **named: Any) -> None: ...
    def _tape(self) -> Any: ...


InferredOutputs: TypeAlias = tuple[
    AnyShapes, list[str], list[bool]
]  # shapes of a layer's outputs, their dtypes, which have a mask
ModelLike: TypeAlias = Any  # a `Model`, in packages below models, which do not import it
ReplaceLayer: TypeAlias = Callable[[Any], Any]  # gives the layer that is used instead of a layer
Terms: TypeAlias = list[tuple[LayerLike, Any]]  # a layer, and a number or tracked tensor that it adds to the loss


def check_activation(function: object) -> None:
    """Raise TypeError for a layer that cannot be an activation, which is a function of its input alone."""
    if getattr(function, "weights", None):
        raise TypeError(f"{function!r} has weights of its own, so it cannot be an activation; add it as a layer")
    if not getattr(function, "depends_on_input_alone", True):
        raise TypeError(
            f"{function!r} draws random numbers, adds to the loss or differs in training, so it cannot be an activation; "
            f"add it as a layer"
        )
