"""What a layer that takes a mask promises: a masked step changes nothing but its own place, and another shape is refused."""

from typing import Any

import numpy as np

from minidl.config.nest import flatten, rebuild
from minidl.config.types import Array
from minidl.layers.traversal import with_sublayers
from minidl.testing.comparing import output_name
from minidl.testing.report import assert_close, checking, fail
from minidl.testing.trial import MODES, Trial

_FULL_MASK = 1e-6  # Keras, and we with it, divide masked sums by the number of steps plus 1e-7


def check_mask(trial: Trial) -> None:
    """Masked steps' values do not matter, their gradient is zero, and a mask of all steps is as good as none."""
    if trial.mask is None:
        return
    with checking("mask", trial.title):
        for training in MODES:
            _masked_values_do_not_matter(trial, training)
            _full_mask_equals_none(trial, training)
            _infer_takes_the_mask(trial)
    with checking("bad mask", trial.title):
        _a_mask_of_another_shape_is_refused(trial)


def _masked_values_do_not_matter(trial: Trial, training: bool) -> None:
    with trial.layer.preserved_state():
        y, _, y_mask = trial.forward(trial.x, training, trial.mask)
    shown = [_spread(mask, array) for mask, array in zip(_masks_of(y_mask, y), flatten(y), strict=True)]
    dy = rebuild(y, [gradient * seen for gradient, seen in zip(flatten(trial.make_dy(y)), shown, strict=True)])
    masks = [_spread(mask, array) for mask, array in zip(flatten(trial.mask), flatten(trial.x), strict=True)]
    strange = trial.make_x()
    others = rebuild(
        trial.x,
        [np.where(mask, own, other) for mask, own, other in zip(masks, flatten(trial.x), flatten(strange), strict=True)],
    )
    expected = trial.run(trial.x, dy, training, trial.mask)
    actual = trial.run(others, dy, training, trial.mask)
    why = f"the values of masked steps matter (training={training})"
    for number, (one, other, seen) in enumerate(zip(actual.y, expected.y, shown, strict=True)):
        assert_close("mask", output_name(shown, number), one * seen, other * seen, why)
    for variable, state_one, state_other in zip(trial.state, actual.state, expected.state, strict=True):
        assert_close("mask", variable.name, state_one, state_other, why)
    if trial.layer.has_penalty:  # a penalty on the whole output counts masked steps too
        return
    for name, one_dx, other_dx, mask in zip(trial.x_names, actual.dx, expected.dx, masks, strict=True):
        if one_dx is not None and other_dx is not None:
            assert_close("mask", f"d{name}", one_dx * mask, other_dx * mask, why)
            zero = np.zeros_like(other_dx)
            where = np.where(mask, zero, other_dx)
            assert_close("mask", f"d{name}", where, zero, f"masked steps have a gradient (training={training})")
    for name, grad_one, grad_other in zip(trial.weight_names, actual.grads, expected.grads, strict=True):
        assert_close("mask", f"{name}.grad", grad_one, grad_other, why)


def _full_mask_equals_none(trial: Trial, training: bool) -> None:
    full = rebuild(trial.mask, [None if mask is None else np.ones_like(mask) for mask in flatten(trial.mask)])
    with trial.layer.preserved_state():
        y, _, _ = trial.forward(trial.x, training)
    dy = trial.make_dy(y)
    expected, actual = trial.run(trial.x, dy, training), trial.run(trial.x, dy, training, full)
    why = f"a mask of all steps differs from no mask (training={training})"
    for number, (one, other) in enumerate(zip(actual.y, expected.y, strict=True)):
        assert_close("mask", output_name(actual.y, number), one, other, why, _FULL_MASK)
    for name, one_dx, other_dx in zip(trial.x_names, actual.dx, expected.dx, strict=True):
        assert_close("mask", f"d{name}", one_dx, other_dx, why, _FULL_MASK)
    for name, grad_one, grad_other in zip(trial.weight_names, actual.grads, expected.grads, strict=True):
        assert_close("mask", f"{name}.grad", grad_one, grad_other, why, _FULL_MASK)


def _infer_takes_the_mask(trial: Trial) -> None:
    with trial.layer.preserved_state():
        forward = [array.copy() for array in flatten(trial.forward(trial.x, False, trial.mask)[0])]
    with trial.layer.preserved_state():
        inferred = flatten(trial.infer(trial.x, trial.mask))
    for number, (one, other) in enumerate(zip(inferred, forward, strict=True)):
        assert_close("mask", output_name(forward, number), one, other, "infer and forward differ under a mask")


def _a_mask_of_another_shape_is_refused(trial: Trial) -> None:
    """A mask with one step too few (one too many where there are but two) raises an error that names the layer."""
    for training in (*MODES, None):
        others = [None if mask is None else _another_length(mask) for mask in flatten(trial.mask)]
        wrong = rebuild(trial.mask, others)
        how = "infer" if training is None else f"training={training}"
        what = f"of shape {[mask.shape for mask in others if mask is not None]} for inputs of {trial.shape} ({how})"
        try:
            with trial.layer.preserved_state():
                trial.infer(trial.x, wrong) if training is None else trial.forward(trial.x, training, wrong)
        except (ValueError, TypeError) as error:
            if not any(f'"{member.name}"' in str(error) for member in with_sublayers(trial.layer)):
                fail("bad mask", "mask", f"{what}: the error does not name the layer: {error}")
        else:
            fail("bad mask", "mask", f"{what} was taken; expected a ValueError that names the layer")


def _another_length(mask: Array) -> Array:
    axis = min(1, mask.ndim - 1)
    places = np.arange(mask.shape[axis] - 1) if mask.shape[axis] > 2 else np.arange(mask.shape[axis] + 1) // 2
    return np.take(mask, places, axis=axis)


def _masks_of(y_mask: Any, y: Any) -> list[Any]:
    """One mask, or `None`, for each output; one alone is that of all outputs which it fits."""
    outputs = flatten(y)
    masks = flatten(y_mask) if isinstance(y_mask, (list, tuple)) else [y_mask] * len(outputs)
    masks += [None] * (len(outputs) - len(masks))
    return [m if m is not None and array.shape[: m.ndim] == m.shape else None for m, array in zip(masks, outputs, strict=True)]


def _spread(mask: Any, array: Array) -> Array:
    """A mask in the shape of what it masks; everything counts where there is none."""
    if mask is None:
        return np.ones(array.shape, dtype=bool)
    return np.broadcast_to(mask.reshape(mask.shape + (1,) * (array.ndim - mask.ndim)), array.shape)
