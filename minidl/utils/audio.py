"""Data sets from folders of .wav files."""

import os
import wave
from collections.abc import Sequence
from typing import Any

import numpy as np

from minidl.config.types import Array
from minidl.utils.folders import FileKind, Folder


def audio_dataset_from_directory(
    directory: "str | os.PathLike[str]",
    labels: str = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    batch_size: int | None = 32,
    sampling_rate: int | None = None,
    output_sequence_length: int | None = None,
    ragged: bool = False,
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    follow_links: bool = False,
    verbose: bool = True,
) -> Any:
    """Batches of sounds (batch, samples, channels) between -1 and 1, from a folder with one subfolder of .wav files per class.

    Args:
        directory, labels, label_mode, class_names, batch_size, shuffle, seed, validation_split, subset, follow_links, verbose:
            as in `image_dataset_from_directory`.
        sampling_rate: the rate that all files must have; files are not resampled.
        output_sequence_length: number of samples to which sounds are cut or padded with zeros; that of the longest in each
            batch by default.
        ragged: must be False.
    Returns:
        A `PyDataset` with `class_names`, `file_paths`, and `map`, `take`, `cache` and so on; two of them for "both".
    Raises:
        ValueError: there are no sounds, a file is not 16-bit PCM or has another rate, or arguments contradict each other.
    Example:
        >>> import pathlib, wave
        >>> pathlib.Path("bell").mkdir()
        >>> with wave.open("bell/one.wav", "wb") as file:
        ...     file.setparams((1, 2, 8000, 0, "NONE", ""))
        ...     file.writeframes(bytes(200))
        >>> [(x, y)] = audio_dataset_from_directory(".", batch_size=8, verbose=False)
        >>> x.shape, y
        ((1, 100, 1), array([0], dtype=int32))
    """
    if ragged:
        raise ValueError("there are no ragged arrays: leave ragged=False, and shorter sounds are padded with zeros")

    def read(path: str) -> Array:
        samples = read_wav(path, sampling_rate)
        return samples if output_sequence_length is None else _fitted(samples, output_sequence_length)

    kind = FileKind("sound", (".wav",), read, _padded)
    folder = Folder(directory, kind, labels, label_mode, class_names, follow_links)
    return folder.datasets("audio_dataset_from_directory", batch_size, shuffle, seed, validation_split, subset, verbose)


def read_wav(path: str, sampling_rate: int | None = None) -> Array:
    """Samples (samples, channels) of a 16-bit .wav file, as float32 between -1 and 1."""
    try:
        with wave.open(path) as file:
            width, rate, channels = file.getsampwidth(), file.getframerate(), file.getnchannels()
            data = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise ValueError(f"{path} is no .wav file of plain samples ({error})") from None
    if width != 2:
        raise ValueError(f"{path} has {8 * width} bits per sample; convert it to 16")
    if sampling_rate not in (None, rate):
        raise ValueError(f"{path} has {rate} samples per second, not {sampling_rate}; resample it first, or omit sampling_rate")
    return np.frombuffer(data, "<i2").reshape(-1, channels).astype("float32") / 32768


def _fitted(samples: Array, length: int) -> Array:
    fitted = np.zeros((length, samples.shape[1]), samples.dtype)
    fitted[: len(samples)] = samples[:length]
    return fitted


def _padded(sounds: list[Array]) -> Array:
    return np.stack([_fitted(sound, max(map(len, sounds))) for sound in sounds])
