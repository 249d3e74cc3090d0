"""`Crossentropy`: base class of the cross-entropies between probabilities, whose targets may be smoothed."""

from minidl.config.checks import check_real
from minidl.config.types import Array, Shape
from minidl.losses.loss import Loss
from minidl.losses.target_checks import check_one_hot, check_probabilities


class Crossentropy(Loss):
    """A loss of outputs that are probabilities or logits and of targets in [0, 1]; takes the arguments that all have.

    With softmax, targets are rows with a number for each class.
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: object = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.from_logits = from_logits
        self.label_smoothing = check_real(type(self).__name__, "label_smoothing", label_smoothing, 0.0, 1.0)
        self.axis = axis

    def smoothed(self, y_true: Array, classes: int) -> Array:
        """`(1 - label_smoothing) * t + label_smoothing / classes`."""
        return y_true * (1 - self.label_smoothing) + self.label_smoothing / max(classes, 1)

    def check_targets(self, y_true: Array, output_shape: Shape) -> None:
        if self.paired_activation == "softmax":
            check_one_hot(self.name, y_true, output_shape, self.axis)
        super().check_targets(y_true, output_shape)
        check_probabilities(self.name, y_true)
