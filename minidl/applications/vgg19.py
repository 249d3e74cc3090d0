"""VGG19, with its preprocessing."""

from minidl.applications.imagenet_utils import decode_predictions
from minidl.applications.vgg import VGG19, preprocess_input

__all__ = ["VGG19", "decode_predictions", "preprocess_input"]
