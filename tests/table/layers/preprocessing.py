"""Preprocessing layers of numbers and images."""

import numpy as np

from minidl import layers
from tests.table.layers.common import IMAGE, IMAGES, ROW, ROWS, SEQUENCE, SEQUENCES, TRAINING, ids, known_ids, mask_of

FIRST = (2, 2, 5, 4)  # images with channels first
SINGLE = (5, 4, 2)  # one image
STEPS = "a number's bin does not change by a small step"
DENSE = {"sparse": "True raises an error: rows are dense here"}


def adapted(shape=ROW, **arguments):
    """What makes a `Normalization` that has seen data of that shape."""

    def make():
        layer = layers.Normalization(**arguments)
        layer.adapt(np.random.default_rng(3).normal(1.0, 2.0, size=(20, *shape[1:])))
        return layer

    return make


def binned(**arguments):
    """What makes a `Discretization` that has seen data."""

    def make():
        layer = layers.Discretization(num_bins=3, **arguments)
        layer.adapt(np.random.default_rng(3).normal(size=50))
        return layer

    return make


def made(name, **arguments):
    return lambda: getattr(layers, name)(**arguments)


IDS = {"inputs": ids}
FLAT = {"zero_gradients": {"dx": STEPS}}

FORMS = {
    "CategoryEncoding": [
        (made("CategoryEncoding", num_tokens=5), ROW, IDS),
        (made("CategoryEncoding", num_tokens=5, output_mode="one_hot"), ROW, IDS),
        (made("CategoryEncoding", num_tokens=6, output_mode="count"), (3, 4, 2), IDS),
    ],
    "CenterCrop": [
        (made("CenterCrop", height=2, width=3), (2, 5, 4, 2), {}),
        (made("CenterCrop", height=4, width=3, data_format="channels_first"), (2, 2, 3, 5), {}),
    ],
    "Discretization": [
        (made("Discretization", bin_boundaries=[-0.5, 0.4]), ROW, FLAT),
        (binned(), SEQUENCE, FLAT),
        (binned(output_mode="count"), ROW, FLAT),
        (made("Discretization", bin_boundaries=[-0.5, 0.4], output_mode="one_hot"), ROW, FLAT),
    ],
    "Normalization": [
        (adapted(), ROW, {}),
        (adapted(invert=True), ROW, {}),
        (adapted(IMAGE, axis=(1, 3)), IMAGE, {}),
        (adapted(SEQUENCE, axis=None), SEQUENCE, {}),
        (made("Normalization", mean=[1.0, 2.0], variance=[0.5, 3.0]), SEQUENCE, {}),
    ],
    "RandomContrast": [
        (made("RandomContrast", factor=0.6, value_range=(-0.9, 1.1)), IMAGE, {}),
        (made("RandomContrast", factor=(0.0, 0.5), value_range=(-9, 9), data_format="channels_first"), FIRST, {}),
    ],
    "RandomCrop": [
        (made("RandomCrop", height=3, width=2), (3, 5, 4, 2), {}),
        (made("RandomCrop", height=4, width=3, data_format="channels_first"), (2, 2, 3, 5), {}),
    ],
    "RandomFlip": [
        *((made("RandomFlip", mode=mode), (6, 3, 4, 2), {}) for mode in ("horizontal", "vertical", "horizontal_and_vertical")),
        (made("RandomFlip", data_format="channels_first"), FIRST, {}),
    ],
    "RandomRotation": [
        *(
            (made("RandomRotation", factor=0.4, fill_mode=mode, fill_value=0.5), (2, 5, 4, 2), {})
            for mode in ("reflect", "wrap", "constant", "nearest")
        ),
        (made("RandomRotation", factor=0.4, interpolation="nearest", data_format="channels_first"), FIRST, {}),
    ],
    "RandomTranslation": [
        (made("RandomTranslation", height_factor=0.4, width_factor=(0.1, 0.6)), (2, 5, 4, 2), {}),
        (made("RandomTranslation", height_factor=0.4, width_factor=0.0, fill_mode="constant"), (2, 5, 4, 2), {}),
    ],
    "RandomZoom": [
        (made("RandomZoom", height_factor=0.4), (2, 5, 4, 2), {}),
        (made("RandomZoom", height_factor=(0.3, 0.6), width_factor=0.4, fill_mode="constant"), (2, 5, 4, 2), {}),
    ],
    "Rescaling": [
        (made("Rescaling", scale=0.5, offset=-1.0), ROW, {}),
        (made("Rescaling", scale=[0.5, -2.0], offset=[1.0, 3.0]), IMAGE, {}),
    ],
    "Resizing": [
        *(
            (made("Resizing", height=3, width=6, interpolation=name, antialias=name != "nearest"), (2, 5, 4, 2), {})
            for name in ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")
        ),
        (made("Resizing", height=3, width=4, crop_to_aspect_ratio=True), (2, 7, 4, 2), {}),
        (made("Resizing", height=3, width=4, pad_to_aspect_ratio=True, fill_value=2.0), (2, 7, 4, 2), {}),
        (made("Resizing", height=3, width=4, pad_to_aspect_ratio=True, data_format="channels_first"), FIRST, {}),
    ],
}

