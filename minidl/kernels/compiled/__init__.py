"""Compiled kernels: drop-in versions of the hot NumPy functions, compiled by Numba (`pip install numba`).

Numba is imported, and the compiled versions are used, from the first training step of the process on, or from
`set_compiled(True)`: importing it takes half a second, which a few predictions would not save again. Each function is compiled
at its first call, and kept on the disk for later processes.
"""

from minidl.kernels.in_use import is_compiled, report_problem, state, use_compiled_functions


def set_compiled(use: bool) -> None:
    """Use the kernels that Numba compiles, or the plain ones.

    By default they are used from the first training step on, if Numba is installed and the variable MINIDL_COMPILED is not 0.

    Args:
        use: `True` imports Numba now; `False` uses NumPy alone.
    Raises:
        ImportError: `use` is true and Numba is not installed.
    Example:
        >>> set_compiled(False)
    """
    state["asked"] = bool(use)
    use_compiled_functions(None)
    if use:
        start_compiled()
        if state["problem"] == "absent":
            raise ImportError("compiled kernels need Numba: pip install numba")


def start_compiled() -> None:
    """Use the compiled kernels from now on, if they are wanted and Numba is installed; called before training."""
    if not state["asked"] or state["compiled_functions"] is not None:
        return
    state.update(problem="", compiled_functions={})
    try:
        from minidl.kernels.compiled.table import compiled_functions  # imports Numba

        use_compiled_functions(compiled_functions())
    except ModuleNotFoundError as error:
        state["problem"] = "absent"
        if error.name != "numba":
            report_problem("Numba cannot be used", error)
    except Exception as error:  # whatever a broken, too old or too new Numba raises
        report_problem("Numba cannot be used", error)


def what_is_in_use() -> str:
    """One line: compiled kernels or not, and why not."""
    if not state["asked"]:
        return "off (MINIDL_COMPILED=0 or set_compiled(False))"
    if state["problem"]:
        return "no Numba: pip install numba" if state["problem"] == "absent" else f"off: {state['problem']}"
    return "on" if is_compiled() else "from the first training step on, where Numba is installed"


def compilation_report() -> str:
    """One line on what was compiled since the last report, and how long it took; empty if nothing was."""
    if not is_compiled():
        return ""
    from minidl.kernels.compiled.compiler import compilations

    seconds, folder = compilations()
    new = [seconds[one] for one in seconds.keys() - state["reported"]]
    state["reported"] |= seconds.keys()
    if not new:
        return ""
    kernels = "1 kernel" if len(new) == 1 else f"{len(new)} kernels"
    return f"compiled {kernels} for this processor in {sum(new):.1f} s, only this once (kept in {folder})"
