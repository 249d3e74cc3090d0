"""Data sets of texts and sounds; those of images are in test_images.py."""

import wave
from pathlib import Path

import numpy as np
import pytest

import minidl
from minidl import layers
from minidl.utils import audio_dataset_from_directory, text_dataset_from_directory


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    for name, words in (("bad", "awful boring"), ("good", "great film")):
        (tmp_path / name).mkdir()
        for number in range(6):
            (tmp_path / name / f"{number}.txt").write_text(f"{words} {number} é", encoding="utf-8")
            (tmp_path / name / f"{number}.csv").write_text("no text")
    return tmp_path


def test_texts_come_with_the_labels_of_their_folders(texts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dataset = text_dataset_from_directory(texts, shuffle=False, batch_size=8, max_length=9)
    assert capsys.readouterr().out == "Found 12 files of 2 classes.\n"
    assert dataset.class_names == ["bad", "good"]
    (x, y), (rest, _) = dataset
    assert x.tolist() == ["awful bor"] * 6 + ["great fil"] * 2
    assert y.tolist() == [0] * 6 + [1] * 2
    assert len(dataset) == 2
    assert len(rest) == 4
    assert next(iter(text_dataset_from_directory(texts, labels=None, shuffle=False, verbose=False)))[0] == "awful boring 0 é"


def test_texts_are_adapted_vectorized_and_trained_on(texts: Path) -> None:
    train, validation = text_dataset_from_directory(
        texts, validation_split=0.25, subset="both", seed=1, batch_size=4, label_mode="binary", verbose=False
    )
    vectorize = layers.TextVectorization(max_tokens=20, output_mode="multi_hot")
    vectorize.adapt(train.map(lambda x, y: x))
    assert {"awful", "great"} <= set(vectorize.get_vocabulary())
    model = minidl.Sequential([layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    ready = train.map(lambda x, y: (vectorize(x), y)).cache().prefetch(1)
    history = model.fit(ready, validation_data=validation.map(lambda x, y: (vectorize(x), y)), epochs=2, verbose=0)
    assert len(history.history["val_loss"]) == 2
    assert train.take(1).class_names == ["bad", "good"]


def write_wav(path: Path, samples: np.ndarray, rate: int = 8000, width: int = 2) -> None:
    path.parent.mkdir(exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2" if width == 2 else "u1").tobytes())


def test_sounds_are_scaled_and_padded_to_the_longest(tmp_path: Path) -> None:
    write_wav(tmp_path / "a" / "1.wav", np.array([[-32768], [16384], [32767]]))
    write_wav(tmp_path / "b" / "2.wav", np.array([[8192]]))
    x, y = next(iter(audio_dataset_from_directory(tmp_path, shuffle=False, verbose=False)))
    np.testing.assert_array_equal(x[..., 0], [[-1, 0.5, 32767 / 32768], [0.25, 0, 0]])
    assert x.dtype == np.float32
    assert y.tolist() == [0, 1]
    cut = audio_dataset_from_directory(tmp_path, output_sequence_length=2, sampling_rate=8000, verbose=False, shuffle=False)
    np.testing.assert_array_equal(cut[0][0][..., 0], [[-1, 0.5], [0.25, 0]])
    with pytest.raises(ValueError, match="8000 samples per second, not 16000"):
        audio_dataset_from_directory(tmp_path, sampling_rate=16000, verbose=False)[0]
    with pytest.raises(ValueError, match="no ragged arrays"):
        audio_dataset_from_directory(tmp_path, ragged=True)
    write_wav(tmp_path / "a" / "1.wav", np.array([[1], [2]]), width=1)
    with pytest.raises(ValueError, match="8 bits per sample"):
        audio_dataset_from_directory(tmp_path, verbose=False, shuffle=False)[0]
    (tmp_path / "a" / "1.wav").write_bytes(b"RIFF")
    with pytest.raises(ValueError, match=r"is no \.wav file"):
        audio_dataset_from_directory(tmp_path, verbose=False, shuffle=False)[0]
