"""VGG16, with its preprocessing."""

from minidl.applications.imagenet_utils import decode_predictions
from minidl.applications.vgg import VGG16, preprocess_input

__all__ = ["VGG16", "decode_predictions", "preprocess_input"]
