"""What a layer's own methods must give back, and the sentences for those that do not."""

from typing import Any


def output_and_cache(layer: Any, returned: Any) -> tuple[Any, Any]:
    """What `forward` returned, if it is a pair."""
    if not isinstance(returned, tuple) or len(returned) != 2:
        what = f"a tuple of {len(returned)}" if isinstance(returned, tuple) else f"a {type(returned).__name__}"
        raise TypeError(f"{layer.title}: forward returns (y, cache), got {what}; where backward needs nothing, return y, None")
    return returned


def input_gradient(layer: Any, dx: Any) -> Any:
    """What `backward` returned, which only a layer that takes integers may leave out."""
    if dx is None and layer.input_dtype == "float":
        raise TypeError(f"{layer.title}: backward returns dx, the gradient of its input, got None")
    return dx