WHOLE = known_ids((5, 4)).astype("int32")
RANDOM = [
    {"fill_mode": "wrap", "interpolation": "nearest"},
    {"fill_mode": "nearest", "data_format": "channels_first"},
    {"fill_mode": "constant", "fill_value": 0.7, "seed": 1},
]

COMPARED_WITH_KERAS = {
    "CategoryEncoding": [
        ({"num_tokens": 5}, WHOLE, {}),
        ({"num_tokens": 6, "output_mode": "one_hot"}, WHOLE, {}),
        ({"num_tokens": 6, "output_mode": "one_hot"}, WHOLE[:, :1], {}),
        ({"num_tokens": 5, "output_mode": "count"}, WHOLE, {}),
    ],
    "CenterCrop": [
        ({"height": 3, "width": 2}, IMAGES, {}),
        ({"height": 2, "width": 2, "data_format": "channels_first"}, FIRST, {}),
        ({"height": 7, "width": 2}, IMAGES, {}),
        ({"height": 7, "width": 9, "bounding_box_format": "xywh"}, IMAGES, {}),
        ({"height": 6, "width": 2}, SINGLE, {}),
    ],
    "Discretization": [
        ({"bin_boundaries": [-0.5, 0.4]}, ROWS, {}),
        *(({"bin_boundaries": [0.0, 1.0, 2.0], "output_mode": mode}, ROWS, {}) for mode in ("one_hot", "multi_hot", "count")),
    ],
    "Normalization": [
        ({"mean": 2.0, "variance": 0.0}, ROWS, {"mask": np.array([True, False, True, True, True])}),
        ({"axis": 2, "mean": [1.0, 2.0, 3.0], "variance": [4.0, 0.5, 2.0]}, SEQUENCES, {"mask": mask_of(SEQUENCES)}),
        ({"axis": None, "mean": 2.0, "variance": 3.0, "invert": True}, SEQUENCES, {}),
        ({"axis": (1, 3), "mean": [1.0, 2.0], "variance": [3.0, 4.0]}, IMAGES, {}),
    ],
    "RandomContrast": [
        ({"factor": (-0.2, 0.2), "value_range": (-1, 0.8)}, IMAGES, TRAINING),
        ({"factor": (-0.6, 0.6), "value_range": (-9, 9), "seed": 1, "data_format": "channels_first"}, FIRST, TRAINING),
        ({"factor": (-0.6, 0.6), "value_range": (-9, 9), "bounding_box_format": "xyxy"}, SINGLE, TRAINING),
        ({"factor": 0.5}, IMAGES, {"training": False}),
    ],
    "RandomCrop": [  # random places cannot be compared, so these are enlarged
        ({"height": 7, "width": 7}, (2, 4, 4, 2), TRAINING),
        ({"height": 9, "width": 9, "seed": 1, "data_format": "channels_first"}, (2, 3, 4, 4), TRAINING),
        ({"height": 6, "width": 6}, (4, 4, 2), TRAINING),
    ],
    "RandomFlip": [  # beside Keras's draws: test_preprocessing
        ({}, IMAGES, {"training": False}),
        ({"mode": "vertical", "seed": 1, "data_format": "channels_first"}, FIRST, {"training": False}),
        ({"bounding_box_format": "xyxy"}, IMAGES, {"training": False}),
    ],
    "RandomRotation": [
        ({"factor": (0.1, 0.1)}, IMAGES, TRAINING),
        *(({"factor": (-0.3, -0.3)} | other, FIRST, TRAINING) for other in RANDOM),
        ({"factor": (0.1, 0.1)}, SINGLE, TRAINING),
        ({"factor": 0.3}, IMAGES, {"training": False}),
    ],
    "RandomTranslation": [
        ({"height_factor": (0.3, 0.3), "width_factor": (-0.24, -0.24)}, IMAGES, TRAINING),
        *(({"height_factor": (-0.83, -0.83), "width_factor": (0.33, 0.33)} | other, FIRST, TRAINING) for other in RANDOM),
        ({"height_factor": (0.3, 0.3), "width_factor": (0.9, 0.9)}, SINGLE, TRAINING),
    ],
    "RandomZoom": [
        ({"height_factor": (0.37, 0.37)}, IMAGES, TRAINING),
        *(({"height_factor": (-0.43, -0.43), "width_factor": (0.67, 0.67)} | other, FIRST, TRAINING) for other in RANDOM),
        ({"height_factor": (1.0, 1.0)}, SINGLE, TRAINING),
    ],
    "Rescaling": [
        ({"scale": 1 / 255}, ROWS, {"mask": np.array([True, False, True, True, True])}),
        ({"scale": [0.5, 2.0], "offset": [1.0, -1.0]}, IMAGES, {}),
        ({"scale": 2.0, "offset": -1.0}, IMAGES, {}),
    ],
    "Resizing": [
        *(
            ({"height": 3, "width": 6, "interpolation": name}, IMAGES, {})
            for name in ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")
        ),
        ({"height": 2, "width": 2, "antialias": True, "bounding_box_format": "xywh"}, IMAGES, {}),
        ({"height": 2, "width": 6, "crop_to_aspect_ratio": True}, IMAGES, {}),
        ({"height": 6, "width": 2, "crop_to_aspect_ratio": True, "data_format": "channels_first"}, FIRST, {}),
        ({"height": 2, "width": 6, "pad_to_aspect_ratio": True, "fill_value": 3.0}, IMAGES, {}),
        ({"height": 6, "width": 2, "pad_to_aspect_ratio": True, "data_format": "channels_first"}, FIRST, {}),
        ({"height": 6, "width": 2}, SINGLE, {}),
    ],
}

