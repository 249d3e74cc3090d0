"""Exponential moving average of the weights, which often predicts better than the weights of the last step."""

from minidl.config.types import Array


def update_average(average: Array, value: Array, momentum: float) -> None:
    """`average = momentum * average + (1 - momentum) * w`, in place.

    Source: Polyak & Juditsky 1992, "Acceleration of stochastic approximation by averaging".
    """
    average *= momentum
    average += (1 - momentum) * value
