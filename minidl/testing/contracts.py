"""Contracts of every layer besides its gradients: shapes, dtypes, and no unexpected modifications."""

import numpy as np

from minidl.config.nest import flatten, rebuild
from minidl.config.types import AnyShapes, Array, Shape, Structure
from minidl.graph.shapes import is_shape, shape_of
from minidl.layers.shapes import infer_output_shape
from minidl.testing.comparing import compare_outcomes, copies, output_name, same
from minidl.testing.layer_case import MODES, LayerCase
from minidl.testing.report import assert_close, checking, fail


def check_contracts(case: LayerCase) -> None:
    """Run every check that needs neither numerical gradients nor a mask."""
    for check, name in (
        (check_shapes, "shape"),
        (check_dtypes, "dtype"),
        (check_nothing_is_mutated, "mutation"),
        (check_repeatable, "repeatable"),
        (check_state, "state"),
        (check_memory_layouts, "memory layout"),
        (check_infer, "infer"),
    ):
        with checking(name, case.title):
            check(case)


def check_shapes(case: LayerCase) -> None:
    """Output and gradients have the computed shapes; an unknown batch size stays unknown."""
    with case.layer.preserved_state():
        y, cache, _ = case.forward(case.x, True)
        dx = case.backward(case.make_dy(y), cache)
    actual = [array.shape for array in flatten(y)]
    shape = shape_of(case.x)
    if (declared := _as_list(_declared_shape(case, shape))) != actual:
        fail("shape", "y", f"compute_output_shape({shape}) says {declared}, the output has {actual}")
    if not case.fixed_batch:
        open_shape = (None, *shape[1:]) if is_shape(shape) else [(None, *one[1:]) for one in shape]
        declared = _as_list(_declared_shape(case, open_shape))
        if case.settings.inputs is None and not case.settings.options:
            found = _as_list(infer_output_shape(case.layer, open_shape))
            if declared != found:
                fail("shape", "y", f"compute_output_shape({open_shape}) says {declared}, running the layer gives {found}")
        for one, size in zip(declared, actual, strict=True):
            if len(one) != len(size) or any(a not in (None, b) for a, b in zip(one, size, strict=True)):
                fail("shape", "y", f"compute_output_shape({open_shape}) says {one}, which does not fit an output of {size}")
    for name, gradient, array in zip(case.x_names, dx, flatten(case.x), strict=True):
        if gradient is not None and gradient.shape != array.shape:
            fail("shape", f"d{name}", f"has shape {gradient.shape}, {name} has {array.shape}")


def check_dtypes(case: LayerCase) -> None:
    """Outputs and gradients keep the layer's dtype; integers have no gradient."""
    for training in MODES:
        with case.layer.preserved_state():
            y, cache, _ = case.forward(case.x, training)
            dx = case.backward(case.make_dy(y), cache)
            inferred = case.infer(case.x)
        for number, array in enumerate([*flatten(y), *flatten(inferred)]):
            name = f"y[{number % len(flatten(y))}]" if len(flatten(y)) > 1 else "y"
            if not isinstance(array, np.ndarray):
                fail("dtype", name, f"is a {type(array).__name__}, expected an array")
            if array.dtype.kind == "f" and array.dtype != case.dtype:
                fail("dtype", name, f"is {array.dtype}, the layer computes in {case.dtype} (training={training})")
        for name, gradient, array in zip(case.x_names, dx, flatten(case.x), strict=True):
            if array.dtype.kind != "f":
                if gradient is not None:
                    fail(
                        "dtype", f"d{name}", f"{name} is {array.dtype} and has no gradient: expected None, got {type(gradient)}"
                    )
            elif gradient is None:
                fail("dtype", f"d{name}", "is None, expected an array: backward must return dx")
            elif gradient.dtype != case.dtype:
                fail("dtype", f"d{name}", f"is {gradient.dtype}, the layer computes in {case.dtype} (training={training})")


