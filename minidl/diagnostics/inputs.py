"""Inputs that are not scaled."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from minidl.diagnostics import mends
from minidl.diagnostics.outputs import Entrance, entrances
from minidl.diagnostics.patient import Patient
from minidl.diagnostics.report import Finding

LARGE, SMALL = 10.0, 0.01  # of a feature's root mean square: ten times, and a hundredth, of what initialisers reckon with


def examine_inputs(patient: Patient) -> Iterator[Finding]:
    """Measure the features as the first layers with a kernel get them.

    Initialisers and learning rates reckon with features of mean 0 and variance 1.
    Source: LeCun, Bottou, Orr & Müller 1998, "Efficient BackProp", section 4.3.
    """
    for entrance in entrances(patient):
        x = entrance.x.reshape(-1, entrance.x.shape[-1]).astype("float64")
        sizes = np.sqrt((x**2).mean(axis=0))
        if not sizes.any():
            continue
        largest = int(sizes.argmax())
        if sizes[largest] > LARGE or sizes[largest] < SMALL:
            yield _finding(patient, entrance, largest, float(sizes[largest]))
            return


def _finding(patient: Patient, entrance: Entrance, feature: int, size: float) -> Finding:
    large = size > LARGE
    several = entrance.x.shape[-1] > 1
    where = f"feature {feature} of what {entrance.layer.title} gets" if several else f"what {entrance.layer.title} gets"
    consequence = "so its steps are far too large and units saturate" if large else "so the layer hardly sees them"
    x = patient.batch[0]
    single = isinstance(x, np.ndarray)
    return Finding(
        "unscaled_inputs",
        entrance.layer.name,
        size,
        f"The inputs are not scaled: {where} has a root mean square of {size:,.3g}, where about 1 is meant, {consequence}.",
        "Put a layer in front that scales: Rescaling(1 / 255) for pixels, or Normalization() adapted to x.",
        partial(mends.with_scaling, like=patient.model, data=patient.rows(mends.ROWS)) if single else None,
    )
