"""Where the windows of a convolution or of pooling lie."""

import itertools
from collections.abc import Iterator
from typing import NamedTuple


class Geometry(NamedTuple):
    """Where the windows lie, axis by axis.

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
    def reach(self) -> tuple[int, ...]:
        """How far one window reaches."""
        return tuple((size - 1) * dilation + 1 for size, dilation in zip(self.kernel, self.dilation, strict=True))

    @property
    def needed(self) -> tuple[int, ...]:
        """How far all windows reach, zeros before the first element included."""
        return tuple(
            (out - 1) * stride + reach for out, stride, reach in zip(self.outputs, self.strides, self.reach, strict=True)
        )

    def offsets(self) -> Iterator[tuple[tuple[int, ...], tuple[slice, ...]]]:
        """Every place in the kernel, with the slices of the padded input that meet it in all windows."""
        for place in itertools.product(*map(range, self.kernel)):
            starts = [at * dilation for at, dilation in zip(place, self.dilation, strict=True)]
            yield (
                place,
                tuple(
                    slice(start, start + (out - 1) * stride + 1, stride)
                    for start, out, stride in zip(starts, self.outputs, self.strides, strict=True)
                ),
            )

    def flipped(self, sizes: tuple[int, ...]) -> "Geometry":
        """With strides of 1: the windows of outputs that each element of an input of these sizes was seen by."""
        before = tuple(reach - 1 - b for reach, b in zip(self.reach, self.before, strict=True))
        return self._replace(before=before, outputs=sizes)


def window_geometry(
    sizes: tuple[int, ...], kernel: tuple[int, ...], strides: tuple[int, ...], padding: str, dilation: tuple[int, ...]
) -> Geometry:
    """The geometry over inputs of these sizes: "valid", "same" (as many windows as strides fit) or "causal"."""
    before, outputs = [], []
    for size, k, stride, step in zip(sizes, kernel, strides, dilation, strict=True):
        reach = (k - 1) * step + 1
        if padding == "same":
            out = -(-size // stride)
            before.append(max((out - 1) * stride + reach - size, 0) // 2)
        else:
            before.append(reach - 1 if padding == "causal" else 0)
            out = (size + before[-1] - reach) // stride + 1
        outputs.append(out)
    return Geometry(kernel, strides, dilation, tuple(before), tuple(outputs))
