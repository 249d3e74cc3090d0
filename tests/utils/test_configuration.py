"""`show_config` prints one line for each thing that is in use."""

import numpy as np

from minidl.utils import set_compiled, set_threads, show_config


def test_the_lines_say_what_is_in_use(capsys):
    set_compiled(False)
    set_threads(1)
    try:
        show_config()
    finally:
        set_threads(None)
    lines = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert lines["threads"] == "1"
    assert lines["compiled"] == "kernels  off (MINIDL_COMPILED=0 or set_compiled(False))"
    assert f"numpy {np.__version__}" in lines["versions"]
    assert lines["BLAS"].strip()
