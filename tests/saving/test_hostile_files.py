"""Malicious files: each raises one error, before memory or time is taken."""

import copy
import json
import resource
import struct
import subprocess
import sys
import time
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minidl import Input, Model, Sequential, layers, load_model, metrics, ops
from minidl.saving import ModelFileError
from minidl.saving.checkpoint import load_state, save_state
from tests.plugin import PROFILE
from tests.saving import fuzz


def parts(content: bytes) -> tuple[dict[str, Any], dict[str, Any], bytes]:
    """The header of a safetensors file, the description in it, and the bytes of the tensors."""
    size = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8 : 8 + size])
    return header, json.loads(header["__metadata__"]["minidl"]), content[8 + size :]


def joined(header: dict[str, Any], head: dict[str, Any], data: bytes) -> bytes:
    header["__metadata__"]["minidl"] = json.dumps({key: value for key, value in head.items() if key != "checksum"})
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def crafted(model: Model, path: Path, change: Any) -> Path:
    """A file with the model, whose description was changed, without a checksum."""
    model.save(path)
    header, head, data = parts(path.read_bytes())
    change(head)
    path.write_bytes(joined(header, head, data))
    return path


def config_of(head: dict[str, Any], kind: str) -> Any:
    return next(layer["config"] for layer in head["model"]["config"]["layers"] if layer["class_name"] == kind)


def small() -> Sequential:
    model = Sequential([Input((3,)), layers.Dense(2)])
    model.compile("adam", "mse", metrics=[metrics.AUC()])
    return model


def strings(layer: Any) -> Sequential:
    return Sequential([Input((), dtype="string"), layer])


def padded() -> Model:
    x = Input((4,))
    return Model(x, ops.pad(x, [[0, 0], [1, 1]]))


def counted() -> Model:
    x = Input((4,))
    return Model(x, ops.cumsum(x, axis=1, dtype="float32"))


def reshaped() -> Model:
    x = Input((4,))
    return Model(x, ops.reshape(x, (-1, 2)))


def pooled() -> Model:
    x = Input((4, 4, 1))
    return Model(x, ops.max_pool(x, (2, 2)))


def called_twice() -> Model:
    x = Input((4,))
    inner = Model(x, layers.Dense(4)(x))
    return Model(x, inner(inner(x)))


def many_units(head: Any) -> None:
    config_of(head, "Dense")["units"] = 10**9


def some_units(head: Any) -> None:
    head["model"]["config"]["layers"][0]["config"]["batch_shape"] = [None, 4000]
    config_of(head, "Dense").update(units=4000, kernel_initializer="orthogonal")


def many_thresholds(head: Any) -> None:
    head["compile"]["metrics"][0]["config"].update(num_thresholds=3 * 10**8, thresholds=None)


def many_unknown_terms(head: Any) -> None:
    config_of(head, "StringLookup")["num_oov_indices"] = 10**8


def much_padding(head: Any) -> None:
    text = json.dumps(config_of(head, "OperationCall")["options"])
    config_of(head, "OperationCall")["options"] = json.loads(text.replace("[1, 1]", "[1, 1000000000]"))


def large_strings(head: Any) -> None:
    value = {"class_name": "__numpy__", "config": {"value": [1.0], "dtype": "(50000000,)f4"}}
    named = {"module": "minidl.initializers", "class_name": "Constant", "config": {"value": value}}
    config_of(head, "Dense")["kernel_initializer"] = named


def one_long_text(head: Any) -> None:
    value = {"class_name": "__numpy__", "config": {"value": ["x" * 10_000, *["y"] * 10_000], "dtype": "str"}}
    config_of(head, "Dense")["kernel_initializer"] = value


def keys_of_one_hash(head: Any) -> None:
    items = [[number * (2**61 - 1), 0] for number in range(10_000)]
    config_of(head, "Dense")["kernel_initializer"] = {"class_name": "__dict__", "config": {"items": items}}


def type_that_numpy_evaluates(head: Any) -> None:
    head["model"]["config"]["layers"][0]["config"]["dtype"] = "(50000000,)f4"


def type_of_an_operation(head: Any) -> None:
    config_of(head, "OperationCall")["options"]["dtype"] = "U100000000"


