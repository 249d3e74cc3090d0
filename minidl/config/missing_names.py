"""Messages for names that do not exist: where the name is now, what replaces it, or the nearest name."""

from collections.abc import Callable, Iterable
from typing import NoReturn

from minidl.config.absent_names import why_absent
from minidl.config.naming import nearest
from minidl.config.public_names import FUNCTIONS, LAYER_ALIASES, LAYER_FILES, PACKAGES

# Names of older versions of Keras -> what to use.
REPLACED_NAMES = {
    "fit_generator": "fit takes generators too",
    "keras": "minidl has the names of Keras itself: import minidl as keras",
    "mae": 'it is mean_absolute_error; compile also takes the string "mae"',
    "mse": 'it is mean_squared_error; compile also takes the string "mse"',
}
# Methods of older versions of Keras, or of scikit-learn -> what to call.
REPLACED_METHODS = {
    "__sklearn_tags__": "scikit-learn needs an estimator: minidl.wrappers.SKLearnClassifier(model), or SKLearnRegressor",
    "decision_function": "predict(x) gives the outputs; minidl.wrappers.SKLearnClassifier(model) is a scikit-learn classifier",
    "evaluate_generator": "evaluate takes generators too",
    "fit_generator": "fit takes generators too",
    "fit_transform": "fit(x, y) trains, predict(x) gives the outputs",
    "get_params": "scikit-learn needs an estimator: minidl.wrappers.SKLearnClassifier(model), or SKLearnRegressor; the "
    "arguments of a layer or model are in get_config()",
    "partial_fit": "train_on_batch(x, y) learns from one batch",
    "predict_classes": "predict(x).argmax(axis=-1) gives the classes of a softmax, predict(x) > 0.5 those of a sigmoid",
    "predict_generator": "predict takes generators too",
    "predict_log_proba": "np.log(predict(x)) gives the logarithms of the probabilities",
    "predict_proba": "predict gives the probabilities if the model ends in softmax or sigmoid; "
    "minidl.wrappers.SKLearnClassifier(model) has predict_proba",
    "set_params": "scikit-learn needs an estimator: minidl.wrappers.SKLearnClassifier(model), or SKLearnRegressor",
    "to_yaml": "to_json() gives the architecture",
    "transform": "predict(x) gives the outputs",
}
# Arguments of older versions of Keras, or of PyTorch -> their names now.
RENAMED_ARGUMENTS = {
    "alpha": "negative_slope",
    "b_regularizer": "bias_regularizer",
    "bias": "use_bias",
    "border_mode": "padding",
    "dim_ordering": "data_format",
    "eps": "epsilon",
    "init": "kernel_initializer",
    "inner_activation": "recurrent_activation",
    "input_shape": "shape",
    "lr": "learning_rate",
    "nb_filter": "filters",
    "out_channels": "filters",
    "out_features": "units",
    "output_dim": "units",
    "p": "rate",
    "stride": "strides",
    "subsample": "strides",
    "W_regularizer": "kernel_regularizer",
}

REPLACED_ARGUMENTS = {
    "decay": "for a decaying learning rate give learning_rate a schedule, such as optimizers.schedules.InverseTimeDecay",
}


def attribute_error(module: str, known: Iterable[str]) -> Callable[[str], NoReturn]:
    """A `__getattr__` for a module: raises the `AttributeError` whose message names what was probably meant."""

    def raise_error(name: str) -> NoReturn:
        raise AttributeError(missing_name(module, name, known))

    return raise_error


def missing_name(module: str, name: str, known: Iterable[str]) -> str:
    """The message for a name that a module does not have.

    Example:
        >>> missing_name("minidl.losses", "Adam", ["Huber"])
        "module 'minidl.losses' has no attribute 'Adam'; it is minidl.optimizers.Adam"
        >>> missing_name("minidl.losses", "Hubert", ["Huber"])
        "module 'minidl.losses' has no attribute 'Hubert'; did you mean 'Huber'?"
    """
    start = f"module {module!r} has no attribute {name!r}"
    if name.startswith("_"):
        return start
    if name in REPLACED_NAMES:
        return f"{start}; {REPLACED_NAMES[name]}"
    if (why := why_absent(module.removeprefix("minidl").removeprefix("."), name)) is not None:
        return f"{start}; not in minidl: {why}"
    places = _places()
    if name in places:
        return f"{start}; it is {places[name]}"
    if (near := nearest(name, known)) is not None:
        return f"{start}; did you mean {near!r}?"
    near = nearest(name, places, cutoff=0.8, prefix=False)
    return start if near is None else f"{start}; did you mean {places[near]}?"


JAX_ONLY = {
    "stateless_call": "it is for JAX; layers and models of minidl change their variables in place, so call it with (x)",
    "stateless_compute_loss": "it is for JAX; use compute_loss(x, y, y_pred)",
}


def other_attribute(owner: object, name: str, is_model: bool) -> str:
    """What replaces an attribute that an object does not have, or the nearest one that it has; "" if neither is known."""
    if is_model and name in REPLACED_METHODS:
        return REPLACED_METHODS[name]
    if name in JAX_ONLY:
        return JAX_ONLY[name]
    if name.startswith("_"):
        return ""
    known = {known for known in (*dir(type(owner)), *vars(owner)) if not known.startswith("_")}
    near = nearest(name, known - {name}, cutoff=0.75, prefix=False)
    return "" if near is None else f"did you mean {near!r}?"


def unknown_argument(owner: str, name: str, known: Iterable[str]) -> str:
    """The message for a constructor argument that a class does not take.

    Example:
        >>> unknown_argument("Adam", "lr", ["learning_rate", "epsilon"])
        "Adam has no argument 'lr': it is called 'learning_rate'"
    """
    known = sorted(known)
    start = f"{owner} has no argument {name!r}:"
    if RENAMED_ARGUMENTS.get(name) in known:
        return f"{start} it is called {RENAMED_ARGUMENTS[name]!r}"
    if name in ("lr", "learning_rate") and "optimizer" in known:
        return f"{start} the optimizer has it, as in optimizers.Adam(learning_rate=0.01)"
    if name in REPLACED_ARGUMENTS:
        return f"{start} {REPLACED_ARGUMENTS[name]}"
    near = nearest(name, known)
    return f"{start} did you mean {near!r}?" if near else f"{start} it takes {', '.join(known)}"


def _places() -> dict[str, str]:
    """Every public name, and where it is: `minidl.layers.Dense`."""
    found: dict[str, str] = {}
    layers = ("layers", (*LAYER_FILES, *LAYER_ALIASES))
    for package, names in (layers, *FUNCTIONS.items(), *PACKAGES.items()):
        for name in names:
            found.setdefault(name, f"minidl.{package}.{name}")
    return found
