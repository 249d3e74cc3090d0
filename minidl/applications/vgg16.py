"""VGG16, with its preprocessing."""

from minidl.applications.imagenet_utils import decode_predictions
from minidl.applications.preprocessing import blue_green_red as preprocess_input
from minidl.applications.vgg import VGG16

__all__ = ["VGG16", "decode_predictions", "preprocess_input"]
