"""Models: networks of layers that can be trained, evaluated and saved."""

from typing import TYPE_CHECKING, Any

from minidl.config.missing_names import missing_name
from minidl.models.cloning import clone_model, model_from_json
from minidl.models.model import Function, Model
from minidl.models.sequential import Sequential

if TYPE_CHECKING:
    from minidl.saving import load_model, save_model

__all__ = ["Function", "Model", "Sequential", "clone_model", "load_model", "model_from_json", "save_model"]


def __getattr__(name: str) -> Any:
    if name in ("load_model", "save_model"):  # Keras has them here too; files are read only by those who ask
        from minidl import saving

        return getattr(saving, name)
    raise AttributeError(missing_name("minidl.models", name, __all__))
