"""Estimators for scikit-learn: wrappers of models with Keras's names, and multi-layer perceptrons with scikit-learn's.

They need scikit-learn, which is imported when one of them is first used.
"""

import importlib
from typing import TYPE_CHECKING, Any

from minidl.config.missing_names import missing_name

if TYPE_CHECKING:
    from minidl.wrappers.mlp_classifier import MLPClassifier
    from minidl.wrappers.mlp_regressor import MLPRegressor
    from minidl.wrappers.sklearn_classifier import SKLearnClassifier
    from minidl.wrappers.sklearn_regressor import SKLearnRegressor
    from minidl.wrappers.sklearn_transformer import SKLearnTransformer

_FILES = {
    "MLPClassifier": "mlp_classifier",
    "MLPRegressor": "mlp_regressor",
    "SKLearnClassifier": "sklearn_classifier",
    "SKLearnRegressor": "sklearn_regressor",
    "SKLearnTransformer": "sklearn_transformer",
}

__all__ = ["MLPClassifier", "MLPRegressor", "SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer"]


def __getattr__(name: str) -> Any:
    if name not in _FILES:
        raise AttributeError(missing_name(__name__, name, __all__))
    try:
        import sklearn  # noqa: F401  # is it installed?
    except ImportError as error:
        raise ImportError(f"minidl.wrappers.{name} needs scikit-learn: pip install scikit-learn") from error
    return getattr(importlib.import_module(f"minidl.wrappers.{_FILES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
