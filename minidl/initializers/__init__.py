"""Initializers of weights, with Keras's names."""

from typing import TYPE_CHECKING

import numpy as np

from minidl.config import registry
from minidl.config.lookup import Lookup
from minidl.config.missing_names import attribute_error
from minidl.config.types import JSON, CustomObjects, MaybeNone
from minidl.initializers.constant import Constant, Identity, Ones, Zeros
from minidl.initializers.initializer import Initializer
from minidl.initializers.orthogonal import Orthogonal
from minidl.initializers.random import RandomNormal, RandomUniform, TruncatedNormal
from minidl.initializers.stft import STFT
from minidl.initializers.variance import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    VarianceScaling,
)

__all__ = [
    "STFT",
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "IdentityInitializer",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "OrthogonalInitializer",
    "RandomNormal",
    "RandomUniform",
    "STFTInitializer",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "deserialize",
    "get",
    "serialize",
]

if not TYPE_CHECKING:
    __getattr__ = attribute_error(__name__, __all__)

# Keras's other names.
constant, ones, zeros = Constant, Ones, Zeros
identity = IdentityInitializer = Identity
orthogonal = OrthogonalInitializer = Orthogonal
random_normal, random_uniform, truncated_normal = RandomNormal, RandomUniform, TruncatedNormal
variance_scaling = VarianceScaling
glorot_normal, glorot_uniform = GlorotNormal, GlorotUniform
he_normal, he_uniform = HeNormal, HeUniform
lecun_normal, lecun_uniform = LecunNormal, LecunUniform
stft = STFTInitializer = STFT

_ALIASES = {"normal": "RandomNormal", "one": "Ones", "uniform": "RandomUniform", "zero": "Zeros"}
_ALIASES |= {"identityinitializer": "Identity", "orthogonalinitializer": "Orthogonal", "stftinitializer": "STFT"}


_lookup: Lookup[Initializer] = Lookup(
    "initializers",
    'an initializer is a name, such as "glorot_uniform", an array, or a function (shape, dtype) -> array',
    callable,
    convert=lambda item: Constant(item) if isinstance(item, (np.ndarray, np.generic)) else None,
    aliases=_ALIASES,
)


def get(identifier: object) -> Initializer | MaybeNone:
    """The initializer for a name, class, config, array or object; `None` stays `None`.

    Any function `(shape, dtype) -> array` is accepted.

    Raises:
        ValueError: the name is unknown; the message names the nearest one.
        TypeError: the object is not callable.
    Example:
        >>> get("he_normal")
        HeNormal()
    """
    return _lookup.get(identifier)


def serialize(initializer: object) -> JSON:
    """Convert an initializer to plain JSON values.

    Example:
        >>> serialize(get("he_normal"))["class_name"]
        'HeNormal'
    """
    return registry.serialize(initializer)


def deserialize(config: object, custom_objects: CustomObjects | None = None) -> Initializer | MaybeNone:
    """Convert the result of `serialize`, or a name, to an initializer.

    Example:
        >>> deserialize(serialize(get("he_normal")))
        HeNormal()
    """
    return _lookup.deserialize(config, custom_objects)
