"""Models: layers made into one that learns."""

from minidl.models.cloning import clone_model
from minidl.models.model import Model
from minidl.models.sequential import Sequential

__all__ = ["Model", "Sequential", "clone_model"]
