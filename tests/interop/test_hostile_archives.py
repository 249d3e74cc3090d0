"""Malicious files of Keras: links, outside data, paths and bombs raise one error."""

import io
import json
import re
import resource
import stat
import struct
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from minidl import Input, Model, Sequential, layers, load_model, models, ops, saving
from minidl.saving import ModelFileError


def model() -> Sequential:
    return Sequential([Input((3,)), layers.Dense(2, name="dense")])


def rewritten(path: Path, change: Callable[[zipfile.ZipFile, dict[str, bytes]], None]) -> None:
    """A `.keras` file written again: `change` writes members, or replaces their content."""
    model().save(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        change(archive, members)
        for name, content in members.items():
            archive.writestr(name, content)


def with_member(name: str, mode: int = 0) -> Callable[[zipfile.ZipFile, dict[str, bytes]], None]:
    def change(archive: zipfile.ZipFile, members: dict[str, bytes]) -> None:
        member = zipfile.ZipInfo(name)
        member.external_attr = mode << 16
        archive.writestr(member, b"/etc/passwd")

    return change


def bomb(archive: zipfile.ZipFile, members: dict[str, bytes]) -> None:
    archive.writestr("assets/zeros", bytes(50_000_000), zipfile.ZIP_DEFLATED)


def twice(archive: zipfile.ZipFile, members: dict[str, bytes]) -> None:
    archive.writestr("config.json", b"{}")
    with pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("config.json", b"{}")
    del members["config.json"]


def longer_than_it_says(archive: zipfile.ZipFile, members: dict[str, bytes]) -> None:
    archive.writestr("assets/zeros", bytes(100_000_000), zipfile.ZIP_DEFLATED)
    archive.getinfo("assets/zeros").file_size = 10  # as the directory at the end says


def compressed_by_bzip2(archive: zipfile.ZipFile, members: dict[str, bytes]) -> None:
    archive.writestr("config.json", members.pop("config.json"), zipfile.ZIP_BZIP2)


def compressed_by_lzma(archive: zipfile.ZipFile, members: dict[str, bytes]) -> None:
    archive.writestr("config.json", members.pop("config.json"), zipfile.ZIP_LZMA)


def with_config(change: Callable[[Any], None]) -> Callable[[zipfile.ZipFile, dict[str, bytes]], None]:
    def rewrite(archive: zipfile.ZipFile, members: dict[str, bytes]) -> None:
        config = json.loads(members["config.json"])
        change(config["config"]["layers"][1])
        members["config.json"] = json.dumps(config).encode()

    return rewrite


def module_path(layer: Any) -> None:
    layer.update(module="os", class_name="system", registered_name=None)


def lambda_code(layer: Any) -> None:
    code = {"class_name": "__lambda__", "config": {"code": "4wAAAAA=", "defaults": None, "closure": None}}
    layer.update(module="keras.layers", class_name="Lambda", config={"name": "dense", "function": code})


def gadget(layer: Any) -> None:
    function = {"module": "keras.utils", "class_name": "function", "config": "get_file", "registered_name": "get_file"}
    layer.update(module="keras.layers", class_name="Lambda", config={"name": "dense", "function": function})


def torch_wrapper(layer: Any) -> None:
    layer.update(module="keras.layers", class_name="TorchModuleWrapper", config={"module": "gASVAAAAAA=="})


def saved_model(layer: Any) -> None:
    layer.update(module="keras.layers", class_name="TFSMLayer", config={"name": "dense", "filepath": "/tmp/saved_model"})


def vocabulary_path(layer: Any) -> None:
    layer.update(module="keras.layers", class_name="StringLookup", config={"name": "dense", "vocabulary": "/etc/passwd"})


def many_units(layer: Any) -> None:
    layer["config"]["units"] = 10**9


ARCHIVES = {
    "absolute": (with_member("/etc/cron.d/x"), "outside of the archive"),
    "parent": (with_member("assets/../../x"), "outside of the archive"),
    "backslashes": (with_member("..\\x"), "outside of the archive"),
    "drive": (with_member("C:/x"), "outside of the archive"),
    "link": (with_member("assets/x", stat.S_IFLNK | 0o777), "a link or a device"),
    "device": (with_member("assets/x", stat.S_IFCHR | 0o666), "a link or a device"),
    "twice": (twice, "twice"),
    "bomb": (bomb, "unpacked it would have 500"),
    "longer": (longer_than_it_says, "Bad CRC-32"),
    "bzip2": (compressed_by_bzip2, "compressed in another way than deflate"),
    "lzma": (compressed_by_lzma, "compressed in another way than deflate"),
    "module": (with_config(module_path), "unknown class 'system'"),
    "lambda": (with_config(lambda_code), "holds a lambda, whose code is never executed"),
    "gadget": (with_config(gadget), "unknown function 'get_file'"),
    "torch": (with_config(torch_wrapper), "unknown class 'TorchModuleWrapper'"),
    "saved model": (with_config(saved_model), "unknown class 'TFSMLayer'"),
    "vocabulary": (with_config(vocabulary_path), "holds the terms themselves"),
    "units": (with_config(many_units), "asks for its kernel of shape"),
}


def refused(path: Path, message: str, load: Callable[[Path], Any] = load_model) -> None:
    files, before, start = set(path.parent.iterdir()), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.raises(ModelFileError, match=message):
        load(path)
    assert time.process_time() - start < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64_000
    assert set(path.parent.iterdir()) == files


@pytest.mark.parametrize("kind", ARCHIVES)
def test_a_malicious_archive_raises_an_error_and_nothing_is_extracted(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    rewritten(path, ARCHIVES[kind][0])
    refused(path, ARCHIVES[kind][1])


TENSOR = {
    "class_name": "__keras_tensor__",
    "config": {"shape": [None, 4, 4, 3], "dtype": "float32", "keras_history": ["x", 0, 0]},
}


@pytest.mark.parametrize(
    ("kind", "config", "args", "message"),
    [
        ("Tile", {"repeats": [10**9]}, [1.0], "the operation Tile takes no tensor"),
        ("Repeat", {"repeats": 10**9}, [[1.0]], "the operation Repeat takes no tensor"),
        ("Pad", {"pad_width": 10**9}, [[1.0]], "the operation Pad takes no tensor"),
        ("ElasticTransform", {"sigma": 1e4}, [TENSOR], "works on arrays of more than"),
        ("MaxPool", {"pool_size": ["ab", 10**9]}, [TENSOR], "works on arrays of more than"),
        ("ZerosLike", {"dtype": "U100000000"}, [TENSOR], "unknown dtype"),
    ],
)
def test_an_operation_is_not_computed_on_constants_or_large_windows(
    kind: str, config: Any, args: Any, message: str, tmp_path: Path
) -> None:
    x = Input((4, 4, 3), name="x")
    Model(x, ops.flip(x, 1)).save(path := tmp_path / "model.keras")
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    described = json.loads(members["config.json"])
    layer = described["config"]["layers"][1]
    layer.update(class_name=kind, config={"name": layer["name"], **config}, inbound_nodes=[{"args": args, "kwargs": {}}])
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, json.dumps(described) if name == "config.json" else content)
    refused(path, message)


KERNEL = "layers/dense/vars/0"


def external_link(file: Any, folder: Path, kernel: str) -> None:
    del file[kernel]
    file[kernel] = h5py.ExternalLink(folder / "secret.h5", "/secret")


def soft_link(file: Any, folder: Path, kernel: str) -> None:
    del file[kernel]
    file[kernel] = h5py.SoftLink("/")


def external_storage(file: Any, folder: Path, kernel: str) -> None:
    del file[kernel]
    file.create_dataset(kernel, (3, 2), "float32", external=[(folder / "secret.bin", 0, 24)])


def virtual(file: Any, folder: Path, kernel: str) -> None:
    del file[kernel]
    layout = h5py.VirtualLayout((3, 2), "float32")
    layout[:] = h5py.VirtualSource(folder / "secret.h5", "secret", (3, 2))
    file.create_virtual_dataset(kernel, layout)


def compressed_bomb(file: Any, folder: Path, kernel: str) -> None:
    file.create_dataset(f"{kernel}2", data=np.zeros(10_000_000, "float32"), compression="gzip")


def large_chunk(file: Any, folder: Path, kernel: str) -> None:
    array = file.create_dataset(f"{kernel}2", (1,), "float32", maxshape=(None,), chunks=(10_000_000,), compression="gzip")
    array[:] = 1


def empty_claim(file: Any, folder: Path, kernel: str) -> None:
    file.create_dataset(f"{kernel}2", (10**12,), "float32")


def loop(file: Any, folder: Path, kernel: str) -> None:
    file[f"{kernel}2"] = file[kernel.partition("/")[0]]


def references(file: Any, folder: Path, kernel: str) -> None:
    del file[kernel]
    file.create_dataset(kernel, (3, 2), h5py.ref_dtype)


HDF5 = {
    "external link": (external_link, "is a link, and links are never followed"),
    "soft link": (soft_link, "is a link, and links are never followed"),
    "external storage": (external_storage, "in another file, which is never opened"),
    "virtual": (virtual, "in another file, which is never opened"),
    "bomb": (compressed_bomb, "its arrays would have"),
    "chunk": (large_chunk, "its arrays would have"),
    "claim": (empty_claim, "only 0 bytes are stored"),
    "loop": (loop, "twice"),
    "references": (references, "does not hold numbers"),
}


def spoiled(content: bytes, change: Callable[[Any, Path, str], None], folder: Path, kernel: str = KERNEL) -> bytes:
    with h5py.File(folder / "secret.h5", "w") as secret:
        secret["secret"] = np.ones((3, 2), "float32")
    memory = io.BytesIO(content)
    with h5py.File(memory, "r+") as file:
        change(file, folder, kernel)
    return memory.getvalue()


@pytest.mark.parametrize("kind", HDF5)
def test_hdf5_that_leads_outside_or_claims_too_much_raises_an_error_in_every_kind_of_file(kind: str, tmp_path: Path) -> None:
    change, message = HDF5[kind]
    folder = tmp_path / "elsewhere"
    folder.mkdir()

    def rewrite(archive: zipfile.ZipFile, members: dict[str, bytes]) -> None:
        members["model.weights.h5"] = spoiled(members["model.weights.h5"], change, folder)

    path = tmp_path / "model.keras"
    rewritten(path, rewrite)
    refused(path, message)
    other = model()
    before = other.get_weights()
    refused(path, message, other.load_weights)
    weights = tmp_path / "only.weights.h5"
    other.save_weights(weights)
    weights.write_bytes(spoiled(weights.read_bytes(), change, folder))
    refused(weights, message, other.load_weights)
    for one, same in zip(before, other.get_weights(), strict=True):
        np.testing.assert_array_equal(one, same)


RECORDED = Path(__file__).parents[1] / "parity" / "recorded" / "keras_2_15.h5"
IN_OLDER_FILES = ("model_weights/dense/dense/kernel:0", "optimizer_weights/Adam/m/dense/kernel:0", "unused/kernel:0")


@pytest.mark.parametrize("kernel", IN_OLDER_FILES)
@pytest.mark.parametrize("kind", HDF5)
def test_the_same_holds_for_files_of_keras_2_wherever_the_array_is(kind: str, kernel: str, tmp_path: Path) -> None:
    (change, message), path, folder = HDF5[kind], tmp_path / "model.h5", tmp_path / "elsewhere"
    folder.mkdir()
    memory = io.BytesIO(RECORDED.read_bytes())
    with h5py.File(memory, "r+") as file:
        if kernel not in file:
            file[kernel] = np.zeros((3, 2), "float32")
    path.write_bytes(spoiled(memory.getvalue(), change, folder, kernel))
    target = load_model(RECORDED)
    before = target.get_weights()
    is_read = {load_model: not kernel.startswith("unused"), target.load_weights: kernel.startswith("model")}
    for load in (load_model, target.load_weights):
        if kind != "references" or is_read[load]:
            refused(path, message, load)
    for one, same in zip(before, target.get_weights(), strict=True):
        np.testing.assert_array_equal(one, same)


@pytest.mark.parametrize("group", ["model_weights", "model_weights/dense", "optimizer_weights"])
def test_arrays_whose_names_occur_twice_are_not_read_twice(group: str, tmp_path: Path) -> None:
    path, target = tmp_path / "model.h5", load_model(RECORDED)
    path.write_bytes(RECORDED.read_bytes())
    with h5py.File(path, "r+") as file:
        name = "layer_names" if group == "model_weights" else "weight_names"
        names = np.asarray(file[group].attrs[name], "S")
        file[group].attrs[name] = names[[*range(len(names)), 0]]
    refused(path, f"{name} names .* twice")
    if group != "optimizer_weights":
        refused(path, f"{name} names .* twice", target.load_weights)


def places_of_texts(content: bytearray, length: int) -> list[int]:
    """Where an attribute refers to a text: its length, the place of the block that holds it, and its number there."""
    found = [one.start() for one in re.finditer(re.escape(struct.pack("<I", length)), content)]
    blocks = {place: struct.unpack("<Q", content[place + 4 : place + 12])[0] for place in found}
    return [place for place, block in blocks.items() if content[block : block + 4] == b"GCOL"]


def test_many_names_that_share_one_long_text_are_not_read(tmp_path: Path) -> None:
    path, target = tmp_path / "net.weights.h5", model()
    target.save_weights(path)
    with h5py.File(path, "r+") as file:
        file.attrs["long"] = "x" * 100_000
        file.attrs.create("layer_names", [f"layer {number:03}" for number in range(500)], dtype=h5py.string_dtype())
    content = bytearray(path.read_bytes())
    long, *_ = places_of_texts(content, 100_000)
    for place in places_of_texts(content, 9):
        content[place : place + 16] = content[long : long + 16]
    path.write_bytes(content)
    refused(path, "its texts have more than", target.load_weights)


class Table(layers.Layer):
    """A layer of a user with a file of its own."""

    def __init__(self, factor: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, x: Any) -> Any:
        return x * self.factor

    def save_assets(self, folder: str) -> None:
        Path(folder, "factor.txt").write_text(str(self.factor))

    def load_assets(self, folder: str) -> None:
        self.factor = int(Path(folder, "factor.txt").read_text())

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name}


