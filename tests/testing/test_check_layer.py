"""`check_layer` finds every deliberate error, reports it by the right check, and accepts correct layers."""

import subprocess
import sys

import numpy as np
import pytest

from minidl import Sequential, layers
from minidl.config import randomness
from minidl.config.settings import floatx
from minidl.layers import Dense, Dropout, Layer, SimpleRNN
from minidl.testing import check_layer, strategies
from tests.testing import faulty_layers as faulty


def ids(generator, shape):
    return generator.integers(0, 5, shape)


ROW, SEQUENCE, TWO = (3, 4), (3, 4, 2), [(3, 4), (3, 4)]

# fault: (what makes the layer, shape, options of check_layer, name of the check, tensor)
FAULTS = {
    "dx of the wrong sign": (lambda: faulty.WrongSign(2), ROW, {}, "gradient", "dx"),
    "dx off by a hundred-thousandth": (lambda: faulty.AlmostRight(2), ROW, {}, "gradient", "dx"),
    "activation's derivative forgotten in dx": (lambda: faulty.ForgetsActivation(2, "tanh"), ROW, {}, "gradient", "dx"),
    "wrong factor in a weight's gradient": (faulty.WrongFactor, ROW, {}, "gradient", "weight"),
    "one element of a weight's gradient wrong": (faulty.OneElementWrong, ROW, {}, "gradient", "weight"),
    "mean for sum in the bias": (faulty.MeanForSum, ROW, {}, "gradient", "bias"),
    "bias forgotten": (faulty.ForgetsBias, ROW, {}, "gradient", "bias"),
    "= for +=": (faulty.Overwrites, ROW, {}, "adds up", "weight.grad"),
    "no dx": (faulty.ForgetsDx, ROW, {}, "shape", "ForgetsDx"),
    "dx of another shape": (faulty.DxOfAnotherShape, ROW, {}, "shape", "DxOfAnotherShape"),
    "backward_weights leaves one out": (faulty.HalfWeights, ROW, {}, "backward_weights", "bias.grad"),
    "infer differs": (faulty.InferDiffers, ROW, {}, "infer", "y"),
    "backward spoils its cache": (faulty.SpoilsItsCache, ROW, {}, "adds up", "weight.grad"),
    "gradient zero everywhere": (faulty.Dead, ROW, {}, "zero gradient", "dx"),
    "gradient not finite": (faulty.NotFinite, ROW, {}, "zeros", "dx"),
    "not finite at its kink": (faulty.DividesByX, ROW, {}, "zeros", "dx"),
    "x changed": (faulty.ChangesX, ROW, {}, "mutation", "x"),
    "dy changed": (faulty.ChangesDy, ROW, {}, "mutation", "dy"),
    "weights changed": (faulty.ChangesWeights, ROW, {}, "mutation", "weight"),
    "writes into read-only x": (faulty.WritesIntoReadOnly, ROW, {}, "memory layout", "WritesIntoReadOnly"),
    "reads memory in its own order": (faulty.ReadsMemoryOrder, ROW, {}, "memory layout", "y"),
    "cache on self": (faulty.KeepsCache, ROW, {}, "interleaved", "KeepsCache"),
    "batch size on self": (faulty.KeepsShape, ROW, {}, "interleaved", "KeepsShape"),
    "output in a buffer used again": (faulty.KeepsBuffer, ROW, {}, "interleaved", "y"),
    "y widened": (faulty.WidensY, ROW, {}, "dtype", "y"),
    "dx widened": (faulty.WidensDx, ROW, {}, "dtype", "dx"),
    "wrong shape declared": (faulty.WrongShape, ROW, {}, "shape", "y"),
    "batch size declared that is not known": (faulty.InventsBatch, ROW, {}, "shape", "y"),
    "squeezed axes": (faulty.Squeezes, ROW, {}, "size of one", "(3, 1)"),
    "wrong on an axis of size 1": (faulty.Squares, ROW, {}, "size of one", "(3, 1)"),
    "ids with a gradient": (lambda: faulty.IdsWithGradient(5, 2), ROW, {"inputs": ids}, "dtype", "dx"),
    "state changed by inference": (faulty.CountsInference, ROW, {}, "state", "count"),
    "random numbers drawn in inference": (lambda: faulty.DrawsInInference(0.5), ROW, {}, "state", "generator"),
    "generator not registered": (faulty.UnregisteredGenerator, ROW, {}, "repeatable", "y"),
    "state not registered": (faulty.UnregisteredState, ROW, {}, "repeatable", "y"),
    "another dropout mask in backward": (lambda: faulty.DrawsAnotherMask(0.5), (6, 5), {}, "gradient", "dx"),
    "batch statistics taken for constants": (faulty.ConstantStatistics, ROW, {}, "gradient", "dx"),
    "rows mixed": (faulty.MixesRows, ROW, {}, "rows", "y"),
    "rows counted": (faulty.CountsRows, ROW, {}, "rows", "y"),
    "mask ignored": (lambda: faulty.IgnoresMask(3), SEQUENCE, {}, "mask", "y"),
    "mask ignored in backward": (lambda: faulty.IgnoresMaskBackward(3), SEQUENCE, {}, "mask", "dx"),
    "mask ignored in inference": (lambda: faulty.IgnoresMaskInInference(3), SEQUENCE, {}, "mask", "y"),
    "masked steps in the statistics": (faulty.MaskedStatistics, SEQUENCE, {}, "mask", "moving_mean"),
    "mask of any shape taken": (lambda: faulty.TakesAnyMask(3), SEQUENCE, {}, "bad mask", "mask"),
    "bad mask refused without a name": (lambda: faulty.RefusesWithoutAName(3), SEQUENCE, {}, "bad mask", "mask"),
    "inputs' gradients swapped": (faulty.SwapsInputs, TWO, {}, "gradient", "dx[0]"),
    "one gradient for two inputs": (faulty.OneGradient, TWO, {}, "shape", "OneGradient"),
    "second input's gradient zero": (faulty.SecondInputForgotten, TWO, {}, "gradient", "dx[1]"),
    "second output's gradient dropped": (faulty.SecondOutputDropped, ROW, {}, "gradient", "dx"),
    "None of an unused output not expected": (faulty.NoneNotExpected, ROW, {}, "several outputs", "NoneNotExpected"),
    "None of an unused output taken for all": (faulty.NoneMeansNothing, ROW, {}, "several outputs", "dx"),
    "penalty's gradient forgotten": (faulty.PenaltyForgotten, ROW, {}, "gradient", "dx"),
    "penalty's gradient halved": (faulty.PenaltyHalved, ROW, {}, "gradient", "dx"),
    "argument not in the config": (lambda: faulty.ForgetsArgument(3.0), ROW, {}, "config", "factor"),
    "argument changed in the config": (faulty.ChangesArgument, ROW, {}, "config", "from_config"),
    "config that cannot be written": (faulty.NotWritable, ROW, {}, "config", "NotWritable"),
    "pickle loses a value": (lambda: faulty.PicklesBadly(3.0), ROW, {}, "config", "deepcopy"),
    "copy draws other numbers": (lambda: faulty.NewDrawsWhenCopied(0.5), (6, 5), {}, "copies", "y"),
    "copy without its weights": (faulty.SharesWhenCopied, ROW, {}, "copies", "y"),
    "other weights when rebuilt": (faulty.MoreWeightsEachTime, ROW, {}, "config", "weights"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_deliberate_error_is_found_and_named(fault):
    make, shape, options, check, tensor = FAULTS[fault]
    with pytest.raises(AssertionError) as caught:
        check_layer(make, shape, **options)
    message = str(caught.value)
    assert message.startswith(f"[{check}] {tensor}"), message
    assert message[len(f"[{check}] {tensor}")] in ":( ", message


HEALTHY = {
    "weights": (faulty.Linear, ROW, {}),
    "its own argument": (lambda: faulty.Linear(3.0), ROW, {}),
    "two inputs": (faulty.Difference, TWO, {}),
    "two outputs": (faulty.Halves, ROW, {}),
    "penalty": (faulty.Penalised, ROW, {}),
    "penalty by a regularizer": (lambda: Dense(2, activity_regularizer="l2"), ROW, {}),
    "zero gradient with a reason": (faulty.Dead, ROW, {"zero_gradients": dict.fromkeys(("dx", "weight"), "planted")}),
    "a class instead of a function": (faulty.Linear, (2, 1), {}),
    "a strategy of shapes": (faulty.Linear, strategies.shapes(2, 2), {}),
    "a strategy of several shapes": (faulty.Difference, strategies.several(strategies.shapes()), {}),
    "made by options": (lambda: SimpleRNN(2), SEQUENCE, {"options": {}, "mask": None, "seed": 3}),
}


@pytest.mark.parametrize("case", HEALTHY)
def test_a_correct_layer_passes(case):
    make, shape, options = HEALTHY[case]
    check_layer(make, shape, **options)


def test_a_layer_defined_inside_a_function_passes():
    class Local(faulty.Linear):
        pass

    check_layer(Local, ROW)


def test_an_error_on_some_shapes_only_is_found_by_a_strategy():
    with pytest.raises(AssertionError, match="shape|rows|gradient"):
        check_layer(faulty.Squares, strategies.shapes(2, 3))


def test_the_report_names_the_element():
    with pytest.raises(AssertionError, match=r"weight: at index \(3,\) backward gives .* numeric differences give"):
        check_layer(faulty.OneElementWrong, ROW)


def test_a_report_says_which_layer_was_tried_on_what():
    with pytest.raises(AssertionError) as caught:
        check_layer(lambda: faulty.WrongSign(2), ROW)
    assert any("WrongSign" in note and "(3, 4)" in note for note in caught.value.__notes__)


def test_the_process_keeps_its_settings():
    before, source = floatx(), randomness._source
    spawned = source.spawned
    check_layer(lambda: Dropout(0.5), (6, 5))
    assert floatx() == before
    assert randomness._source is source
    assert source.spawned == spawned


def test_a_tolerance_needs_a_reason():
    check_layer(lambda: faulty.AlmostRight(2), ROW, tolerance=(1e-3, "planted"))
    with pytest.raises(TypeError):
        check_layer(lambda: faulty.AlmostRight(2), ROW, tolerance=1e-3)


def test_anything_but_a_layer_raises_an_error():
    with pytest.raises(TypeError, match="makes a Layer"):
        check_layer(lambda: np.ones(3), ROW)


def test_a_fixed_dtype_raises_an_error():
    with pytest.raises(ValueError, match="leave dtype out"):
        check_layer(lambda: Dense(2, dtype="float64"), ROW)


def test_a_layer_without_backward_fails_the_shape_check():
    class Unfinished(Layer):
        def forward(self, x, training=False):
            return x, None

    with pytest.raises(AssertionError, match="defines no backward"):
        check_layer(Unfinished, ROW)


def test_a_plain_shape_needs_no_hypothesis():
    code = (
        "import sys; sys.modules['hypothesis'] = None\n"
        "from minidl.testing import check_layer\nfrom minidl.layers import Dense\n"
        "check_layer(lambda: Dense(2), (3, 4))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


IMAGES = (2, 3, 4, 2)
MASKED = {
    "channels first": (lambda: layers.BatchNormalization(axis=1), IMAGES),
    "mask of all elements": (lambda: layers.Softmax(axis=1), (3, 4, 2)),
    "steps along the last axis": (lambda: layers.GlobalAveragePooling1D("channels_first"), (2, 3, 7)),
    "initial states": (lambda: layers.ConvLSTM1D(3, 2, padding="same"), [(3, 4, 5, 2), (3, 5, 3), (3, 5, 3)]),
    "wrapped layer without a mask": (lambda: layers.SpectralNormalization(layers.Conv2D(3, 2), 100), IMAGES),
    "model that loses the mask": (
        lambda: Sequential([layers.BatchNormalization(), layers.Flatten()]),
        (3, 4, 2),
    ),
}


@pytest.mark.parametrize("kind", MASKED)
def test_the_automatic_mask_is_one_that_the_layer_takes(kind):
    make, shape = MASKED[kind]
    check_layer(make, shape, sizes_of_one=False)


@pytest.mark.parametrize(
    ("shape", "error", "message"),
    [
        (3, TypeError, r"check_layer expects a shape with its batch axis, such as \(3, 4\), or a list of shapes, got 3"),
        ((None, 3), ValueError, r"all of its sizes are positive integers, got \(None, 3\)"),
        ([(2, 3), (2, 0)], ValueError, r"all of its sizes are positive integers, got \(2, 0\)"),
    ],
)
def test_impossible_shapes_raise_an_error(shape, error, message):
    with pytest.raises(error, match=message):
        check_layer(lambda: Dense(2), shape)
