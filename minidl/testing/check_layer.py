"""`check_layer`: puts a layer through everything that the protocol protocol."""

from collections.abc import Callable
from typing import Any

import numpy as np

from minidl.config.nest import flatten, rebuild
from minidl.layers.shapes import is_shape
from minidl.testing.contracts import check_contracts
from minidl.testing.independence import check_independence
from minidl.testing.masks import check_mask
from minidl.testing.numeric import RELATIVE, check_gradient
from minidl.testing.rebuilding import check_rebuilding
from minidl.testing.report import checking, fail
from minidl.testing.trial import MODES, Settings, Trial, chosen_defaults

_WELL_ABOVE = 1e3  # times what a comparison resolves: below this a gradient counts as zero


def check_layer(
    make_layer: Callable[[], Any],
    input_shape: Any,
    *,
    inputs: Any = None,
    mask: Any = "auto",
    options: dict[str, Any] | None = None,
    zero_gradients: dict[str, str] | None = None,
    fixed_batch: bool | None = None,
    sizes_of_one: bool = True,
    tolerance: tuple[float, str] | None = None,
    seed: int = 0,
) -> None:
    """Check that a layer keeps every promise of the protocol, and that its gradients are right.

    | check | asks |
    |---|---|
    | shape | outputs and gradients are shaped as `compute_output_shape` says, and as running the layer shows |
    | dtype | float32 stays float32, float64 stays float64, in `y` and `dx`; integers have no `dx` |
    | mutation, memory layout | `x`, `dy`, `y` and weights are left alone; read-only and strided arrays are fine |
    | repeatable, state | all randomness and state are registered; inference leaves both alone |
    | infer, backward_weights | equal `forward` and `backward` |
    | adds up, interleaved | gradients are added; two forward passes stay apart |
    | rows | a row does not depend on the others, unless `mixes_batch` |
    | zeros | inputs of zero, where most kinks are, give finite outputs and gradients |
    | gradient | `dx` and each weight's gradient equal numeric ones, in float64, under a random `dy`, penalty included |
    | zero gradient | what was compared is not zero everywhere |
    | several outputs | an output that nobody used has `None` as its `dy` |
    | mask | masked steps change nothing |
    | bad mask | a mask of another shape is refused, with the layer's name |
    | config, weights, copies | rebuilt, reloaded, pickled and deepcopied layers do the same |
    | size of one | all of the main ones hold for a batch of one, and for axes of size 1 |

    Args:
        make_layer: a function or class that makes a new layer, of the default float type.
        input_shape: a shape with its batch axis, a list of shapes for several inputs, or a hypothesis strategy of either.
        inputs: a function `(generator, shape) -> array` that makes an input, or one for each input: integer ids, or numbers
            away from a layer's kinks. By default numbers of both signs, none near zero.
        mask: a function `(generator, shape) -> array of bool`, called with the shape of each input; "auto" masks steps of
            sequences where `forward` takes a mask; `None` for none.
        options: further keyword arguments of the call.
        zero_gradients: name of a tensor ("bias", "dx") -> the reason why its gradient is zero everywhere.
        fixed_batch: whether the layer only takes the batch size it was built for; by default what its `stateful` says.
        sizes_of_one: whether the axes are set to 1 in turn; those that the layer refuses are left out anyway.
        tolerance: of the gradients, relative to their length (1e-6), with the reason why this layer needs another.
        seed: of the layer, its inputs and the directions.
    Raises:
        AssertionError: a promise is broken; the message names check, tensor, place and numbers.
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
        _check_shape(settings, input_shape, strengths, sizes_of_one)
    for name, strength in strengths.items():
        if strength < _WELL_ABOVE and name not in (zero_gradients or {}):
            fail(
                "zero gradient",
                name,
                "is zero everywhere, so nothing was compared; choose an input where it is not, or give the reason in "
                f"zero_gradients={{{name!r}: ...}}",
            )


def _for_every_shape(strategy: Any, check: Callable[[Any], None]) -> None:
    """Let hypothesis draw the shapes."""
    import hypothesis

    @hypothesis.settings(deadline=None, suppress_health_check=list(hypothesis.HealthCheck))
    @hypothesis.given(strategy)
    def for_every_shape(shape: Any) -> None:
        check(shape)

    for_every_shape()


def _check_shape(settings: Settings, shape: Any, strengths: dict[str, float], sizes_of_one: bool) -> None:
    for dtype in ("float32", "float64"):
        with chosen_defaults(dtype, settings.seed):
            trial = Trial(settings, shape, dtype)
            with checking("shape", trial.title):
                trial.warm_up()
            check_contracts(trial)
            check_independence(trial)
            check_mask(trial)
            check_rebuilding(trial)
            if dtype == "float64":
                check_gradients(trial, strengths)
    for smaller in _with_sizes_of_one(shape) if sizes_of_one else ():
        with chosen_defaults("float64", settings.seed):
            _check_small(settings, smaller)


def _check_small(settings: Settings, shape: Any) -> None:
    """The checks that an axis of size 1 might break, unless the layer refuses the shape at the boundary."""
    try:
        trial = Trial(settings, shape, "float64")
        trial.layer.compute_output_shape(shape)
    except ValueError:
        return
    try:
        with checking("size of one", trial.title):
            trial.warm_up()
            check_contracts(trial)
            check_independence(trial)
            check_gradients(trial, {})
    except AssertionError as error:
        raise AssertionError(f"[size of one] {shape}: {error}") from error


def _with_sizes_of_one(shape: Any) -> list[Any]:
    """The shape with each axis set to 1 in turn, in all inputs at once."""
    shapes = [shape] if is_shape(shape) else list(shape)
    smaller = []
    for axis in range(max(len(one) for one in shapes)):
        changed = [tuple(1 if place == axis else size for place, size in enumerate(one)) for one in shapes]
        if changed != [tuple(one) for one in shapes]:
            smaller.append(changed[0] if is_shape(shape) else changed)
    return smaller


def check_gradients(trial: Trial, strengths: dict[str, float]) -> None:
    """Compare `dx` and every weight's gradient with numeric ones: both modes, with and without mask, each output alone."""
    for training in MODES:
        for mask in [None] if trial.mask is None else [None, trial.mask]:
            with trial.layer.preserved_state():
                y, _, _ = trial.forward(trial.x, training, mask)
            several = len(flatten(y)) > 1
            _check_one(trial, training, mask, trial.make_dy(y), strengths, "gradient")
            for used in range(len(flatten(y))) if several and mask is None else ():
                dy = [gradient if n == used else None for n, gradient in enumerate(flatten(trial.make_dy(y)))]
                _check_one(trial, training, mask, rebuild(y, dy), {}, "several outputs")


