"""Contracts about several passes and rows: gradients accumulate, and passes and rows are independent."""

import numpy as np

from minidl.config.nest import flatten, rebuild
from minidl.config.types import Array, Tensors
from minidl.graph.shapes import shape_of
from minidl.layers.traversal import with_sublayers
from minidl.testing.comparing import copies, output_name
from minidl.testing.layer_case import MODES, LayerCase
from minidl.testing.report import assert_close, checking, fail


def check_independence(case: LayerCase) -> None:
    """Run every check of two passes, of several rows, and of zero inputs."""
    for check, name in (
        (check_adds_up, "adds up"),
        (check_backward_weights, "backward_weights"),
        (check_interleaved, "interleaved"),
        (check_rows, "rows"),
        (check_zeros, "zeros"),
    ):
        with checking(name, case.title):
            check(case)


def check_adds_up(case: LayerCase) -> None:
    """A second backward pass with the same cache returns the same `dx` and adds the weights' gradients again."""
    for training in MODES:
        with case.layer.preserved_state():
            case.zero_grads()
            y, cache, _ = case.forward(case.x, training)
            dy = case.make_dy(y)
            first = [None if gradient is None else gradient.copy() for gradient in case.backward(dy, cache)]
            once = case.grads()
            second = case.backward(dy, cache)
        for name, one, other in zip(case.x_names, first, second, strict=True):
            assert_close("adds up", f"d{name}", other, one, "a second backward pass with the same cache differs")
        for name, one, other in zip(case.weight_names, once, case.grads(), strict=True):
            assert_close("adds up", f"{name}.grad", other, 2 * one, "two backward passes do not add twice; write +=")


def check_backward_weights(case: LayerCase) -> None:
    """`backward_weights` adds what `backward` adds."""
    for training in MODES:
        with case.layer.preserved_state():
            y, cache, _ = case.forward(case.x, training)
            dy = case.make_dy(y)
            case.zero_grads()
            case.backward(dy, cache)
            expected = case.grads()
            case.zero_grads()
            case.backward(dy, cache, weights_only=True)
        for name, actual, gradient in zip(case.weight_names, case.grads(), expected, strict=True):
            assert_close("backward_weights", f"{name}.grad", actual, gradient, "backward_weights differs from backward")


def check_interleaved(case: LayerCase) -> None:
    """Two forward passes may run before their backward passes, which may run in either order."""
    others = case.make_x(None if case.fixed_batch else shape_of(flatten(case.x)[0])[0] + 1)
    for training in MODES:
        with case.layer.preserved_state():
            case.zero_grads()
            y1, cache1, _ = case.forward(case.x, training)
            dy1, y1_copies = case.make_dy(y1), copies(y1)
            dx1 = [None if gradient is None else gradient.copy() for gradient in case.backward(dy1, cache1)]
            y2, cache2, _ = case.forward(others, training)
            dy2 = case.make_dy(y2)
            dx2 = [None if gradient is None else gradient.copy() for gradient in case.backward(dy2, cache2)]
            grads = case.grads()
        for order in ((0, 1), (1, 0)):
            with case.layer.preserved_state():
                case.zero_grads()
                y1, cache1, _ = case.forward(case.x, training)
                _, cache2, _ = case.forward(others, training)
                why = "a second forward pass before the backward pass changes it; keep what it needs in the cache"
                for number, (array, before) in enumerate(zip(flatten(y1), flatten(y1_copies), strict=True)):
                    assert_close("interleaved", output_name(y1, number), array, before, why)
                found: list[Tensors] = [None, None]
                for which in order:
                    found[which] = case.backward((dy1, dy2)[which], (cache1, cache2)[which])
                for expected, actual in zip((dx1, dx2), found, strict=True):
                    for name, one, other in zip(case.x_names, actual, expected, strict=True):
                        assert_close("interleaved", f"d{name}", one, other, why)
                for name, one, other in zip(case.weight_names, case.grads(), grads, strict=True):
                    assert_close("interleaved", f"{name}.grad", one, other, why)


def check_rows(case: LayerCase) -> None:
    """A row's output and gradient do not depend on the other rows, unless the layer sets `mixes_batch`."""
    rows = shape_of(flatten(case.x)[0])[0]
    others = case.make_x()
    mixes = any(member.mixes_batch for member in with_sublayers(case.layer))
    for training in MODES:
        if training and mixes:
            continue
        with case.layer.preserved_state():
            y, _, _ = case.forward(case.x, training)
        dy = case.make_dy(y)
        expected = case.run(case.x, dy, training)
        why = f"a row depends on the other rows (training={training}); say so with mixes_batch = True"
        for row in (0, rows - 1):
            actual = case.run(_with_row(others, case.x, row), dy, training)
            for number, (one, other) in enumerate(zip(actual.y, expected.y, strict=True)):
                assert_close("rows", output_name(y, number), one[row], other[row], why)
            for name, dx_one, dx_other in zip(case.x_names, actual.dx, expected.dx, strict=True):
                if dx_one is not None and dx_other is not None:
                    assert_close("rows", f"d{name}", dx_one[row], dx_other[row], why)
        if case.fixed_batch or (training and case.layer.generators):
            continue
        for row in range(rows):
            alone = case.run(_one_row(case.x, row), _one_row(dy, row), training)
            for number, (one, other) in enumerate(zip(alone.y, expected.y, strict=True)):
                assert_close("rows", output_name(y, number), one[0], other[row], f"row {row} alone differs from it in a batch")


def check_zeros(case: LayerCase) -> None:
    """Zero inputs, where most kinks are, give finite outputs and gradients (skipped if the caller chose the inputs)."""
    if case.settings.inputs is not None:
        return
    zeros = rebuild(case.x, [np.zeros_like(array) for array in flatten(case.x)])
    for training in MODES:
        with case.layer.preserved_state():
            y, _, _ = case.forward(zeros, training)
        with np.errstate(divide="ignore", invalid="ignore"):
            outcome = case.run(zeros, case.make_dy(y), training)
        names = [output_name(y, number) for number in range(len(outcome.y))]
        names += [f"d{name}" for name in case.x_names] + [f"{name}.grad" for name in case.weight_names]
        for name, array in zip(names, [*outcome.y, *outcome.dx, *outcome.grads], strict=True):
            if array is not None and not np.isfinite(array).all():
                fail("zeros", name, f"is not finite for inputs of zero (training={training})")


def _with_row(others: list[Array] | Array, x: list[Array] | Array, row: int) -> Tensors:
    arrays = []
    for array, own in zip(flatten(others), flatten(x), strict=True):
        changed = array.copy()
        changed[row] = own[row]
        arrays.append(changed)
    return rebuild(x, arrays)


def _one_row(x: Array | list[Array], row: int) -> Tensors:
    return rebuild(x, [array[row : row + 1] for array in flatten(x)])
