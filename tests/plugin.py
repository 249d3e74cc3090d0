"""Pytest plugin for all tests and doctests: one BLAS thread, a fixed seed, a hypothesis profile (`-p tests.plugin`)."""

import gc
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

for _library in ("OPENBLAS", "MKL", "OMP", "VECLIB_MAXIMUM"):  # NumPy is not imported yet: same bits on any number of cores
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")
os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("MPLBACKEND", "agg")
os.environ.setdefault(
    "MINIDL_COMPILED", "0"
)  # tests/kernels/compiled switches compiled kernels on; with 1, every test has them

PROFILE = os.environ.get("MINIDL_PROFILE", "fast")

hypothesis.settings.register_profile("fast", max_examples=25, deadline=None, derandomize=True, database=None)
hypothesis.settings.register_profile("thorough", max_examples=500, deadline=None, print_blob=True)
hypothesis.settings.load_profile(PROFILE)


def pytest_collection_finish() -> None:
    """Leave the collected tests, millions of objects, out of later garbage collections: one took longer than some tests may.

    Before that an empty test runs, as hypothesis 6.120 makes its generator then, and looks for what refers to it.
    """
    hypothesis.given(hypothesis.strategies.none())(lambda nothing: None)()
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if PROFILE == "thorough":
        return
    seen: Counter[tuple[str, str]] = Counter()  # by test, and what its parameters are about
    chosen, left_out = [], []
    for item in items:
        long = item.get_closest_marker("thorough") is not None
        if (rows := item.get_closest_marker("quick_rows")) and not long:
            test, _, row = item.nodeid.partition("[")
            about = (test, "" if rows.kwargs.get("whole") else row.split("-")[0])
            seen[about] += 1
            long = seen[about] > rows.args[0]
        (left_out if long else chosen).append(item)
    config.hook.pytest_deselected(items=left_out)
    items[:] = chosen


@pytest.fixture(autouse=True)
def known_start() -> Iterator[None]:
    """Every test starts with seed 0, reset automatic names, and float32."""
    from minidl.config.naming import clear_session
    from minidl.config.randomness import set_random_seed
    from minidl.config.settings import epsilon, floatx, image_data_format, set_epsilon, set_floatx, set_image_data_format
    from minidl.kernels.compiled import set_compiled

    set_random_seed(0)
    clear_session()
    if os.environ["MINIDL_COMPILED"] == "1":
        set_compiled(True)
    before = floatx(), epsilon(), image_data_format()
    yield
    set_floatx(before[0])
    set_epsilon(before[1])
    set_image_data_format(before[2])
    if os.environ["MINIDL_COMPILED"] == "1":
        set_compiled(True)  # for fixtures of the next module, which are made before this one runs


@pytest.fixture(autouse=True)
def doctest_surroundings(
    request: pytest.FixtureRequest, doctest_namespace: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Doctests can use `np` and `minidl`, and write their files to a temporary directory."""
    if isinstance(request.node, pytest.DoctestItem):
        import numpy as np

        import minidl

        doctest_namespace.update(np=np, minidl=minidl)
        monkeypatch.chdir(tmp_path)
