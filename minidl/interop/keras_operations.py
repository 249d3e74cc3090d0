"""Operations in functional models: Keras's classes and our functions.

A call of `ops.sum(x, axis=1)` is a layer in a file of Keras: an object of the class `Sum` with `axis` in its config, called
with the tensor. So arguments are divided in two, those of the constructor and those of the call.
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from minidl import ops
from minidl.autodiff.operation import handlers_in
from minidl.config.public_names import PACKAGES
from minidl.config.types import JSON, Config, Options, Tensors
from minidl.interop.keras_operation_names import CLASSES, FUNCTIONS_OF_OTHER_NAMES, WITH_PYTHON_CODE

# Options that Keras's classes take when they are called; the others belong to the config.
_CALL_OPTIONS = {
    "digitize": ("bins",),
    "dot_product_attention": ("scale",),
    "get_item": ("key",),
    "image.scale_and_translate": ("output_shape", "scale", "translation"),
    "isclose": ("rtol", "atol"),
    "nanpercentile": ("q",),
    "nanquantile": ("q",),
    "pad": ("constant_values",),
    "percentile": ("q",),
    "quantile": ("q",),
    "rearrange": ("pattern", "axes_lengths"),
    "slice": ("start_indices",),
}
_SEPARATE = ("batch_normalization", "dot_product_attention", "einsum", "layer_normalization", "linspace", "rms_normalization")
_NOT_WRITTEN = ("image.elastic_transform", "istft", "view_as_complex")  # random, or other arguments than in Keras
_SAME_FUNCTIONS = (
    "celu",
    "elu",
    "gelu",
    "glu",
    "hard_shrink",
    "leaky_relu",
    "log_softmax",
    "soft_shrink",
    "softmax",
    "threshold",
)


def written_operation(layer: Mapping[str, JSON], tensors: Any, owner: str) -> tuple[dict[str, JSON], JSON, dict[str, JSON]]:
    """An operation of a graph as Keras's class, and the arguments of its call.

    Raises:
        ValueError: files of Keras cannot hold this operation, or its options.
    """
    config = layer["config"]
    function, tensors = config["function"], list(tensors)
    options = {name: _plain(option) for name, option in config["options"].items()}
    operands = [tensors.pop(0) if operand is None else operand for operand in config["operands"]]
    if tensors:
        raise _not_writable(owner, f"{function} with sizes or values of other tensors")
    kind, _, name = function.partition(".")
    if kind == "activations":
        if name == "keras_2_hard_sigmoid":
            raise _not_writable(owner, name)
        layer_class = _activation_layer(name, options)
        if layer_class is not None:
            described = {"name": config["name"]} | layer_class[1]
            return {"module": "keras.layers", "class_name": layer_class[0], "config": described} | _NO_OWN_NAME, operands, {}
        function = name
    if function in _POOLS and any(isinstance(option, list) for option in options.values()):
        rank = max(len(_sizes(option)) for option in options.values())
        described = {"name": config["name"]} | options
        kind = f"{_POOLS[function]}{rank}D"
        return {"module": "keras.layers", "class_name": kind, "config": described} | _NO_OWN_NAME, operands, {}
    if function in _NOT_WRITTEN or _normalized_name(function) not in _CLASS_OF:
        raise _not_writable(owner, function)
    module, class_name = _CLASS_OF[_normalized_name(function)]
    args, kwargs, options = _divided(function, operands, options, owner)
    described = {"name": config["name"]} | options
    written = {"module": f"keras.src.ops.{module}", "class_name": class_name, "config": described}
    return written | {"registered_name": class_name}, args, kwargs


_NO_OWN_NAME = {"registered_name": None}
_POOLS = {  # Keras runs these operations only with one size for all axes
    "adaptive_average_pool": "AdaptiveAveragePooling",
    "adaptive_max_pool": "AdaptiveMaxPooling",
    "average_pool": "AveragePooling",
    "max_pool": "MaxPooling",
}
_AS_TUPLES = {"histogram": "range", "norm": "axis", "rot90": "axes"} | dict.fromkeys(
    ("nanpercentile", "nanquantile", "percentile", "quantile"), "axis"
)  # options that Keras reads as lists, and then rejects


def _sizes(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else [value]


def _not_writable(owner: str, what: str) -> ValueError:
    return ValueError(
        f"{owner} holds the operation {what}, which minidl does not write into .keras files; put it into a layer with call "
        f"that is registered, or save the model as .safetensors"
    )


def _normalized_name(name: str) -> str:
    """`rgb_to_hsv` and `RGBToHSV` as `rgbtohsv`."""
    return name.rpartition(".")[2].replace("_", "").lower()


_CLASS_OF = {_normalized_name(name): (module, name) for module, names in CLASSES.items() for name in names.split()}
_CLASS_OF |= {_normalized_name(name): _CLASS_OF[_normalized_name(kind)] for kind, name in FUNCTIONS_OF_OTHER_NAMES.items()}


def _activation_layer(name: str, options: Options) -> tuple[str, Options] | None:
    """The layer that applies an activation function called on a symbolic tensor; `None` if an operation does the same."""
    if name == "relu" and any(value not in (None, 0) for value in options.values()):
        return "ReLU", options
    if name in _SAME_FUNCTIONS or (name in PACKAGES["activations"] and _normalized_name(name) in _CLASS_OF and name != "relu"):
        return None
    return "Activation", {"activation": name}


def _divided(
    function: str, operands: list[object], options: Options, owner: str
) -> tuple[JSON, dict[str, JSON], dict[str, JSON]]:
    """The arguments of the call by position and by name, and those of the constructor."""
    call = {name: options.pop(name) for name in _CALL_OPTIONS.get(function, ())}
    args: list[object] = operands
    if function == "get_item":
        parts = call["key"] if isinstance(call["key"], list) else [call["key"]]
        if any(isinstance(part, Mapping) and part.get("class_name") == "__numpy__" for part in parts):
            raise _not_writable(owner, "get_item with an array of indices")
        return [*operands, _indices(call["key"])], {}, {}
    if function == "rearrange":
        return [*operands, call["pattern"]], dict(call["axes_lengths"] or {}), {}
    if function in ("batch_normalization", "layer_normalization", "rms_normalization"):
        present = iter(operands)
        args = [next(present) if is_there else None for is_there in options.pop("present")]
    elif function == "dot_product_attention":
        has_bias, has_mask, cap = options.pop("has_bias"), options.pop("has_mask"), options.pop("cap")
        further = iter(operands[3:])
        args = [*operands[:3], next(further) if has_bias else None, next(further) if has_mask else None]
        options |= {"attn_logits_soft_cap": cap}
    elif function == "trapezoid":
        if len(operands) > 1:
            raise _not_writable(owner, "trapezoid with x")
    elif function == "clip":
        if any(isinstance(limit, Mapping) for limit in operands[1:]):
            raise _not_writable(owner, "clip with limits that are tensors")
        args, options = operands[:1], dict(zip(("x_min", "x_max"), operands[1:], strict=True))
    elif function == "reshape":
        sizes = [-1 if size is None else size for size in _sizes(options["newshape"])]
        if sizes.count(-1) > 1:
            raise _not_writable(owner, "reshape with several sizes that are not given")
        options["newshape"] = sizes
    elif function == "broadcast_to" and None in options["shape"]:
        raise _not_writable(owner, "broadcast_to with sizes that are not given")
    elif function == "rot90" and options["axes"] == [0, 1]:  # the default
        del options["axes"]
    elif isinstance(options.get(_AS_TUPLES.get(function, "")), list):
        raise _not_writable(owner, f"{function} with {_AS_TUPLES[function]}={options[_AS_TUPLES[function]]}")
    elif function not in _SEPARATE and ops.TABLE[function].several:
        args = [operands]
    if isinstance(call.get("q"), list):
        call["q"] = {"class_name": "__numpy__", "config": {"value": call["q"], "dtype": "float32"}}
    return args, {name: value for name, value in call.items() if value is not None}, options


def _plain(option: object) -> JSON:
    if isinstance(option, Mapping) and option.get("class_name") == "__tuple__":
        return [_plain(item) for item in option["config"]]
    return option


def _indices(key: object) -> JSON:
    """An index of a tensor: integers, slices, `None` and `...`."""
    if isinstance(key, list):
        return [_indices(_plain(one)) for one in key]
    if isinstance(key, Mapping) and "slice" in key:
        parts = dict(zip(("start", "stop", "step"), _plain(key["slice"]), strict=True))
        return {"class_name": "__slice__", "config": parts}
    if isinstance(key, Mapping) and "ellipsis" in key:
        return {"class_name": "__ellipsis__", "config": {}}
    return key


# Reading.


def applied(kind: str, config: Config, args: list[Tensors], kwargs: Options) -> Tensors:
    """The result of Keras's operation on our symbolic tensors.

    Raises:
        ValueError: minidl has no operation of that name, or it holds Python code.
    """
    if kind in WITH_PYTHON_CODE:
        raise ValueError(f"the file has the operation {kind}, which runs Python code that a file does not hold")
    function = ops.image.extract_patches_3d if kind == "ExtractPatches" and len(args[0].shape) == 5 else _function(kind)
    if function is None:
        raise ValueError(f"the file has the operation {kind}, which minidl does not have")
    if not handlers_in([*args, *kwargs.values()]):  # of constants it would be computed at once
        raise ValueError(f"the file is damaged: the operation {kind} takes no tensor")
    if kind == "GetItem":
        key = args[1] if len(args) > 1 else kwargs["key"]
        return args[0][tuple(key) if isinstance(key, list) else key]
    parameters = inspect.signature(function).parameters
    takes_all = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values())
    options = {name: value for name, value in config.items() if name in parameters and name != "name"}
    unknown = {
        name: value for name, value in config.items() if name not in (*parameters, "name") and value not in (None, False)
    }
    unknown.pop("dtype", None)  # that of every operation, in some versions
    if unknown and not takes_all:
        name, value = next(iter(unknown.items()))
        raise ValueError(f"the file has the operation {kind} with {name}={value!r}, which minidl does not have")
    several = [p.name for p in parameters.values() if p.kind is inspect.Parameter.VAR_POSITIONAL]
    if several:  # einsum and meshgrid: all tensors by position, after the options before them
        before = list(parameters)[: list(parameters).index(several[0])]
        return function(*(options.pop(name) for name in before), *args, **options, **kwargs)
    free = [name for name in parameters if name not in options]
    return function(**dict(zip(free, args, strict=False)), **options, **kwargs)


def is_operation(kind: str) -> bool:
    """Whether Keras has an operation whose class has this name."""
    return _normalized_name(kind) in _CLASS_OF or kind in FUNCTIONS_OF_OTHER_NAMES


def _function(kind: str) -> Callable[..., object] | None:
    """Our function for a class of Keras."""
    if not is_operation(kind):
        return None
    wanted = _normalized_name(FUNCTIONS_OF_OTHER_NAMES.get(kind, kind))
    for module in (ops, ops.image):
        for name in module.__all__:
            if _normalized_name(name) == wanted:
                found: Callable[..., object] = getattr(module, name)
                return found
    return None
