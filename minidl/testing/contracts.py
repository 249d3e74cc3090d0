"""What every layer promises besides right gradients: shapes, types, nothing changed behind anyone's back."""

from typing import Any

import numpy as np

from minidl.config.nest import flatten, rebuild
from minidl.config.types import Array
from minidl.layers.shapes import infer_output_shape, is_shape, shape_of
from minidl.testing.comparing import compare_outcomes, copies, output_name, same
from minidl.testing.report import assert_close, checking, fail
from minidl.testing.trial import MODES, Trial


def check_contracts(trial: Trial) -> None:
    """Every check that needs no numeric gradient and no mask."""
    for check, name in (
        (check_shapes, "shape"),
        (check_dtypes, "dtype"),
        (check_nothing_is_mutated, "mutation"),
        (check_repeatable, "repeatable"),
        (check_state, "state"),
        (check_memory_layouts, "memory layout"),
        (check_infer, "infer"),
    ):
        with checking(name, trial.title):
            check(trial)


def check_shapes(trial: Trial) -> None:
    """The output has the announced shape, and so have its gradients; an unknown batch size is announced as unknown."""
    with trial.layer.preserved_state():
        y, cache, _ = trial.forward(trial.x, True)
        dx = trial.backward(trial.make_dy(y), cache)
    actual = [array.shape for array in flatten(y)]
    shape = shape_of(trial.x)
    if (announced := _as_list(_announced(trial, shape))) != actual:
        fail("shape", "y", f"compute_output_shape({shape}) says {announced}, the output has {actual}")
    if not trial.fixed_batch:
        open_shape = (None, *shape[1:]) if is_shape(shape) else [(None, *one[1:]) for one in shape]
        announced = _as_list(_announced(trial, open_shape))
        if trial.settings.inputs is None and not trial.settings.options:
            found = _as_list(infer_output_shape(trial.layer, open_shape))
            if announced != found:
                fail("shape", "y", f"compute_output_shape({open_shape}) says {announced}, running the layer gives {found}")
        for one, size in zip(announced, actual, strict=True):
            if len(one) != len(size) or any(a not in (None, b) for a, b in zip(one, size, strict=True)):
                fail("shape", "y", f"compute_output_shape({open_shape}) says {one}, which does not fit an output of {size}")
    for name, gradient, array in zip(trial.x_names, dx, flatten(trial.x), strict=True):
        if gradient is not None and gradient.shape != array.shape:
            fail("shape", f"d{name}", f"has shape {gradient.shape}, {name} has {array.shape}")


def check_dtypes(trial: Trial) -> None:
    """Outputs and gradients keep the layer's type; integers have no gradient."""
    for training in MODES:
        with trial.layer.preserved_state():
            y, cache, _ = trial.forward(trial.x, training)
            dx = trial.backward(trial.make_dy(y), cache)
            inferred = trial.infer(trial.x)
        for number, array in enumerate([*flatten(y), *flatten(inferred)]):
            name = f"y[{number % len(flatten(y))}]" if len(flatten(y)) > 1 else "y"
            if not isinstance(array, np.ndarray):
                fail("dtype", name, f"is a {type(array).__name__}, expected an array")
            if array.dtype.kind == "f" and array.dtype != trial.dtype:
                fail("dtype", name, f"is {array.dtype}, the layer computes in {trial.dtype} (training={training})")
        for name, gradient, array in zip(trial.x_names, dx, flatten(trial.x), strict=True):
            if array.dtype.kind != "f":
                if gradient is not None:
                    fail(
                        "dtype", f"d{name}", f"{name} is {array.dtype} and has no gradient: expected None, got {type(gradient)}"
                    )
            elif gradient is None:
                fail("dtype", f"d{name}", "is None, expected an array: backward must return dx")
            elif gradient.dtype != trial.dtype:
                fail("dtype", f"d{name}", f"is {gradient.dtype}, the layer computes in {trial.dtype} (training={training})")


def check_nothing_is_mutated(trial: Trial) -> None:
    """Neither pass changes x, dy or a weight; forward touches no gradient."""
    for training in MODES:
        with trial.layer.preserved_state():
            x = copies(trial.x)
            weights = [variable.numpy() for variable in trial.weights]
            grads = trial.grads()
            y, cache, _ = trial.forward(x, training)
            same("x", x, trial.x, f"forward(training={training}) changed its input")
            trial.infer(x)
            same("x", x, trial.x, "infer changed its input")
            for name, before, after in zip(trial.weight_names, grads, trial.grads(), strict=True):
                assert_close("mutation", f"{name}.grad", after, before, "forward changed a gradient", 0.0)
            dy = trial.make_dy(y)
            before_dy, before_y = copies(dy), copies(y)
            trial.backward(dy, cache)
            same("dy", dy, before_dy, f"backward (training={training}) changed the gradient it was given")
            same("x", x, trial.x, f"backward (training={training}) changed the input")
            same("y", y, before_y, f"backward (training={training}) changed the output")
            for name, before, variable in zip(trial.weight_names, weights, trial.weights, strict=True):
                assert_close("mutation", name, variable.value, before, "a pass changed a weight's value", 0.0)


