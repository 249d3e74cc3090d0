"""What a measurement depends on: the machine, the versions, the commit, and how much else was running."""

import importlib
import importlib.metadata
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

PACKAGES = ("numpy", "scipy", "torch", "keras", "jax", "jaxlib", "scikit-learn", "onnx", "onnxruntime")
# How variables begin that limit a library's threads, choose its kernels, or make every import compile its files: nobody is
# measured under them.
CLEARED = ("OMP_", "KMP_", "OPENBLAS_", "GOTO_", "MKL_", "VECLIB_", "DNNL_", "ONEDNN_", "ATEN_", "XLA_", "PYTHONDONTWRITE")


def cores() -> int:
    """Number of cores this process may run on, which is the number of threads that everybody may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def settings() -> dict[str, Any]:
    """Everything about machine and software that a table should name."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "cpu": cpu_name(),
        "cores": cores(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "minidl": importlib.import_module("minidl").__version__,
        "versions": {name: version for name in PACKAGES if (version := version_of(name))},
        "cleared": {name: value for name, value in os.environ.items() if name.startswith(CLEARED)},
        "load_average": list(os.getloadavg()) if hasattr(os, "getloadavg") else None,
    }


def environment() -> dict[str, str]:
    """This process's, without what limits threads or chooses kernels, and with JAX chosen for Keras."""
    return {name: value for name, value in os.environ.items() if not name.startswith(CLEARED)} | {"KERAS_BACKEND": "jax"}


def version_of(package: str) -> str:
    """Its version, or nothing where it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def commit() -> str:
    """The commit that is measured, with `+` behind it where files were changed since."""

    def git(*arguments: str) -> str:
        run = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False, cwd=Path(__file__).parent)
        return run.stdout.strip()

    try:
        return git("rev-parse", "--short=12", "HEAD") + ("+" if git("status", "--porcelain", "--", "../../minidl") else "")
    except FileNotFoundError:
        return ""


def cpu_name() -> str:
    """What the processor calls itself."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


class Neighbours:
    """How busy other programs kept the cores from its making on, as a share of all of them; `None` where nobody knows.

    Only processes of this one that have ended count as its own: ask after they have.
    """

    def __init__(self) -> None:
        self.start = self._now()

    def share(self) -> float | None:
        now = self._now()
        if self.start is None or now is None:
            return None
        total, busy, own = (after - before for after, before in zip(now, self.start, strict=True))
        return max(0.0, (busy - own) / total) if total > 0 else None

    @staticmethod
    def _now() -> tuple[float, float, float] | None:
        try:
            first = Path("/proc/stat").read_text(encoding="utf-8").splitlines()[0]
        except OSError:
            return None
        ticks = [int(word) for word in first.split()[1:9]]  # user, nice, system, idle, iowait, irq, softirq, steal
        second = os.sysconf("SC_CLK_TCK")
        return sum(ticks) / second, (sum(ticks) - ticks[3] - ticks[4]) / second, sum(os.times()[:4])
