"""Models: layers made into one that learns."""

from minidl.models.cloning import clone_model
from minidl.models.model import Model
from minidl.models.sequential import Sequential
from minidl.saving import load_model

__all__ = ["Model", "Sequential", "clone_model", "load_model"]
