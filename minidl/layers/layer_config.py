"""`LayerConfig`: how a layer is made from its config, and from the arguments of older versions of Keras."""

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np

from minidl.config.configurable import Configurable, signature
from minidl.config.dtypes import standardize_dtype
from minidl.config.registry import deserialize_arguments
from minidl.config.types import Config, DType, Options
from minidl.config.user_warnings import warn_user
from minidl.layers.call_arguments import names_of


class LayerConfig(Configurable):
    """The part of a layer that knows its constructor's arguments."""

    is_model: ClassVar[bool] = False  # whether it is a `Model`, with a network of layers
    name: str
    input_shape: tuple[int | None, ...] | None
    trainable: bool
    _dtype: DType

    @classmethod
    def accept_older_arguments(cls, arguments: Options) -> Config:
        """`input_dim=3` is `input_shape=(3,)`, except for layers that have an argument of this name."""
        if "input_dim" in arguments and "input_dim" not in names_of(cls.__init__):
            arguments = arguments | {"input_shape": (arguments["input_dim"],)}
            del arguments["input_dim"]
        shape = arguments.get("input_shape")
        if shape is not None and "input_shape" not in names_of(cls.__init__):
            if not isinstance(shape, (tuple, list)):
                raise ValueError(f"{cls.__name__} expects input_shape to be a tuple, such as (784,), got {shape!r}")
            warn_user(f"{cls.__name__} was given input_shape or input_dim; begin the model with Input(shape) instead")
        return arguments

    def constructor_arguments(self) -> Config:
        """The constructor's arguments, with the current name, dtype and `trainable`."""
        return super().constructor_arguments() | {"name": self.name, "dtype": self._dtype.name, "trainable": self.trainable}

    @classmethod
    def from_config(cls, config: Config) -> Self:
        """Make a layer from the result of `get_config`, also if its constructor takes no name, dtype or trainable."""
        config = deserialize_arguments(config)
        parameters = signature(cls.__init__).parameters
        takes_all = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
        first = config.pop("input_shape", None)
        layer = cls.construct({key: value for key, value in config.items() if takes_all or key in parameters})
        if first is not None:
            layer.input_shape = tuple(first)
        layer.name = config.get("name", layer.name)
        if (dtype := config.get("dtype")) is not None:
            layer._dtype = np.dtype(standardize_dtype(dtype))
        if not config.get("trainable", True):
            layer.trainable = False
        return layer


def replace_arguments(owner: str, arguments: Options, replaced: Mapping[str, tuple[str | None, str]]) -> Options:
    """The arguments with older names replaced, with a warning for each.

    Args:
        owner: the class.
        arguments: the keyword arguments of its constructor.
        replaced: older name -> (the name now, or `None` for an argument that is ignored; what to write).
    """
    found = {name: replaced[name] for name in arguments if name in replaced}
    for name, (_, advice) in found.items():
        warn_user(f"{owner}({name}=...) is the way of older versions of Keras: {advice}")
    kept = {name: value for name, value in arguments.items() if name not in found}
    return kept | {now: arguments[name] for name, (now, _) in found.items() if now is not None}
