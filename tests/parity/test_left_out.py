"""Names of Keras's rooms that minidl has not, each with its reason; every other name is here."""

import keras
import pytest

import minidl

FOR_SPECTROGRAMS = "makes the kernels of the layer STFTSpectrogram, which is not here either"
LEFT_OUT = {
    "optimizers": {
        "LossScaleOptimizer": "for float16, which we do not compute in",
        "MultiOptimizer": "several optimizers for one model: not yet, no issue asked for it so far",
        "OptimizerMap": "what MultiOptimizer takes",
        "legacy": "names of Keras 2's optimizers, for old files",
    },
    "optimizers.schedules": {},
    "losses": {},
    "metrics": {},
    "initializers": dict.fromkeys(("STFT", "STFTInitializer", "stft"), FOR_SPECTROGRAMS),
    "constraints": {},
    "regularizers": {},
}


def names(library, where):
    for part in where.split("."):
        library = getattr(library, part)
    return {name for name in dir(library) if not name.startswith("_")}


@pytest.mark.parametrize("where", LEFT_OUT)
def test_only_what_has_a_reason_is_left_out(where):
    assert names(keras, where) - names(minidl, where) == set(LEFT_OUT[where])
    assert all(LEFT_OUT[where].values())
