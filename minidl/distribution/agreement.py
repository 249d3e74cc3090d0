"""What must be equal on all ranks: script, versions, seeds, model, data. Differences are errors before the first step."""

from __future__ import annotations

import hashlib
import pickle
import platform
import sys
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minidl.config.nest import flatten
from minidl.data.batches import ArrayData
from minidl.layers.traversal import weight_paths
from minidl.models.model import Model

_FIXES = {
    "script": "start the same script on every rank: mpiexec -n 4 python train.py",
    "random seed": "call set_random_seed with the same number on every rank; random layers differ between ranks anyway",
    "call": "all ranks must make the same calls in the same order",
    "model": "build the same model on every rank",
    "optimizer": "compile the model with the same arguments on every rank",
    "loss": "compile the model with the same arguments on every rank",
    "number of rows": "give every rank all the data, or DataParallel(auto_shard_dataset=False) if each has its own part",
    "rows of data": "give every rank the same data in the same order, with a fixed seed where it is shuffled or split, or use "
    "DataParallel(auto_shard_dataset=False) if each has its own part",
    "number of batches": "give fit a number of steps_per_epoch that every rank has the data for",
    "weights": "call set_distribution before the model is made, and set_random_seed with the same number on every rank",
    "random state": "call set_distribution before the model is made, and set_random_seed with the same number on every rank",
    "weights after the epoch": "a train_step or callback of your own must make the same changes on every rank",
}
_SAMPLE = 64  # rows that are compared


def check_equal(found: Sequence[Mapping[str, object]]) -> None:
    """Raise ValueError for the first property in which a rank differs from rank 0.

    Args:
        found: for each rank its properties by name.
    """
    for name in found[0]:
        for rank, other in enumerate(found):
            if other.get(name) != found[0][name]:
                mine, theirs = (_shown(properties.get(name)) for properties in (found[0], other))
                values = f": {theirs} and {mine}" if mine and theirs else ""
                fix = _FIXES.get(name, "every rank must use the same")
                raise ValueError(f"rank {rank} and rank 0 differ in their {name}{values}; {fix}")


def script() -> dict[str, str]:
    """The script that runs, and the versions of what computes."""
    path = getattr(sys.modules["__main__"], "__file__", None)
    code = Path(path).read_bytes() if path and Path(path).is_file() else " ".join(sys.orig_argv[1:]).encode()
    return {
        "script": f"{Path(path).name if path else 'python -c'} ({hashlib.sha256(code).hexdigest()[:8]})",
        "version of Python": platform.python_version(),
        "version of NumPy": np.__version__,
        "version of minidl": sys.modules["minidl"].__version__,
    }


def described_model(model: Model) -> dict[str, object]:
    """Architecture, compile arguments, weights and random state of a built model."""
    weights = weight_paths(model)
    return {
        "model": [(path.partition("/")[2], variable.shape, variable.dtype) for path, variable in weights.items()],
        "optimizer": repr(model.optimizer),
        "loss": repr(model.loss_names),
        "weights": checksum([variable.array for variable in weights.values()]),
        "random state": checksum([generator.bit_generator.state for generator in model.generators]),
    }


def described_data(data: object) -> dict[str, object]:
    """Number of rows, and a checksum of some of them."""
    if not isinstance(data, ArrayData):
        return {}
    rows = np.unique(np.linspace(0, len(data) - 1, _SAMPLE).astype(int))
    parts = [part for several in data.rows(rows).parts().values() for part in flatten(several)]
    dense = [part.toarray() if hasattr(part, "toarray") else part for part in parts]
    return {"number of rows": len(data), "rows of data": checksum(dense)}


def checksum(parts: Sequence[object]) -> int:
    """A checksum of arrays and plain values."""
    found = 0
    for part in parts:
        plain = isinstance(part, np.ndarray) and not part.dtype.hasobject
        packed: Any = np.ascontiguousarray(part).reshape(-1).view(np.uint8) if plain else pickle.dumps(part)
        found = zlib.crc32(packed, found)
    return found


def _shown(value: object) -> str:
    """A value in words, if it is short and says something."""
    return str(value) if isinstance(value, str) or (isinstance(value, int) and abs(value) < 1_000_000) else ""