def text_among_sizes(head: Any) -> None:
    """Python multiplies texts and lists too: "ab" * 10**9."""
    options = config_of(head, "OperationCall")["options"]
    name = next(name for name in ("newshape", "pool_size") if name in options)
    options[name] = {"class_name": "__tuple__", "config": {"items": ["ab", 10**9]}}


def list_among_sizes(head: Any) -> None:
    text_among_sizes(head)
    options = config_of(head, "OperationCall")["options"]
    next(options[name] for name in ("newshape", "pool_size") if name in options)["config"]["items"][0] = [1]


def doubled(head: Any) -> None:
    """Thirty models, each of which calls the next one twice."""
    model, inner = head["model"], head["model"]
    for number in range(30):
        outer = copy.deepcopy(model)
        outer["config"]["name"] = f"level_{number}"
        outer["config"]["layers"] = [inner if one["class_name"] == "Model" else one for one in outer["config"]["layers"]]
        inner = outer
    head["model"] = inner


def nested(head: Any) -> None:
    for number in range(300):
        model = {**head["model"], "config": {**head["model"]["config"], "name": f"level_{number}"}}
        head["model"] = model | {"config": model["config"] | {"layers": [head["model"]]}}


def layer_for_a_model(head: Any) -> None:
    head["model"] = head["model"]["config"]["layers"][1]


def path_of_a_vocabulary(head: Any) -> None:
    head["model"]["config"]["layers"][1]["config"]["vocabulary"] = "/etc/passwd"


def a_callback(head: Any) -> None:
    logger = {"module": "minidl.callbacks", "class_name": "CSVLogger", "config": {"filename": "/tmp/log.csv"}}
    config_of(head, "Dense")["kernel_regularizer"] = logger


def a_module_path(head: Any) -> None:
    config_of(head, "Dense")["activation"] = {"module": "os", "class_name": "function", "config": "system"} | {
        "registered_name": "system"
    }


def a_download(head: Any) -> None:
    """What CVE-2025-8747 did: a function of the library itself that fetches a file."""
    config_of(head, "Dense")["activation"] = {"module": "minidl.utils", "class_name": "function", "config": "get_file"}


def code_of_a_lambda(head: Any) -> None:
    config_of(head, "Dense")["activation"] = {"class_name": "__lambda__", "config": {"code": "4wEAAAA="}}


def short_trainable(head: Any) -> None:
    head["trainable"] = head["trainable"][:-1]


def frozen_as_text(head: Any) -> None:
    head["frozen"] = "dense/kernel"


def number_as_metadata(head: Any) -> None:
    head["iterations"] = -1


HOSTILE = {
    "units": (small, many_units, "asks for its kernel of shape"),
    "orthogonal": (small, some_units, "asks for its kernel of shape"),
    "thresholds": (small, many_thresholds, "asks for 300000000 values of its thresholds"),
    "unknown terms": (lambda: strings(layers.StringLookup(vocabulary=["a"])), many_unknown_terms, "unknown terms"),
    "padding": (padded, much_padding, "works on arrays of"),
    "type": (small, large_strings, "unknown dtype"),
    "one long text": (small, one_long_text, "far larger than its texts"),
    "keys": (small, keys_of_one_hash, "the same hash"),
    "type of an input": (small, type_that_numpy_evaluates, "unknown dtype"),
    "type of an operation": (counted, type_of_an_operation, "unknown dtype"),
    "text among sizes": (reshaped, text_among_sizes, "expects integers for newshape|cannot take tensors"),
    "text in a window": (pooled, text_among_sizes, "works on arrays of|cannot take tensors"),
    "list among sizes": (reshaped, list_among_sizes, "expects integers for newshape|cannot take tensors"),
    "list in a window": (pooled, list_among_sizes, "works on arrays of|cannot take tensors"),
    "doubling": (called_twice, doubled, "is called too often"),
    "nesting": (small, nested, "nested too deeply|trainable"),  # Python 3.12 nests calls deeper
    "layer": (small, layer_for_a_model, "does not hold a model, but Dense"),
    "path": (lambda: strings(layers.StringLookup(vocabulary=["a"])), path_of_a_vocabulary, "holds the terms themselves"),
    "text path": (lambda: strings(layers.TextVectorization(vocabulary=["a"])), path_of_a_vocabulary, "the terms themselves"),
    "callback": (small, a_callback, "unknown class 'CSVLogger'"),
    "module path": (small, a_module_path, "unknown function 'system'"),
    "download": (small, a_download, "unknown function 'get_file'"),
    "lambda": (small, code_of_a_lambda, "__lambda__"),
    "trainable": (small, short_trainable, "trainable"),
    "frozen": (small, frozen_as_text, "frozen is not a list"),
    "steps": (small, number_as_metadata, "-1 steps"),
}