def _check_one(trial: Trial, training: bool, mask: Any, dy: Any, strengths: dict[str, float], check: str) -> None:
    """One call, one `dy`: every tensor against numeric differences."""
    x = rebuild(trial.x, [array.copy() for array in flatten(trial.x)])
    mode = f"training={training}" + ("" if mask is None else ", masked")

    def terms() -> list[float]:
        with trial.layer.preserved_state():
            y, cache, _ = trial.forward(x, training, mask)
            products = [
                gradient * array
                for gradient, array in zip(flatten(dy), flatten(y), strict=True)
                if gradient is not None and array.dtype.kind in "biuf"  # strings have none
            ]
            penalty = trial.layer._penalty(cache)
        sizes = sum(float(np.abs(product).sum()) for product in products) + abs(penalty)
        return [sum(float(product.sum()) for product in products) + penalty, sizes]

    with checking(check, f"{trial.title} ({mode})"):
        outcome = trial.run(x, dy, training, mask)
        magnitude = 1.0 + terms()[1]
        tensors = [
            *(
                (f"d{name}", array, gradient)
                for name, array, gradient in zip(trial.x_names, flatten(x), outcome.dx, strict=True)
            ),
            *zip(trial.weight_names, [variable.value for variable in trial.weights], outcome.grads, strict=True),
        ]
        for name, array, gradient in tensors:
            if array.dtype.kind != "f" or array.size == 0:
                continue
            strength = check_gradient(
                name,
                lambda: terms()[0],
                array,
                gradient,
                generator=trial.generator,
                magnitude=magnitude,
                check=check,
                tolerance=trial.settings.tolerance,
            )
            strengths[name] = max(strengths.get(name, 0.0), strength)
