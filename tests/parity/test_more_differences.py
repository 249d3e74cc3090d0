"""Deliberate differences of penalties, clones, random layers and losses."""

import keras
import numpy as np
import pytest

import minidl
from tests.parity.comparing import both

X = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")


def test_call_function_is_not_called_for_operations_where_keras_calls_it():
    def called(k):
        x = k.Input((3,))
        seen = []

        def call(layer, *args, **kwargs):
            seen.append(type(layer).__name__)
            return layer(*args, **kwargs)

        def clone(layer):
            return type(layer).from_config(layer.get_config())

        k.models.clone_model(k.Model(x, k.layers.Dense(1)(x * 2) + 1), call_function=call, clone_function=clone)
        return seen

    assert both(called) == (["Dense"], ["Multiply", "Dense", "Add"])


def losses_of(make):
    def count(k):
        layer = make(k.layers)
        layer(X)
        return len(layer.losses)

    return both(count)


def test_an_activity_regularizer_inside_bidirectional_is_one_loss_of_its_layer_here():
    assert losses_of(lambda k: k.Bidirectional(k.SimpleRNN(2, activity_regularizer="l2"))) == (1, 0)
    assert losses_of(lambda k: k.Bidirectional(k.LSTM(2, activity_regularizer="l2"))) == (1, 2)
    assert losses_of(lambda k: k.Bidirectional(k.LSTM(2, kernel_regularizer="l2"))) == (2, 2)


def test_an_activity_regularizer_inside_time_distributed_is_among_its_losses_here():
    assert losses_of(lambda k: k.TimeDistributed(k.Dense(2, activity_regularizer="l2"))) == (1, 0)
    assert losses_of(lambda k: k.TimeDistributed(k.Dense(2, kernel_regularizer="l2"))) == (1, 1)


def test_num_samples_of_r2_score_counts_rows_where_keras_counts_rows_times_outputs():
    def counted(k):
        metric = k.metrics.R2Score()
        metric.update_state(np.ones((4, 2)), np.zeros((4, 2)))
        return {variable.name: float(np.asarray(variable)) for variable in metric.variables if variable.name == "num_samples"}

    assert both(counted) == ({"num_samples": 4.0}, {"num_samples": 8.0})


def test_a_loss_of_float64_arrays_is_float64_where_keras_has_floatx():
    ours, theirs = both(lambda k: np.asarray(k.losses.MeanSquaredError()(np.ones(3), np.zeros(3))).dtype)
    assert (ours, theirs) == (np.float64, np.float32)
    assert minidl.losses.mean_squared_error(np.ones((3, 2)), np.zeros((3, 2))).dtype == np.float64
    assert np.asarray(keras.losses.mean_squared_error(np.ones((3, 2)), np.zeros((3, 2)))).dtype == np.float32


def test_training_given_in_the_call_of_a_layer_holds_in_every_run_where_keras_overrides_it():
    def run(k):
        class Doubles(k.layers.Layer):
            def call(self, x, training=None):
                return x * (2.0 if training else 1.0)

        i = k.Input((3,))
        on, off = k.Model(i, Doubles()(i, training=True)), k.Model(i, Doubles()(i, training=False))
        x = np.ones((1, 3), "float32")
        calls = on(x), on(x, training=False), on.predict(x, verbose=0), off(x), off(x, training=True)
        return [float(np.asarray(y)[0, 0]) for y in calls]

    assert both(run) == ([2.0, 2.0, 2.0, 1.0, 1.0], [2.0, 1.0, 1.0, 1.0, 2.0])


def test_built_in_layers_have_no_input_spec_where_keras_sets_one():
    ours, theirs = both(lambda k: k.layers.Dense(2))
    assert ours.input_spec is None
    assert theirs.input_spec.min_ndim == 2
    for layer in (ours, theirs):
        layer.build((None, 3))
        with pytest.raises(ValueError, match="3"):
            layer(np.ones((2, 4), "float32"))


def test_the_path_of_a_weight_begins_with_its_layer_where_keras_names_all_around_it():
    ours, theirs = both(lambda k: k.Sequential([k.Input((3,)), k.layers.Dense(2, name="head")], name="whole"))
    assert ours.weights[0].path == "head/kernel"
    assert theirs.weights[0].path == "whole/head/kernel"


def test_a_dict_that_call_returns_keeps_its_order_where_keras_sorts_it():
    def run(k):
        class Own(k.Model):
            def call(self, x):
                return {"b": x * 2, "a": x * 3}

        return list(Own().predict(np.ones((2, 3), "float32"), verbose=0))

    assert both(run) == (["b", "a"], ["a", "b"])


def test_a_generator_of_validation_data_continues_where_keras_repeats_its_first_batches():
    def run(k):
        model = k.Sequential([k.Input((1,)), k.layers.Dense(1, use_bias=False)])
        model.compile(k.optimizers.SGD(0.0), "mae")
        x = np.zeros((2, 1), "float32")
        batches = ((x, np.full((2, 1), number, "float32")) for number in range(100))
        return model.fit(x, x, epochs=3, validation_data=batches, validation_steps=2, verbose=0).history["val_loss"]

    ours, theirs = both(run)
    assert ours == [0.5, 2.5, 4.5]
    assert theirs == [0.5, 0.5, 0.5]


