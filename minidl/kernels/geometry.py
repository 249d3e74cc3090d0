"""Window geometry of convolution and pooling: where the windows lie in the input, and how many there are."""

import itertools
from collections.abc import Iterator
from typing import NamedTuple

from minidl.config.types import Shape


class Geometry(NamedTuple):
    """Where the windows lie, axis by axis: window p reads the input at `p * strides + k * dilation - before`.

    Attributes:
        kernel: sizes of the kernel.
        strides: steps from one window to the next.
        dilation: steps inside a window.
        before: zeros put before the first element.
        outputs: numbers of windows.
    """

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    dilation: tuple[int, ...]
    before: tuple[int, ...]
    outputs: tuple[int, ...]

    @property
    def extent(self) -> tuple[int, ...]:
        """Elements from the first to the last of one window."""
        return window_extent(self.kernel, self.dilation)

    @property
    def needed(self) -> tuple[int, ...]:
        """Elements from the first window's first to the last window's last, zeros before the input included."""
        return tuple(
            (out - 1) * stride + extent for out, stride, extent in zip(self.outputs, self.strides, self.extent, strict=True)
        )

    def offsets(self) -> Iterator[tuple[tuple[int, ...], tuple[slice, ...]]]:
        """Every k in the kernel, with the slices of the padded input that it meets in all windows."""
        for k in itertools.product(*map(range, self.kernel)):
            starts = [at * dilation for at, dilation in zip(k, self.dilation, strict=True)]
            yield (
                k,
                tuple(
                    slice(start, start + (out - 1) * stride + 1, stride)
                    for start, out, stride in zip(starts, self.outputs, self.strides, strict=True)
                ),
            )

    def flipped(self, sizes: tuple[int, ...]) -> "Geometry":
        """With strides of 1: the windows over the outputs that contributed to each element of an input of these sizes."""
        before = tuple(extent - 1 - b for extent, b in zip(self.extent, self.before, strict=True))
        return self._replace(before=before, outputs=sizes)


def window_extent(kernel: tuple[int, ...], dilation: tuple[int, ...]) -> tuple[int, ...]:
    """Elements from the first to the last of one window: `(kernel - 1) * dilation + 1`."""
    return tuple((size - 1) * step + 1 for size, step in zip(kernel, dilation, strict=True))


def window_geometry(
    sizes: tuple[int, ...], kernel: tuple[int, ...], strides: tuple[int, ...], padding: str, dilation: tuple[int, ...]
) -> Geometry:
    """The geometry over inputs of these sizes: padding "valid", "same" (`ceil(size / stride)` windows) or "causal"."""
    before, outputs = [], []
    for size, extent, stride in zip(sizes, window_extent(kernel, dilation), strides, strict=True):
        if padding == "same":
            out = -(-size // stride)
            before.append(max((out - 1) * stride + extent - size, 0) // 2)
        else:
            before.append(extent - 1 if padding == "causal" else 0)
            out = (size + before[-1] - extent) // stride + 1
        outputs.append(out)
    return Geometry(kernel, strides, dilation, tuple(before), tuple(outputs))


def pooling_geometry(sizes: tuple[int, ...], kernel: tuple[int, ...], strides: tuple[int, ...], padding: str) -> Geometry:
    """The geometry of windows in which padding does not count, without the places that meet padding in every window."""
    whole = window_geometry(sizes, kernel, strides, padding, (1,) * len(sizes))
    axes = zip(sizes, kernel, strides, whole.before, whole.outputs, strict=True)
    places = [(max(0, b - (out - 1) * step), min(extent, size + b), b) for size, extent, step, b, out in axes]
    return whole._replace(
        kernel=tuple(last - first for first, last, _ in places), before=tuple(b - first for first, _, b in places)
    )


def window_outputs(
    sizes: Shape, kernel: tuple[int, ...], strides: tuple[int, ...], padding: str, dilation: tuple[int, ...]
) -> Shape:
    """Numbers of windows over inputs of these sizes; `None` where a size is not known."""
    known = tuple(1 << 20 if size is None else size for size in sizes)  # an axis does not depend on the others
    outputs = window_geometry(known, kernel, strides, padding, dilation).outputs
    return tuple(None if size is None else out for size, out in zip(sizes, outputs, strict=True))


def transposed_geometry(
    sizes: tuple[int, ...],
    kernel: tuple[int, ...],
    strides: tuple[int, ...],
    padding: str,
    dilation: tuple[int, ...],
    output_padding: tuple[int, ...] | None,
) -> Geometry:
    """The windows of a transposed convolution lie in its output, one for each element of its input."""
    outputs = transposed_outputs(sizes, kernel, strides, padding, dilation, output_padding)
    before = [
        max((size - 1) * stride + extent - out, 0) // 2 if padding == "same" and out is not None else 0
        for size, stride, extent, out in zip(sizes, strides, window_extent(kernel, dilation), outputs, strict=True)
    ]
    return Geometry(kernel, strides, dilation, tuple(before), sizes)


def transposed_outputs(
    sizes: Shape,
    kernel: tuple[int, ...],
    strides: tuple[int, ...],
    padding: str,
    dilation: tuple[int, ...],
    output_padding: tuple[int, ...] | None,
) -> Shape:
    """Output sizes of a transposed convolution: `size * stride` with "same" padding, all that windows reach with "valid".

    With `output_padding` they follow its own formula, as in Keras.
    """
    outputs: list[int | None] = []
    extras = output_padding or (None,) * len(sizes)
    for size, extent, stride, extra in zip(sizes, window_extent(kernel, dilation), strides, extras, strict=True):
        if size is None:
            outputs.append(None)
        elif extra is not None:
            outputs.append((size - 1) * stride + extent + extra - (2 * (extent // 2) if padding == "same" else 0))
        elif padding == "same":
            outputs.append(size * stride)
        else:
            outputs.append((size - 1) * stride + max(extent, stride))
    return tuple(outputs)
