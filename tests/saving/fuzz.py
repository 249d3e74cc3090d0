"""Load damaged files: each loads to the same values, or raises `ModelFileError`, soon and without taking much memory.

python -m tests.saving.fuzz 20000 [seed] [format ...]     # model, weights, state, keras, h5, "older h5", "older weights", json
"""

import copy
import io
import json
import os
import random
import resource
import struct
import sys
import tempfile
import time
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from minidl import Input, Model, Sequential, layers, load_model, metrics, models, ops
from minidl.kernels.compiled import set_compiled
from minidl.saving import ModelFileError
from minidl.saving.checkpoint import load_state, save_state

SECONDS, MEGABYTES = 1.0, 64
NASTY: list[Any] = [
    None,
    True,
    -1,
    0,
    10**9,
    10**30,
    1e300,
    "",
    "x" * 3000,
    "U100000000",
    "(50000000,)f4",
    "/etc/passwd",
    "../x",
]
NASTY += [[], {}, [[]], {"class_name": "Dense", "config": {}}, {"class_name": "os.system", "config": "ls"}, [10**9] * 3]
NASTY += [{"module": "minidl.callbacks", "class_name": "CSVLogger", "config": {"filename": "/tmp/x"}}]


def trained() -> Model:
    x = Input((6, 4))
    h = layers.LSTM(3, return_sequences=True)(layers.BatchNormalization()(x))
    h = layers.Flatten()(ops.pad(h, [[0, 0], [1, 1], [0, 0]]))
    model = Model(x, Sequential([layers.Dropout(0.2), layers.Dense(2, "softmax")])(h))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(np.ones((8, 6, 4)), np.ones(8, int), verbose=0)
    return model


