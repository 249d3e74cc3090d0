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


def environment(**more: str) -> dict[str, str]:
    """Variables with which scripts find this checkout."""
    return os.environ | {"PYTHONPATH": str(ROOT)} | more


def run(
    script: str | Path, *arguments: object, ranks: int, seconds: float = 100, apart: bool = False
) -> "subprocess.CompletedProcess[str]":
    """What a script of this folder, or of another path, prints and returns; `apart`, as if each rank had a machine."""
    command = [mpiexec(), "-n", str(ranks), sys.executable, "-W", "error", str(HERE / script), *map(str, arguments)]
    variables = environment(MPIR_CVAR_NOLOCAL="1") if apart else environment()
    return subprocess.run(command, env=variables, capture_output=True, text=True, timeout=seconds, stdin=subprocess.DEVNULL)
