"""VGG19, with its preprocessing."""

from minidl.applications.imagenet_utils import decode_predictions, preprocess_input
from minidl.applications.vgg import VGG19

__all__ = ["VGG19", "decode_predictions", "preprocess_input"]
