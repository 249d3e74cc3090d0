"""`check_layer`: check a layer against the whole layer protocol."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minidl.config.checks import is_integer
from minidl.config.nest import flatten, rebuild
from minidl.config.types import AnyShapes, Array, Options, Shape
from minidl.graph.shapes import is_shape
from minidl.testing.contracts import check_contracts
from minidl.testing.independence import check_independence
from minidl.testing.layer_case import MODES, LayerCase, Settings, chosen_defaults
from minidl.testing.masks import check_mask
from minidl.testing.numeric import RELATIVE, check_gradient
from minidl.testing.rebuilding import check_rebuilding
from minidl.testing.report import checking, fail

_WELL_ABOVE = 1e3  # multiple of the tolerance below which a gradient counts as zero


def check_layer(
    make_layer: Callable[[], object],
    input_shape: Shape | list[Shape],
    *,
    inputs: object = None,
    mask: Callable[..., object] | str | None = "auto",
    options: Options | None = None,
    zero_gradients: dict[str, str] | None = None,
    fixed_batch: bool | None = None,
    sizes_of_one: bool = True,
    tolerance: tuple[float, str] | None = None,
    seed: int = 0,
) -> None:
    """Check that a layer follows the layer protocol, and that its gradients are right.

    | check | what it verifies |
    |---|---|
    | shape | outputs and gradients are shaped as `compute_output_shape` says, and as running the layer shows |
    | dtype | float32 stays float32, float64 stays float64, in `y` and `dx`; integers have no `dx` |
    | mutation, memory layout | `x`, `dy`, `y` and weights are not modified; read-only and strided arrays work |
    | repeatable, state | all randomness and state are registered; inference changes neither |
    | infer, backward_weights | equal `forward` and `backward` |
    | adds up, interleaved | gradients are accumulated; two forward passes do not affect each other |
    | rows | a row does not depend on the others, unless `mixes_batch` |
    | zeros | zero inputs, where most kinks are, give finite outputs and gradients |
    | gradient | `dx` and each weight's gradient equal numerical ones, in float64, with a random `dy` and the penalty |
    | zero gradient | the compared gradients are not zero everywhere |
    | several outputs | an unused output has `None` as its `dy` |
    | mask | masked steps change nothing |
    | bad mask | a mask of another shape raises an error with the layer's name |
    | config, weights, copies | rebuilt, reloaded, pickled and deepcopied layers give the same output |
    | size of one | the main checks hold for a batch of one, and for axes of size 1 |

    Args:
        make_layer: a function or class that returns a new layer, with the default float type.
        input_shape: a shape with its batch axis, a list of shapes for several inputs, or a hypothesis strategy of either.
        inputs: a function `(generator, shape) -> array` that makes an input, or one for each input: integer ids, or values
            away from a layer's kinks. By default values of both signs, none near zero.
        mask: a function `(generator, shape) -> array of bool`, called with the shape of each input; "auto" masks time steps
            if `forward` takes a mask; `None` for none.
        options: further keyword arguments of the call.
        zero_gradients: name of a tensor ("bias", "dx") -> the reason why its gradient is zero everywhere.
        fixed_batch: whether the layer only takes the batch size it was built for; by default its `stateful` attribute.
        sizes_of_one: whether each axis is set to 1 in turn; shapes that the layer rejects are skipped.
        tolerance: tolerance of the gradients, relative to their norm (1e-6), with the reason why this layer needs another.
        seed: seed of the layer, its inputs and the directions.
    Raises:
        AssertionError: a check failed; the message names the check, the tensor, the index and the values.
    Example:
        >>> from minidl.layers import Dense
        >>> check_layer(lambda: Dense(2, activation="tanh"), (3, 4))
    """
    allowed = RELATIVE if tolerance is None else tolerance[0]
    settings = Settings(make_layer, inputs, mask, dict(options or {}), seed, allowed, fixed_batch)
    strengths: dict[str, float] = {}
    if hasattr(input_shape, "map") and hasattr(input_shape, "filter"):
        _for_every_shape(input_shape, lambda shape: _check_shape(settings, shape, strengths, False))
    else:
        check_shapes("check_layer", input_shape)
        _check_shape(settings, input_shape, strengths, sizes_of_one)
    for name, strength in strengths.items():
        if strength < _WELL_ABOVE and name not in (zero_gradients or {}):
            fail(
                "zero gradient",
                name,
                "is zero everywhere, so nothing was compared; choose an input where it is not, or give the reason in "
                f"zero_gradients={{{name!r}: ...}}",
            )


def check_shapes(owner: str, shapes: Shape | list[Shape]) -> None:
    """Raise TypeError or ValueError unless these are sizes of axes, a tuple of positive integers, or a list of such tuples."""
    for shape in shapes if isinstance(shapes, list) else [shapes]:
        if not isinstance(shape, tuple):
            raise TypeError(f"{owner} expects a shape with its batch axis, such as (3, 4), or a list of shapes, got {shape!r}")
        if not all(is_integer(size, least=1) for size in shape):
            raise ValueError(f"{owner} makes inputs of a shape, so all of its sizes are positive integers, got {shape}")


def _for_every_shape(strategy: Any, check: Callable[[AnyShapes], None]) -> None:
    """Run the check on shapes drawn by hypothesis."""
    import hypothesis

    @hypothesis.settings(deadline=None, suppress_health_check=list(hypothesis.HealthCheck))
    @hypothesis.given(strategy)
    def for_every_shape(shape: object) -> None:
        check(shape)

    for_every_shape()


def _check_shape(settings: Settings, shape: list[Shape] | Shape, strengths: dict[str, float], sizes_of_one: bool) -> None:
    for dtype in ("float32", "float64"):
        with chosen_defaults(dtype, settings.seed):
            case = LayerCase(settings, shape, dtype)
            with checking("shape", case.title):
                case.warm_up()
            check_contracts(case)
            check_independence(case)
            check_mask(case)
            check_rebuilding(case)
            if dtype == "float64":
                check_gradients(case, strengths)
    for smaller in _with_sizes_of_one(shape) if sizes_of_one else ():
        with chosen_defaults("float64", settings.seed):
            _check_small(settings, smaller)


def _check_small(settings: Settings, shape: list[Shape] | Shape) -> None:
    """The checks that an axis of size 1 might break, unless the layer rejects the shape."""
    try:
        case = LayerCase(settings, shape, "float64")
        case.layer.compute_output_shape(shape)
    except ValueError:
        return
    try:
        with checking("size of one", case.title):
            case.warm_up()
            check_contracts(case)
            check_independence(case)
            check_gradients(case, {})
    except AssertionError as error:
        raise AssertionError(f"[size of one] {shape}: {error}") from error


def _with_sizes_of_one(shape: AnyShapes) -> list[AnyShapes]:
    """The shape with each axis set to 1 in turn, in all inputs at once."""
    shapes = [shape] if is_shape(shape) else list(shape)
    smaller = []
    for axis in range(max(len(one) for one in shapes)):
        changed = [tuple(1 if place == axis else size for place, size in enumerate(one)) for one in shapes]
        if changed != [tuple(one) for one in shapes]:
            smaller.append(changed[0] if is_shape(shape) else changed)
    return smaller


def check_gradients(case: LayerCase, strengths: dict[str, float]) -> None:
    """Compare `dx` and every weight's gradient with numerical ones: both modes, with and without mask, each output alone."""
    for training in MODES:
        for mask in [None] if case.mask is None else [None, case.mask]:
            with case.layer.preserved_state():
                y, _, _ = case.forward(case.x, training, mask)
            several = len(flatten(y)) > 1
            _check_one(case, training, mask, case.make_dy(y), strengths, "gradient")
            for used in range(len(flatten(y))) if several and mask is None else ():
                dy = [gradient if n == used else None for n, gradient in enumerate(flatten(case.make_dy(y)))]
                _check_one(case, training, mask, rebuild(y, dy), {}, "several outputs")


