"""`in_use[function]`: the version of a NumPy function that is in use, compiled or not, with the same signature.

    loss, cache = in_use[softmax_crossentropy](labels, logits)

The NumPy function is the reference, and is used unless compiled kernels are switched on: see `kernels/compiled`.
"""

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

state: dict[str, Any] = {
    "asked": os.environ.get("MINIDL_COMPILED") != "0",
    "compiled_functions": None,
    "problem": "",
    "reported": set(),
}


class InUse(dict[Callable[..., Any], Callable[..., Any]]):
    """The version in use of each function, found by the function itself; a lookup is that of a plain dict."""

    if TYPE_CHECKING:

        def __getitem__(self, reference: Function) -> Function: ...

    def __missing__(self, reference: Function) -> Function:
        """The version in use, for the first time: the compiled one if it is switched on and there is one."""
        compiled = (state["compiled_functions"] or {}).get(name_of(reference))
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
                    use_compiled_functions({})
                    report_problem(f"{reference.__name__} could not be compiled", error)
                return result

        return function


in_use = InUse()


def use_compiled_functions(functions: dict[str, Callable[..., object]] | None) -> None:
    """Use these from now on, by the names of their references; `None`: decide at the first training step."""
    state["compiled_functions"] = functions
    in_use.clear()


def name_of(reference: Callable[..., object]) -> str:
    """Module and name of a function, as in the table."""
    return f"{reference.__module__}.{reference.__qualname__}".removeprefix("minidl.")


def is_compiled() -> bool:
    """Whether compiled kernels are in use."""
    return bool(state["compiled_functions"])


def report_problem(what: str, error: Exception) -> None:
    """Store why no compiled kernels are used, and print it."""
    lines = str(error).strip().splitlines()
    state["problem"] = f"{what}: {type(error).__name__}" + (f": {lines[0]}" if lines else "")
    print(f"minidl: {state['problem']}; the plain version runs instead", file=sys.stderr)
