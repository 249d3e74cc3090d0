"""`FeatureSpace`: preprocessing of the columns of a table, each by its kind, into one row of numbers."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from minidl import layers, ops
from minidl.config.checks import check_positive_integer
from minidl.config.configurable import Configurable
from minidl.config.dtypes import standardize_dtype
from minidl.config.naming import automatic_name
from minidl.config.types import AnyShapes, Array, ArrayLike, Options, Shape, Shapes, Tensors
from minidl.graph.symbolic import SymbolicTensor
from minidl.layers.layer import Layer
from minidl.models import Model


class Feature(Configurable):
    """The kind of a column: what preprocesses it, and the form in which it enters the row.

    Args:
        dtype: of the column: "float32", "int32" or "string".
        preprocessor: a layer.
        output_mode: "float" or "int", the result of the layer; "one_hot", a row for the integers that it returns.
    """

    def __init__(self, dtype: str, preprocessor: Layer, output_mode: str) -> None:
        if output_mode not in ("int", "one_hot", "float"):
            raise ValueError(f"a feature expects output_mode to be 'int', 'one_hot' or 'float', got {output_mode!r}")
        self.dtype, self.preprocessor, self.output_mode = dtype, preprocessor, output_mode


class Cross(Configurable):
    """A combination of columns, hashed.

    Args:
        feature_names: the columns.
        crossing_dim: number of bins.
        output_mode: "one_hot", or "int" for the number of the bin.
    """

    def __init__(self, feature_names: Sequence[str], crossing_dim: int, output_mode: str = "one_hot") -> None:
        if output_mode not in ("int", "one_hot"):
            raise ValueError(f"a cross expects output_mode to be 'int' or 'one_hot', got {output_mode!r}")
        self.feature_names, self.crossing_dim, self.output_mode = tuple(feature_names), crossing_dim, output_mode

    @property
    def name(self) -> str:
        """The names of the columns, joined."""
        return "_X_".join(self.feature_names)


class FeatureSpace(Model):
    """Preprocesses the columns of a table: numbers are scaled, categories become one-hot rows, columns can be crossed.

    Kinds of columns, by name or with arguments, as in `FeatureSpace.float_discretized(num_bins=8)`: "float",
    "float_normalized", "float_rescaled", "float_discretized", "integer_categorical", "string_categorical", "integer_hashed",
    "string_hashed"; `FeatureSpace.feature(dtype, preprocessor, output_mode)` takes a layer of your own.

    Args:
        features: column -> its kind.
        output_mode: "concat", one row of all columns, or "dict", each under its name.
        crosses: tuples of columns to combine, or results of `FeatureSpace.cross`.
        crossing_dim: number of bins of combinations.
        hashing_dim: number of bins of hashed columns.
        num_discretization_bins: number of bins of discretized columns.
        name: as for every model.
    Shapes:
        a dict of columns (batch,) or (batch, 1) -> (batch, numbers), with "dict" a dict of (batch, numbers of the column); a
        dict of single values -> the same without the batch axis.
    Raises:
        ValueError: an unknown kind; a crossed column that is not among the features; a column that is not a number in "concat".
    Example:
        >>> space = FeatureSpace({"age": "float_normalized", "city": "string_categorical"})
        >>> space.adapt({"age": [20.0, 40.0], "city": ["Rome", "Oslo"]})
        >>> space({"age": 30.0, "city": "Rome"})
        array([0., 0., 1., 0.], dtype=float32)
    """

    def __init__(
        self,
        features: Mapping[str, object],
        output_mode: str = "concat",
        crosses: Iterable[Cross | Sequence[str]] | None = None,
        crossing_dim: int = 32,
        hashing_dim: int = 32,
        num_discretization_bins: int = 32,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        if not features:
            raise ValueError("FeatureSpace expects features, a dict of columns and their kinds, got none")
        if output_mode not in ("concat", "dict"):
            raise ValueError(f"FeatureSpace expects output_mode to be 'concat' or 'dict', got {output_mode!r}")
        self.output_mode, self.crossing_dim = output_mode, check_positive_integer("FeatureSpace", "crossing_dim", crossing_dim)
        self.hashing_dim, self.num_discretization_bins = hashing_dim, num_discretization_bins
        self.features = {name: self._feature(name, kind) for name, kind in features.items()}
        self.crosses = [one if isinstance(one, Cross) else Cross(one, crossing_dim) for one in crosses or ()]
        for cross in self.crosses:
            if unknown := [name for name in cross.feature_names if name not in self.features]:
                raise ValueError(f"FeatureSpace crosses {unknown[0]!r}, which is not among its features {list(self.features)}")
        self.preprocessors = {name: feature.preprocessor for name, feature in self.features.items()}
        self.crossers = {cross.name: layers.HashedCrossing(cross.crossing_dim, name=cross.name) for cross in self.crosses}
        self._inputs: dict[str, SymbolicTensor] = {}
        self._encoded: Tensors = None

    # The kinds of columns.

    @staticmethod
    def cross(feature_names: Sequence[str], crossing_dim: int, output_mode: str = "one_hot") -> Cross:
        """A combination of columns."""
        return Cross(feature_names, crossing_dim, output_mode)

    @staticmethod
    def feature(dtype: str, preprocessor: Layer, output_mode: str) -> Feature:
        """A column that a layer of your own preprocesses."""
        return Feature(dtype, preprocessor, output_mode)

    @staticmethod
    def float(name: str | None = None) -> Feature:
        """Numbers as they are."""
        return Feature("float32", layers.Identity(name=_named(name, "float")), "float")

    @staticmethod
    def float_rescaled(
        scale: builtins.float | Sequence[builtins.float] = 1.0,
        offset: builtins.float | Sequence[builtins.float] = 0.0,
        name: str | None = None,
    ) -> Feature:
        """Numbers times `scale` plus `offset`."""
        return Feature("float32", layers.Rescaling(scale, offset, name=_named(name, "float_rescaled")), "float")

    @staticmethod
    def float_normalized(name: str | None = None) -> Feature:
        """Numbers, scaled to mean 0 and variance 1."""
        return Feature("float32", layers.Normalization(axis=-1, name=_named(name, "float_normalized")), "float")

    @staticmethod
    def float_discretized(
        num_bins: int | None,
        bin_boundaries: Sequence[builtins.float] | None = None,
        output_mode: str = "one_hot",
        name: str | None = None,
    ) -> Feature:
        """Numbers, as the bins they lie in."""
        layer = layers.Discretization(bin_boundaries, num_bins, name=_named(name, "float_discretized"))
        return Feature("float32", layer, output_mode)

    @staticmethod
    def integer_categorical(
        max_tokens: int | None = None, num_oov_indices: int = 1, output_mode: str = "one_hot", name: str | None = None
    ) -> Feature:
        """Integers that are categories."""
        layer = layers.IntegerLookup(max_tokens, num_oov_indices, name=_named(name, "integer_categorical"))
        return Feature("int32", layer, output_mode)

    @staticmethod
    def string_categorical(
        max_tokens: int | None = None, num_oov_indices: int = 1, output_mode: str = "one_hot", name: str | None = None
    ) -> Feature:
        """Strings that are categories."""
        layer = layers.StringLookup(max_tokens, num_oov_indices, name=_named(name, "string_categorical"))
        return Feature("string", layer, output_mode)

    @staticmethod
    def string_hashed(num_bins: int, output_mode: str = "one_hot", name: str | None = None) -> Feature:
        """Strings, hashed."""
        return Feature("string", layers.Hashing(num_bins, name=_named(name, "string_hashed")), output_mode)

    @staticmethod
    def integer_hashed(num_bins: int, output_mode: str = "one_hot", name: str | None = None) -> Feature:
        """Integers, hashed."""
        return Feature("int32", layers.Hashing(num_bins, name=_named(name, "integer_hashed")), output_mode)

    def _feature(self, name: str, kind: object) -> Feature:
        """The kind of a column, from its name."""
        if isinstance(kind, Feature):
            return kind
        plain = ("float", "float_normalized", "float_rescaled", "integer_categorical", "string_categorical")
        if isinstance(kind, str) and kind in plain:
            made: Feature = getattr(self, kind)(name=name)
            return made
        sizes = {
            "float_discretized": self.num_discretization_bins,
            "integer_hashed": self.hashing_dim,
            "string_hashed": self.hashing_dim,
        }
        if not isinstance(kind, str) or kind not in sizes:
            raise ValueError(f"the feature {name!r} is of an unknown kind {kind!r}; known are {[*plain, *sizes]}")
        made = getattr(self, kind)(sizes[kind], name=name)
        return made

    # Learning and using.

    def adapt(self, dataset: Any) -> None:
        """Let every layer that can learn from data do so.

        Args:
            dataset: a dict of columns, or an iterable of such dicts, which is read once for each column.
        """
        for name, layer in self.preprocessors.items():
            given = getattr(layer, "input_mean", None) is not None or getattr(layer, "num_bins", 0) is None
            if hasattr(layer, "adapt") and not given:
                batches = [dataset] if isinstance(dataset, Mapping) else dataset
                layer.adapt(np.concatenate([_as_column(batch[name]) for batch in batches]))
        self._encoded = None

    def get_inputs(self) -> dict[str, SymbolicTensor]:
        """A symbolic input for each column, for a functional model."""
        if not self._inputs:
            self._inputs = {n: layers.Input((1,), dtype=feature.dtype, name=n) for n, feature in self.features.items()}
        return self._inputs

    def get_encoded_features(self) -> Tensors:
        """The symbolic row, or dict of rows, of these inputs."""
        if self._encoded is None:
            self._encoded = self._encode(self.get_inputs())
        return self._encoded

    def __call__(self, data: Any, **options: Any) -> Tensors:  # type: ignore[override]  # a dict of columns
        """The row for a dict of columns."""
        if not isinstance(data, Mapping):
            raise ValueError(f"{self.title} takes a dict of columns, got a {type(data).__name__}")
        if missing := [name for name in self.features if name not in data]:
            raise ValueError(f"{self.title} needs the column {missing[0]!r}, got {list(data)}")
        columns = {name: np.asarray(data[name]) for name in self.features}
        single = all(column.ndim == 0 for column in columns.values())
        y = super().__call__({name: _as_column(column) for name, column in columns.items()}, **options)
        if not single:
            return y
        return {name: column[0] for name, column in y.items()} if isinstance(y, dict) else y[0]

    def call(self, inputs: Mapping[str, ArrayLike]) -> Tensors:
        """The row for a dict of columns (batch, 1)."""
        return self._encode(inputs)

    def build(self, input_shape: dict[str, Shape]) -> None:
        for layer in self.preprocessors.values():
            layer.build_weights((None, 1))

    def build_for(self, input_shape: Shapes) -> None:
        """The same, without running `call`: columns of strings and of numbers cannot be told apart by their shapes."""
        self.build_weights(input_shape)

    def compute_output_shape(self, input_shape: Shape) -> AnyShapes:
        """The shape of the row, or a dict of the shapes of each column's numbers."""
        y = self.get_encoded_features()
        return {name: tensor.shape for name, tensor in y.items()} if isinstance(y, dict) else y.shape

    def _encode(self, columns: Mapping[str, object]) -> Tensors:
        """Preprocess and cross the columns; join the results, in the order of their names, crosses last."""
        found = {name: layer(columns[name]) for name, layer in sorted(self.preprocessors.items())}
        crosses = {cross.name: cross for cross in self.crosses}
        for name in sorted(crosses):
            found[name] = self.crossers[name]([found[one] for one in crosses[name].feature_names])
        encoded = {
            name: self._one_hot(name, column) if (self.features | crosses)[name].output_mode == "one_hot" else column
            for name, column in found.items()
        }
        if self.output_mode == "dict":
            return encoded
        for name, column in encoded.items():
            if not standardize_dtype(column.dtype).startswith("float"):
                raise ValueError(f"{self.title} cannot join {name!r}, which is of type {column.dtype}; use output_mode='dict'")
        return ops.concatenate(list(encoded.values()), axis=-1)

    def _one_hot(self, name: str, column: Array) -> Array:
        """A row for each integer of a column."""
        layer = (self.preprocessors | self.crossers)[name]
        boundaries = getattr(layer, "bin_boundaries", None)
        if hasattr(layer, "vocabulary_size"):
            count = layer.vocabulary_size()
        elif boundaries is not None:
            count = len(boundaries) + 1
        else:
            count = getattr(layer, "num_bins", None) or getattr(layer, "num_tokens", None)
        if count is None:
            raise ValueError(f"{self.title} does not know how many values {name!r} has; use output_mode='int' for it")
        return ops.max(ops.one_hot(column, count), axis=-2)  # (batch, 1) -> (batch, count)

    def constructor_arguments(self) -> Options:
        """The constructor's arguments, with what the layers learned."""
        return super().constructor_arguments() | {"features": self.features, "crosses": self.crosses}


def _named(name: str | None, kind: str) -> str:
    return f"{name or automatic_name(kind)}_preprocessor"


def _as_column(values: list[float | str] | Array) -> Array:
    """Values as a column (batch, 1)."""
    array = np.asarray(values)
    return array.reshape(-1, 1) if array.ndim < 2 else array
