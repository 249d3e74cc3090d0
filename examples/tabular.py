"""A table of patients: which factors tell how diabetes progresses?

442 patients, ten columns, one of them a category (sex), as scikit-learn includes them. A pipeline scales the numbers, encodes
the category and trains a multi-layer perceptron of minidl, all inside cross-validation. You see it next to gradient boosting,
ridge regression and scikit-learn's own network on the same folds, and which columns it uses, by permutation importance.
It needs scikit-learn.
"""

import time
import warnings
from typing import Any

import numpy as np
from _common import make_parser, read_options
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_diabetes
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.inspection import permutation_importance
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import KFold, cross_val_score, train_test_split
from sklearn.neural_network import MLPRegressor as TheirMLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from minidl.layers import Dense, Dropout
from minidl.wrappers import MLPRegressor


def main() -> None:
    """Compare estimators by cross-validation, then look into the network."""
    options = read_options(make_parser(__doc__, epochs=200))
    epochs = options.epochs or (40 if options.quick else 200)
    frame, progress = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    frame["sex"] = frame["sex"].map({1.0: "A", 2.0: "B"})  # the data set does not say which is which
    print(f"{len(frame)} patients, {frame.shape[1]} columns: {', '.join(frame.columns)}\n")

    settings: dict[str, Any] = {
        "alpha": 1.0,
        "batch_size": 32,
        "learning_rate_init": 0.003,
        "max_iter": epochs,
        "early_stopping": True,
        "random_state": options.seed,
    }
    estimators = {
        "ridge regression": RidgeCV(np.logspace(-2, 3, 11)),
        "gradient boosting": GradientBoostingRegressor(n_estimators=60, random_state=options.seed),
        "scikit-learn's network": TheirMLPRegressor(hidden_layer_sizes=(32,), **settings),
        "minidl, the same network": MLPRegressor(hidden_layer_sizes=(32,), **settings),
        "minidl, with dropout": MLPRegressor(hidden_layers=[Dense(64, "silu"), Dropout(0.3), Dense(16, "silu")], **settings),
    }
    folds = KFold(3 if options.quick else 10, shuffle=True, random_state=options.seed)
    scale = progress.std()  # networks learn targets of about 1
    print(f"R2 of {folds.n_splits}-fold cross-validation (1 is perfect, 0 is the mean of all patients)")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a network that reaches max_iter
        for name, estimator in estimators.items():
            start = time.perf_counter()
            scores = cross_val_score(pipeline(estimator), frame, progress / scale, cv=folds)
            took = time.perf_counter() - start
            print(f"  {name:26} {scores.mean():.3f} +- {scores.std() / len(scores) ** 0.5:.3f}   {took:5.1f} s")

        x, x_test, y, y_test = train_test_split(frame, progress / scale, test_size=0.3, random_state=options.seed)
        fitted = pipeline(estimators["minidl, the same network"]).fit(x, y)
    importance = permutation_importance(fitted, x_test, y_test, n_repeats=20, random_state=options.seed)
    order = np.argsort(importance.importances_mean)[::-1]
    print("\nR2 lost when a column is shuffled, on 133 patients the network never saw:")
    for column in order:
        print(f"  {frame.columns[column]:5} {importance.importances_mean[column]:6.3f}")
    print("With 442 rows a straight line is hard to beat: a network does not help where there is little data.")
    if options.plot:
        plot(importance.importances[order].T, list(frame.columns[order])).savefig(options.plot)
        print(f"\nShuffled columns plotted to {options.plot}")


def pipeline(estimator: Any) -> Pipeline:
    """Numbers scaled, the category one-hot encoded, then the estimator."""
    columns = ColumnTransformer([("sex", OneHotEncoder(), ["sex"])], remainder=StandardScaler())
    return make_pipeline(columns, estimator)


def plot(importances: Any, columns: list[str]) -> Any:
    """Box plots of the importances, the largest first."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    axes.boxplot(importances[:, ::-1], orientation="horizontal", tick_labels=columns[::-1])
    axes.axvline(0, color="gray", linewidth=0.8)
    axes.set(xlabel="R2 lost when the column is shuffled", title="Which columns the network uses")
    axes.grid(axis="x", alpha=0.3)
    return figure


if __name__ == "__main__":
    main()
