"""Contracts of a layer that takes a mask: masked steps do not affect others, and wrong mask shapes raise an error."""

import numpy as np

from minidl.config.nest import flatten, rebuild
from minidl.config.types import Array
from minidl.layers.traversal import with_sublayers
from minidl.testing.comparing import output_name
from minidl.testing.layer_case import MODES, LayerCase
from minidl.testing.report import assert_close, checking, fail

_FULL_MASK = 1e-6  # as in Keras, masked sums are divided by the number of steps plus 1e-7


def check_mask(case: LayerCase) -> None:
    """Values of masked steps do not matter, their gradient is zero, and a mask of all steps equals no mask."""
    if case.mask is None:
        return
    with checking("mask", case.title):
        for training in MODES:
            _masked_values_do_not_matter(case, training)
            _full_mask_equals_none(case, training)
            _infer_takes_the_mask(case)
    with checking("bad mask", case.title):
        _a_mask_of_another_shape_raises_an_error(case)


def _masked_values_do_not_matter(case: LayerCase, training: bool) -> None:
    with case.layer.preserved_state():
        y, _, y_mask = case.forward(case.x, training, case.mask)
    shown = [_broadcast(mask, array) for mask, array in zip(_masks_of(y_mask, y), flatten(y), strict=True)]
    dy = rebuild(y, [gradient * seen for gradient, seen in zip(flatten(case.make_dy(y)), shown, strict=True)])
    masks = [_broadcast(mask, array) for mask, array in zip(flatten(case.mask), flatten(case.x), strict=True)]
    strange = case.make_x()
    others = rebuild(
        case.x,
        [np.where(mask, own, other) for mask, own, other in zip(masks, flatten(case.x), flatten(strange), strict=True)],
    )
    expected = case.run(case.x, dy, training, case.mask)
    actual = case.run(others, dy, training, case.mask)
    why = f"the values of masked steps matter (training={training})"
    for number, (one, other, seen) in enumerate(zip(actual.y, expected.y, shown, strict=True)):
        assert_close("mask", output_name(shown, number), one * seen, other * seen, why)
    for variable, state_one, state_other in zip(case.state, actual.state, expected.state, strict=True):
        assert_close("mask", variable.name, state_one, state_other, why)
    if case.layer.has_penalty:  # a penalty on the whole output counts masked steps too
        return
    for name, one_dx, other_dx, mask in zip(case.x_names, actual.dx, expected.dx, masks, strict=True):
        if one_dx is not None and other_dx is not None:
            assert_close("mask", f"d{name}", one_dx * mask, other_dx * mask, why)
            zero = np.zeros_like(other_dx)
            where = np.where(mask, zero, other_dx)
            assert_close("mask", f"d{name}", where, zero, f"masked steps have a gradient (training={training})")
    for name, grad_one, grad_other in zip(case.weight_names, actual.grads, expected.grads, strict=True):
        assert_close("mask", f"{name}.grad", grad_one, grad_other, why)


def _full_mask_equals_none(case: LayerCase, training: bool) -> None:
    full = rebuild(case.mask, [None if mask is None else np.ones_like(mask) for mask in flatten(case.mask)])
    with case.layer.preserved_state():
        y, _, _ = case.forward(case.x, training)
    dy = case.make_dy(y)
    expected, actual = case.run(case.x, dy, training), case.run(case.x, dy, training, full)
    why = f"a mask of all steps differs from no mask (training={training})"
    for number, (one, other) in enumerate(zip(actual.y, expected.y, strict=True)):
        assert_close("mask", output_name(actual.y, number), one, other, why, _FULL_MASK)
    for name, one_dx, other_dx in zip(case.x_names, actual.dx, expected.dx, strict=True):
        assert_close("mask", f"d{name}", one_dx, other_dx, why, _FULL_MASK)
    for name, grad_one, grad_other in zip(case.weight_names, actual.grads, expected.grads, strict=True):
        assert_close("mask", f"{name}.grad", grad_one, grad_other, why, _FULL_MASK)


def _infer_takes_the_mask(case: LayerCase) -> None:
    with case.layer.preserved_state():
        forward = [array.copy() for array in flatten(case.forward(case.x, False, case.mask)[0])]
    with case.layer.preserved_state():
        inferred = flatten(case.infer(case.x, case.mask))
    for number, (one, other) in enumerate(zip(inferred, forward, strict=True)):
        assert_close("mask", output_name(forward, number), one, other, "infer and forward differ under a mask")


def _a_mask_of_another_shape_raises_an_error(case: LayerCase) -> None:
    """A mask with one step too few (one too many if there are only two) raises an error that names the layer."""
    for training in (*MODES, None):
        others = [None if mask is None else _another_length(mask) for mask in flatten(case.mask)]
        wrong = rebuild(case.mask, others)
        how = "infer" if training is None else f"training={training}"
        what = f"of shape {[mask.shape for mask in others if mask is not None]} for inputs of {case.shape} ({how})"
        try:
            with case.layer.preserved_state():
                case.infer(case.x, wrong) if training is None else case.forward(case.x, training, wrong)
        except (ValueError, TypeError) as error:
            if not any(f'"{member.name}"' in str(error) for member in with_sublayers(case.layer)):
                fail("bad mask", "mask", f"{what}: the error does not name the layer: {error}")
        else:
            fail("bad mask", "mask", f"{what} was taken; expected a ValueError that names the layer")


def _another_length(mask: Array) -> Array:
    axis = min(1, mask.ndim - 1)
    places = np.arange(mask.shape[axis] - 1) if mask.shape[axis] > 2 else np.arange(mask.shape[axis] + 1) // 2
    return np.take(mask, places, axis=axis)


def _masks_of(y_mask: object, y: object) -> list[Array | None]:
    """One mask, or `None`, for each output; a single mask applies to all outputs that it fits."""
    outputs = flatten(y)
    masks = flatten(y_mask) if isinstance(y_mask, (list, tuple)) else [y_mask] * len(outputs)
    masks += [None] * (len(outputs) - len(masks))
    return [m if m is not None and array.shape[: m.ndim] == m.shape else None for m, array in zip(masks, outputs, strict=True)]


def _broadcast(mask: Array | None, array: Array) -> Array:
    """A mask broadcast to the shape of the masked array; all True without a mask."""
    if mask is None:
        return np.ones(array.shape, dtype=bool)
    return np.broadcast_to(mask.reshape(mask.shape + (1,) * (array.ndim - mask.ndim)), array.shape)
