"""What a file of Keras 2 means by names that mean something else in Keras 3, or by arguments that it leaves out."""

from collections.abc import Collection, Mapping

from minidl.config.types import Config

_HARD_SIGMOID = "hard_sigmoid"


def with_meanings_of_keras_2(config: Config, version: str, own: Collection[str] | None) -> Config:
    """A config of a file in the terms of Keras 3, if Keras 2 wrote it.

    `hard_sigmoid` was `clip(0.2 * x + 0.5, 0, 1)`, and the activations of a file go by that. A `GRU` without `reset_after`,
    from before there was one, resets before the product. The config of a `Sequential` was a list of layers.

    Args:
        config: plain values.
        version: of the Keras that wrote it, as in "2.15.0" and "2.1.6-tf".
        own: names that the user's objects have, which are left as they are.
    """
    return _renewed_config(config, _HARD_SIGMOID not in (own or ())) if version.startswith("2.") else config


def _renewed(value: object, renames: bool) -> object:
    if isinstance(value, list):
        return [_renewed(item, renames) for item in value]
    return _renewed_config(value, renames) if isinstance(value, dict) else value


def _renewed_config(value: Config, renames: bool) -> Config:
    found: Config = {name: _renewed(item, renames) for name, item in value.items()}
    for name, item in value.items():
        function = item.get("config") if isinstance(item, Mapping) and item.get("class_name") == "function" else item
        if renames and name.endswith("activation") and function == _HARD_SIGMOID:
            found[name] = f"keras_2_{_HARD_SIGMOID}"
    kind, config = found.get("class_name"), found.get("config")
    if kind == "Sequential" and isinstance(config, list):
        found["config"] = {"layers": config}
    elif kind in ("GRU", "GRUCell") and isinstance(config, Mapping):
        found["config"] = {"reset_after": False} | dict(config)
    elif kind == "VarianceScaling" and isinstance(config, Mapping) and config.get("distribution") == "normal":
        found["config"] = dict(config) | {"distribution": "truncated_normal"}
    return found