SLOW: dict[str, tuple[Any, tuple[int, ...], dict[str, Any]]] = {
    "blur": (lambda x: ops.image.gaussian_blur(x, (3, 3)), (8, 8, 3), {"kernel_size": [10**5, 3]}),
    "similarity": (lambda x: ops.image.ssim(x, x, filter_size=3), (8, 8, 3), {"filter_size": 10**4}),
    "array_split": (lambda x: ops.array_split(x, 2, 1), (8,), {"indices_or_sections": 10**5}),
    "average pool": (lambda x: ops.adaptive_average_pool(x, 2), (8, 3), {"output_size": 10**5}),
    "max pool": (lambda x: ops.adaptive_max_pool(x, 2), (8, 8, 3), {"output_size": [10**5, 2]}),
}


@pytest.mark.parametrize("kind", SLOW)
@pytest.mark.parametrize("ending", [".safetensors", ".keras"])
def test_numbers_of_an_operation_that_take_time_but_little_memory_are_bounded(kind: str, ending: str, tmp_path: Path) -> None:
    make, shape, options = SLOW[kind]
    x, path = Input(shape), tmp_path / f"model{ending}"
    Model(x, make(x)).save(path)

    def change(value: Any) -> Any:
        if isinstance(value, list):
            return [change(one) for one in value]
        return {name: options.get(name, change(one)) for name, one in value.items()} if isinstance(value, dict) else value

    if ending == ".keras":
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        config = change(json.loads(members["config.json"]))
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, json.dumps(config) if name == "config.json" else content)
    else:
        header, head, data = parts(path.read_bytes())
        path.write_bytes(joined(header, change(head), data))
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with suppress(ModelFileError):  # the shape of some results follows without computing them
        load_model(path)
    assert time.process_time() - start < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64_000


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_malicious_description_raises_an_error_before_it_takes_memory_and_time(kind: str, tmp_path: Path) -> None:
    make, change, message = HOSTILE[kind]
    path = crafted(make(), tmp_path / "model.safetensors", change)
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.raises(ModelFileError, match=message) as error:
        load_model(path)
    assert time.process_time() - start < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64_000
    assert len(str(error.value)) <= 2000


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"kind": "text", "value": ["x" * 10_000, *["y"] * 10_000]}, "far larger than its texts"),
        ({"kind": "set", "value": [number * (2**61 - 1) for number in range(10_000)]}, "the same hash"),
        ({"kind": "Counter", "value": [[number * (2**61 - 1), 1] for number in range(10_000)]}, "the same hash"),
    ],
)
def test_data_in_a_backup_take_no_more_memory_and_time_than_their_size_allows(value: Any, message: str, tmp_path: Path) -> None:
    path, model = tmp_path / "state.safetensors", small()
    save_state(model, path, {"epoch": 1})
    header, head, data = parts(path.read_bytes())
    head["progress"]["value"].append(["x", value])
    path.write_bytes(joined(header, head, data))
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.raises(ModelFileError, match=message):
        load_state(model, path)
    assert time.process_time() - start < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64_000


@pytest.mark.parametrize("number", [2**63, 10**40])
def test_a_backup_with_too_many_steps_changes_nothing(number: int, tmp_path: Path) -> None:
    path, model = tmp_path / "state.safetensors", small()
    model.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0)
    save_state(model, path, {"epoch": 1})
    header, head, data = parts(path.read_bytes())
    head["iterations"] = number
    path.write_bytes(joined(header, head, data))
    model.optimizer.learning_rate = 0.5
    with pytest.raises(ModelFileError, match="steps"):
        load_state(model, path)
    assert float(model.optimizer.learning_rate) == 0.5


