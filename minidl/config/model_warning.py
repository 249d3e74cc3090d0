"""`ModelWarning`: the category of warnings about models that will probably not learn as intended."""


class ModelWarning(UserWarning):
    """A model that runs but will probably not learn, such as a cross-entropy on outputs that are not probabilities.

    `fit` gives it once. To switch it off: `warnings.filterwarnings("ignore", category=minidl.utils.ModelWarning)`.

    Example:
        >>> issubclass(ModelWarning, UserWarning)
        True
    """
