"""`wait_briefly`: wait for another thread without sleeping and without the GIL, for at most about 0.25 milliseconds."""

import platform
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from minidl.config.types import Array
from minidl.kernels.compiled.compiler import compile_loops

_MOST = 10_000  # looks at the signal, each with a pause of about 25 nanoseconds
_LEFT = 300  # looks after it has changed: the thread that changed it then releases the GIL, which this one takes next


@compile_loops
def wait_briefly(signal: Array, seen: int) -> None:
    """`threads.wait_briefly`."""
    for _ in range(_MOST):
        if _look(signal) != seen:
            for _ in range(_LEFT):
                _look(signal)
            return


def _pause_and_read(typing_context: object, signal: types.Array) -> tuple[object, Callable[..., object]]:
    """`signal[0]`, read from memory each time: LLVM would read it once for a whole loop.

    An instruction before tells x86 processors that a loop waits here.
    """

    def generate(context: Any, builder: ir.IRBuilder, signature: object, arguments: list[object]) -> object:
        if platform.machine().lower() in ("x86_64", "amd64"):
            instruction = ir.FunctionType(ir.VoidType(), [])
            builder.call(builder.module.declare_intrinsic("llvm.x86.sse2.pause", (), instruction), [])
        array = context.make_array(signal)(context, builder, arguments[0])
        return builder.load_atomic(array.data, "acquire", 8)

    return types.int64(signal), generate


_look: Any = intrinsic(_pause_and_read)
