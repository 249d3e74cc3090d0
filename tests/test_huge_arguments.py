"""Huge arguments raise an error in milliseconds, before memory or time is taken, or cost nothing."""

import resource
import time

import numpy as np
import pytest

from minidl import Input, Sequential, layers, metrics, ops, optimizers

MANY, MORE = 10**9, 10**12
ROWS, STEPS = np.ones((4, 5), "float32"), np.ones((2, 8, 3), "float32")
IMAGES, TEXTS = np.ones((2, 8, 8, 3), "float32"), np.array(["a b"])

REFUSED = {
    "num_oov_indices": lambda: layers.StringLookup(vocabulary=["a"], num_oov_indices=MANY)(np.array(["a", "b"])),
    "num_oov_indices of integers": lambda: layers.IntegerLookup(vocabulary=[1], num_oov_indices=MANY)(np.array([3])),
    "Dense": lambda: layers.Dense(MORE)(ROWS),
    "Embedding": lambda: layers.Embedding(MORE, 8)(np.array([[1]])),
    "EinsumDense": lambda: layers.EinsumDense("ab,bc->ac", MORE)(ROWS),
    "LSTM": lambda: layers.LSTM(MANY)(STEPS),
    "ConvLSTM1D": lambda: layers.ConvLSTM1D(MANY, 3)(np.ones((1, 2, 5, 3), "float32")),
    "MultiHeadAttention": lambda: layers.MultiHeadAttention(MANY, MANY)(STEPS, STEPS),
    "filters": lambda: layers.Conv2D(MORE, 3)(IMAGES),
    "kernel_size": lambda: layers.Conv2D(3, MANY)(IMAGES),
    "kernel_size, same": lambda: layers.Conv2D(3, MANY, padding="same")(IMAGES),
    "dilation_rate": lambda: layers.Conv2D(3, 3, dilation_rate=MANY)(IMAGES),
    "depth_multiplier": lambda: layers.DepthwiseConv2D(3, depth_multiplier=MORE)(IMAGES),
    "pool_size": lambda: layers.MaxPooling2D(MANY)(IMAGES),
    "groups": lambda: layers.GroupNormalization(MANY)(IMAGES),
    "cropping": lambda: layers.Cropping2D(MANY)(IMAGES),
    "num_tokens": lambda: layers.CategoryEncoding(MORE)(np.array([[1]])),
    "output_sequence_length": lambda: layers.TextVectorization(vocabulary=["a"], output_sequence_length=MORE)(TEXTS),
    "n of RepeatVector": lambda: layers.RepeatVector(MORE)(ROWS),
    "Input": lambda: Sequential([Input((MORE,)), layers.Dense(1)]),
    "Flatten": lambda: Sequential([Input((10**6, 10**6)), layers.Flatten(), layers.Dense(1)]),
    "num_thresholds of AUC": lambda: metrics.AUC(num_thresholds=MANY),
    "num_thresholds": lambda: metrics.RecallAtPrecision(0.5, num_thresholds=MORE),
    "num_classes": lambda: metrics.MeanIoU(MANY),
    "num_classes of OneHotIoU": lambda: metrics.OneHotMeanIoU(10**6),
    "history_size": lambda: optimizers.LBFGS(MORE),
    "one_hot": lambda: ops.one_hot(np.array([1]), MORE),
    "arange": lambda: ops.arange(MORE),
    "pad": lambda: ops.pad(ROWS, ((0, 0), (0, MORE))),
    "num_segments": lambda: ops.segment_sum(ROWS, np.array([0, 1, 2, 3]), MORE),
}
CHEAP = {
    "ngrams": lambda: layers.TextVectorization(ngrams=MANY, vocabulary=["a"])(TEXTS),
    "ngrams of adapt": lambda: layers.TextVectorization(ngrams=MANY).adapt(["a b c"]),
    "strides": lambda: layers.Conv2D(3, 3, strides=MANY)(IMAGES),
    "pool_size, same": lambda: layers.MaxPooling2D(MANY, padding="same")(IMAGES),
    "pool_size, same, step by step": lambda: layers.AveragePooling2D(MANY, strides=1, padding="same")(IMAGES),
    "pool_size of an operation": lambda: ops.max_pool(STEPS, MANY, 1, "same"),
    "batch_size": lambda: Sequential([Input((5,)), layers.Dense(1)]).predict(ROWS, batch_size=MORE, verbose=0),
    "k": lambda: metrics.TopKCategoricalAccuracy(MORE).update_state(np.eye(3), np.eye(3)),
}


def timed(call):
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    try:
        call()
    finally:
        assert time.process_time() - start < 0.5
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64_000


@pytest.mark.parametrize("kind", REFUSED)
def test_a_huge_argument_raises_an_error_at_once(kind):
    with pytest.raises((ValueError, MemoryError)):
        timed(REFUSED[kind])


@pytest.mark.parametrize("kind", CHEAP)
def test_a_huge_argument_that_needs_no_memory_costs_nothing(kind):
    timed(CHEAP[kind])


@pytest.mark.parametrize("strides", [1, 2, 5])
@pytest.mark.parametrize("pooling", [layers.MaxPooling1D, layers.AveragePooling1D])
def test_windows_larger_than_the_input_see_what_is_there(pooling, strides):
    x = np.random.default_rng(0).normal(size=(2, 7, 3)).astype("float32")
    for size in (3, 7, 8, 13, 14, 15, 40):
        outputs = -(-7 // strides)
        before = max((outputs - 1) * strides + size - 7, 0) // 2
        windows = [x[:, max(0, p * strides - before) : max(0, p * strides - before + size)] for p in range(outputs)]
        reduce = np.max if pooling is layers.MaxPooling1D else np.mean
        expected = np.stack([reduce(window, axis=1) for window in windows], axis=1)
        np.testing.assert_allclose(pooling(size, strides, padding="same")(x), expected, rtol=1e-5, atol=1e-6)