@pytest.mark.parametrize("name", ["../../out", "..", "a/../../../out", "/tmp/minidl_out", "C:\\out"])
@pytest.mark.parametrize("ending", ["keras", "safetensors"])
def test_the_name_of_a_layer_is_no_path_that_its_files_are_written_to(name: str, ending: str, tmp_path: Path) -> None:
    (inner := tmp_path / "a" / "b").mkdir(parents=True)
    path = inner / f"net.{ending}"
    model = Sequential([Input((2,)), layers.Dense(2), Table(3)])
    model.layers[0].name, model.layers[1].name = f"{name}_2", name  # the constructors take no slash
    model.save(path)
    if "/" in name:
        with pytest.raises(ModelFileError, match="takes a string without"):
            load_model(path, custom_objects={"Table": Table})
    else:
        loaded = load_model(path, custom_objects={"Table": Table})
        assert (loaded.layers[1].name, loaded.layers[1].factor) == (name, 3)
    assert sorted(tmp_path.rglob("*")) == [tmp_path / "a", inner, path]
    assert not Path("/tmp/minidl_out").exists()


CODE = {"class_name": "__lambda__", "config": {"code": "4wAAAAA=", "defaults": None, "closure": None}}
LAMBDA = {"module": "keras.layers", "class_name": "Lambda", "config": {"name": "dense", "function": CODE}}


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.deserialize(LAMBDA),
        lambda: layers.Lambda.from_config(LAMBDA["config"]),
        lambda: saving.deserialize_keras_object(LAMBDA),
        lambda: Sequential.from_config({"name": "net", "layers": [LAMBDA]}),
        lambda: models.model_from_json(json.dumps(LAMBDA)),
    ],
)
def test_the_code_of_a_lambda_is_not_executed_outside_of_load_model_either(make: Callable[[], Any]) -> None:
    with pytest.raises(ValueError, match="unknown class '__lambda__'"):
        make()


