"""Freed memory is kept, where the C library can do that, unless the user has said how it shall be."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import resource
import numpy as np
from minidl.kernels.memory import keep_freed_memory

def step():
    arrays = [np.ones(3 << 18, np.float32) for _ in range(12)]  # 3 MB each

kept = keep_freed_memory()
for _ in range(3):
    step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
step()
print(int(kept), resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.parametrize("setting", [{}, {"MALLOC_TRIM_THRESHOLD_": "131072"}])
def test_a_step_after_the_first_needs_no_fresh_pages_where_memory_is_kept(setting):
    unset = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=unset | setting, capture_output=True, text=True, check=True)
    kept, pages = map(int, done.stdout.split())
    assert not (kept and setting)
    assert pages < 100 if kept else pages >= 0
