"""Every public loss, metric, optimizer and the like has a formula in its description, or refers to a class that has one."""

import inspect
from operator import attrgetter

import pytest

import minidl
from docs.site.docstrings import class_with_formula, formulas_of
from docs.site.reference import class_links, docstrings_of, groups

HELPERS = {"deserialize", "get", "serialize"}
WITHOUT = {
    "losses": {"Loss", "FunctionLoss"},
    "metrics": {"Metric", "MeanMetric", "MeanMetricWrapper", "resolve_accuracy"},
    "optimizers": {"Optimizer", "MultiOptimizer", "OptimizerMap"},
    "optimizers.schedules": {"LearningRateSchedule"},
    "initializers": {"Initializer"},
    "regularizers": {"Regularizer", "FunctionRegularizer"},
    "constraints": {"Constraint"},
    "activations": {"ActivationFunction", "FunctionActivation", "get_keeping_shape", "split_final"},
    "layers.activations": set(),
    "layers.convolution": set(),
    "layers.pooling": set(),
    "layers.attention": set(),
    "layers.normalization": set(),
    "layers.regularization": set(),
    "layers.merging": set(),
    "layers.recurrent": {"RNN", "StackedRNNCells"},
}


@pytest.mark.parametrize("page", WITHOUT)
def test_every_name_of_a_kind_has_a_formula(page: str) -> None:
    _, _, path, names = next(group for group in groups() if group[0] == page)
    module = attrgetter(path)(minidl)
    classes = docstrings_of(class_links(path))

    def has_formula(name: str) -> bool:
        text = inspect.getdoc(attrgetter(name)(module)) or ""
        others = {other: found for other, found in classes.items() if other != name}
        return bool(formulas_of(text.split("\n\n"))[1] or class_with_formula(text, others))

    assert {name for name in names if not has_formula(name)} - HELPERS == WITHOUT[page] & set(names)
