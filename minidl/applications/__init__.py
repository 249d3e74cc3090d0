"""Networks for images, as in their papers: for training; trained weights cannot be had."""

from typing import TYPE_CHECKING

from minidl.applications import densenet, efficientnet, imagenet_utils, mobilenet_v2, resnet, resnet50, vgg16, vgg19
from minidl.applications.densenet import DenseNet121, DenseNet169, DenseNet201
from minidl.applications.efficientnet import (
    EfficientNetB0,
    EfficientNetB1,
    EfficientNetB2,
    EfficientNetB3,
    EfficientNetB4,
    EfficientNetB5,
    EfficientNetB6,
    EfficientNetB7,
)
from minidl.applications.mobilenet_v2 import MobileNetV2
from minidl.applications.resnet import ResNet50, ResNet101, ResNet152
from minidl.applications.vgg import VGG16, VGG19
from minidl.config.missing_names import attribute_error

__all__ = [
    "VGG16",
    "VGG19",
    "DenseNet121",
    "DenseNet169",
    "DenseNet201",
    "EfficientNetB0",
    "EfficientNetB1",
    "EfficientNetB2",
    "EfficientNetB3",
    "EfficientNetB4",
    "EfficientNetB5",
    "EfficientNetB6",
    "EfficientNetB7",
    "MobileNetV2",
    "ResNet50",
    "ResNet101",
    "ResNet152",
    "densenet",
    "efficientnet",
    "imagenet_utils",
    "mobilenet_v2",
    "resnet",
    "resnet50",
    "vgg16",
    "vgg19",
]

if not TYPE_CHECKING:
    __getattr__ = attribute_error(__name__, __all__)
