"""Files of Keras, `.keras`, `.weights.h5` and `.h5`: what `save`, `load_model`, `save_weights` and `load_weights` call."""

from minidl.interop.keras_files import load_keras, load_keras_weights, save_keras, save_keras_weights
from minidl.interop.keras_h5 import load_h5, save_h5

__all__ = ["load_h5", "load_keras", "load_keras_weights", "save_h5", "save_keras", "save_keras_weights"]
