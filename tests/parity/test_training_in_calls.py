"""Which value `training` has inside direct calls, compared with the real Keras."""

import numpy as np
import pytest

from tests.parity.comparing import both

X = np.arange(32.0, dtype="float32").reshape(2, 4, 4, 1)


def moved(k):
    """A random layer that always changes its images."""
    return k.layers.RandomTranslation((0.5, 0.5), (0.5, 0.5), fill_mode="constant", fill_value=-7.0)


def bases(k):
    def without(self, x):
        return self.inner(x)

    def not_passed_on(self, x, training=None):
        return self.inner(x)

    def passed_on(self, x, training=None):
        return self.inner(x, training=training)

    def false_by_default(self, x, training=False):
        return self.inner(x)

    def true_by_default(self, x, training=True):
        return self.inner(x)

    def made(call, base):
        class Own(base):
            def __init__(self, inner):
                super().__init__()
                self.inner = inner

        Own.call = call
        return type("Own", (Own,), {"call": call})

    calls = (without, not_passed_on, passed_on, false_by_default, true_by_default)
    return {f"{base.__name__} {call.__name__}": made(call, base) for call in calls for base in (k.Model, k.layers.Layer)}


def functional(k, layer):
    i = k.Input((4, 4, 1))
    return k.Model(i, layer(i))


def sequential(k, layer):
    return k.Sequential([k.Input((4, 4, 1)), layer])


def models(k):
    found = {"layer": moved(k), "functional": functional(k, moved(k)), "sequential": sequential(k, moved(k))}
    for name, kind in bases(k).items():
        found[name] = kind(moved(k))
        if "true_by_default" not in name:  # training is the functional model's, which has no default
            found[f"{name} in functional"] = functional(k, kind(moved(k)))
        found[f"{name} of sequential"] = kind(sequential(k, moved(k)))
        found[f"{name} of functional"] = kind(functional(k, moved(k)))
    return found


@pytest.mark.quick_rows(1, whole=True)
@pytest.mark.parametrize("options", [{}, {"training": True}, {"training": False}])
def test_random_layers_run_as_in_keras(options):
    def run(k):
        return {name: bool((np.asarray(model(X, **options)) != X).any()) for name, model in models(k).items()}

    mine, its = both(run)
    assert mine == its
    assert set(mine.values()) == ({True, False} if not options else {options["training"]})


@pytest.mark.parametrize("default", [None, False, True])
def test_the_default_of_call_is_the_value_if_no_other_is_given(default):
    def run(k):
        seen = []

        class Sees(k.layers.Layer):
            def call(self, x, training=default):
                seen.append(training)
                return x

        class Outer(k.layers.Layer):
            def __init__(self):
                super().__init__()
                self.inner = Sees()

            def call(self, x):
                return self.inner(x)

        found = []
        for layer in (Sees(), Outer()):
            for options in ({}, {"training": True}, {"training": False}):
                layer(np.ones((1, 2)), **options)
                found.append(seen[-1])  # building the layer may call it too
        return found

    mine, its = both(run)
    assert mine == its


@pytest.mark.parametrize("passes", ["nothing", "training"])
def test_layers_in_call_know_that_fit_trains_where_keras_tells_only_those_that_call_tells(passes):
    def seen_in_fit(k):
        seen = []

        class Sees(k.layers.Layer):
            def call(self, x, training=False):
                seen.append(training)
                return x

        class Silent(k.Model):
            def __init__(self):
                super().__init__()
                self.inner, self.dense = Sees(), k.layers.Dense(2)

            def call(self, x, training=False):
                return self.inner(self.dense(x))

        class Telling(Silent):
            def call(self, x, training=False):
                return self.inner(self.dense(x), training=training)

        model = Telling() if passes == "training" else Silent()
        model.compile("sgd", "mse")
        model.fit(np.ones((2, 2)), np.ones((2, 2)), verbose=0)
        return seen[-1]

    assert both(seen_in_fit) == (True, passes == "training")