def plain() -> Sequential:
    model = Sequential([Input((4,)), layers.Dense(3, "relu"), layers.BatchNormalization(), layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy", metrics=[metrics.AUC(num_thresholds=20)])
    model.fit(np.ones((8, 4)), np.ones(8), verbose=0)
    return model


def values(model: Model) -> bytes:
    """The weights, and the state of the optimizer."""
    state = model.optimizer.variables if model.compiled else []
    return b"".join(variable.numpy().tobytes() for variable in [*model.weights, *state])


class Format:
    """A valid file of a format, and a function that loads it.

    Args:
        path: where to write it.
        write: writes it.
        load: returns the model with the file's values.
        is_checked: whether the file has a checksum of every byte that matters.
        describe: `(content, draw) -> content` with other values in the description of the model; `None` without one.
    """

    def __init__(
        self,
        path: Path,
        write: Callable[[Path], Any],
        load: Callable[[Path], Model],
        is_checked: bool,
        describe: "Callable[[bytes, random.Random], bytes] | None" = None,
    ) -> None:
        self.path, self.load, self.is_checked, self.describe = path, load, is_checked, describe
        write(path)
        self.content = path.read_bytes()
        self.right = values(load(path))


def formats(folder: Path) -> dict[str, Callable[[], Format]]:
    """Every format by its name."""
    model, other, simple, another = trained(), trained(), plain(), plain()
    recorded = Path(__file__).parents[1] / "parity" / "recorded" / "keras_2_15.h5"

    def into(target: Model, read: Callable[[Path], Any]) -> Callable[[Path], Model]:
        start = target.get_weights()

        def load(path: Path) -> Model:
            target.set_weights(start)
            before = values(target)
            try:
                read(path)
            except ModelFileError:
                if values(target) != before:
                    raise AssertionError("the model is half changed") from None
                raise
            return target

        return load

    def write_state(path: Path) -> None:
        save_state(model, path, {"epoch": 3})

    def write_recorded(path: Path) -> None:
        path.write_bytes(recorded.read_bytes())

    def older_weights() -> Format:
        older = load_model(recorded)
        return Format(folder / "g.h5", write_recorded, into(older, older.load_weights), False, arrays_of_other_shapes)

    head = described_otherwise
    weights, state = into(other, other.load_weights), into(other, lambda path: load_state(other, path))
    return {
        "model": lambda: Format(folder / "a.safetensors", model.save, load_model, True, head),
        "weights": lambda: Format(folder / "b.safetensors", model.save_weights, weights, True, head),
        "state": lambda: Format(folder / "c.safetensors", write_state, state, True, head),
        "keras": lambda: Format(folder / "d.keras", simple.save, load_model, True, archive_described_otherwise),
        "h5": lambda: Format(
            folder / "e.weights.h5", simple.save_weights, into(another, another.load_weights), False, arrays_of_other_shapes
        ),
        "older h5": lambda: Format(folder / "f.h5", write_recorded, load_model, False, h5_described_otherwise),
        "older weights": older_weights,
        "json": lambda: Format(
            folder / "h.json", lambda path: path.write_text(model.to_json()), from_text, False, text_otherwise
        ),
    }


def from_text(path: Path) -> Model:
    """The model of `to_json`, with zeros for weights, which are random."""
    try:
        text = path.read_text()
    except UnicodeDecodeError:
        raise ModelFileError("no text") from None
    made = models.model_from_json(text)
    made.set_weights([np.zeros_like(weight) for weight in made.get_weights()])
    return made


def flipped(content: bytes, draw: random.Random) -> bytes:
    """Other bytes at one to eight places, a piece cut out, or doubled."""
    changed, kind = bytearray(content), draw.random()
    place = draw.randrange(len(content))
    if kind < 0.7:
        for _ in range(draw.choice([1, 1, 1, 2, 8])):
            near = draw.randrange(len(content)) if draw.random() < 0.5 else draw.randrange(min(len(content), 1500))
            changed[near] = draw.choice([0, 255, changed[near] ^ 1 << draw.randrange(8)])
    elif kind < 0.85:
        del changed[place : place + draw.choice([1, 100, len(content)])]
    else:
        changed[place:place] = changed[place : place + draw.choice([1, 8, 500])]
    return bytes(changed)


def spots(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in nested dicts and lists."""
    yield path
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from spots(item, (*path, key))


def with_other_values(head: Any, draw: random.Random) -> None:
    """Change one or two values of a description."""
    for _ in range(draw.choice([1, 1, 2])):
        path = draw.choice(list(spots(head))[1:])
        holder = head
        for key in path[:-1]:
            holder = holder[key]
        if isinstance(holder, dict) and draw.random() < 0.15:
            del holder[path[-1]]
        else:
            holder[path[-1]] = copy.deepcopy(draw.choice(NASTY))


def described_otherwise(content: bytes, draw: random.Random) -> bytes:
    """Other values in the description of a safetensors file, which then has no checksum, as a hostile one."""
    size = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8 : 8 + size])
    head = json.loads(header["__metadata__"]["minidl"])
    head.pop("checksum")
    with_other_values(head, draw)
    header["__metadata__"]["minidl"] = json.dumps(head)
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + content[8 + size :]


def archive_described_otherwise(content: bytes, draw: random.Random) -> bytes:
    """Other values in the config of a `.keras` file."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    with_other_values(config, draw)
    members["config.json"] = json.dumps(config).encode()
    changed = io.BytesIO()
    with zipfile.ZipFile(changed, "w") as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return changed.getvalue()


def h5_described_otherwise(content: bytes, draw: random.Random) -> bytes:
    """Other values in the description of an older `.h5` file, or of its training settings."""
    memory = io.BytesIO(content)
    with h5py.File(memory, "r+") as file:
        name = draw.choice(["model_config", "model_config", "training_config"])
        head = json.loads(file.attrs[name])
        with_other_values(head, draw)
        file.attrs[name] = json.dumps(head)
    return memory.getvalue()


def arrays_of_other_shapes(content: bytes, draw: random.Random) -> bytes:
    """Another dataset, group, link or attribute in an HDF5 file, in the place of one."""
    memory = io.BytesIO(content)
    with h5py.File(memory, "r+") as file:
        names: list[str] = []
        file.visit(names.append)
        name, kind = draw.choice(names), draw.randrange(8)
        attributes = list(file[name].attrs) or [""]
        if kind == 0 and (chosen := draw.choice(attributes)):
            file[name].attrs[chosen] = draw.choice([3, "x" * 300, [b"a", b"b"], np.zeros(9), 1e300])
            return memory.getvalue()
        del file[name]
        if kind == 1:
            file.create_dataset(name, (10**9,), "float32", chunks=(10**5,))
        elif kind == 2:
            file[name] = np.zeros(
                draw.choice([(), (1,), (3, 3), (0, 4), (2, 2, 2)]), draw.choice(["f4", "i8", "c8", "S3", "f2"])
            )
        elif kind == 3:
            file[name] = h5py.SoftLink(draw.choice(["/", "/nothing", names[0]]))
        elif kind == 4:
            file[name] = h5py.ExternalLink("/etc/passwd", "/x")
        elif kind == 5:
            file.create_dataset(name, (10**7,), "float32", compression="gzip")
        elif kind == 6:
            file.create_group(name)
    return memory.getvalue()


def text_otherwise(content: bytes, draw: random.Random) -> bytes:
    """Other values in the text of `to_json`."""
    config = json.loads(content)
    with_other_values(config, draw)
    return json.dumps(config).replace("1000000000", "1000000000000").encode()  # which no machine has memory for


def run(cases: int, wanted: list[str], seed: int = 0) -> None:
    """Try `cases` files of each format; raise AssertionError for the first that does anything else than it may."""
    set_compiled(False)  # compiling takes longer than the files
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None  # thousands of files are written
    with tempfile.TemporaryDirectory(dir=memory) as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of an optimizer that starts without a state
        for name, make in formats(Path(folder)).items():
            if wanted and name not in wanted:
                continue
            one = make()
            draw, found, slowest = random.Random(seed), Counter[str](), 0.0
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            for number in range(cases):
                is_described = one.describe is not None and draw.random() < 0.5
                content = one.describe(one.content, draw) if one.describe and is_described else flipped(one.content, draw)
                one.path.write_bytes(content)
                start = time.process_time()
                outcome = attempt(one, is_described)
                slowest = max(slowest, time.process_time() - start)
                found[outcome] += 1
                if slowest > SECONDS or outcome not in ("loaded", "refused"):
                    kept = Path(tempfile.gettempdir(), f"{name}-{number}{one.path.suffix}")
                    kept.write_bytes(content)
                    raise AssertionError(f"{name} {number}: {outcome}, {slowest:.2f} s; the file is {kept}")
            grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1000
            if grown > MEGABYTES:
                raise AssertionError(f"{name}: {grown:.0f} MB more than before")
            print(f"{name}: {cases} files, {dict(found)}, the slowest {slowest:.2f} s, {grown:.0f} MB more", flush=True)


def attempt(one: Format, is_described: bool) -> str:
    """ "loaded", "refused", or what is wrong."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = one.load(one.path)
    except ModelFileError as error:
        return "refused" if len(str(error)) <= 2000 else f"a message of {len(str(error))} characters"
    except Exception as error:
        return repr(error)[:300]
    if one.is_checked and not is_described and values(model) != one.right:
        return "loaded with other values"
    return "loaded"


if __name__ == "__main__":
    seeds = [int(one) for one in sys.argv[2:] if one.isdigit()]
    run(int(sys.argv[1]), [one for one in sys.argv[2:] if not one.isdigit()], *seeds[:1])
