"""`plot_model` with Keras's arguments, and `model_to_dot`."""

import os
from typing import Any, NoReturn

from minidl.models.model import Model


def plot_model(
    model: Model,
    to_file: "str | os.PathLike[str] | None" = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **kwargs: Any,
) -> Any:
    """Draw a model as `model.plot()` does, and save the picture.

    Needs matplotlib: `pip install matplotlib`.

    Args:
        model: the model.
        to_file: the file, whose ending chooses the format; `None` for none.
        dpi: dots per inch.
        show_shapes, show_dtype, show_layer_names, rankdir, expand_nested, show_layer_activations, show_trainable, splines,
            kwargs:
            accepted and ignored: the picture always shows names, shapes and parameters, from top to bottom.
    Returns:
        A matplotlib figure, which a notebook shows.
    Example:
        >>> model = minidl.Sequential([minidl.Input((3,)), minidl.layers.Dense(2)])
        >>> figure = plot_model(model, to_file=None)
        >>> type(figure).__name__
        'Figure'
    """
    figure = model.plot()
    if to_file is not None:
        figure.savefig(to_file, dpi=dpi)
    return figure


def model_to_dot(model: Model, *args: Any, **kwargs: Any) -> NoReturn:
    """Raises `NotImplementedError`: minidl draws with matplotlib, not with Graphviz.

    Example:
        >>> model_to_dot(minidl.Sequential())
        Traceback (most recent call last):
        NotImplementedError: minidl draws models with matplotlib instead of Graphviz: use plot_model or model.plot()
    """
    raise NotImplementedError("minidl draws models with matplotlib instead of Graphviz: use plot_model or model.plot()")
