"""Compiled kernels: drop-in versions of the hot NumPy functions, compiled by Numba (`pip install "minidl[fast]"`).

The NumPy function is the reference. `in_use[function]` is the version in use, with the same signature:

    loss, cache = in_use[softmax_crossentropy](labels, logits)

Numba is imported, and the compiled versions are used, from the first training step of the process on, or from
`set_compiled(True)`: importing it takes half a second, which a few predictions would not save again. Each function is compiled
at its first call, and kept on the disk for later processes.
"""

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

_state: dict[str, Any] = {"asked": os.environ.get("MINIDL_COMPILED") != "0", "drop_ins": None, "problem": "", "reported": 0}


class InUse(dict[Callable[..., Any], Callable[..., Any]]):
    """The version in use of each function, found by the function itself; a lookup is that of a plain dict."""

    if TYPE_CHECKING:

        def __getitem__(self, reference: Function) -> Function: ...

    def __missing__(self, reference: Function) -> Function:
        """The version in use, for the first time: the compiled one if it is switched on and there is one."""
        compiled = (_state["drop_ins"] or {}).get(name_of(reference))
        self[reference] = reference if compiled is None else self._with_fallback(reference, compiled)
        return self[reference]

    def _with_fallback(self, reference: Function, compiled: Function) -> Callable[..., Any]:
        """The compiled function; if compiling fails, which changes no argument, the references are used from then on."""

        def function(*args: Any, **kwargs: Any) -> Any:
            try:
                return compiled(*args, **kwargs)
            except Exception as error:
                result = reference(*args, **kwargs)  # raises an error that is the caller's own
                if is_compiled():
                    _state["drop_ins"] = {}
                    self.clear()
                    _say_problem(f"{reference.__name__} could not be compiled", error)
                return result

        return function


in_use = InUse()


def name_of(reference: Callable[..., Any]) -> str:
    """Module and name of a function, as in the table."""
    return f"{reference.__module__}.{reference.__qualname__}".removeprefix("minidl.")


def set_compiled(use: bool) -> None:
    """Use the compiled kernels of `minidl[fast]`, or the plain ones.

    By default they are used from the first training step on, if Numba is installed and the variable MINIDL_COMPILED is not 0.

    Args:
        use: `True` imports Numba now; `False` uses NumPy alone.
    Raises:
        ImportError: `use` is true and Numba is not installed.
    Example:
        >>> set_compiled(False)
    """
    _state.update(asked=bool(use), drop_ins=None)
    if use:
        start_compiled()
        if _state["problem"] == "absent":
            raise ImportError('compiled kernels need Numba: pip install "minidl[fast]", or pip install numba')
    in_use.clear()


def start_compiled() -> None:
    """Use the compiled kernels from now on, if they are wanted and Numba is installed; called before training."""
    if not _state["asked"] or _state["drop_ins"] is not None:
        return
    _state.update(problem="", drop_ins={})
    try:
        from minidl.kernels.compiled.table import drop_ins  # imports Numba

        _state["drop_ins"] = drop_ins()
    except ModuleNotFoundError as error:
        _state["problem"] = "absent"
        if error.name != "numba":
            _say_problem("Numba cannot be used", error)
    except Exception as error:  # whatever a broken, too old or too new Numba raises
        _say_problem("Numba cannot be used", error)
    if is_compiled():
        in_use.clear()


def is_compiled() -> bool:
    """Whether compiled kernels are in use."""
    return bool(_state["drop_ins"])


def what_is_in_use() -> str:
    """One line: compiled kernels or not, and why not."""
    if not _state["asked"]:
        return "off (MINIDL_COMPILED=0 or set_compiled(False))"
    if _state["problem"]:
        return 'no Numba: pip install "minidl[fast]"' if _state["problem"] == "absent" else f"off: {_state['problem']}"
    return "on" if is_compiled() else "from the first training step on, where Numba is installed"


def compilation_report() -> str:
    """One line on what was compiled since the last report, and how long it took; empty if nothing was."""
    if not is_compiled():
        return ""
    from minidl.kernels.compiled.compiler import compilations

    seconds, folder = compilations()
    new, _state["reported"] = seconds[_state["reported"] :], len(seconds)
    if not new:
        return ""
    return f"compiled {len(new)} kernels for this processor in {sum(new):.1f} s, only this once (kept in {folder})"


def _say_problem(what: str, error: Exception) -> None:
    lines = str(error).strip().splitlines()
    _state["problem"] = f"{what}: {type(error).__name__}" + (f": {lines[0]}" if lines else "")
    print(f"minidl: {_state['problem']}; the plain version runs instead", file=sys.stderr)
