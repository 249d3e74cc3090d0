"""Healthy networks: the doctor must find nothing."""

import numpy as np
import pytest

from minidl.diagnostics import diagnose
from tests.diagnostics.sample_models import HEALTHY


@pytest.mark.parametrize("make", HEALTHY, ids=lambda make: make.__name__)
def test_a_healthy_network_has_no_findings(make):
    model, x, y = make()
    report = diagnose(model, x, y, validation_split=0.2 if isinstance(x, np.ndarray) else 0.0)
    assert report.healthy, str(report)
    assert report
    assert report.layers
