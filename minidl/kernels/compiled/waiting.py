"""`wait_briefly`: wait for another thread without sleeping and without the GIL, for at most about 0.2 milliseconds."""

import platform
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from minidl.config.types import Array
from minidl.kernels.compiled.compiler import compile_loops

_MOST = 10_000  # looks at the signal, each with a pause of about 25 nanoseconds
_LEFT = 300  # pauses after it has changed: the thread that changed it then releases the GIL, which this one takes next


@compile_loops
def wait_briefly(signal: Array, seen: int) -> None:
    """`threads.wait_briefly`."""
    for _ in range(_MOST):
        if _first(signal) != seen:
            for _ in range(_LEFT):
                _pause()
            return
        _pause()


def _read_first(typing_context: Any, signal: Any) -> Any:
    """`signal[0]`, read from memory each time: LLVM would read it once for the whole loop."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        return builder.load_atomic(array.data, "acquire", 8)

    return types.int64(signal), generate


def _tell_that_it_waits(typing_context: Any) -> Any:
    """An instruction by which x86 processors let a loop wait; others do nothing."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if platform.machine().lower() in ("x86_64", "amd64"):
            instruction = ir.FunctionType(ir.VoidType(), [])
            builder.call(builder.module.declare_intrinsic("llvm.x86.sse2.pause", (), instruction), [])
        return context.get_dummy_value()

    return types.void(), generate


_first: Any = intrinsic(_read_first)
_pause: Any = intrinsic(_tell_that_it_waits)
