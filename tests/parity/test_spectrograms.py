"""Spectrograms compared with the real Keras, where they differ on purpose."""

import numpy as np
import pytest

import minidl
from tests.parity.comparing import assert_close, both

SIGNALS = np.random.default_rng(0).normal(size=(2, 60)).astype("float32") * np.array([[1000.0], [1e-4]], "float32")


def spectrogram(k, **options):
    return k.layers.MelSpectrogram(fft_length=32, sequence_stride=8, num_mel_bins=5, **options)


def test_each_signal_has_its_own_loudest_band_where_keras_takes_that_of_the_batch():
    mine, its = both(spectrogram)
    alone = np.concatenate([np.asarray(its(signal[np.newaxis])) for signal in SIGNALS])
    assert_close(mine(SIGNALS), alone, 1e-4)
    batch = np.asarray(its(SIGNALS))
    assert_close(batch[0], alone[0], 1e-4)
    assert np.ptp(batch[1]) == 0  # 80 decibels below the loud signal
    assert np.ptp(alone[1]) > 5


def test_the_number_of_windows_is_inferred_where_keras_sometimes_infers_one_more():
    mine, its = both(spectrogram)
    for steps, windows in ((60, 8), (63, 8), (64, 9)):
        assert mine(np.ones((1, steps), "float32")).shape == its(np.ones((1, steps), "float32")).shape == (1, 5, windows)
        assert tuple(mine.compute_output_shape((1, steps))) == (1, 5, windows)
        assert tuple(its.compute_output_shape((1, steps))) == (1, 5, windows + (steps == 63))


def test_the_matrix_of_bands_is_that_of_keras():
    mine, its = both(spectrogram)
    for options in ({}, {"num_mel_bins": 8, "num_spectrogram_bins": 33, "sampling_rate": 16000, "upper_edge_hertz": 7000.0}):
        assert_close(mine.linear_to_mel_weight_matrix(**options), its.linear_to_mel_weight_matrix(**options))


@pytest.mark.parametrize(
    "layer",
    [minidl.layers.STFTSpectrogram("log", 8, 4), minidl.layers.MelSpectrogram(fft_length=16, sequence_stride=4)],
    ids=repr,
)
def test_samples_that_are_whole_numbers_are_cast_and_texts_raise_an_error(layer):
    samples = np.random.default_rng(0).integers(
        -99, 99, (2, 40, 1) if isinstance(layer, minidl.layers.STFTSpectrogram) else (2, 40)
    )
    for dtype in ("int16", "int64", "uint8", "bool"):
        np.testing.assert_array_equal(layer(samples.astype(dtype)), layer(samples.astype(dtype).astype("float32")))
    with pytest.raises(TypeError, match="computes with numbers, got an array of type <U"):
        layer(samples.astype(str))
