"""Unscaled inputs."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from minidl.diagnostics import fixes
from minidl.diagnostics.examination import Examination
from minidl.diagnostics.outputs import KernelInput, kernel_inputs
from minidl.diagnostics.report import Finding

LARGE, SMALL = 10.0, 0.01  # limits of a feature's root mean square: initializers assume about 1


def examine_inputs(examination: Examination) -> Iterator[Finding]:
    """Check the scale of the features that the first layers with a kernel receive.

    Initializers and learning rates assume features of mean 0 and variance 1.
    Source: LeCun, Bottou, Orr & Müller 1998, "Efficient BackProp", section 4.3.
    """
    for kernel_input in kernel_inputs(examination):
        x = kernel_input.x.reshape(-1, kernel_input.x.shape[-1]).astype("float64")
        sizes = np.sqrt((x**2).mean(axis=0))
        if not sizes.any():
            continue
        largest = int(sizes.argmax())
        if sizes[largest] > LARGE or sizes[largest] < SMALL:
            yield _finding(examination, kernel_input, largest, float(sizes[largest]))
            return


def _finding(examination: Examination, kernel_input: KernelInput, feature: int, size: float) -> Finding:
    large = size > LARGE
    several = kernel_input.x.shape[-1] > 1
    where = (
        f"feature {feature} of the input of {kernel_input.layer.title}"
        if several
        else f"the input of {kernel_input.layer.title}"
    )
    consequence = (
        "so its steps are far too large and units saturate" if large else "so the layer's outputs hardly depend on them"
    )
    x = examination.batch[0]
    single = isinstance(x, np.ndarray)
    return Finding(
        "unscaled_inputs",
        kernel_input.layer.name,
        size,
        f"The inputs are not scaled: {where} has a root mean square of {size:,.3g}, but should have about 1, {consequence}.",
        "Add a scaling layer in front: Rescaling(1 / 255) for pixels, or Normalization() adapted to x.",
        partial(fixes.with_scaling, like=examination.model, data=examination.rows(fixes.ROWS)) if single else None,
    )