def test_messages_have_a_bounded_length(tmp_path: Path) -> None:
    def long_name(head: Any) -> None:
        head["model"]["config"]["layers"][1]["class_name"] = "x" * 10_000_000

    path = crafted(small(), tmp_path / "model.safetensors", long_name)
    with pytest.raises(ModelFileError) as error:
        load_model(path)
    assert len(str(error.value)) <= 2000
    assert error.value.__cause__ is None  # whose message would be shown too


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (b"", "its header has"),
        (b"\xff" * 8, "its header has"),
        (struct.pack("<Q", 2) + b"[]", "not a dict"),
        (struct.pack("<Q", 2) + b"{}" + b"12", "2 bytes belong to no tensor"),
        (struct.pack("<Q", 60000) + b"[" * 60000, "damaged"),
    ],
)
def test_a_header_that_does_not_describe_the_bytes_raises_an_error(header: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(header)
    with pytest.raises(ModelFileError, match=message):
        load_model(path)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"dtype": "F32", "shape": [10**12], "data_offsets": [0, 4]}, "has the bytes 0 to 4"),
        ({"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}, "the shape of"),
        ({"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}, "has the bytes 4 to 8"),
        ({"dtype": "F32", "shape": [1], "data_offsets": "04"}, "the place of"),
        ({"dtype": "O", "shape": [1], "data_offsets": [0, 4]}, "has the type 'O'"),
        ([], "the place of"),
    ],
)
def test_a_tensor_that_is_not_in_the_file_raises_an_error(entry: Any, message: str, tmp_path: Path) -> None:
    path, text = tmp_path / "model.safetensors", json.dumps({"w": entry}).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(4))
    with pytest.raises(ModelFileError, match=message):
        load_model(path)


def test_weights_that_the_file_overwrites_get_no_initial_values(tmp_path: Path) -> None:
    Sequential([Input((3,)), layers.Dense(3, kernel_initializer="orthogonal")]).save(tmp_path / "model.safetensors")
    loaded = load_model(tmp_path / "model.safetensors")
    generator = loaded.layers[0].kernel_initializer._random.generator
    assert generator.bit_generator.state == type(generator.bit_generator)(generator.bit_generator.seed_seq).state


def test_a_file_that_is_rewritten_in_place_does_not_kill_python(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    model = Sequential([Input((300,)), layers.Dense(300)])
    model.save(path)
    loaded = load_model(path)
    path.write_bytes(b"")  # a mapped file would be gone now
    np.testing.assert_array_equal(loaded.get_weights()[0], model.get_weights()[0])


AUDIT = """
import sys, warnings
from pathlib import Path
import minidl
from minidl.saving import ModelFileError
from minidl.interop import keras

paths = [Path(name) for name in sys.argv[1:]]
for path in paths:  # everything is imported once
    try:
        minidl.load_model(path)
    except ModelFileError:
        pass
watched = {"open", "os.remove", "os.rename", "os.mkdir", "os.system", "os.exec", "os.posix_spawn", "subprocess.Popen", "exec",
           "compile", "import", "pickle.find_class", "ctypes.dlopen", "shutil.copyfile", "tempfile.mkstemp", "tempfile.mkdtemp"}
events = []
sys.addaudithook(lambda name, args: events.append((name, args)) if name in watched or name.startswith("socket.") else None)
for path in paths:
    try:
        minidl.load_model(path)
    except ModelFileError:
        pass
found = list(events)
print([(name, args) for name, args in found if name != "open" or args[0] not in map(str, paths) or "r" not in args[1]])
"""


def test_loading_opens_no_other_file_no_socket_and_no_process(tmp_path: Path) -> None:
    paths = [tmp_path / "good.safetensors", tmp_path / "good.keras"]
    for path in paths:
        small().save(path)
    for kind in ("path", "callback", "module path", "download", "lambda"):
        make, change, _ = HOSTILE[kind]
        paths.append(crafted(make(), tmp_path / f"{kind.replace(' ', '_')}.safetensors", change))
    done = subprocess.run([sys.executable, "-c", AUDIT, *map(str, paths)], capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("cases", [20_000 if PROFILE == "thorough" else 60])
def test_damaged_files_of_every_format_load_to_the_same_values_or_raise_one_error(cases: int) -> None:
    fuzz.run(cases, [])
