"""Calls: which tensor a layer was given by which argument."""

from typing import Any

from minidl.config.nest import flatten, is_structure
from minidl.graph.symbolic import is_symbolic
from minidl.layers.shapes import holds_tensors


def arrange(layer: Any, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """The tensors of a call as `forward` gets them, one alone or a list; those given by keyword leave `options`.

    A layer whose call has several tensor arguments names them, in order, in its `roles`:
    `roles = ("query", "value", "key")`. Each may come by position or by keyword, as one tensor or a list of them; what is
    `None` is left out. Where one is left out in front of another, its stand-in comes in its place, if `stand_ins` names one,
    and otherwise the roles of those that came go into `options["roles"]`.
    """
    if not layer.roles:
        return inputs[0] if len(inputs) == 1 else list(inputs)
    if len(inputs) > len(layer.roles):
        raise TypeError(f"{layer.title} takes at most {len(layer.roles)} tensors, {', '.join(layer.roles)}, got {len(inputs)}")
    if len(inputs) == 1 and "roles" not in options and is_structure(inputs[0]) and len(inputs[0]) <= len(layer.roles):
        inputs = tuple(inputs[0]) if holds_tensors(inputs[0]) else inputs  # the tensors as one list, further ones by name
    given = dict(zip(layer.roles, inputs, strict=False))
    for role in layer.roles:
        if role in options and given.get(role) is not None:
            raise TypeError(f"{layer.title} was given {role!r} twice, by place and by name")
    symbolic = is_symbolic([x for value in (*given.values(), *options.values()) for x in flatten(value)])
    for role in layer.roles:
        if role in options and (is_symbolic(options[role]) or not symbolic or options[role] is None):
            given[role] = options.pop(role)
    last = max((layer.roles.index(role) for role, value in given.items() if value is not None), default=-1)
    for role, stand_in in layer.stand_ins.items():
        if given.get(role) is None and layer.roles.index(role) < last:
            given[role] = given.get(stand_in)
    came = {role: given[role] for role in layer.roles if given.get(role) is not None}
    if not came:
        return None
    tensors = [x for value in came.values() for x in (value if is_structure(value) else [value])]
    if tuple(came) != layer.roles[: len(came)]:
        options["roles"] = tuple(came)
    return tensors[0] if len(tensors) == 1 and not is_structure(next(iter(came.values()))) else tensors
