"""`PlainLoss`: base class of the losses that have no arguments of their own."""

from minidl.losses.loss import Loss


class PlainLoss(Loss):
    """A loss that takes only `reduction`, `name` and `dtype`, in Keras's order."""

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str | None = None, dtype: object = None) -> None:
        super().__init__(name, reduction, dtype)
