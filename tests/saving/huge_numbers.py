"""Files whose descriptions contain huge or negative numbers: each loads or raises `ModelFileError`, soon and in little memory.

python -m tests.saving.huge_numbers [format ...]     # safetensors, keras, json: every layer, metric, loss and optimizer
"""

import copy
import gc
import io
import json
import os
import resource
import signal
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

import numpy as np

from minidl import Input, Model, Sequential, layers, load_model, models, optimizers
from minidl.kernels.compiled import set_compiled
from minidl.layers.traversal import with_sublayers
from minidl.saving import ModelFileError
from tests.ops.graphs import has_tensors, model_of
from tests.ops.table import CALLS
from tests.saving.fuzz import spots
from tests.table.layers import gathered
from tests.table.losses import LOSSES
from tests.table.metrics import METRICS
from tests.table.optimizers import OPTIMIZERS

SECONDS, MEGABYTES = 1.0, 64
Head = dict[str, Any]


def layer_models() -> Iterator[tuple[str, Callable[[], Model]]]:
    """Every form of every layer of the table that files may contain, in a model."""
    for name, forms in gathered("FORMS").items():
        if name in ("InputLayer", "Lambda", "MaxNumBoundingBoxes"):
            continue
        for number, (make, shape, options) in enumerate(forms):
            if not any(not type(member).__module__.startswith("minidl.") for member in with_sublayers(make())):
                yield f"{name} {number}", _with_inputs(make, shape, options)


def _with_inputs(make: Callable[[], Any], shape: Any, options: dict[str, Any]) -> Callable[[], Model]:
    def model() -> Model:
        several = isinstance(shape, list)
        shapes, makers = (shape if several else [shape]), options.get("inputs")
        makers = makers if isinstance(makers, (list, tuple)) else [makers] * len(shapes)
        kinds = [_kind(maker, one) for maker, one in zip(makers, shapes, strict=True)]
        inputs = [Input(tuple(one[1:]), dtype=kind) for one, kind in zip(shapes, kinds, strict=True)]
        return Model(inputs, make()(inputs if several else inputs[0], **options.get("options", {})))

    return model


def _kind(maker: Any, shape: Any) -> str:
    if maker is None:
        return "float32"
    array = np.asarray(maker(np.random.default_rng(0), shape))
    return "string" if array.dtype.kind in "OUT" else "float32" if array.dtype.kind == "f" else array.dtype.name


def operation_models() -> Iterator[tuple[str, Callable[[], Model]]]:
    """Every form of every operation of the table that a graph can contain."""
    for name, forms in CALLS.items():
        for number, (tensors, options) in enumerate(forms):
            if has_tensors(tensors):
                yield (
                    f"{name} {number}",
                    lambda name=name, tensors=tensors, options=options: model_of(name, tensors, options)[0],
                )


def compiled_models() -> Iterator[tuple[str, Callable[[], Model]]]:
    """A small model compiled with every form of every metric, loss and optimizer."""

    def compiled(make: Callable[[], dict[str, Any]]) -> Callable[[], Model]:
        def model() -> Model:
            made = Sequential([Input((3,)), layers.Dense(3)])
            made.compile(**({"loss": "mse"} | make()))
            return made

        return model

    for kind, rows in (("metrics", METRICS), ("loss", LOSSES)):
        for name, forms in rows.items():
            for number, form in enumerate(forms):
                if kind == "metrics":
                    yield f"{name} {number}", compiled(lambda form=form: {"metrics": [form()[0]]})
                else:
                    yield f"{name} {number}", compiled(lambda form=form: {"loss": form()[0]})
    for name, settings in OPTIMIZERS.items():
        for number, arguments in enumerate(settings):
            make = getattr(optimizers, name)
            yield f"{name} {number}", compiled(lambda make=make, arguments=arguments: {"optimizer": make(**arguments)})


class Format:
    """Reads and writes the description in a file of one format."""

    ending = ".safetensors"
    values: tuple[int, ...] = (10**9, 10**12, -1)

    def write(self, model: Model, path: Path) -> None:
        model.save(path)

    def read(self, content: bytes) -> Head:
        size = struct.unpack("<Q", content[:8])[0]
        head = json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["minidl"])
        head.pop("checksum")
        return {name: head[name] for name in head if name in ("model", "compile")} | {"": head}

    def changed(self, content: bytes, head: Head) -> bytes:
        size = struct.unpack("<Q", content[:8])[0]
        header = json.loads(content[8 : 8 + size])
        header["__metadata__"]["minidl"] = json.dumps(head[""] | {key: head[key] for key in head if key})
        text = json.dumps(header).encode()
        return struct.pack("<Q", len(text)) + text + content[8 + size :]

    def load(self, path: Path) -> None:
        load_model(path)


