"""The models of the examples give the same numbers in onnxruntime, or an error names the layer that ONNX cannot hold."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

from minidl.models import Sequential
from tests.interop.onnx_running import compare

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def example(monkeypatch):
    """What imports an example; its modules are forgotten afterwards."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    before = set(sys.modules)
    yield importlib.import_module
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(EXAMPLES)):
            del sys.modules[name]


def data_for(model):
    """Arrays for the inputs of a model: two rows, five steps where their number is free."""
    generator = np.random.default_rng(0)
    shapes = [[2, *(size or 5 for size in tensor.shape[1:])] for tensor in model.inputs]
    return [
        generator.normal(size=shape).astype("float32") if tensor.dtype == "float32" else generator.integers(0, 5, shape)
        for shape, tensor in zip(shapes, model.inputs, strict=True)
    ]


MODELS = {
    "autoencoder": lambda m: [Sequential([m.make_encoder((8, 8, 1)), m.make_decoder()])],
    "character_transformer": lambda m: [m.make_model(20, 16)],
    "gan": lambda m: list(m.make_networks()),
    "mnist_convnet": lambda m: [m.make_model((28, 28, 1)), m.make_model((8, 8, 1))],
    "residual_net": lambda m: [m.make_network(2, True, True), m.make_network(2, False, False)],
    "sequence_to_sequence": lambda m: list(m.make_models(6)),
}


@pytest.mark.parametrize("name", MODELS)
def test_models_of_the_examples_are_exported(name, example, tmp_path):
    for model in MODELS[name](example(name)):
        compare(model, tmp_path / "net.onnx", *data_for(model))


def test_a_text_classifier_raises_an_error_because_of_its_vectorization(example, tmp_path):
    model = example("text_classifier").make_counting_model(["a good film", "a bad film"])
    with pytest.raises(ValueError, match="TextVectorization"):
        model.export(tmp_path / "net.onnx")
