"""A flipped byte anywhere in a file is noticed; files that were written without a checksum still load."""

import json

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from minidl import Input, Sequential, load_model
from minidl.callbacks import BackupAndRestore, ModelCheckpoint
from minidl.layers import Dense
from minidl.saving.checkpoint import load_state, save_state


def trained():
    model = Sequential([Input((2,)), Dense(3, activation="relu"), Dense(1)])
    model.compile("adam", "mse")
    model.fit(np.ones((4, 2)), np.ones(4), verbose=0)
    return model


WAYS = {
    "weights": (lambda model, path: model.save_weights(path), lambda model, path: model.load_weights(path)),
    "model": (lambda model, path: model.save(path), lambda model, path: load_model(path)),
    "weights of a model": (lambda model, path: model.save(path), lambda model, path: model.load_weights(path)),
    "state": (lambda model, path: save_state(model, path, {"epoch": 1}), load_state),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_flipped_byte_anywhere_raises_an_error_and_changes_nothing(way, tmp_path):
    write, read = WAYS[way]
    model, path = trained(), tmp_path / "file.safetensors"
    write(model, path)
    read(model, path)
    before, content = model.get_weights(), path.read_bytes()
    size = 8 + int.from_bytes(content[:8], "little")
    word = content.index(b"checksum")  # without that key the file is one of the older ones, and nothing else has changed
    header = set(range(0, size, 1 if size < 1000 else 7)) - set(range(word, word + len("checksum")))
    for place in (*range(size, len(content)), *sorted(header)):
        damaged = bytearray(content)
        damaged[place] ^= 1 << place % 8
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="damaged|did not write it|this minidl|not a safetensors file"):
            read(model, path)
    assert all((one == other).all() for one, other in zip(before, model.get_weights(), strict=True))


def test_the_error_says_that_the_content_changed(tmp_path):
    model, path = trained(), tmp_path / "file.safetensors"
    model.save_weights(path)
    content = bytearray(path.read_bytes())
    content[-2] ^= 255
    path.write_bytes(content)
    with pytest.raises(ValueError, match="damaged: its content does not match its checksum"):
        model.load_weights(path)


@pytest.mark.parametrize("way", WAYS)
def test_files_without_a_checksum_still_load(way, tmp_path):
    write, read = WAYS[way]
    model, path = trained(), tmp_path / "file.safetensors"
    write(model, path)
    with safe_open(path, framework="numpy") as file:
        head = json.loads(file.metadata()["minidl"])
    del head["checksum"]
    save_file(load_file(path), path, {"minidl": json.dumps(head)})
    read(model, path)


def test_the_files_of_callbacks_have_a_checksum(tmp_path):
    model = trained()
    kept = BackupAndRestore(tmp_path / "backup", delete_checkpoint=False)
    checkpoints = [
        ModelCheckpoint(tmp_path / "a.safetensors"),
        ModelCheckpoint(tmp_path / "b.safetensors", save_weights_only=True),
    ]
    model.fit(np.ones((4, 2)), np.ones(4), verbose=0, callbacks=[kept, *checkpoints])
    files = [*tmp_path.rglob("*.safetensors")]
    assert len(files) == 3
    for path in files:
        with safe_open(path, framework="numpy") as file:
            assert len(json.loads(file.metadata()["minidl"])["checksum"]) == 8


def test_the_same_model_writes_the_same_file(tmp_path):
    model = trained()
    for name in ("a.safetensors", "b.safetensors"):
        model.save(tmp_path / name)
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


def test_a_damaged_key_of_the_checksum_does_not_make_the_file_an_older_one(tmp_path):
    model, path = trained(), tmp_path / "file.safetensors"
    model.save_weights(path)
    path.write_bytes(path.read_bytes().replace(b"checksum", b"checksun"))
    with pytest.raises(ValueError, match="it has no checksum, but 'checksun'"):
        model.load_weights(path)
