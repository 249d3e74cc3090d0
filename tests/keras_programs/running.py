"""Run a program written for Keras, as it is or with minidl imported instead, and compare what two runs leave.

A program is a file as a user of Keras writes it, with two comments for the tests:

- `# same weights: model, other`: here minidl's models get the weights that Keras's models have at the same place.
- `# random: history, images`: these variables depend on random numbers, so only their structure is compared.
"""

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import jax
import keras
import numpy as np

import minidl

jax.config.update("jax_disable_most_optimizations", True)  # compiling takes longer than computing here

TOLERANCE = 1e-3
LIBRARIES = {"keras": keras, "minidl": minidl}
SAME_WEIGHTS = re.compile(r"^( *)# same weights: (.+)$", re.MULTILINE)
RANDOM = re.compile(r"^# random: (.+)$", re.MULTILINE)


def source(path: Path, library: str) -> str:
    """The program's text, importing minidl instead of Keras if that is the library; same lines."""
    text = SAME_WEIGHTS.sub(r"\1same_weights(\2)", path.read_text(encoding="utf-8"))
    if library == "keras":
        return text
    text = re.sub(r"^( *)import keras$", r"\1import minidl as keras", text, flags=re.MULTILINE)
    return re.sub(r"^( *(?:from|import)) keras\b", r"\1 minidl", text, flags=re.MULTILINE)


def run(path: Path, library: str, weights: list[list[np.ndarray]]) -> dict[str, Any]:
    """The public variables after the program has run; Keras appends to `weights`, minidl takes from them."""

    def same_weights(*models: Any) -> None:
        for model in models:
            if library == "keras":
                weights.append([np.array(value) for value in model.get_weights()])
            else:
                model.set_weights(weights.pop(0))

    LIBRARIES[library].utils.clear_session()
    LIBRARIES[library].utils.set_random_seed(0)
    variables = {"__name__": "program", "same_weights": same_weights}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(source(path, library), str(path), "exec"), variables)
    return {name: value for name, value in variables.items() if not name.startswith("_")}


def random_names(path: Path) -> set[str]:
    return {name for names in RANDOM.findall(path.read_text(encoding="utf-8")) for name in names.split(", ")}


def differences(ours: Any, theirs: Any, where: str, structure_only: bool = False) -> list[str]:
    """What differs: types and keys of containers, shapes and kinds of arrays, names and weights of models, and numbers."""
    if isinstance(theirs, keras.callbacks.History):
        ours, theirs = (ours.epoch, ours.history), (theirs.epoch, theirs.history)
    if isinstance(theirs, keras.Model):
        if not isinstance(ours, minidl.Model):
            return [f"{where}: {type(ours)}, not a model"]
        ours, theirs = (
            {f"{i} {variable.name}": variable.numpy() for i, variable in enumerate(model.weights)} for model in (ours, theirs)
        )
    if isinstance(theirs, dict):
        if not isinstance(ours, dict) or list(ours) != list(theirs):
            return [f"{where}: {ours if not isinstance(ours, dict) else list(ours)}, Keras has the keys {list(theirs)}"]
        pairs = [(ours[key], theirs[key], f"{where}[{key!r}]") for key in theirs]
    elif isinstance(theirs, list | tuple):
        if type(ours) is not type(theirs) or len(ours) != len(theirs):
            return [f"{where}: {ours!r}, Keras has {theirs!r}"]
        pairs = [(mine, its, f"{where}[{i}]") for i, (mine, its) in enumerate(zip(ours, theirs, strict=True))]
    elif theirs is None or isinstance(theirs, str | bytes | bool):
        return (
            [] if structure_only or (type(ours) is type(theirs) and ours == theirs) else [f"{where}: {ours!r}, not {theirs!r}"]
        )
    elif is_numbers(theirs):
        return number_differences(ours, theirs, where, structure_only)
    else:  # functions, classes, layers, generators
        return []
    return [text for mine, its, place in pairs for text in differences(mine, its, place, structure_only)]


def is_numbers(value: Any) -> bool:
    return isinstance(value, int | float | np.ndarray | np.generic | keras.Variable) or keras.ops.is_tensor(value)


def number_differences(ours: Any, theirs: Any, where: str, structure_only: bool) -> list[str]:
    if not isinstance(ours, int | float | np.ndarray | np.generic | minidl.Variable):
        return [f"{where}: {type(ours)}, Keras has numbers"]
    ours, theirs = np.asarray(ours), keras.ops.convert_to_numpy(theirs)
    if ours.shape != theirs.shape or ours.dtype.kind != theirs.dtype.kind:
        return [f"{where}: {ours.dtype}{ours.shape}, Keras has {theirs.dtype}{theirs.shape}"]
    if structure_only or theirs.dtype.kind not in "biuf":
        return []
    if np.allclose(ours, theirs, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True):
        return []
    worst = float(np.nanmax(np.abs(ours.astype("float64") - theirs)))
    return [f"{where}: differs by {worst:.2g}; {ours.ravel()[:3]}, Keras has {theirs.ravel()[:3]}"]