class KerasFormat(Format):
    ending = ".keras"

    def read(self, content: bytes) -> Head:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return json.loads(archive.read("config.json"))

    def changed(self, content: bytes, head: Head) -> bytes:
        memory = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(memory, "w") as written:
            for name in archive.namelist():
                written.writestr(name, json.dumps(head) if name == "config.json" else archive.read(name))
        return memory.getvalue()


class JsonFormat(Format):
    ending = ".json"
    values = (10**12, 10**15, -1)  # a text has no arrays: 10**9 weights are right if the machine has memory for them

    def write(self, model: Model, path: Path) -> None:
        path.write_text(model.to_json())

    def read(self, content: bytes) -> Head:
        return json.loads(content)

    def changed(self, content: bytes, head: Head) -> bytes:
        return json.dumps(head).encode()

    def load(self, path: Path) -> None:
        models.model_from_json(path.read_text())


FORMATS: dict[str, type[Format]] = {"safetensors": Format, "keras": KerasFormat, "json": JsonFormat}


def numbers_in(head: Head, seen: set[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """The places of integers, and of what is not given, in a description; those of an argument that was seen are left out."""
    for path in spots(head):
        if path and path[0] != "" and path[-1] != "registered_name":
            value, owner, since = head, ("", None), 0
            for depth, key in enumerate(path):
                if isinstance(value, dict) and "class_name" in value:
                    config = value.get("config")
                    owner, since = (value["class_name"], isinstance(config, dict) and config.get("function")), depth
                value = value[key]
            argument = (owner, *path[since:])
            is_number = value is None or (isinstance(value, int) and not isinstance(value, bool))
            if is_number and argument not in seen:
                seen.add(argument)
                yield path


def cases(content: bytes, one: Format, seen: set[tuple[Any, ...]]) -> Iterator[tuple[str, bytes]]:
    """Every file with one number changed, and what was changed."""
    head = one.read(content)
    for place in numbers_in(head, seen):
        for value in one.values:
            changed = copy.deepcopy(head)
            holder: Any = changed
            for key in place[:-1]:
                holder = holder[key]
            if holder[place[-1]] is not None or value > 0:
                holder[place[-1]] = value
                yield f"{'/'.join(map(str, place))} = {value}", one.changed(content, changed)


def outcome(one: Format, path: Path) -> str:
    """ "loaded", "refused", or what is wrong."""
    start, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        one.load(path)
        found = "loaded"
    except ModelFileError:
        found = "refused"
    except ValueError as error:
        found = "refused" if one.ending == ".json" else repr(error)[:200]
    except Exception as error:
        found = repr(error)[:200]
    seconds, grown = time.process_time() - start, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return f"{found} after {seconds:.1f} s, {grown:.0f} MB" if seconds > SECONDS or grown > MEGABYTES else found


def tried(files: list[tuple[str, bytes]], one: Format, path: Path) -> Iterator[tuple[str, str]]:
    """What each file does, in a process that is killed after five seconds, and may take 4 GB."""
    done = 0
    while done < len(files):
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                gc.freeze()  # otherwise a collection of what earlier tests left counts as a second of loading
                os.close(read)
                resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
                warnings.simplefilter("ignore")
                for _, content in files[done:]:
                    signal.setitimer(signal.ITIMER_PROF, 5)
                    path.write_bytes(content)
                    os.write(write, f"{outcome(one, path)}\0".encode())
            finally:
                os._exit(0)
        os.close(write)
        with os.fdopen(read) as pipe:
            lines = pipe.read().split("\0")[:-1]
        os.waitpid(child, 0)
        yield from zip((what for what, _ in files[done:]), lines, strict=False)
        done += len(lines)
        if done < len(files):
            yield files[done][0], "killed: more than five seconds"
            done += 1


def run(wanted: list[str], rows: "Callable[[int], bool]" = lambda number: True) -> dict[str, str]:
    """Try all files; returns those that do something else than they may."""
    set_compiled(False)
    wrong: dict[str, str] = {}
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as folder:
        for name in wanted or FORMATS:
            one, found, seen = FORMATS[name](), Counter[str](), set[tuple[Any, ...]]()
            path = Path(folder, f"file{one.ending}")
            sources = [*layer_models(), *operation_models(), *(() if name == "json" else compiled_models())]
            for row, make in (source for number, source in enumerate(sources) if rows(number)):
                try:
                    one.write(make(), path)
                except (TypeError, ValueError):  # what Keras does not have; operations that need the values of an array
                    found["not written"] += 1
                    continue
                for what, result in tried(list(cases(path.read_bytes(), one, seen)), one, path):
                    found[result if result in ("loaded", "refused") else "wrong"] += 1
                    if result not in ("loaded", "refused"):
                        wrong[f"{name} {row}: {what}"] = result
                        print(f"{name} {row}: {what}: {result}", flush=True)
            print(f"{name}: {dict(found)}", flush=True)
    return wrong


if __name__ == "__main__":
    sys.exit(1 if run(sys.argv[1:]) else 0)
