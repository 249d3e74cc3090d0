"""A batch of no rows has no outputs and no gradients, and leaves the state as it was."""

import numpy as np
import pytest

from minidl.config.nest import flatten
from minidl.layers.traversal import with_sublayers
from minidl.testing.layer_case import MODES, LayerCase, Settings, chosen_defaults
from tests.table.layers import gathered

FORMS = [
    pytest.param(*form, id=f"{name}-{number}") for name, forms in gathered("FORMS").items() for number, form in enumerate(forms)
]


ITERATES = {"SpectralNormalization"}  # the power method, on the kernel alone


@pytest.mark.parametrize(("make", "shape", "options"), FORMS)
def test_a_batch_of_no_rows_changes_nothing(make, shape, options):
    settings = Settings(make, options.get("inputs"), None, options.get("options", {}), 0, 0, options.get("fixed_batch"))
    with chosen_defaults("float32", 0):
        case = LayerCase(settings, shape, "float32")
        if case.fixed_batch:
            return
        x, before = case.make_x(0), [variable.numpy() for variable in case.layer.variables]
        for training in MODES:
            case.zero_grads()
            y, cache, _ = case.forward(x, training)
            dx = case.backward(case.make_dy(y), cache)
            assert [len(one) for one in flatten(y)] == [0] * len(flatten(y))
            assert [None if one is None else one.shape for one in dx] == [
                one.shape if one.dtype.kind == "f" else None for one in flatten(x)
            ]
            assert not any(np.any(gradient) for gradient in case.grads())
        assert [one.shape for one in flatten(case.infer(x))] == [one.shape for one in flatten(y)]
        if not ITERATES & {type(layer).__name__ for layer in with_sublayers(case.layer)}:
            for variable, value in zip(case.layer.variables, before, strict=True):
                np.testing.assert_array_equal(variable.value, value)
