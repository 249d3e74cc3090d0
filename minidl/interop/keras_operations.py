"""Operations in functional models: Keras's classes and our functions."""

from collections.abc import Mapping
from typing import Any

from minidl import ops
from minidl.config.naming import snake_case

# Functions that files can hold, by the module of Keras that defines their classes.
_WRITTEN = {
    "numpy": "abs absolute add arccos arcsin arctan arctan2 argmax argmin ceil clip cos cosh cumsum divide equal exp "
    "expand_dims expm1 flip floor get_item greater greater_equal less less_equal log log10 log1p log2 logical_and logical_not "
    "logical_or matmul max maximum mean min minimum mod moveaxis multiply negative not_equal power prod reciprocal repeat "
    "reshape roll round sign sin sinh sqrt square squeeze std subtract sum swapaxes tan tanh tile transpose true_divide var",
    "nn": "celu elu gelu hard_sigmoid hard_silu hard_tanh leaky_relu log_sigmoid log_softmax mish relu relu6 selu sigmoid silu "
    "soft_shrink softmax softplus softsign sparsemax squareplus tanh_shrink",
    "math": "erf rsqrt logsumexp",
}
_MODULES = {name: module for module, names in _WRITTEN.items() for name in names.split()}


def written_operation(layer: Mapping[str, Any], tensors: Any, owner: str) -> tuple[dict[str, Any], list[Any], dict[str, Any]]:
    """An operation of a graph as Keras's class, and the arguments of its call.

    Raises:
        ValueError: files of Keras cannot hold this operation, or its options.
    """
    config = layer["config"]
    function, options = config["function"], dict(config["options"])
    tensors = list(tensors)
    operands = [tensors.pop(0) if operand is None else operand for operand in config["operands"]]
    if (
        function not in _MODULES
        or tensors
        or any(isinstance(operand, Mapping) and "class_name" not in operand for operand in operands)
    ):
        raise ValueError(
            f"{owner} holds the operation {function}{' with sizes of other tensors' if tensors else ''}, which minidl does not "
            f"write into .keras files; put it into a layer with call that is registered, or save the model as .safetensors"
        )
    if function == "get_item":
        operands.append(_indices(options.pop("key")))
    kind = "".join(word.capitalize() for word in function.split("_"))
    described = {"name": config["name"]} | {name: _plain(option) for name, option in options.items()}
    plain = {"module": f"keras.src.ops.{_MODULES[function]}", "class_name": kind, "config": described, "registered_name": kind}
    return plain, operands, {}


def _plain(option: Any) -> Any:
    if isinstance(option, Mapping) and option.get("class_name") == "__tuple__":
        items = option["config"]
        return [_plain(item) for item in (items["items"] if isinstance(items, Mapping) else items)]
    return option


def _indices(key: Any) -> Any:
    """An index of a tensor: integers, slices and `...`."""
    key = _plain(key)
    if isinstance(key, list):
        return [_indices(one) for one in key]
    if isinstance(key, Mapping) and "slice" in key:
        return {"class_name": "__slice__", "config": dict(zip(("start", "stop", "step"), key["slice"], strict=True))}
    if isinstance(key, Mapping) and "ellipsis" in key:
        return {"class_name": "__ellipsis__", "config": {}}
    return key


def applied(kind: str, config: Mapping[str, Any], args: list[Any], kwargs: Mapping[str, Any]) -> Any:
    """The result of Keras's operation on our symbolic tensors.

    Raises:
        ValueError: minidl has no operation of that name.
    """
    name = snake_case(kind)
    options = {key: value for key, value in config.items() if key not in ("name", "dtype")}
    if name == "get_item":
        key = args[1] if len(args) > 1 else kwargs["key"]
        return args[0][tuple(key) if isinstance(key, list) else key]
    if name not in ops.__all__:
        raise ValueError(f"the file has the operation {kind}, which minidl does not have")
    return getattr(ops, name)(*args, **options, **kwargs)
