"""Small archives in the format of the real ones: minidl and Keras read the same from them."""

import gzip
import inspect
import io
import json
import os
import pickle
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from minidl.datasets import (
    boston_housing,
    california_housing,
    cifar10,
    cifar100,
    fashion_mnist,
    imdb,
    mnist,
    reuters,
)
from minidl.datasets.archives import read_gzip, read_sequences, read_tar


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of downloaded files, which does not exist yet."""
    monkeypatch.setenv("MINIDL_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def lists(rows: int, generator: np.random.Generator) -> np.ndarray:
    made = np.empty(rows, object)
    made[:] = [generator.integers(1, 400, generator.integers(1, 12)).tolist() for _ in range(rows)]
    return made


def write_imdb(home: Path) -> Path:
    generator = np.random.default_rng(0)
    arrays = {f"x_{part}": lists(30, generator) for part in ("train", "test")}
    arrays |= {f"y_{part}": generator.integers(0, 2, 30) for part in ("train", "test")}
    home.mkdir(exist_ok=True)
    np.savez_compressed(home / "imdb.npz", **arrays)
    return home / "imdb.npz"


def write_reuters(home: Path) -> Path:
    generator = np.random.default_rng(0)
    home.mkdir(exist_ok=True)
    np.savez_compressed(home / "reuters.npz", x=lists(30, generator), y=generator.integers(0, 46, 30))
    return home / "reuters.npz"


def write_housing(name: str, features: int, rows: int = 700) -> Callable[[Path], Path]:
    def write(home: Path) -> Path:
        generator = np.random.default_rng(0)
        home.mkdir(exist_ok=True)
        np.savez_compressed(home / name, x=generator.normal(size=(rows, features)), y=generator.normal(size=rows))
        return home / name

    return write


def add_file(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    archive.addfile(info, io.BytesIO(content))


def cifar_batch(rows: int, seed: int, **labels: int) -> bytes:
    generator = np.random.default_rng(seed)
    batch: dict[bytes, Any] = {b"data": generator.integers(0, 256, (rows, 3072), dtype=np.uint8)}
    batch |= {name.encode(): generator.integers(0, classes, rows).tolist() for name, classes in labels.items()}
    return pickle.dumps(batch | {b"filenames": [b"picture.png"] * rows}, protocol=3)


def write_cifar10(home: Path) -> Path:
    home.mkdir(exist_ok=True)
    with tarfile.open(home / "cifar-10-python.tar.gz", "w:gz", compresslevel=1) as archive:
        for number, name in enumerate([*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]):
            add_file(archive, f"cifar-10-batches-py/{name}", cifar_batch(8, number, labels=10))
    return home / "cifar-10-python.tar.gz"


def write_cifar100(home: Path) -> Path:
    home.mkdir(exist_ok=True)
    with tarfile.open(home / "cifar-100-python.tar.gz", "w:gz", compresslevel=1) as archive:
        for number, name in enumerate(["train", "test"]):
            batch = cifar_batch(8, number, fine_labels=100, coarse_labels=20)
            add_file(archive, f"cifar-100-python/{name}", batch)
    return home / "cifar-100-python.tar.gz"


def write_fashion_mnist(home: Path) -> Path:
    folder = home / "fashion-mnist"
    folder.mkdir(parents=True)
    generator = np.random.default_rng(0)
    for part, rows in (("train", 6), ("t10k", 3)):
        for name, shape in ((f"{part}-images-idx3-ubyte.gz", (rows, 28, 28)), (f"{part}-labels-idx1-ubyte.gz", (rows,))):
            header = bytes([0, 0, 8, len(shape)]) + np.array(shape, ">u4").tobytes()
            (folder / name).write_bytes(gzip.compress(header + generator.bytes(int(np.prod(shape)))))
    return folder


def assert_same(ours: Any, theirs: Any) -> None:
    for our_part, their_part in zip(ours, theirs, strict=True):
        for our, their in zip(our_part, their_part, strict=True):
            assert our.dtype == their.dtype
            assert our.shape == their.shape
            assert our.tolist() == their.tolist()


@pytest.fixture
def read_by_keras(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    def read(name: str, file: Path, **options: Any) -> Any:
        load_data = getattr(keras.datasets, name).load_data
        monkeypatch.setitem(
            load_data.__globals__, "get_file", lambda fname=None, **_: str(file / fname if name == "fashion_mnist" else file)
        )
        return load_data(**options)

    return read


TEXT_OPTIONS = [
    {},
    {"num_words": 100},
    {"num_words": 300, "skip_top": 20},
    {"maxlen": 8},
    {"start_char": None},
    {"start_char": None, "index_from": 0},
    {"oov_char": None, "num_words": 200},
    {"seed": 5, "index_from": 10},
]


@pytest.mark.parametrize("options", TEXT_OPTIONS, ids=str)
def test_imdb_is_what_keras_reads(home: Path, read_by_keras: Callable[..., Any], options: dict[str, Any]) -> None:
    file = write_imdb(home)
    assert_same(imdb.load_data(**options), read_by_keras("imdb", file, **options))


@pytest.mark.parametrize("options", [*TEXT_OPTIONS, {"test_split": 0.5}], ids=str)
def test_reuters_is_what_keras_reads(home: Path, read_by_keras: Callable[..., Any], options: dict[str, Any]) -> None:
    file = write_reuters(home)
    assert_same(reuters.load_data(**options), read_by_keras("reuters", file, **options))


@pytest.mark.parametrize("options", [{}, {"test_split": 0.0}, {"seed": 3, "test_split": 0.5}], ids=str)
def test_house_prices_are_what_keras_reads(home: Path, read_by_keras: Callable[..., Any], options: dict[str, Any]) -> None:
    file = write_housing("boston_housing.npz", 13)(home)
    assert_same(boston_housing.load_data(**options), read_by_keras("boston_housing", file, **options))
    file = write_housing("california_housing.npz", 8)(home)
    for version in ("large", "small"):
        given = {"version": version, **options}
        assert_same(california_housing.load_data(**given), read_by_keras("california_housing", file, **given))


def test_fashion_mnist_is_what_keras_reads(home: Path, read_by_keras: Callable[..., Any]) -> None:
    folder = write_fashion_mnist(home)
    assert_same(fashion_mnist.load_data(), read_by_keras("fashion_mnist", folder))


@pytest.mark.parametrize("label_mode", ["fine", "coarse"])
def test_cifar100_is_what_keras_reads(home: Path, tmp_path: Path, read_by_keras: Callable[..., Any], label_mode: str) -> None:
    with tarfile.open(write_cifar100(home)) as archive:
        archive.extractall(tmp_path / "extracted", filter="data")
    assert_same(cifar100.load_data(label_mode), read_by_keras("cifar100", tmp_path / "extracted", label_mode=label_mode))


def test_cifar10_holds_the_batches_one_after_another_as_images_and_a_column_of_labels(home: Path) -> None:
    write_cifar10(home)  # Keras insists on 10,000 rows in each batch
    (x_train, y_train), (x_test, y_test) = cifar10.load_data()
    expected = [pickle.loads(cifar_batch(8, number, labels=10)) for number in range(6)]
    images = [batch[b"data"].reshape(8, 3, 32, 32).transpose(0, 2, 3, 1) for batch in expected]
    np.testing.assert_array_equal(x_train, np.concatenate(images[:5]))
    np.testing.assert_array_equal(x_test, images[5])
    np.testing.assert_array_equal(y_train[:, 0], np.concatenate([batch[b"labels"] for batch in expected[:5]]))
    np.testing.assert_array_equal(y_test, np.array(expected[5][b"labels"])[:, np.newaxis])
    assert {x_train.dtype, y_train.dtype, x_test.dtype, y_test.dtype} == {np.dtype(np.uint8)}


def test_python_2s_pickle_of_cifar_is_read(home: Path) -> None:
    data = bytes(range(256)) * 12
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\nq\x03cnumpy\nndarray\nq\x04K\x00\x85U\x01b\x87Rq\x05(K\x01K\x01M\x00\x0c\x86"
        b"cnumpy\ndtype\nq\x06U\x02u1K\x00K\x01\x87Rq\x07(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89"
        b"T\x00\x0c\x00\x00" + data + b"tb"
    )
    batch = b"\x80\x02}q\x01(U\x06labelsq\x02]q\x08K\x07aU\x04data" + array + b"U\tfilenames]U\x05a.pnga" + b"u."
    assert pickle.loads(batch, encoding="bytes")[b"labels"] == [7]
    home.mkdir()
    with tarfile.open(home / "cifar-10-python.tar.gz", "w:gz") as archive:
        for name in [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]:
            add_file(archive, f"cifar-10-batches-py/{name}", batch)
    _, (x, y) = cifar10.load_data()
    assert y.tolist() == [[7]]
    np.testing.assert_array_equal(x[0], np.frombuffer(data, np.uint8).reshape(3, 32, 32).transpose(1, 2, 0))


@pytest.mark.parametrize("module", [imdb, reuters])
def test_the_word_index_is_read_and_the_names_of_topics_are_keras_ones(home: Path, module: Any) -> None:
    home.mkdir()
    name = module.__name__.split(".")[-1]
    (home / f"{name}_word_index.json").write_text(json.dumps({"the": 1, "café": 2}))
    assert module.get_word_index() == {"the": 1, "café": 2}
    (home / f"{name}_word_index.json").write_text('{"the": "1"}')
    with pytest.raises(ValueError, match="expected a number for each word"):
        module.get_word_index()
    assert reuters.get_label_names() == keras.datasets.reuters.get_label_names()


@pytest.mark.parametrize(
    ("module", "file"),
    [
        (boston_housing, "boston_housing.npz"),
        (california_housing, "california_housing.npz"),
        (cifar10, "cifar-10-python.tar.gz"),
        (cifar100, "cifar-100-python.tar.gz"),
        (fashion_mnist, "train-images-idx3-ubyte.gz"),
        (imdb, "imdb.npz"),
        (mnist, "mnist.npz"),
        (reuters, "reuters.npz"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_offline_the_error_says_which_file_to_save_where(
    home: Path, monkeypatch: pytest.MonkeyPatch, module: Any, file: str
) -> None:
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with pytest.raises(OSError, match="download the file elsewhere and save it as") as error:
        module.load_data()
    assert str(error.value).endswith(os.sep + file)
    assert str(home) in str(error.value)
    assert "\n" not in str(error.value)
    assert error.value.__suppress_context__


@pytest.mark.parametrize("module", [boston_housing, california_housing, cifar10, cifar100, fashion_mnist, imdb, reuters])
def test_arguments_addresses_and_digests_are_those_of_keras(module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = getattr(keras.datasets, module.__name__.split(".")[-1])
    ours_and_theirs = [inspect.signature(found.load_data).parameters.values() for found in (module, theirs)]
    ours, keras_ones = ([(given.name, given.default, given.kind) for given in each] for each in ours_and_theirs)
    assert ours == keras_ones
    asked = []

    def get_file(*args: Any, **options: Any) -> None:
        asked.append(str([*args, *options.values()]))
        raise KeyboardInterrupt

    for name in {"load_data", "get_word_index"} & set(dir(theirs)):
        monkeypatch.setitem(getattr(theirs, name).__globals__, "get_file", get_file)
        with pytest.raises(KeyboardInterrupt):
            getattr(theirs, name)()
    digests = module.SHA256 if isinstance(module.SHA256, str) else ""  # Keras does not check Fashion-MNIST
    assert digests in str(asked)
    assert getattr(module, "MD5_OF_INDEX", "") in str(asked)
    assert getattr(module, "URL", "https://storage.googleapis.com/tensorflow/tf-keras-datasets/") in str(asked)


@pytest.mark.parametrize(
    ("module", "write"),
    [
        (imdb, write_imdb),
        (reuters, write_reuters),
        (boston_housing, write_housing("boston_housing.npz", 13)),
        (california_housing, write_housing("california_housing.npz", 8)),
        (cifar10, write_cifar10),
        (cifar100, write_cifar100),
    ],
)
def test_a_damaged_archive_raises_one_clear_error(home: Path, module: Any, write: Callable[[Path], Path]) -> None:
    file = write(home)
    whole = file.read_bytes()
    for damaged in (b"", whole[: len(whole) // 3], whole[: len(whole) * 9 // 10], b"<html>not here</html>" * 20):
        file.write_bytes(damaged)
        with pytest.raises(ValueError, match="is damaged|does not hold") as error:
            module.load_data()
        assert "\n" not in str(error.value)


def write_objects(file: Path, pickled: bytes) -> None:
    """An archive like IMDB's whose texts are this pickle."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|O", "fortran_order": False, "shape": (1,)})
    labels = io.BytesIO()
    np.save(labels, np.zeros(1, int))
    file.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("x", "x_train", "x_test"):
            archive.writestr(f"{name}.npy", header.getvalue() + pickled)
        for name in ("y", "y_train", "y_test"):
            archive.writestr(f"{name}.npy", labels.getvalue())


