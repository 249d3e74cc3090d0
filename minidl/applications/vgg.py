"""VGG: blocks of 3 x 3 convolutions, each followed by a pooling (Simonyan & Zisserman 2014, arXiv:1409.1556)."""

from minidl.applications.application import Application, after
from minidl.graph.symbolic import SymbolicTensor
from minidl.layers import Conv2D, Dense, Flatten, MaxPooling2D


class VGG(Application):
    """VGG; `repeats` is the number of convolutions of each of its five blocks.

    Example:
        >>> VGG("small", (1, 1, 1, 1, 1))(weights=None, include_top=False, pooling="avg").output_shape
        (None, 512)
    """

    def __init__(self, name: str, repeats: tuple[int, ...]) -> None:
        super().__init__(name)
        self.repeats = repeats

    def features(self, x: SymbolicTensor) -> SymbolicTensor:
        """Table 1 of the paper, columns D and E."""
        for block, (repeats, filters) in enumerate(zip(self.repeats, (64, 128, 256, 512, 512), strict=True), start=1):
            for convolution in range(1, repeats + 1):
                name = f"block{block}_conv{convolution}"
                x = Conv2D(filters, 3, activation="relu", padding="same", name=name)(x)
            x = MaxPooling2D(2, 2, name=f"block{block}_pool")(x)
        return x

    def before_classifier(self, x: SymbolicTensor) -> SymbolicTensor:
        """Two layers of 4096 units."""
        x = Flatten(name="flatten")(x)
        x = Dense(4096, activation="relu", name="fc1")(x)
        return after(x, Dense(4096, activation="relu", name="fc2"))


VGG16 = VGG("vgg16", (2, 2, 3, 3, 3))
VGG19 = VGG("vgg19", (2, 2, 4, 4, 4))
