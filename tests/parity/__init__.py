"""The real Keras 3 beside minidl: same configuration, same weights, same inputs and masks."""

import os
import warnings

os.environ.setdefault("KERAS_BACKEND", "jax")  # its lightest back end; must be set before Keras is imported
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import keras  # noqa: F401
