"""Check the results of a layer's methods, with error messages for violations of the layer protocol."""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import numpy as np

from minidl.config.dtype_policy import DTypePolicy
from minidl.config.dtypes import standardize_dtype
from minidl.config.layer_like import LayerLike, LayerParts
from minidl.config.missing_names import other_attribute
from minidl.config.naming import did_you_mean
from minidl.config.nest import flatten, is_structure
from minidl.config.types import AnyShapes, Arrays, DType, Masks, Options, Tensors


def check_made(layer: object) -> None:
    """Raise an error for a layer whose constructor did not call `super().__init__()`."""
    if "_variables" not in layer.__dict__:
        raise TypeError(f"{type(layer).__name__}.__init__ must begin with super().__init__()")


class MissingAttributeError(AttributeError):
    """AttributeError of a layer; the message, which takes a search, is made when it is read: `hasattr` needs none."""

    def __str__(self) -> str:
        first = self.args[0]
        return first if isinstance(first, str) else missing_attribute(*self.args)  # a string: the message was changed

    def __reduce__(self) -> tuple[type[AttributeError], tuple[str]]:
        return AttributeError, (str(self),)  # a copy for another process, without the layer


def missing_attribute(layer: LayerParts, name: str) -> str:
    """Error message for a missing attribute, such as the kernel of a layer that is not built."""
    known = layer.__dict__
    is_property = hasattr(type(layer), name)  # one that a layer has as soon as it is built, such as `output_shape`
    fix = "" if is_property else other_attribute(layer, name, layer.is_model)
    creates = is_property or _creates_attributes(type(layer))
    if not fix and not known.get("built", True) and creates and not name.startswith("_"):
        fix = "it is not built yet: call it on data, build(input_shape) it, or begin the model with Input(shape)"
    title = f'{type(layer).__name__} "{known["name"]}"' if "name" in known else type(layer).__name__
    return f"{title} has no attribute {name!r}{fix and '; '}{fix}"


def _creates_attributes(kind: type) -> bool:
    """True if a class has a `build` of its own, which may create attributes."""
    return any("build" in vars(one) and one.__name__ not in ("Building", "Model", "Sequential") for one in kind.__mro__)


def raise_wrong_output(title: str, returned: object) -> NoReturn:
    """Raise TypeError if `forward` did not return a pair."""
    what = f"a tuple of {len(returned)}" if isinstance(returned, tuple) else f"a {type(returned).__name__}"
    raise TypeError(f"{title}: forward returns (y, cache), got {what}; if backward needs nothing, return y, None")


def check_input_gradients(layer: Any, dx: Tensors, input_shape: AnyShapes) -> None:
    """Raise an error for gradients that do not fit the inputs; only layers with integer inputs may return `None`."""
    if dx is None:
        if layer.input_dtype == "float":
            raise TypeError(f"{layer.title}: backward returns dx, the gradient of its input, got None")
        return
    if input_shape is None:  # the layers of a model have checked their own
        return
    if isinstance(input_shape, tuple) and not isinstance(dx, (list, tuple)):
        if np.shape(dx) != input_shape:
            raise ValueError(f"{layer.title}: backward returns dx of the input's shape {input_shape}, got {np.shape(dx)}")
        return
    shapes = list(input_shape.values()) if isinstance(input_shape, dict) else list(input_shape)
    gradients = flatten(dx)
    if len(gradients) != len(shapes):
        raise ValueError(f"{layer.title}: backward returns a gradient for each of {len(shapes)} inputs, got {len(gradients)}")
    for number, (one, shape) in enumerate(zip(gradients, shapes, strict=True)):
        if one is not None and np.shape(one) != shape:
            raise ValueError(f"{layer.title}: backward returns dx of shape {shape} for input {number}, got {np.shape(one)}")