def test_huge_gradients_leave_an_optimizer_finite_where_keras_overflows():
    def run(k):
        weight = k.Variable(np.ones(3, "float32"))
        optimizer = k.optimizers.RMSprop(0.1)
        optimizer.build([weight])
        optimizer.apply([np.full(3, 1e30, "float32")], [weight])
        return [bool(np.isfinite(np.asarray(slot)).all()) for slot in optimizer.variables[2:]]

    with np.errstate(all="ignore"):
        assert both(run) == ([True], [False])


def test_paths_of_the_variables_of_a_metric_are_their_names_where_keras_has_the_metric_before_them():
    ours, theirs = both(lambda k: [variable.path for variable in k.metrics.Mean(name="inner").variables])
    assert ours == ["total", "count"]
    assert theirs == ["inner/total", "inner/count"]


def test_nasnet_needs_the_size_of_images_where_keras_pads_as_for_even_ones():
    from keras.src.applications.imagenet_utils import correct_pad

    assert correct_pad(keras.Input((None, None, 3)), 7) == correct_pad(keras.Input((32, 32, 3)), 7)
    assert correct_pad(keras.Input((33, 33, 3)), 7) != correct_pad(keras.Input((32, 32, 3)), 7)
    with pytest.raises(ValueError, match="needs to know the whole shape"):
        minidl.applications.NASNetMobile(weights=None, include_top=False, input_shape=(None, None, 3))


def test_integers_of_operations_are_int64_where_keras_has_int32():
    def types(k):
        found = (k.ops.arange(3), k.ops.argmax([1.0, 2.0]), k.ops.convert_to_tensor([1]), k.ops.sum(np.array([True])))
        same = (k.ops.top_k(np.ones(3, "float32"), 1)[1], k.ops.arange(3, dtype="int32"), k.ops.divide(np.array([1, 2]), 2))
        return [{str(one.dtype) for one in found}, [str(one.dtype) for one in same]]

    same = ["int32", "int32", "float32"]
    assert both(types) == ([{"int64"}, same], [{"int32"}, same])


def test_layers_return_floats_for_integers_where_keras_may_return_integers():
    x = np.array([[-1, 2]], "int32")

    def types(k):
        computing = (k.layers.ReLU(), k.layers.Dropout(0.5), k.layers.Identity(), k.layers.Activation("relu"))
        moving = (k.layers.Flatten(), k.layers.Reshape((2, 1)))
        return [[str(np.asarray(layer(x)).dtype) for layer in layers] for layers in (computing, moving)]

    assert both(types) == ([["float32"] * 4, ["int32"] * 2], [["int32"] * 4, ["int32"] * 2])


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "mixed_float16", "mixed_bfloat16"])
def test_half_precision_raises_an_error_where_keras_computes_in_it(dtype):
    assert str(keras.layers.Dense(1, dtype=dtype)(np.ones((2, 3))).dtype) == dtype.removeprefix("mixed_")
    with pytest.raises(ValueError, match=f"Dense computes in 'float32' or 'float64', got dtype='{dtype}'; half precision"):
        minidl.layers.Dense(1, dtype=dtype)
    with pytest.raises(ValueError, match="half precision"):
        minidl.config.set_dtype_policy(dtype)


def test_a_layer_with_weights_is_no_activation_where_keras_adds_its_weights():
    made = keras.layers.Dense(2, activation=keras.layers.PReLU())
    made.build((None, 3))
    assert np.asarray(made(np.ones((1, 3)))).shape == (1, 2)
    assert len(made.weights) == 3
    with pytest.raises(TypeError, match="has weights of its own, so it cannot be an activation; add it as a layer"):
        minidl.layers.Dense(2, activation=minidl.layers.PReLU())(np.ones((1, 3)))
    dropping = keras.layers.Dense(50, activation=keras.layers.Dropout(0.5))
    assert 0 < np.count_nonzero(dropping(np.ones((1, 3)), training=True)) < 50
    with pytest.raises(TypeError, match="differs in training, so it cannot be an activation; add it as a layer"):
        minidl.layers.Dense(50, activation=minidl.layers.Dropout(0.5))


def test_labels_that_are_no_whole_numbers_raise_an_error_where_keras_truncates_them():
    y, p = np.array([0.0, 1.5]), np.full((2, 3), 1 / 3)
    ours, theirs = both(lambda k: k.losses.SparseCategoricalCrossentropy())
    assert float(theirs(y, p)) == pytest.approx(np.log(3))
    with pytest.raises(TypeError, match=r"y\[1\] is 1.5, which is not a class label"):
        ours(y, p)