def check_nothing_is_mutated(case: LayerCase) -> None:
    """Neither pass modifies x, dy or a weight; forward modifies no gradient."""
    for training in MODES:
        with case.layer.preserved_state():
            x = copies(case.x)
            weights = [variable.numpy() for variable in case.weights]
            grads = case.grads()
            y, cache, _ = case.forward(x, training)
            same("x", x, case.x, f"forward(training={training}) changed its input")
            case.infer(x)
            same("x", x, case.x, "infer changed its input")
            for name, before, after in zip(case.weight_names, grads, case.grads(), strict=True):
                assert_close("mutation", f"{name}.grad", after, before, "forward changed a gradient", 0.0)
            dy = case.make_dy(y)
            before_dy, before_y = copies(dy), copies(y)
            case.backward(dy, cache)
            same("dy", dy, before_dy, f"backward (training={training}) changed the gradient it was given")
            same("x", x, case.x, f"backward (training={training}) changed the input")
            same("y", y, before_y, f"backward (training={training}) changed the output")
            for name, before, variable in zip(case.weight_names, weights, case.weights, strict=True):
                assert_close("mutation", name, variable.value, before, "a pass changed a weight's value", 0.0)


def check_memory_layouts(case: LayerCase) -> None:
    """Input and gradient may be read-only and have any strides."""
    for training in MODES:
        with case.layer.preserved_state():
            y, _, _ = case.forward(case.x, training)
        dy = case.make_dy(y)
        expected = case.run(case.x, dy, training)
        for what, layout in _LAYOUTS.items():
            x_copied = rebuild(case.x, [layout(array) for array in flatten(case.x)])
            dy_copied = rebuild(dy, [layout(array) for array in flatten(dy)])
            actual = case.run(x_copied, dy_copied, training)
            what = f"given {what} arrays (training={training})"
            same("x", x_copied, case.x, f"a pass changed its input, {what}", "memory layout")
            same("dy", dy_copied, dy, f"a pass changed the gradient it was given, {what}", "memory layout")
            compare_outcomes("memory layout", case, actual, expected, what)


def check_repeatable(case: LayerCase) -> None:
    """With the state restored, a pass gives the same result: all randomness comes from registered generators."""
    for training in MODES:
        with case.layer.preserved_state():
            y, _, _ = case.forward(case.x, training)
        dy = case.make_dy(y)
        one, two = case.run(case.x, dy, training), case.run(case.x, dy, training)
        why = f"two runs from the same state differ (training={training}); register generators with add_generator()"
        compare_outcomes("repeatable", case, two, one, why)


def check_state(case: LayerCase) -> None:
    """Inference does not change the state, unless the layer is `stateful`."""
    with case.layer.preserved_state():
        values = [variable.numpy() for variable in case.state]
        draws = [str(generator.bit_generator.state) for generator in case.layer.generators]
        y, cache, _ = case.forward(case.x, False)
        case.infer(case.x)
        case.backward(case.make_dy(y), cache)
        for variable, before in zip(case.state, values, strict=True) if not case.fixed_batch else ():
            assert_close("state", variable.name, variable.value, before, "inference changed the layer's state", 0.0)
        if draws != [str(generator.bit_generator.state) for generator in case.layer.generators]:
            fail("state", "generator", "inference drew random numbers")


def check_infer(case: LayerCase) -> None:
    """`infer(x)` equals `forward(x)[0]`."""
    with case.layer.preserved_state():
        forward = copies(case.forward(case.x, False)[0])
    with case.layer.preserved_state():
        inferred = case.infer(case.x)
    for number, (one, other) in enumerate(zip(flatten(inferred), flatten(forward), strict=True)):
        assert_close("infer", output_name(forward, number), one, other, "infer(x) differs from forward(x)[0]")


def _as_list(shapes: AnyShapes) -> list[tuple[int | None, ...]]:
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


def _declared_shape(case: LayerCase, shape: Shape | list[Shape]) -> AnyShapes:
    """The output shapes that the layer computes for inputs of that shape and the case's dtypes."""
    dtypes = [array.dtype.name for array in flatten(case.x)]
    shapes: AnyShapes = shape if is_shape(shape) else list(shape)
    masked: Structure[bool] = False if is_shape(shape) else [False] * len(shape)
    return case.layer.infer_outputs(shapes, dtypes[0] if is_shape(shape) else dtypes, masked, case.settings.options)[0]
