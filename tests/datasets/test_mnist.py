from pathlib import Path

import numpy as np
import pytest

from minidl.datasets import mnist


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of downloaded files, which does not exist yet."""
    monkeypatch.setenv("MINIDL_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def write_archive(path: Path, **changed: object) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(0)
    arrays = {}
    for part, rows in (("train", 6), ("test", 2)):
        arrays[f"x_{part}"] = generator.integers(0, 256, (rows, 28, 28), dtype=np.uint8)
        arrays[f"y_{part}"] = generator.integers(0, 10, rows, dtype=np.uint8)
    arrays = {name: array for name, array in (arrays | changed).items() if array is not None}
    path.parent.mkdir(exist_ok=True)
    np.savez_compressed(path, **arrays)
    return arrays


def test_an_existing_file_is_used_unchecked(home: Path) -> None:
    arrays = write_archive(home / "mnist.npz")  # its SHA-256 is not that of Keras's archive
    (x_train, y_train), (x_test, y_test) = mnist.load_data()
    for name, array in {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}.items():
        np.testing.assert_array_equal(array, arrays[name])


def test_an_absolute_path_and_another_name_in_the_home_work(home: Path, tmp_path: Path) -> None:
    arrays = write_archive(tmp_path / "elsewhere.npz")
    np.testing.assert_array_equal(mnist.load_data(tmp_path / "elsewhere.npz")[1][1], arrays["y_test"])
    write_archive(home / "small.npz")
    np.testing.assert_array_equal(mnist.load_data("small.npz")[1][1], arrays["y_test"])


@pytest.mark.parametrize("kept", [0.0, 0.1, 0.9])
def test_a_truncated_file_is_called_damaged(home: Path, kept: float) -> None:
    write_archive(home / "mnist.npz")
    whole = (home / "mnist.npz").read_bytes()
    (home / "mnist.npz").write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(ValueError, match=r"mnist\.npz is damaged .*; delete it"):
        mnist.load_data()


def test_a_flipped_bit_anywhere_in_the_data_is_detected(home: Path) -> None:
    write_archive(home / "mnist.npz")
    whole = bytearray((home / "mnist.npz").read_bytes())
    for position in range(200, 4000, 500):  # inside the first and longest array
        damaged = whole.copy()
        damaged[position] ^= 0x10
        (home / "mnist.npz").write_bytes(damaged)
        with pytest.raises(ValueError, match="is damaged"):
            mnist.load_data()


def test_a_pickle_in_the_archive_is_never_opened(home: Path) -> None:
    write_archive(home / "mnist.npz", y_train=np.array([None] * 6, dtype=object))
    with pytest.raises(ValueError, match="allow_pickle=False"):
        mnist.load_data()


def test_an_array_that_is_not_an_archive_is_called_damaged(home: Path) -> None:
    home.mkdir()
    with (home / "mnist.npz").open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(ValueError, match="is damaged"):
        mnist.load_data()


@pytest.mark.parametrize(
    "changed",
    [
        {"x_test": None},
        {"x_train": np.zeros((6, 784), np.uint8)},
        {"y_train": np.zeros(5, np.uint8)},
        {"y_test": np.zeros((2, 10), np.uint8)},
        {"x_test": np.zeros((2, 28, 28), np.float32)},
    ],
    ids=["missing", "flat", "too few labels", "one-hot", "floats"],
)
def test_an_archive_of_something_else_raises_an_error(home: Path, changed: dict[str, object]) -> None:
    write_archive(home / "mnist.npz", **changed)
    with pytest.raises(ValueError, match="does not hold MNIST"):
        mnist.load_data()
