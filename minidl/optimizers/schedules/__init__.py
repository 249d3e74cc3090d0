"""Schedules: learning rates that change from step to step, as objects that an optimizer takes in the place of a number."""

from minidl.config import registry
from minidl.optimizers.schedules.cosine import CosineDecay, CosineDecayRestarts, OneCycle
from minidl.optimizers.schedules.decays import ExponentialDecay, InverseTimeDecay, PiecewiseConstantDecay, PolynomialDecay
from minidl.optimizers.schedules.schedule import LearningRateSchedule

__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "OneCycle",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "deserialize",
    "serialize",
]

serialize = registry.serialize
deserialize = registry.deserialize
