"""Images as networks for ImageNet expect them, and the names of its classes."""

import json
from pathlib import Path

import numpy as np

from minidl.config.settings import floatx, image_data_format
from minidl.config.types import Array
from minidl.graph.symbolic import SymbolicTensor
from minidl.utils.files import get_file

__all__ = ["decode_predictions", "preprocess_input"]

CLASSES = "https://storage.googleapis.com/download.tensorflow.org/data/imagenet_class_index.json"
MEAN_BGR = (103.939, 116.779, 123.68)
MEAN_RGB, DEVIATION_RGB = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def preprocess_input(x: SymbolicTensor, data_format: str | None = None, mode: str = "caffe") -> Array:
    """Scale pixels from 0 ... 255 as a network was trained with.

    Args:
        x: images, with or without a batch axis.
        data_format: "channels_last" or "channels_first".
        mode: "caffe": blue, green, red, minus ImageNet's mean. "tf": x / 127.5 - 1. "torch": x / 255, minus ImageNet's mean,
            divided by its standard deviation.
    Example:
        >>> preprocess_input(np.array([[[0.0, 127.5, 255.0]]]), mode="tf")
        array([[[-1.,  0.,  1.]]])
    """
    if mode not in ("caffe", "tf", "torch"):
        raise ValueError(f'preprocess_input expects mode to be "caffe", "tf" or "torch", got {mode!r}')
    if data_format not in (None, "channels_first", "channels_last"):
        raise ValueError(f'data_format is "channels_last" or "channels_first", got {data_format!r}')
    pixels: Array = np.asarray(x)
    pixels = pixels if pixels.dtype.kind == "f" else pixels.astype(floatx())
    if mode == "tf":
        return np.asarray(pixels / 127.5 - 1.0)
    axis = -3 if (data_format or image_data_format()) == "channels_first" else -1
    last = np.moveaxis(pixels, axis, -1)
    if mode == "caffe":
        last = last[..., ::-1] - np.array(MEAN_BGR, pixels.dtype)
    else:
        last = (last / 255.0 - np.array(MEAN_RGB, pixels.dtype)) / np.array(DEVIATION_RGB, pixels.dtype)
    return np.asarray(np.moveaxis(last, -1, axis))


def decode_predictions(preds: object, top: int = 5) -> list[list[tuple[str, str, float]]]:
    """The most probable of ImageNet's 1000 classes of each image.

    The names are downloaded once, to `$MINIDL_HOME/models/imagenet_class_index.json`.

    Args:
        preds: probabilities (images, 1000).
        top: number of classes.
    Returns:
        For each image, (WordNet id, name, probability), the most probable first.
    Example:
        `decode_predictions(model.predict(images), top=1)[0]` may be `[("n02123045", "tabby", 0.71)]`.
    """
    scores = np.asarray(preds)
    if scores.ndim != 2 or scores.shape[1] != 1000:
        raise ValueError(f"decode_predictions expects probabilities (images, 1000), got shape {scores.shape}")
    names = json.loads(Path(get_file("imagenet_class_index.json", CLASSES, cache_subdir="models")).read_text(encoding="utf-8"))
    best = np.argsort(scores, axis=1)[:, ::-1][:, :top]
    return [[(*names[str(k)], row[k]) for k in places] for row, places in zip(scores, best, strict=True)]
