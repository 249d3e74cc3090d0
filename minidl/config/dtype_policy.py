"""`DTypePolicy`: the float type of a layer's variables and arithmetic, as an object."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from minidl.config.checks import shown
from minidl.config.registry import HasConfig
from minidl.config.settings import floatx, set_floatx
from minidl.config.types import ArrayLike, Config


class DTypePolicy(HasConfig):
    """The float type of a layer's variables and arithmetic; layers take it as `dtype`.

    Args:
        name: "float32" or "float64"; `floatx()` by default.
    Raises:
        ValueError: another name, such as "mixed_float16".
    Example:
        >>> DTypePolicy("float64").compute_dtype
        'float64'
    """

    quantization_mode = None

    def __init__(self, name: str | None = None) -> None:
        self.name = floatx() if name is None else name
        if self.name not in ("float32", "float64"):
            raise ValueError(
                f"minidl computes in 'float32' or 'float64', got the policy {name!r}; half precision and quantized weights "
                f"are not faster on a CPU"
            )

    @property
    def compute_dtype(self) -> str:
        """The type of the arithmetic."""
        return self.name

    @property
    def variable_dtype(self) -> str:
        """The type of the variables."""
        return self.name

    def convert_input(self, x: ArrayLike, autocast: bool, dtype: str) -> Any:
        """The input as an array of `dtype`, if `autocast` is true and it holds floats."""
        array = np.asarray(x)
        return array.astype(dtype) if autocast and array.dtype.kind == "f" else array

    def get_config(self) -> Config:
        """The constructor's arguments."""
        return {"name": self.name}

    @classmethod
    def from_config(cls, config: Config) -> Self:
        return cls(**config)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DTypePolicy) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f'<DTypePolicy "{self.name}">'


def dtype_policy() -> DTypePolicy:
    """The policy of layers made without a `dtype`: that of `floatx()`.

    Example:
        >>> dtype_policy()
        <DTypePolicy "float32">
    """
    return DTypePolicy()


def set_dtype_policy(policy: object) -> None:
    """Set the policy of layers made from now on without a `dtype`; the same as `set_floatx(policy.name)`.

    Args:
        policy: a policy, or its name.
    Example:
        >>> set_dtype_policy("float64")
        >>> dtype_policy()
        <DTypePolicy "float64">
        >>> set_dtype_policy("float32")
    """
    set_floatx(policy_for(policy).name)


def policy_for(identifier: Any) -> DTypePolicy:
    """The policy for a name, a NumPy type, a config or a policy; the default for `None`.

    Raises:
        ValueError: a type that minidl does not compute in.
    """
    if identifier is None or isinstance(identifier, DTypePolicy):
        return identifier or DTypePolicy()
    try:
        name = identifier["config"]["name"] if isinstance(identifier, dict) else identifier
        return DTypePolicy(name if isinstance(name, str) else np.dtype(name).name)
    except (TypeError, KeyError):
        raise ValueError(f"a policy is the name of a float type, such as 'float32', got {shown(identifier)}") from None