def check_memory_layouts(trial: Trial) -> None:
    """Input and gradient may be read-only, and strided in any way."""
    for training in MODES:
        with trial.layer.preserved_state():
            y, _, _ = trial.forward(trial.x, training)
        dy = trial.make_dy(y)
        expected = trial.run(trial.x, dy, training)
        for what, layout in _LAYOUTS.items():
            x_there = rebuild(trial.x, [layout(array) for array in flatten(trial.x)])
            dy_there = rebuild(dy, [layout(array) for array in flatten(dy)])
            actual = trial.run(x_there, dy_there, training)
            what = f"given {what} arrays (training={training})"
            same("x", x_there, trial.x, f"a pass changed its input, {what}", "memory layout")
            same("dy", dy_there, dy, f"a pass changed the gradient it was given, {what}", "memory layout")
            compare_outcomes("memory layout", trial, actual, expected, what)


def check_repeatable(trial: Trial) -> None:
    """With the state put back, a pass gives the same again: all randomness comes from registered generators."""
    for training in MODES:
        with trial.layer.preserved_state():
            y, _, _ = trial.forward(trial.x, training)
        dy = trial.make_dy(y)
        one, two = trial.run(trial.x, dy, training), trial.run(trial.x, dy, training)
        why = f"two runs from the same state differ (training={training}); register generators with add_generator()"
        compare_outcomes("repeatable", trial, two, one, why)


def check_state(trial: Trial) -> None:
    """Inference leaves the state alone, unless the layer says that it is `stateful`."""
    with trial.layer.preserved_state():
        values = [variable.numpy() for variable in trial.state]
        draws = [str(generator.bit_generator.state) for generator in trial.layer.generators]
        y, cache, _ = trial.forward(trial.x, False)
        trial.infer(trial.x)
        trial.backward(trial.make_dy(y), cache)
        for variable, before in zip(trial.state, values, strict=True) if not trial.fixed_batch else ():
            assert_close("state", variable.name, variable.value, before, "inference changed the layer's state", 0.0)
        if draws != [str(generator.bit_generator.state) for generator in trial.layer.generators]:
            fail("state", "generator", "inference drew random numbers")


def check_infer(trial: Trial) -> None:
    """`infer(x)` equals `forward(x)[0]`."""
    with trial.layer.preserved_state():
        forward = copies(trial.forward(trial.x, False)[0])
    with trial.layer.preserved_state():
        inferred = trial.infer(trial.x)
    for number, (one, other) in enumerate(zip(flatten(inferred), flatten(forward), strict=True)):
        assert_close("infer", output_name(forward, number), one, other, "infer(x) differs from forward(x)[0]")


def _as_list(shapes: Any) -> list[tuple[int | None, ...]]:
    return [tuple(shapes)] if is_shape(shapes) else [tuple(shape) for shape in flatten(shapes)]


def _read_only(array: Array) -> Array:
    frozen = array.copy()
    frozen.flags.writeable = False
    return frozen


def _every_other(array: Array) -> Array:
    large = np.zeros([2 * size for size in array.shape], array.dtype)
    view = large[tuple(slice(None, None, 2) for _ in array.shape)]
    view[...] = array
    view.flags.writeable = False
    return view


def _turned(array: Array) -> Array:
    view = np.asfortranarray(array[::-1])[::-1]
    view.flags.writeable = False
    return view


_LAYOUTS = {"read-only": _read_only, "strided": _every_other, "Fortran-ordered, backwards": _turned}


def _announced(trial: Trial, shape: Any) -> Any:
    """The shapes that the layer announces for inputs of that shape and the trial's types."""
    dtypes = [array.dtype.name for array in flatten(trial.x)]
    shapes = shape if is_shape(shape) else list(shape)
    masked: Any = False if is_shape(shape) else [False] * len(shape)
    return trial.layer.announce(shapes, dtypes[0] if is_shape(shape) else dtypes, masked, trial.settings.options)[0]
