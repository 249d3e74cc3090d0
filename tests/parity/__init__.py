"""The real Keras 3 compared with minidl: same configuration, same weights, same inputs and masks."""

import os
import warnings
from importlib.metadata import version

os.environ.setdefault("KERAS_BACKEND", "jax")  # its lightest back end; must be set before Keras is imported
if version("jaxlib").startswith("0.10."):  # a flag that other versions may not know; it halves the time of compiling
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_use_fusion_emitters=false")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import keras  # noqa: F401  # its warnings end here
