"""Runs scripts under a real `mpiexec`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def mpiexec() -> str:
    """The `mpiexec` of this environment, or of the system."""
    own = Path(sys.executable).with_name("mpiexec")
    found = str(own) if own.exists() else shutil.which("mpiexec")
    assert found is not None, "no mpiexec: pip install mpich"
    return found


def environment() -> dict[str, str]:
    """Variables with which scripts find this checkout."""
    return os.environ | {"PYTHONPATH": str(ROOT)}


def run(script: str | Path, *arguments: object, ranks: int, seconds: float = 100) -> "subprocess.CompletedProcess[str]":
    """What a script of this folder, or of another path, prints and returns on that many ranks."""
    command = [mpiexec(), "-n", str(ranks), sys.executable, "-W", "error", str(HERE / script), *map(str, arguments)]
    return subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=seconds, stdin=subprocess.DEVNULL)