def _check_one(
    case: LayerCase,
    training: bool,
    mask: list[Array] | Array | None,
    dy: tuple[Array | None, Array | None] | Array,
    strengths: dict[str, float],
    check: str,
) -> None:
    """Compare every tensor's gradient with numerical differences for one call and one `dy`."""
    x = rebuild(case.x, [array.copy() for array in flatten(case.x)])
    mode = f"training={training}" + ("" if mask is None else ", masked")

    def terms() -> list[float]:
        with case.layer.preserved_state():
            y, cache, _ = case.forward(x, training, mask)
            products = [
                gradient * array
                for gradient, array in zip(flatten(dy), flatten(y), strict=True)
                if gradient is not None and array.dtype.kind in "biuf"  # strings have no gradient
            ]
            penalty = case.layer._penalty(cache)
        sizes = sum(float(np.abs(product).sum()) for product in products) + abs(penalty)
        return [sum(float(product.sum()) for product in products) + penalty, sizes]

    with checking(check, f"{case.title} ({mode})"):
        outcome = case.run(x, dy, training, mask)
        magnitude = 1.0 + terms()[1]
        tensors = [
            *(
                (f"d{name}", array, gradient)
                for name, array, gradient in zip(case.x_names, flatten(x), outcome.dx, strict=True)
            ),
            *zip(case.weight_names, [variable.value for variable in case.weights], outcome.grads, strict=True),
        ]
        for name, array, gradient in tensors:
            if array.dtype.kind != "f" or array.size == 0:
                continue
            strength = check_gradient(
                name,
                lambda: terms()[0],
                array,
                gradient,
                generator=case.generator,
                magnitude=magnitude,
                check=check,
                tolerance=case.settings.tolerance,
            )
            strengths[name] = max(strengths.get(name, 0.0), strength)