@pytest.mark.parametrize("module", [imdb, reuters])
def test_a_malicious_pickle_in_an_archive_raises_an_error_and_is_not_run(home: Path, module: Any) -> None:
    marker = home / "ran"
    file = home / f"{module.__name__.split('.')[-1]}.npz"
    shared = b"]q\x00(" + b"K\x01" * 200 + b"e"
    for pickled in (
        b"cos\nsystem\n(U" + bytes([len(str(marker)) + 6]) + f"touch {marker}".encode() + b"tR.",
        b"(](]K\x01ael.",  # lists of lists of lists
        b"](]U\x01aa.",
        b"(]U\x01aal.",  # text instead of numbers
        b"(]\x88al.",
        b"(" + shared + b"h\x00" * 5000 + b"l.",  # a million numbers in a small file
        b"]q\x00h\x00a.",
        b"K\x01.",
    ):
        write_objects(file, b"\x80\x02" + pickled)
        with pytest.raises(ValueError, match="is damaged"):
            module.load_data()
    assert not marker.exists()


def test_a_file_that_unpacks_to_more_than_the_limit_raises_an_error(tmp_path: Path) -> None:
    names = {ending: tmp_path / f"data.{ending}" for ending in ("gz", "tar.gz", "npz")}
    names["gz"].write_bytes(gzip.compress(bytes(2_000)))
    with tarfile.open(names["tar.gz"], "w:gz") as archive:
        member = tarfile.TarInfo("large")
        member.size = 2_000
        archive.addfile(member, io.BytesIO(bytes(2_000)))
    write_objects(names["npz"], b"\x80\x02" + b"N" * 2_000)
    assert len(read_gzip(names["gz"], "zeros", limit=2_000)) == 2_000
    assert list(map(len, read_tar(names["tar.gz"], "zeros", ["large"], limit=2_000))) == [2_000]
    with pytest.raises(ValueError, match="unpacks to more than 1999 bytes"):
        read_gzip(names["gz"], "zeros", limit=1_999)
    with pytest.raises(ValueError, match="unpacks to more than 1999 bytes"):
        read_tar(names["tar.gz"], "zeros", ["large"], limit=1_999)
    with pytest.raises(ValueError, match="unpacks to more than 1999 bytes"):
        read_sequences(names["npz"], "lists", "x", "y", limit=1_999)


def test_imdb_without_a_short_review_or_with_an_old_argument_raises_an_error(home: Path) -> None:
    write_imdb(home)
    with pytest.raises(ValueError, match="no review has fewer than maxlen=1 words"):
        imdb.load_data(maxlen=1)
    with pytest.raises(TypeError, match="it is called 'num_words'"):
        imdb.load_data(nb_words=10)
    with pytest.raises(TypeError, match="no argument 'words'"):
        imdb.load_data(words=10)


def test_unknown_options_raise_an_error_before_a_download() -> None:
    with pytest.raises(ValueError, match='label_mode is "fine" or "coarse", got \'all\''):
        cifar100.load_data("all")
    with pytest.raises(ValueError, match='version is "large" or "small"'):
        california_housing.load_data("tiny")
    for module in (boston_housing, california_housing):
        with pytest.raises(ValueError, match="test_split is a fraction"):
            module.load_data(test_split=1.0)
