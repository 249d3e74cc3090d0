"""Every layer of the table is exported and compared in onnxruntime, or refused with a reason."""

import pytest

from minidl import layers
from minidl.interop.onnx.table import TABLE, UNSUPPORTED, reason
from minidl.layers.layer import Layer
from minidl.layers.traversal import with_sublayers
from tests.interop.onnx_running import compare, inputs_for, joined, randomize
from tests.table.layers import gathered

FORMS = gathered("FORMS")
UNSUPPORTED_LAYERS = {
    "ContrastLimitedAdaptiveHistogramEqualization": "ONNX has no operator that counts values",
    "HashedCrossing": "ONNX has no operator that hashes",
    "Hashing": "ONNX has no operator that hashes",
    "Lambda": "its function is Python code",
    "Layer": "ONNX has no operator for it",
    "MaxNumBoundingBoxes": "it takes a dict",
    "TextVectorization": "ONNX has no operator that strips punctuation",
}
NO_OPERATOR = {"StringLookup": "unknown terms are hashed", "IntegerLookup": "unknown terms are hashed"}  # in some forms


def flat(result):
    """The symbolic tensors of a result, which cells nest."""
    return [one for part in result for one in flat(part)] if isinstance(result, (list, tuple)) else [result]


def is_own_code(layer):
    """Whether a class of the tests is inside."""
    return any(not type(member).__module__.startswith("minidl.") for member in with_sublayers(layer))


def hashes_terms(layer):
    return layer.num_oov_indices > 1 and getattr(layer, "oov_method", "farmhash") == "farmhash"


@pytest.mark.parametrize("name", sorted(set(FORMS) - set(UNSUPPORTED_LAYERS)))
def test_exported_layers_give_the_same_numbers_in_onnxruntime(name, tmp_path):
    parts = []
    for make, shape, options in FORMS[name]:
        layer = make()
        if reason(layer) or is_own_code(layer) or (name in NO_OPERATOR and hashes_terms(layer)):
            continue
        arrays, inputs = inputs_for(shape, options)
        outputs = layer(inputs if isinstance(shape, list) else inputs[0], **options.get("options", {}))
        parts.append((arrays, inputs, flat(outputs)))
    model, arrays = joined(parts)
    randomize(model)
    compare(model, tmp_path / "layers.onnx", *arrays)


@pytest.mark.parametrize("name", UNSUPPORTED_LAYERS)
def test_layers_that_onnx_cannot_express_raise_an_error_with_the_reason(name):
    make = FORMS[name][0][0] if name in FORMS else Layer
    assert UNSUPPORTED_LAYERS[name] in reason(make())


def test_every_layer_is_exported_or_listed_as_unsupported():
    public = {kind for kind in (getattr(layers, name) for name in FORMS) if isinstance(kind, type)}
    assert public - set(TABLE) <= {getattr(layers, name) for name in UNSUPPORTED_LAYERS}
    assert not set(TABLE) & set(UNSUPPORTED)
