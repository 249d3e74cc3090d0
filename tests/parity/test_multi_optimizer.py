"""`MultiOptimizer` compared with the real Keras."""

import numpy as np
import pytest

import minidl
from minidl.optimizers import SGD, Adam, MultiOptimizer, OptimizerMap
from tests.parity.comparing import assert_close, both, copy_random_weights

X = np.random.default_rng(0).normal(size=(12, 3)).astype("float32")
Y = X.sum(axis=1, keepdims=True)


def model(k, optimizer):
    made = k.Sequential([k.Input((3,)), k.layers.Dense(4, "tanh", name="encoder"), k.layers.Dense(1, name="head")])
    made.compile(optimizer(k), "mse")
    return made


def mapped(k):
    o = k.optimizers
    return o.MultiOptimizer(o.OptimizerMap(o.SGD(0.1, momentum=0.5), {".*encoder/.*": o.Adam(0.01), ".*head/bias": o.SGD(0.3)}))


def chosen(k):
    adam, sgd = k.optimizers.Adam(0.05), k.optimizers.SGD(0.1)
    return k.optimizers.MultiOptimizer(lambda variable: adam if variable.path.endswith("kernel") else sgd)


@pytest.mark.parametrize("optimizer", [mapped, chosen])
def test_every_weight_is_updated_by_its_optimizer_as_in_keras(optimizer):
    mine, its = both(lambda k: model(k, optimizer))
    copy_random_weights(mine, its, np.random.default_rng(1))
    ours, theirs = (one.fit(X, Y, batch_size=4, epochs=3, shuffle=False, verbose=0).history for one in (mine, its))
    assert_close(ours["loss"], theirs["loss"])
    for a, b in zip(mine.get_weights(), its.get_weights(), strict=True):
        assert_close(a, b)
    assert int(mine.optimizer.iterations) == int(its.optimizer.iterations) == 9
    assert [type(one).__name__ for one in mine.optimizer.optimizers] == [type(o).__name__ for o in its.optimizer.optimizers]
    assert [v.shape for v in mine.optimizer.variables] == [tuple(v.shape) for v in its.optimizer.variables]


def test_maps_look_up_as_in_keras():
    def run(k):
        o = k.optimizers
        made = o.OptimizerMap(o.RMSprop())
        made["encoder/dense"] = o.Adam()
        made["encoder/.*"] = o.SGD()
        found = [type(made[key]).__name__ for key in ("encoder/dense", "encoder/x/y", "decoder")] + [len(made), sorted(made)]
        for key, value, error in (("encoder/.*", o.Adam(), ValueError), (3, o.Adam(), ValueError)):
            with pytest.raises(error):
                made[key] = value
        made["enc.*"] = o.Adam()
        with pytest.raises(ValueError, match="encoder/z"):
            made["encoder/z"]
        del made["enc.*"]
        for read in (
            lambda: o.MultiOptimizer(made).learning_rate,
            lambda: setattr(o.MultiOptimizer(made), "learning_rate", 1.0),
        ):
            with pytest.raises(AttributeError):
                read()
        return found

    mine, its = both(run)
    assert mine == its


@pytest.mark.parametrize("ending", ["safetensors", "keras"])
def test_a_loaded_model_continues_with_the_state_of_every_optimizer(tmp_path, ending):
    first = model(minidl, mapped)
    first.fit(X, Y, epochs=2, shuffle=False, verbose=0)
    first.save(tmp_path / f"model.{ending}")
    again = minidl.load_model(tmp_path / f"model.{ending}")
    assert [one.get_config() for one in again.optimizer.optimizers] == [one.get_config() for one in first.optimizer.optimizers]
    for one in (first, again):
        one.fit(X, Y, epochs=2, shuffle=False, verbose=0)
    for a, b in zip(first.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_optimizers_that_cannot_be_combined_raise_an_error():
    with pytest.raises(TypeError, match="expected an optimizer, such as Adam"):
        OptimizerMap("adam")
    with pytest.raises(ValueError, match="cannot hold a MultiOptimizer"):
        OptimizerMap(MultiOptimizer(OptimizerMap(SGD())))
    with pytest.raises(ValueError, match="cannot hold a LBFGS"):
        OptimizerMap(Adam(), {"a": minidl.optimizers.LBFGS()})
    with pytest.raises(AttributeError, match=r"set those of its optimizers: multi\.optimizers\[0\]"):
        MultiOptimizer(OptimizerMap(SGD())).learning_rate = 0.1


def test_anything_but_a_map_or_a_function_raises_an_error():
    with pytest.raises(TypeError, match="MultiOptimizer expects an OptimizerMap, or a function of a variable, got 3"):
        MultiOptimizer(3)
