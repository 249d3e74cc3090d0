"""Models: networks of layers that can be trained, evaluated and saved."""

from typing import TYPE_CHECKING, Any

from minidl.config.missing_names import missing_name
from minidl.models.cloning import clone_model
from minidl.models.model import Model
from minidl.models.sequential import Sequential

if TYPE_CHECKING:
    from minidl.saving import load_model

__all__ = ["Model", "Sequential", "clone_model", "load_model"]


def __getattr__(name: str) -> Any:
    if name == "load_model":  # Keras has it here too; files are read only by those who ask
        from minidl.saving import load_model

        return load_model
    raise AttributeError(missing_name("minidl.models", name, __all__))
