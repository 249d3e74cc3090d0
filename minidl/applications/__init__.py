"""Networks for images, as in their papers: for training; there are no pretrained weights."""

from typing import TYPE_CHECKING

from minidl.applications import (
    convnext,
    densenet,
    efficientnet,
    efficientnet_v2,
    imagenet_utils,
    inception_resnet_v2,
    inception_v3,
    mobilenet,
    mobilenet_v2,
    mobilenet_v3,
    nasnet,
    resnet,
    resnet50,
    resnet_v2,
    vgg16,
    vgg19,
    xception,
)
from minidl.applications.convnext import ConvNeXtBase, ConvNeXtLarge, ConvNeXtSmall, ConvNeXtTiny, ConvNeXtXLarge
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
from minidl.applications.efficientnet_v2 import (
    EfficientNetV2B0,
    EfficientNetV2B1,
    EfficientNetV2B2,
    EfficientNetV2B3,
    EfficientNetV2L,
    EfficientNetV2M,
    EfficientNetV2S,
)
from minidl.applications.inception_resnet_v2 import InceptionResNetV2
from minidl.applications.inception_v3 import InceptionV3
from minidl.applications.mobilenet import MobileNet
from minidl.applications.mobilenet_v2 import MobileNetV2
from minidl.applications.mobilenet_v3 import MobileNetV3Large, MobileNetV3Small
from minidl.applications.nasnet import NASNetLarge, NASNetMobile
from minidl.applications.resnet import ResNet50, ResNet101, ResNet152
from minidl.applications.resnet_v2 import ResNet50V2, ResNet101V2, ResNet152V2
from minidl.applications.scaling import CustomScaleLayer as CustomScaleLayer
from minidl.applications.scaling import LayerScale as LayerScale
from minidl.applications.vgg import VGG16, VGG19
from minidl.applications.xception import Xception
from minidl.config.missing_names import attribute_error

__all__ = [
    "VGG16",
    "VGG19",
    "ConvNeXtBase",
    "ConvNeXtLarge",
    "ConvNeXtSmall",
    "ConvNeXtTiny",
    "ConvNeXtXLarge",
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
    "EfficientNetV2B0",
    "EfficientNetV2B1",
    "EfficientNetV2B2",
    "EfficientNetV2B3",
    "EfficientNetV2L",
    "EfficientNetV2M",
    "EfficientNetV2S",
    "InceptionResNetV2",
    "InceptionV3",
    "MobileNet",
    "MobileNetV2",
    "MobileNetV3Large",
    "MobileNetV3Small",
    "NASNetLarge",
    "NASNetMobile",
    "ResNet50",
    "ResNet50V2",
    "ResNet101",
    "ResNet101V2",
    "ResNet152",
    "ResNet152V2",
    "Xception",
    "convnext",
    "densenet",
    "efficientnet",
    "efficientnet_v2",
    "imagenet_utils",
    "inception_resnet_v2",
    "inception_v3",
    "mobilenet",
    "mobilenet_v2",
    "mobilenet_v3",
    "nasnet",
    "resnet",
    "resnet50",
    "resnet_v2",
    "vgg16",
    "vgg19",
    "xception",
]

if not TYPE_CHECKING:
    __getattr__ = attribute_error(__name__, __all__)
