"""Two recurrent layers of opposite directions, for `Bidirectional`."""

from typing import Any

from minidl.layers.layer import Layer

_SHARED = ("return_sequences", "return_state", "stateful")  # attributes that must be the same in both layers


def both_directions(layer: Any, backward_layer: Layer | None) -> tuple[Layer, Layer]:
    """Copies of a recurrent layer for each direction; or its copy and the other layer, if there is one.

    Raises:
        ValueError: one of them is not recurrent, or they do not fit each other.
    """
    for one in (layer,) if backward_layer is None else (layer, backward_layer):
        _check_recurrent(one)
    forward = _copy(layer, name=f"forward_{layer.name.removeprefix('forward_')}")
    if backward_layer is None:
        changes = {"name": f"backward_{layer.name}", "go_backwards": not layer.go_backwards}
        backward_layer = _copy(layer, seed_step=1, **changes)
    _check_pair(forward, backward_layer)
    return forward, backward_layer


def _check_recurrent(layer: object) -> None:
    """Raise ValueError for anything but a recurrent layer."""
    missing = [name for name in ("go_backwards", *_SHARED) if not hasattr(layer, name)]
    if isinstance(layer, type) or not isinstance(layer, Layer) or missing:
        why = f", which has no {missing[0]}" if isinstance(layer, Layer) else ""
        why = f"; create a layer: {layer.__name__}(...)" if isinstance(layer, type) else why
        raise ValueError(f"Bidirectional expects a recurrent layer, such as LSTM(8), got {layer!r}{why}")


def _check_pair(forward: Any, backward: Any) -> None:
    """Raise ValueError for two layers of the same direction, or that return different things."""
    if forward.go_backwards == backward.go_backwards:
        raise ValueError(
            f"Bidirectional expects a backward_layer of the opposite direction of layer, got "
            f"go_backwards={forward.go_backwards} for both"
        )
    for name in _SHARED:
        if getattr(forward, name) != getattr(backward, name):
            raise ValueError(
                f"Bidirectional expects the same {name} for both of its layers, got {getattr(forward, name)} for layer and "
                f"{getattr(backward, name)} for backward_layer"
            )


def _copy(value: object, seed_step: int = 0, **changes: object) -> Any:
    """A copy of a layer, made from its config, and of the layers in its config, such as cells, each with its own seed."""
    if isinstance(value, Layer):
        config = {key: _copy(item, seed_step) for key, item in value.constructor_arguments().items()}
        if isinstance(config.get("seed"), int):
            config["seed"] += seed_step
        return type(value).from_config(config | changes)
    if isinstance(value, (list, tuple)):
        return type(value)(_copy(item, seed_step) for item in value)
    return value