def with_long_text(content: bytes) -> Iterator[bytes]:
    """The file with another length for each text that an attribute refers to: 4 GB."""
    for place in {place for place in range(len(content)) if content.startswith(b"GCOL", place)}:
        address = struct.pack("<Q", place)
        at = content.find(address)
        while at >= 0:
            if int.from_bytes(content[at - 4 : at], "little") < 100_000 and 0 < content[at + 8] < 200:
                yield content[: at - 1] + b"\xfe" + content[at:]
            at = content.find(address, at + 1)


@pytest.mark.parametrize("load", ["load_model", "load_weights"])
@pytest.mark.filterwarnings("ignore:the optimizer starts without")
def test_a_text_that_claims_four_gigabytes_raises_an_error_before_memory_is_taken(load: str, tmp_path: Path) -> None:
    content, target = RECORDED.read_bytes(), load_model(RECORDED)
    path = tmp_path / "model.h5"
    damaged = list(with_long_text(content))
    assert len(damaged) > 10
    for one in damaged[:: max(1, len(damaged) // 8)]:
        path.write_bytes(one)
        refused(path, "a text in it claims to have", load_model if load == "load_model" else target.load_weights)


def with_array(path: Path, array: Any) -> tuple[bytearray, int]:
    """A file of weights with that array of bytes besides, a text that is read, and the place of the array."""
    model().save_weights(path)
    with h5py.File(path, "r+") as file:
        file.create_dataset("hidden", data=array)
        file["layers/dense/vars/0"].attrs["dtype"] = "x" * 777
        place = file["hidden"].id.get_offset()
    return bytearray(path.read_bytes()), place


def test_a_text_is_found_in_the_numbers_of_an_array(tmp_path: Path) -> None:
    path, block = tmp_path / "net.weights.h5", struct.pack("<8sQHHIQ", b"GCOL\x01", 4096, 1, 1, 0, 2**31)
    content, place = with_array(path, np.frombuffer(block.ljust(4096, b"\0"), "u1"))
    (at,) = places_of_texts(content, 777)
    content[at : at + 16] = struct.pack("<IQI", 2**31, place, 1)
    path.write_bytes(content)
    refused(path, "a text in it claims to have", model().load_weights)


@pytest.mark.parametrize(("version", "others"), [("earliest", 0), ("latest", 0), ("latest", 12)])
@pytest.mark.parametrize(("attribute", "value"), [("dtype", "x" * 777), ("names", ["a", "x" * 777])])
def test_a_text_in_no_block_that_claims_four_gigabytes_raises_an_error(
    version: str, others: int, attribute: str, value: Any, tmp_path: Path
) -> None:
    """HDF5 takes the memory before it looks for the block."""
    path = tmp_path / "net.weights.h5"
    model().save_weights(path)
    memory = io.BytesIO()
    with h5py.File(path) as old, h5py.File(memory, "w", libver=version) as new:
        for name in old:
            old.copy(name, new)
        held = new["layers/dense/vars/0"].attrs
        for number in range(others):  # many attributes are stored in another way
            held[f"other {number}"] = number
        held.create(attribute, value, dtype=h5py.string_dtype())
    content = bytearray(memory.getvalue())
    path.write_bytes(content)
    model().load_weights(path)
    (at,) = places_of_texts(content, 777)
    content[at : at + 16] = struct.pack("<IQI", 2**32 - 16, 12345, 1)
    path.write_bytes(content)
    refused(path, "a text in it claims to have", model().load_weights)


def test_attributes_that_overlap_or_have_many_names_take_no_time(tmp_path: Path) -> None:
    path = tmp_path / "net.weights.h5"
    attribute = struct.pack("<BBHHH6s2xB15xBB6xQ", 1, 0, 6, 16, 16, b"dtype\0", 9, 1, 1, 20_000)
    with_array(path, np.frombuffer(attribute * 40_000, "u1"))
    refused(path, "its attributes 'dtype' overlap", model().load_weights)
    model().save_weights(path)
    with h5py.File(path, "r+") as file:
        for number in range(300):
            file.attrs[f"text {number}"] = "a"
    refused(path, "its attributes have 300 names", model().load_weights)


def test_blocks_of_texts_that_overlap_take_no_time(tmp_path: Path) -> None:
    path, entry = tmp_path / "net.weights.h5", struct.pack("<HHIQ", 1, 1, 0, 32)
    part = entry + struct.pack("<8sQ", b"GCOL\x01", 2**20) + struct.pack("<HHIQ", 1, 1, 0, 0)
    with_array(path, np.frombuffer(part * 20_000, "u1"))
    refused(path, "its blocks of texts overlap", model().load_weights)


def test_an_hdf5_file_that_does_not_begin_at_its_beginning_is_not_loaded(tmp_path: Path) -> None:
    """Its places of texts would have other numbers than those that are searched."""
    path = tmp_path / "net.keras"
    model().save(path)

    def moved(archive: zipfile.ZipFile, members: dict[str, bytes]) -> None:
        memory = io.BytesIO()
        with h5py.File(io.BytesIO(members["model.weights.h5"])) as old, h5py.File(memory, "w", userblock_size=512) as new:
            for name in old:
                old.copy(name, new)
        members["model.weights.h5"] = memory.getvalue()

    rewritten(path, moved)
    refused(path, "begins with 512 bytes of something else")
