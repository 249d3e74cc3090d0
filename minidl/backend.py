"""What Keras 3 still has in `keras.backend`: settings and element types. Array functions are in `minidl.ops`."""

from typing import TYPE_CHECKING

from minidl.config.dtypes import is_float_dtype, is_int_dtype, result_type, standardize_dtype
from minidl.config.keras_switches import backend
from minidl.config.missing_names import attribute_error
from minidl.config.naming import clear_session, get_uid
from minidl.config.settings import epsilon, floatx, image_data_format, set_epsilon, set_floatx, set_image_data_format
from minidl.graph.symbolic import is_keras_tensor

__all__ = [
    "backend",
    "clear_session",
    "epsilon",
    "floatx",
    "get_uid",
    "image_data_format",
    "is_float_dtype",
    "is_int_dtype",
    "is_keras_tensor",
    "result_type",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "standardize_dtype",
]

if not TYPE_CHECKING:
    __getattr__ = attribute_error(__name__, __all__)
