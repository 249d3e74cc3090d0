"""Resizing of images with channels first."""

from minidl.interop.onnx.builder import Builder, channels_first
from minidl.kernels.resizing import nearest_pixels, weights


def resize(
    g: Builder,
    x: str,
    order: tuple[int, ...],
    dtype: str,
    sizes: list[int],
    targets: list[int],
    interpolation: str,
    antialias: bool,
) -> str:
    """Resize the last two axes: a Resize node where ONNX has the filter, otherwise a matrix product for each axis.

    Bilinear without antialiasing is exactly ONNX's "linear" with half-pixel centers. Its "cubic" weighs pixels at the border
    otherwise, and its nearest pixel rounds otherwise, so these are the weights and indices that minidl itself uses. ONNX
    Runtime moves Resize in front of a Transpose, and then takes only images with channels first or last.
    """
    enlarges = all(target >= size for size, target in zip(sizes, targets, strict=True))
    if interpolation == "bilinear" and (not antialias or enlarges) and order == channels_first(4):
        modes = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
        front = g.op("Shape", x, start=0, end=2)
        return g.op("Resize", x, "", "", g.op("Concat", front, g.integers(*targets), axis=0), **modes)
    height, width = sizes
    if interpolation == "nearest":
        for axis, size, target in ((3, width, targets[1]), (2, height, targets[0])):
            x = x if size == target else g.op("Gather", x, g.integers(*nearest_pixels(size, target).tolist()), axis=axis)
        return x
    if width != targets[1]:
        x = g.op("MatMul", x, g.weight("columns", weights(width, targets[1], interpolation, antialias, dtype).T))
    if height != targets[0]:
        x = g.op("MatMul", g.weight("rows", weights(height, targets[0], interpolation, antialias, dtype)), x)
    return x
