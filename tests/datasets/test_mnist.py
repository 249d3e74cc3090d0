"""The archive is small and served from this machine; nothing here goes out to the network."""

import hashlib
import http.server
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from minidl.datasets import download, mnist


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "home"
    monkeypatch.setenv("MINIDL_HOME", str(directory))
    return directory


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


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Address of an archive on a server of our own, and its file."""
    directory = tmp_path / "served"
    write_archive(directory / "mnist.npz")
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(directory))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/mnist.npz", directory / "mnist.npz"
        server.shutdown()
        thread.join()


def test_a_file_already_there_is_used_as_it_is_without_pooch(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arrays = write_archive(home / "mnist.npz")  # its SHA-256 is not that of Keras's archive
    monkeypatch.setitem(sys.modules, "pooch", None)
    (x_train, y_train), (x_test, y_test) = mnist.load_data()
    for name, array in {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}.items():
        np.testing.assert_array_equal(array, arrays[name])


def test_an_absolute_path_and_another_name_in_the_home_work(home: Path, tmp_path: Path) -> None:
    arrays = write_archive(tmp_path / "elsewhere.npz")
    np.testing.assert_array_equal(mnist.load_data(tmp_path / "elsewhere.npz")[1][1], arrays["y_test"])
    write_archive(home / "small.npz")
    np.testing.assert_array_equal(mnist.load_data("small.npz")[1][1], arrays["y_test"])


def test_without_a_home_in_the_environment_files_are_kept_in_the_cache_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MINIDL_HOME")
    monkeypatch.setenv("HOME", "/somewhere")
    assert download.home() == Path("/somewhere/.cache/minidl")


def test_without_file_and_pooch_one_line_names_the_extra_and_the_place(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(ImportError) as error:
        mnist.load_data()
    assert "pip install pooch" in str(error.value)
    assert str(home / "mnist.npz") in str(error.value)
    assert "\n" not in str(error.value)


def test_a_download_with_the_right_digest_is_kept(home: Path, served: tuple[str, Path]) -> None:
    url, file = served
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert download.fetch("mnist.npz", url, digest) == home / "mnist.npz"
    file.unlink()  # the second time nothing is asked for
    assert download.fetch("mnist.npz", url, digest).stat().st_size > 0


def test_a_download_with_another_digest_is_refused_and_not_kept(home: Path, served: tuple[str, Path]) -> None:
    with pytest.raises(ValueError, match="did not give the file with SHA-256 731c5ac6"):
        download.fetch("mnist.npz", served[0], mnist.SHA256)
    assert list(home.iterdir()) == []


def test_an_address_that_does_not_answer_is_an_os_error_that_says_where_to_put_the_file(home: Path) -> None:
    with pytest.raises(OSError, match="could not be downloaded to .*; you may put the file there yourself"):
        download.fetch("mnist.npz", "http://127.0.0.1:9/mnist.npz", mnist.SHA256)
    assert not (home / "mnist.npz").exists()


@pytest.mark.parametrize("kept", [0.0, 0.1, 0.9])
def test_a_truncated_file_is_called_damaged(home: Path, kept: float) -> None:
    write_archive(home / "mnist.npz")
    whole = (home / "mnist.npz").read_bytes()
    (home / "mnist.npz").write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(ValueError, match=r"mnist\.npz is damaged .*; delete it"):
        mnist.load_data()


def test_a_flipped_bit_is_noticed_wherever_it_falls_in_the_data(home: Path) -> None:
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


def test_an_array_that_is_no_archive_is_called_damaged(home: Path) -> None:
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
def test_an_archive_of_something_else_is_refused(home: Path, changed: dict[str, object]) -> None:
    write_archive(home / "mnist.npz", **changed)
    with pytest.raises(ValueError, match="does not hold MNIST"):
        mnist.load_data()
