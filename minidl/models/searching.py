"""The training step of optimizers that look at the loss in several places: on all the data at once."""

from typing import TYPE_CHECKING, Any

from minidl.data.batches import ArrayData
from minidl.losses.compile_loss import LossResult
from minidl.models.guards import can_learn_from

if TYPE_CHECKING:
    from minidl.models.model import Model


class _NothingToLearn(Exception):  # noqa: N818  # no error: a callback ends the training
    """The first look met a loss that is not finite."""


def search_step(model: "Model", x: Any, y: Any, sample_weight: Any) -> LossResult:
    """Let the optimizer look at the loss wherever it wants; what it saw first, where the weights stood, is recorded.

    The layers' state and their random generators begin every look as they began the first, so that the loss is one function
    of the weights; they stay as the last look leaves them, and as they were where a look is broken off.
    """
    from minidl.models.training import record

    plan = model.plan
    if model.rounds is not None and (model.step or (model.rounds.steps is None and model.rounds.follows())):
        raise ValueError(_sentence(model, "a second batch came within one epoch", "one batch"))
    start = [variable.numpy() for variable in plan.state], [generator.bit_generator.state for generator in model.generators]
    looks: list[tuple[Any, ...]] = []

    def begin() -> None:
        for variable, value in zip(plan.state, start[0], strict=True):
            variable.assign(value)
        for generator, state in zip(model.generators, start[1], strict=True):
            generator.bit_generator.state = state

    def evaluate() -> float:
        begin()
        loss, *rest = differentiate(model, x, y, sample_weight)
        if not looks:
            looks.append((loss, *rest))
            if not can_learn_from(model, loss, x, start[0]):
                raise _NothingToLearn
        return loss

    try:
        model.optimizer.minimize(evaluate, plan.trainable())
    except _NothingToLearn:
        pass
    except BaseException:  # Ctrl-C too
        begin()
        raise
    loss, seen, y_pred, mask = looks[0]
    judged: LossResult = seen._replace(total=loss)
    record(model, judged, y, y_pred, sample_weight, mask)
    return judged


def differentiate(model: "Model", x: Any, y: Any, sample_weight: Any) -> tuple[float, LossResult, Any, Any]:
    """The loss with its penalties on one batch, and its gradient in every weight's `grad`; the outputs and their mask."""
    from minidl.models.training import add_weight_penalties

    plan = model.plan
    plan.zero_gradients()
    y_pred, caches, mask = plan.scorer._forward(x, training=True)
    judged = plan.objective.value_and_grad(y, y_pred, sample_weight, mask)
    loss = judged.total + plan.scorer._penalty(caches) + add_weight_penalties(plan.regularized)
    plan.scorer._backward(judged.gradient, caches, weights_only=True)
    return loss, judged, y_pred, mask


def training_rows(model: "Model", data: Any, batch_size: int | None, steps: int | None) -> int | None:
    """Rows a batch in `fit`: as the user said, but all of them for an optimizer that searches.

    Raises:
        ValueError: it would not see all of them.
    """
    if not hasattr(model.optimizer, "minimize"):
        return batch_size
    count = len(data) if hasattr(data, "__len__") else None
    if isinstance(data, ArrayData):
        if batch_size is not None and batch_size < len(data):
            raise ValueError(_sentence(model, f"batches of {batch_size} are not all {count} rows", f"batch_size={count}"))
        batch_size, count = len(data), 1
    if steps not in (None, 1) or (count is not None and count > 1 and steps is None):
        raise ValueError(_sentence(model, f"an epoch of {steps or count} batches is not one", "one batch an epoch"))
    return batch_size


def _sentence(model: "Model", what: str, mend: str) -> str:
    name = type(model.optimizer).__name__
    return (
        f"{name} searches along a line on all the data at once, and {what}; give it {mend}, or leave the batches to fit; "
        f'for small batches take an optimizer such as "adam"'
    )