def check_weight_attributes(layer: Any) -> None:
    """Raise an error if an attribute that held a weight was replaced by something else."""
    for name, variable in layer.__dict__["_weight_attributes"].items():
        if layer.__dict__.get(name) is not variable:
            found = type(layer.__dict__.get(name)).__name__
            raise TypeError(
                f"{layer.title}: its attribute {name!r} was the weight {variable.name!r} and is now a {found}; "
                f"to change the weight's value, write layer.{name}.assign(value)"
            )


def check_weights(layer: LayerParts) -> None:
    """Raise the same error for an attribute of the layer or of its sublayers."""
    layer.variables  # noqa: B018  # it checks each layer


def check_call(layer: Any, x: object, options: Options) -> None:
    """Raise TypeError for a call on `None`, and for unknown keyword arguments."""
    if x is None:
        raise TypeError(f"{layer.title} was called on None; it takes an array, or what Input(shape) gives")
    if options:
        parameters = inspect.signature(layer.call if layer._defines_call else layer.forward).parameters
        unknown = [name for name in options if name not in parameters and name != "arguments"]
        if unknown and all(parameter.kind is not parameter.VAR_KEYWORD for parameter in parameters.values()):
            bound = inspect.signature(type(layer).bind_call).parameters.values()
            known = {one.name for one in bound if one.kind is one.POSITIONAL_OR_KEYWORD} - {"self"}
            known |= set(parameters) - {"x"} | {"mask", "training"}
            raise TypeError(f"{layer.title} takes no argument {unknown[0]!r} in a call: {did_you_mean(unknown[0], known)}")


def check_positions(layer: LayerLike, args: tuple[object, ...]) -> None:
    """Raise TypeError for options passed by position instead of tensors."""
    for arg in args[1:]:
        if arg is None or isinstance(arg, (bool, int, float, str)):
            raise TypeError(
                f"{layer.title} takes tensors by position, got {arg!r}; give options by keyword, such as training=True"
            )


def check_mask(layer: Any, mask: Masks, x: Arrays) -> Masks:
    """Check that the mask fits the inputs; with several inputs, masks of the last ones may be omitted."""
    arrays = flatten(x)
    masks = flatten(mask) if is_structure(x) and is_structure(mask) else [mask]
    if len(masks) > len(arrays):
        raise ValueError(f"{layer.title} expects a mask for each of its {len(arrays)} inputs, got {len(masks)} masks")
    for one, array in zip(masks, arrays, strict=False):
        if one is not None:
            given, shape = np.shape(one), np.shape(array)
            expected = layer.expected_mask_shape(given, shape)
            if given != expected:
                raise ValueError(f"{layer.title} expects a mask of shape {expected} for inputs of shape {shape}, got {given}")
    return mask


def use_default_shortcuts(kind: Any, base: type) -> None:
    """Give a layer with a `forward` or `backward` of its own the default `infer` or `backward_weights`, which call it."""
    for shortcut, method in (("infer", "forward"), ("backward_weights", "backward")):
        defined = [name for parent in kind.__mro__ for name in (shortcut, method) if name in vars(parent)]
        if defined[0] == method and not kind.is_model:  # a model's networks know both
            setattr(kind, shortcut, getattr(base, shortcut))


def float_type(owner: str, dtype: Any) -> DType:
    """The float type of a layer, checked."""
    known = dtype.name if isinstance(dtype, DTypePolicy) else dtype
    if isinstance(known, str):
        known = "float16" if known.endswith("float16") else standardize_dtype(known)  # "bfloat16", "mixed_float16"
    kind: DType = np.dtype(known)
    if kind.name not in ("float32", "float64"):
        half = "; half precision is not faster on a CPU" if kind.name == "float16" else ""
        raise ValueError(f"{owner} computes in 'float32' or 'float64', got dtype={dtype!r}{half}")
    return kind


@contextmanager
def all_or_none(layer: LayerParts) -> Iterator[None]:
    """Context that restores a layer's weights and attributes if an error is raised in it."""
    variables, attributes = list(layer._variables), set(vars(layer))
    try:
        yield
    except BaseException:
        layer._variables[:] = variables
        for name in set(vars(layer)) - attributes:
            delattr(layer, name)
        raise