NO_SECOND_VALUE = {
    "CategoryEncoding": DENSE,
    "Discretization": DENSE
    | {"num_bins": "it needs adapt: test_preprocessing", "epsilon": "it counts in adapt alone: test_preprocessing"},
    "Resizing": {"fill_mode": "Keras has one"},
}

SIGNALS = (2, 21, 3)  # (batch, steps, channels)
SPECTRA = [{"mode": mode} for mode in ("log", "magnitude", "psd", "real", "imag", "angle", "stft")]
FRAMES = {"frame_length": 6, "frame_step": 4}
FORMS |= {
    "MelSpectrogram": [
        (made("MelSpectrogram", fft_length=8, sequence_stride=3, num_mel_bins=4, power_to_db=False), (2, 20), {}),
        (made("MelSpectrogram", fft_length=8, sequence_length=5, num_mel_bins=4, window=None), (2, 20), {}),
    ],
    "STFTSpectrogram": [
        *((made("STFTSpectrogram", **FRAMES, **mode), SIGNALS, {}) for mode in SPECTRA if mode["mode"] != "angle"),
        (made("STFTSpectrogram", frame_length=5, mode="psd", expand_dims=True, window=None, padding="same"), SIGNALS, {}),
        (made("STFTSpectrogram", **FRAMES, data_format="channels_first", scaling="spectrum"), (2, 3, 21), {}),
    ],
}
COMPARED_WITH_KERAS |= {
    "MelSpectrogram": [
        ({"fft_length": 32, "sequence_stride": 6, "num_mel_bins": 5}, (1, 50), {}),
        ({"fft_length": 16, "sequence_stride": 6, "num_mel_bins": 5, "window": "hamming"}, (50,), {}),
        ({"fft_length": 16, "sequence_length": 10, "num_mel_bins": 4, "power_to_db": False, "mag_exp": 1.0}, (3, 50), {}),
        (
            {
                "fft_length": 16,
                "num_mel_bins": 4,
                "sampling_rate": 8000,
                "min_freq": 300.0,
                "max_freq": 3000.0,
                "top_db": 1.0,
                "min_power": 0.1,
                "ref_power": 2.0,
            },
            (1, 50),
            {},
        ),
    ],
    "STFTSpectrogram": [
        *((FRAMES | mode, SIGNALS, {}) for mode in SPECTRA if mode["mode"] != "angle"),
        (FRAMES | {"fft_length": 16, "window": "hamming", "periodic": True}, SIGNALS, {}),
        ({"frame_length": 5, "expand_dims": True, "padding": "same", "scaling": None}, SIGNALS, {}),
        (FRAMES | {"data_format": "channels_first", "scaling": "spectrum"}, (2, 3, 21), {}),
        (FRAMES | {"data_format": "channels_first", "expand_dims": True, "mode": "stft"}, (2, 3, 21), {}),
    ],
}
