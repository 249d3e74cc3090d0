"""Check the description of a model that a file holds next to its tensors."""

from collections.abc import Mapping

from minidl.config.types import JSON, Array, Config
from minidl.saving.files import FilePath

_TYPES = {"weights": str, "names": str, "trainable": bool, "paths": str, "frozen": str, "generators": dict, "slots": str}
_TYPES |= {"not_decayed": str}


def check_older(head: Config) -> None:
    """Raise ValueError for a file without a checksum because its key is damaged; older files have no such key."""
    for key in head:
        if len(key) == len("checksum") and sum(one == other for one, other in zip(key, "checksum", strict=True)) >= 4:
            raise ValueError(f"the file is damaged: it has no checksum, but {key!r}")


def check_types(head: JSON) -> None:
    """Raise ValueError if a list in the description is something else, has other elements, or a number is missing."""
    for key, kind in _TYPES.items():
        found = head.get(key, [])
        if not isinstance(found, list) or not all(type(item) is kind for item in found):
            raise ValueError(f"{key} is not a list of {kind.__name__}")
    for key in ("frozen", "not_decayed"):
        if unknown := set(head.get(key, ())) - set(head["weights"]):
            raise ValueError(f"{key} names {sorted(unknown)[0]!r}, which is not a weight of the model")
    scalars = head.get("scalars", {})
    if not isinstance(scalars, dict) or not all(type(value) in (int, float) for value in scalars.values()):
        raise ValueError("the optimizer's scalars are not numbers by name")
    batches, rate = head.get("iterations", 0), head.get("learning_rate")
    if type(batches) is not int or not 0 <= batches < 2**63 or not (rate is None or type(rate) in (int, float)):
        raise ValueError(f"the optimizer has made {batches!r} steps with a learning rate of {rate!r}")


def check_complete(head: Config, tensors: Mapping[str, Array], filepath: FilePath) -> None:
    """Raise ValueError if a part of the description, or the optimizer's state, is missing."""
    needed = {"model", "build_shape", "trainable", "frozen", "generators"} | ({"iterations"} if "compile" in head else set())
    if missing := sorted(needed - set(head)):
        raise ValueError(f"{filepath} is damaged: its description of the model lacks {', '.join(missing)}")
    if head.get("iterations"):
        slots = head["slots"] if isinstance(head.get("slots"), list) else []
        if lost := [name for name in slots if name not in tensors]:
            raise ValueError(f"{filepath} is damaged: the optimizer's {lost} are missing")


def check_named(value: object, owner: str) -> None:
    """Raise ValueError for a `lambda`: files hold names only, and a lambda cannot be found by name."""
    if isinstance(value, dict):
        if value.get("class_name") == "function" and value["config"] == "<lambda>":
            raise ValueError(
                f"{owner} holds a lambda, which a file cannot: files hold names, never code; write it as a function with a "
                f"name and decorate that with @minidl.saving.register_keras_serializable(), or write a Layer of your own"
            )
        if isinstance(value.get("config"), dict) and "class_name" in value:
            kind, name = value["class_name"], value["config"].get("name")
            owner = f'{kind} "{name}"' if isinstance(name, str) else kind
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        check_named(item, owner)
