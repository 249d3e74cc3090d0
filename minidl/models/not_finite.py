"""What happens when a loss is NaN or infinite."""

from minidl.config.types import Array
from minidl.layers.recorder import first_not_finite
from minidl.models.protocol import Trainable


def stop_at_nan(model: Trainable, loss: float, x: Array) -> None:
    """Restore the layers' state before the batch, and end training.

    Raises:
        FloatingPointError: names the layer whose output is NaN or infinite. The callback `TerminateOnNaN`, which sets
            `model.terminates_on_nan`, ends training without an error.
    """
    model.plan.state.restore()
    if model.terminates_on_nan:
        return
    where = f"epoch {model.epoch + 1}, step {model.step + 1}" if model.epoch is not None else "this batch"
    raise FloatingPointError(
        f"the loss became {loss} at {where}; {first_not_finite(model, x)}. The weights are those of the step before. "
        f"Usual fixes: a learning rate far below {model.optimizer.learning_rate:g}, scaled inputs, clipnorm=1.0 in the "
        f"optimizer"
    )
