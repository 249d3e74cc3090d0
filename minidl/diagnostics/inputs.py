"""Inputs that are not scaled."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from minidl.config.structures import flatten
from minidl.diagnostics import mends
from minidl.diagnostics.patient import Patient
from minidl.diagnostics.report import Finding

LARGE, SMALL = 10.0, 0.01  # of a feature's root mean square


def examine_inputs(patient: Patient) -> Iterator[Finding]:
    """Measure the features as the first layers with a kernel get them."""
    for x in flatten(patient.batch[0]):
        rms = float(np.sqrt((np.asarray(x, "float64") ** 2).mean()))
        if rms > LARGE:
            yield Finding(
                "unscaled_inputs",
                None,
                rms,
                f"The inputs are not scaled: their root mean square is {rms:.3g}.",
                "Bring them near 0 and 1.",
                partial(mends.with_scaling, like=patient.model, data=patient.rows(2000)),
            )
