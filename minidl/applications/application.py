"""What all networks of `applications` share: Keras's arguments, the input, the output, and why there are no trained weights."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod

from minidl.config.settings import image_data_format
from minidl.config.types import ActivationLike, Shape, Structure
from minidl.graph.symbolic import SymbolicTensor
from minidl.layers import Dense, GlobalAveragePooling2D, GlobalMaxPooling2D, Input, Layer
from minidl.models import Model

NO_WEIGHTS = (
    "minidl has no weights trained on ImageNet; pass weights=None and train, or weights=path with a file written by "
    "save_weights of this network"
)


class Application(ABC):
    """A network for images, made by calling it; channels are last.

    Args:
        include_top: whether the network ends with its classifier.
        weights: `None`, or a file of weights for this network. The default, "imagenet", raises ValueError.
        input_tensor: what the network begins with instead of a new `Input`.
        input_shape: (height, width, channels); without the classifier, height and width may be `None`.
        pooling: without the classifier, "avg" or "max" for a global pooling at the end, `None` for feature maps.
        classes: number of classes.
        classifier_activation: activation of the classifier.
        name: name of the model; the network's own by default.
    Raises:
        ValueError: weights="imagenet", or the shape of images is too small or incomplete.
    """

    size = 224  # height and width of the images in the paper
    minimum = 32
    needs_size = True  # with the classifier
    names_pooling = False  # whether a global pooling at the end is called "avg_pool" or "max_pool"

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(
        self,
        include_top: bool = True,
        weights: str | None = "imagenet",
        input_tensor: SymbolicTensor | None = None,
        input_shape: tuple[int | None, ...] | None = None,
        pooling: str | None = None,
        classes: int = 1000,
        classifier_activation: ActivationLike = "softmax",
        name: str | None = None,
    ) -> Model:
        """The network, a functional model."""
        self._check(include_top, weights, pooling)
        images = input_tensor
        if images is None:
            images = Input(self._shape(include_top, input_shape))
        x = self.features(images)
        x = self.top(x, classes, classifier_activation) if include_top else self.without_top(x, pooling)
        model = Model(images, x, name=self.name if name is None else name)
        if weights is not None:
            model.load_weights(weights)
        return model

    @abstractmethod
    def features(self, x: SymbolicTensor) -> SymbolicTensor:
        """The convolutional part."""

    def top(self, x: SymbolicTensor, classes: int, activation: ActivationLike) -> SymbolicTensor:
        """The part after the convolutions: here `before_classifier`, then `classifier`."""
        classifier = self.classifier(classes, activation)
        return after(self.before_classifier(x), classifier)

    def without_top(self, x: SymbolicTensor, pooling: str | None) -> SymbolicTensor:
        """The feature maps, or their global pooling."""
        if pooling is None:
            return x
        layer = GlobalAveragePooling2D if pooling == "avg" else GlobalMaxPooling2D
        return after(x, layer(name=f"{pooling}_pool" if self.names_pooling else None))

    def before_classifier(self, x: SymbolicTensor) -> SymbolicTensor:
        """The layers between the convolutional part and the classifier: a global average."""
        return after(x, GlobalAveragePooling2D(name="avg_pool"))

    def classifier(self, classes: int, activation: ActivationLike) -> Dense:
        """The last layer."""
        return Dense(classes, activation=activation, name="predictions")

    def _check(self, include_top: bool, weights: object, pooling: str | None) -> None:
        if image_data_format() != "channels_last":
            raise ValueError(f'{self.name} expects channels last; call config.set_image_data_format("channels_last")')
        if weights is not None and not (isinstance(weights, (str, os.PathLike)) and os.path.exists(weights)):
            if weights == "imagenet":
                raise ValueError(f"{self.name} got weights='imagenet'; {NO_WEIGHTS}")
            raise ValueError(f"{self.name} got weights={weights!r}, which is not a file; {NO_WEIGHTS}")
        if not include_top and pooling not in (None, "avg", "max"):
            raise ValueError(f'{self.name} expects pooling to be "avg", "max" or None, got {pooling!r}')

    def _shape(self, include_top: bool, given: tuple[int | None, ...] | None) -> tuple[int | None, ...]:
        """(height, width, channels) of the images."""
        if given is None:
            side = self.size if include_top and self.needs_size else None
            return (side, side, 3)
        if len(given) != 3:
            raise ValueError(f"{self.name} expects input_shape to be (height, width, channels), got {given!r}")
        if any(side is not None and side < self.minimum for side in given[:2]):
            raise ValueError(f"{self.name} expects images of at least {self.minimum} x {self.minimum}, got input_shape={given}")
        if given[2] is None or (include_top and self.needs_size and None in given):
            raise ValueError(f"{self.name} needs to know the whole shape of its images, got input_shape={given}")
        return tuple(given)


def after(x: Structure[SymbolicTensor], first: Layer, *others: Layer) -> SymbolicTensor:
    """What these layers, one after the other, make of x."""
    y: SymbolicTensor = first(x)
    for layer in others:
        y = layer(y)
    return y


def channels_of(x: SymbolicTensor) -> int:
    """The number of channels, which must be known.

    Raises:
        ValueError: the network begins with an `input_tensor` whose number of channels is not known.
    """
    channels = x.shape[-1]
    if channels is None:
        raise ValueError(f"networks for images need to know the number of channels, got a tensor of shape {x.shape}")
    return channels


def rounded(channels: float) -> int:
    """The nearest multiple of 8, at least 8, and not below 0.9 of the number: widths of MobileNetV2 and EfficientNet."""
    nearest = max(8, int(channels + 4) // 8 * 8)
    return nearest + 8 if nearest < 0.9 * channels else nearest


def padding_before_stride(shape: Shape, kernel_size: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Padding before a convolution with stride 2, which keeps an even size aligned: one row less at the top."""
    half = kernel_size // 2
    before = [half - (1 if side is None else 1 - side % 2) for side in shape[1:3]]
    return (before[0], half), (before[1], half)
