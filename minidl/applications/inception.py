"""What InceptionV3 and InceptionResNetV2 share: convolutions with normalization, parallel branches, and the first layers."""

from minidl.applications.application import Application, after
from minidl.graph.symbolic import SymbolicTensor
from minidl.layers import Activation, AveragePooling2D, BatchNormalization, Concatenate, Conv2D, MaxPooling2D

# A step of a branch: (filters, height of the kernel, width, stride), or a pooling. Steps with stride 2 have no padding.
Branch = list[tuple[int, ...] | str]


class BaseInception(Application):
    """Base of the Inception networks."""

    size, minimum = 299, 75


def stem(x: SymbolicTensor) -> SymbolicTensor:
    """The layers before the first block."""
    x = convolution(convolution(x, 32, 3, 3, 2, "valid"), 32, 3, 3, 1, "valid")
    x = MaxPooling2D(3, strides=2)(convolution(x, 64, 3, 3))
    x = convolution(convolution(x, 80, 1, 1, 1, "valid"), 192, 3, 3, 1, "valid")
    return after(x, MaxPooling2D(3, strides=2))


def convolution(
    x: SymbolicTensor,
    filters: int,
    height: int = 1,
    width: int = 1,
    stride: int = 1,
    padding: str = "same",
    name: str | None = None,
) -> SymbolicTensor:
    """Convolution, batch normalization and ReLU."""
    inner = {"bn": None, "ac": None} if name is None else {"bn": f"{name}_bn", "ac": f"{name}_ac"}
    x = Conv2D(filters, (height, width), strides=stride, padding=padding, use_bias=False, name=name)(x)
    return after(x, BatchNormalization(scale=False, name=inner["bn"]), Activation("relu", name=inner["ac"]))


def along(x: SymbolicTensor, branch: Branch) -> SymbolicTensor:
    """The result of the steps of one branch."""
    for step in branch:
        if step == "average":
            x = AveragePooling2D(3, strides=1, padding="same")(x)
        elif isinstance(step, str):
            x = MaxPooling2D(3, strides=2)(x)
        else:
            filters, height, width, stride = (*step, 1, 1, 1)[:4]
            x = convolution(x, filters, height, width, stride, "same" if stride == 1 else "valid")
    return x


def mixed(x: SymbolicTensor, branches: list[Branch], name: str | None) -> SymbolicTensor:
    """The channels of all branches side by side."""
    return after([along(x, branch) for branch in branches], Concatenate(name=name))


def first_block(channels: int, pooled: int) -> list[Branch]:
    """Figure 5 of arXiv:1512.00567: kernels of 1 x 1, 5 x 5, twice 3 x 3, and a pooling."""
    return [[(channels,)], [(48,), (64, 5, 5)], [(64,), (96, 3, 3), (96, 3, 3)], ["average", (pooled,)]]