def test_a_custom_loss_sees_targets_of_the_shape_of_outputs_where_keras_may_broadcast_them():
    def loss(k):
        class Own(k.losses.Loss):
            def call(self, y_true, y_pred):
                return k.ops.mean(k.ops.square(y_true - y_pred), axis=-1)

        model = k.Sequential([k.Input((1,)), k.layers.Dense(1, kernel_initializer="ones")])
        model.compile("sgd", Own())
        return model.evaluate(np.array([[1.0], [3.0]]), np.array([1.0, 3.0]), verbose=0)

    assert both(loss) == (0.0, 2.0)


def test_random_generators_are_no_variables_where_keras_s_are():
    ours, theirs = both(lambda k: k.layers.Dropout(0.5, seed=1))
    assert ours.variables == []
    assert [variable.name for variable in theirs.variables] == ["seed_generator_state"]


def test_on_epoch_end_of_a_dataset_is_called_once_per_epoch_where_keras_calls_it_once_more():
    def ends(k):
        class Batches(k.utils.PyDataset):
            count = 0

            def __len__(self):
                return 2

            def __getitem__(self, index):
                return np.ones((4, 3)), np.ones((4, 1))

            def on_epoch_end(self):
                self.count += 1

        batches = Batches()
        model = k.Sequential([k.Input((3,)), k.layers.Dense(1)])
        model.compile("sgd", "mse")
        model.fit(batches, epochs=2, verbose=0)
        return batches.count

    assert both(ends) == (2, 3)


def test_results_have_no_method_numpy_and_variables_have_it():
    def with_numpy(k):
        model = k.Sequential([k.Input((3,)), k.layers.Dense(1)])
        model.compile("sgd", "mse")
        x, y = np.ones((4, 3)), np.ones((4, 1))
        mean = k.metrics.Mean()
        mean.update_state([1.0, 2.0])
        results = [model(x), model.evaluate(x, y, verbose=0), model.train_on_batch(x, y), k.losses.MeanSquaredError()(y, y)]
        results += [mean.result(), k.ops.ones(3), k.layers.Dense(2)(x)]
        assert all(np.isfinite(k.ops.convert_to_numpy(result)).all() for result in results)
        return [hasattr(result, "numpy") for result in [*results, model.weights[0], model.optimizer.learning_rate]]

    ours, theirs = both(with_numpy)
    assert ours == theirs == [False] * 7 + [True] * 2


def test_model_checkpoint_creates_folders_and_save_does_not(tmp_path):
    for k in (keras, minidl):
        model = k.Sequential([k.Input((3,)), k.layers.Dense(1)])
        model.compile("sgd", "mse")
        for place in ("a/model.keras", "b/model.weights.h5"):
            path = tmp_path / k.__name__ / place
            save = model.save_weights if "weights" in place else model.save
            with pytest.raises(FileNotFoundError):
                save(path)
            checkpoint = k.callbacks.ModelCheckpoint(str(path), save_weights_only="weights" in place)
            model.fit(np.ones((4, 3)), np.ones((4, 1)), callbacks=[checkpoint], verbose=0)
            assert path.exists()


@pytest.mark.parametrize("axis", [0, 1, None])
def test_logsumexp_of_nothing_and_of_minus_infinity_alone_is_minus_infinity(axis):
    infinite = np.array([[-np.inf, 1.0], [-np.inf, -np.inf], [-np.inf, np.inf]])
    for x in (infinite, np.ones((0, 3))[:, :0] if axis is None else np.ones((0, 3)).T if axis == 1 else np.ones((0, 3))):
        ours, theirs = both(lambda k, x=x: np.asarray(k.ops.logsumexp(x, axis=axis)))
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_output_names_of_a_dict_of_outputs_are_its_keys_where_keras_names_the_layers():
    def names(k):
        i = k.Input((3,))
        model = k.Model(i, {"first": k.layers.Dense(1, name="z")(i), "second": k.layers.Dense(1, name="a")(i)})
        model.compile("sgd", {"first": "mse", "second": "mae"})
        y = {"first": np.ones((2, 1)), "second": np.ones((2, 1))}
        return model.output_names, sorted(model.fit(np.ones((2, 3)), y, verbose=0).history)

    logs = ["first_loss", "loss", "second_loss"]
    assert both(names) == ((["first", "second"], logs), (["z", "a"], logs))


@pytest.mark.parametrize("kind", ["add_loss", "activity_regularizer"])
def test_every_call_of_a_shared_layer_adds_to_the_loss_where_keras_counts_the_last_in_fit(kind):
    x = np.ones((4, 2))

    def losses(k):
        class Adding(k.layers.Layer):
            def call(self, x):
                self.add_loss(k.ops.mean(x))
                return x

        layer = Adding() if kind == "add_loss" else k.layers.Activation("linear", activity_regularizer="l2")
        i = k.Input((2,))
        model = k.Model(i, layer(i) + layer(i * 2))
        model.compile("sgd", "mse")
        evaluated = float(model.evaluate(x, 3 * x, verbose=0))  # the compiled loss is 0
        model(x)
        return evaluated, [float(loss) for loss in model.losses]

    (ours, our_terms), (theirs, their_terms) = both(losses)
    assert our_terms == pytest.approx(their_terms)
    assert ours == pytest.approx(sum(our_terms))
    assert theirs == pytest.approx(their_terms[-1])
