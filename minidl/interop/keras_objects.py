"""Objects from Keras's configs: translated to plain values of minidl, then made by the registry, which knows every class."""

import json
from collections.abc import Mapping
from typing import Any

from minidl.config import registry
from minidl.config.public_names import PACKAGES
from minidl.config.types import JSON, CustomObjects
from minidl.config.user_warnings import warn_user
from minidl.interop.keras_graphs import WITH_TUPLES, KerasGraph, described, is_graph
from minidl.interop.tensorflow_operations import raise_for_lost

# Arguments of Keras's constructors without meaning here, dropped if they have these values.
_WITHOUT_MEANING: dict[str, tuple[object, ...]] = {
    "quantization_config": (None,),
    "lora_rank": (None,),
    "ragged": (False,),
    "sparse": (False,),
    "optional": (False,),
    "implementation": (0, 1, 2),
    "noise_shape": (None,),
    "time_major": (False,),
    "jit_compile": (True, False, "auto"),
    "is_legacy_optimizer": (False,),
    "causal": (False,),
}

_IN_FULL = dict.fromkeys(("mixed_float16", "mixed_bfloat16"), "float32")  # whose weights are float32
_OF_IDS = (
    "CategoryEncoding",
    "Discretization",
    "HashedCrossing",
    "Hashing",
    "IntegerLookup",
    "StringLookup",
    "TextVectorization",
)
_RENAMED = {"OrthogonalInitializer": "Orthogonal", "IdentityInitializer": "Identity"}  # classes of older versions


def from_keras(config: object, custom_objects: CustomObjects | None, title: str) -> Any:
    """The object of one of Keras's configs; nothing in it is executed.

    Args:
        config: plain values.
        custom_objects: your own classes and functions by name, unless they are registered.
        title: the file, for errors.
    Raises:
        ValueError: a class or function is not known, or an argument of it.
    """
    own = {"Functional": KerasGraph} | dict(custom_objects or {})
    if mixed := sorted(name for name in _IN_FULL if f'"{name}"' in json.dumps(config)):
        warn_user(f"{title} computes in {mixed[0]} in Keras, and here in float32, which is more exact")
    try:
        return registry.deserialize(translated(config), own)
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise ValueError(f"{title} does not describe a model that minidl can make: {error}") from error


def translated(value: object) -> object:
    """A value of Keras's configs in the form that minidl's registry reads."""
    if isinstance(value, list):
        return [translated(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    kind, config = value.get("class_name"), value.get("config", {})
    if not isinstance(kind, str) or "config" not in value:
        return {name: translated(item) for name, item in value.items()}
    if kind == "__lambda__" or (kind == "Lambda" and config.get("function_type") == "lambda"):
        raise ValueError("the file holds a lambda, whose code is never executed; write the model with a registered function")
    if kind == "__tuple__":
        return {"class_name": kind, "config": {"items": [translated(item) for item in config]}}
    if kind in ("DTypePolicy", "Policy"):
        return _IN_FULL.get(config["name"], config["name"])
    if kind == "__numpy__" or not isinstance(config, Mapping):
        return dict(value)
    if is_graph(config):
        graph = described({**config, **value.get(WITH_TUPLES, {})}, translated)
        if kind not in ("Functional", "Model"):  # a subclass, which `find` finds under the name of a function
            own = {"config": kind, "registered_name": value.get("registered_name")}
            graph["kind"] = {"module": value.get("module"), "class_name": "function"} | own
        return {"module": "keras.models", "class_name": "Functional", "config": graph}
    raise_for_lost(kind, config.get("name"))
    config = _renewed(kind, config)
    inner = {name: translated(item) for name, item in config.items() if not _without_meaning(name, item)}
    if kind == "ThresholdedReLU" and value.get("module") == "keras.layers":  # of Keras 2
        kind, inner["threshold"] = "ReLU", inner.pop("theta", 1.0)
    kind = _RENAMED.get(kind, kind)
    module = "keras.models" if kind == "Sequential" else value.get("module")
    module = "keras.applications" if str(module).startswith("keras.src.applications.") else module
    return {"module": module, "class_name": kind, "config": inner, "registered_name": value.get("registered_name")}


def _renewed(kind: str, config: Mapping[str, JSON]) -> dict[str, object]:
    """The arguments of older versions of Keras under their names now."""
    found = dict(config)
    if kind == "InputLayer" and "batch_input_shape" in found:
        found["batch_shape"] = found.pop("batch_input_shape")
    if kind in ("BatchNormalization", "LayerNormalization") and isinstance(found.get("axis"), list) and len(found["axis"]) == 1:
        found["axis"] = found["axis"][0]
    if kind == "Embedding":
        found.pop("input_length", None)  # which nothing uses
    if kind == "MultiHeadAttention":
        found = {name: value for name, value in found.items() if name not in ("query_shape", "key_shape", "value_shape")}
    if kind in _OF_IDS and str(found.get("dtype")).startswith(("int", "string")):  # that of their output or input, in Keras 2
        del found["dtype"]
    if kind in ("IntegerLookup", "StringLookup", "TextVectorization"):
        found.pop("vocabulary_size", None)  # which follows from the vocabulary
    if kind in PACKAGES["losses"]:
        found = {name: value for name, value in found.items() if name != "fn" and (name, value) != ("reduction", "auto")}
    if kind == "LeakyReLU" and "alpha" in found:
        found["negative_slope"] = found.pop("alpha")
    if kind.startswith(("Separable", "Depthwise")):  # Keras 2 also writes the arguments of an ordinary convolution
        unused = (
            "kernel_initializer",
            "kernel_regularizer",
            "kernel_constraint",
            *(["groups"] if found.get("groups") == 1 else []),
        )
        found = {name: value for name, value in found.items() if name not in unused}
    return {name: value for name, value in found.items() if name != "batch_input_shape"}


def _without_meaning(name: str, value: object) -> bool:
    if name == "build_input_shape":
        return True
    return name in _WITHOUT_MEANING and any(value is known or value == known for known in _WITHOUT_MEANING[name])
