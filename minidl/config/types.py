"""Type names shared by all packages."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import numpy as np

if TYPE_CHECKING:
    from numpy.random import Generator as Generator
    from numpy.typing import ArrayLike as ArrayLike
    from numpy.typing import DTypeLike as NumPyDType
else:  # a first prediction does not wait for the import of these modules of NumPy, which it does not need
    ArrayLike: TypeAlias = Any
    NumPyDType: TypeAlias = Any
    Generator: TypeAlias = Any

# `Array` is also the type of what operations return: tracked and symbolic tensors can be used like arrays.
Array: TypeAlias = np.ndarray[tuple[Any, ...], np.dtype[Any]]
Shape: TypeAlias = tuple[int | None, ...]  # None where a size is not known yet

T = TypeVar("T")
Structure: TypeAlias = T | Sequence["Structure[T]"] | Mapping[str, "Structure[T]"]  # one, or a list, tuple or dict of them
Arrays: TypeAlias = Structure[Array]  # what layers take and return
Masks: TypeAlias = Structure[Array | None]  # None for an array without a mask
Gradients: TypeAlias = Structure[Array | None]  # None for an output that was not used, or an input that has no gradient
Shapes: TypeAlias = Structure[Shape]  # a tuple of sizes is one shape
ArraysLike: TypeAlias = Structure[ArrayLike | None]  # what can be converted to arrays: also lists, frames and numbers
DataLike: TypeAlias = ArraysLike | Iterable[object]  # the same, or batches that are read one after another

# Names of what may be anything: which structure of tensors a layer or model takes and returns, and what it keeps for its
# backward pass, is its own affair, and a function that knows the layer uses them without a check.
Tensors: TypeAlias = Any  # an array, a tracked or a symbolic tensor, or a list, tuple or dict of them
AnyShapes: TypeAlias = Any  # a shape, or a list, tuple or dict of shapes
Cache: TypeAlias = Any  # what a forward pass keeps for its backward pass
JSON: TypeAlias = Any  # a value of a JSON file
MaybeNone: TypeAlias = Any  # in `T | MaybeNone`: None in cases that the caller knows, so that a check would be useless

Sizes: TypeAlias = int | Sequence[int]  # one size for all axes, or one for each
Axis: TypeAlias = int | Sequence[int] | None  # one axis or several, or None for all
DType: TypeAlias = np.dtype[Any]
DTypeLike: TypeAlias = NumPyDType | None  # None for `floatx()`
Config: TypeAlias = dict[str, Any]  # constructor arguments by name, as JSON values
Options: TypeAlias = dict[str, Any]  # keyword arguments by name
State: TypeAlias = dict[str, Any]  # data by name that a file can hold
CustomObjects: TypeAlias = Mapping[str, Any]  # classes and functions of the user by name

# Arguments that functions such as `initializers.get` convert: a name, a config, a class, a function or an object.
Identifier: TypeAlias = str | Config | Callable[..., Any]
ActivationLike: TypeAlias = Identifier | None
InitializerLike: TypeAlias = Identifier | Array | None  # an array is the initial value
RegularizerLike: TypeAlias = Identifier | None
ConstraintLike: TypeAlias = Identifier | None
LearningRateLike: TypeAlias = float | Config | Callable[..., Any]  # a number, or a schedule
