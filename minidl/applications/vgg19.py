"""VGG19, with its preprocessing."""

from minidl.applications.imagenet_utils import decode_predictions
from minidl.applications.preprocessing import blue_green_red as preprocess_input
from minidl.applications.vgg import VGG19

__all__ = ["VGG19", "decode_predictions", "preprocess_input"]
