"""Settings, randomness, and how objects know to rebuild themselves."""

from minidl.config.configurable import Configurable
from minidl.config.randomness import make_generator, set_random_seed
from minidl.config.settings import epsilon, floatx, set_epsilon, set_floatx

__all__ = [
    "Configurable",
    "epsilon",
    "floatx",
    "make_generator",
    "set_epsilon",
    "set_floatx",
    "set_random_seed",
]
