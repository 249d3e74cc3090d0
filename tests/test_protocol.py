"""Difficult cases of the layer protocol: shared and stateful layers, several inputs, GANs, freezing, threads, copies."""

import copy
import pickle
import threading

import numpy as np
import pytest

import minidl
from minidl import Model, Sequential, layers, optimizers
from minidl.layers import (
    ActivityRegularization,
    Add,
    BatchNormalization,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    Input,
    SimpleRNN,
)
from minidl.testing import check_layer


def data(rows=48, features=6, classes=3, seed=0):
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, features)).astype(np.float32)
    return x, random.integers(0, classes, rows)


def same_bits(one, other):
    assert len(one.weights) == len(other.weights)
    for mine, theirs in zip(one.weights, other.weights, strict=True):
        np.testing.assert_array_equal(mine.value, theirs.value)


def rich_model():
    """Weights, state, a generator, a penalty, a regularizer and a constraint in one model."""
    model = Sequential(
        [
            Input((6,)),
            Dense(8, activation="relu", kernel_regularizer="l2", kernel_constraint="max_norm"),
            BatchNormalization(),
            Dropout(0.3),
            ActivityRegularization(l2=0.01),
            Dense(3, activation="softmax"),
        ]
    )
    model.compile(optimizers.Adam(0.01, global_clipnorm=1.0), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def fit_once(model, epochs=1, initial_epoch=0, **options):
    x, y = data()
    return model.fit(x, y, batch_size=16, epochs=epochs, initial_epoch=initial_epoch, verbose=0, **options)


# A stateful RNN through fit, snapshot and restore.


def stateful_model():
    return Sequential([Input(batch_shape=(4, 5, 2)), SimpleRNN(3, stateful=True), Dense(1)])


def test_a_stateful_rnn_carries_its_state_through_fit_and_can_be_reset():
    model = stateful_model()
    random = np.random.default_rng(0)
    x, y = random.normal(size=(8, 5, 2)), random.normal(size=(8, 1))
    model.compile("sgd", "mse")
    model.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0)
    state = model.layers[0].non_trainable_variables[0]
    assert np.abs(state.value).max() > 0
    first = model.predict(x[:4], batch_size=4)
    second = model.predict(x[:4], batch_size=4)
    assert not np.allclose(first, second)  # the state went on
    model.layers[0].reset_states()
    assert not state.value.any()


def test_the_state_of_a_stateful_rnn_is_saved_and_restored():
    model = stateful_model()
    x = np.random.default_rng(0).normal(size=(4, 5, 2))
    model.predict(x, batch_size=4)
    with model.preserved_state():
        first = model.predict(x, batch_size=4)
    np.testing.assert_array_equal(model.predict(x, batch_size=4), first)


def test_gradients_and_trace_leave_state_weights_and_gradients_as_they_were():
    model = rich_model()
    x, y = data()
    fit_once(model)
    before = copy.deepcopy(model)
    model.gradients(x, y)
    model.trace(x, y)
    same_bits(model, before)
    for mine, theirs in zip(model.generators, before.generators, strict=True):
        assert mine.bit_generator.state == theirs.bit_generator.state


# Several inputs, shared layers.


def two_input_model():
    left, right = Input((4,)), Input((4,))
    shared = Dense(5, activation="tanh", name="shared")
    merged = Add()([shared(left), shared(right)])
    return Model([left, right], Dense(1, name="head")(merged))


def test_a_two_input_model_learns():
    model = two_input_model()
    random = np.random.default_rng(0)
    x = [random.normal(size=(64, 4)), random.normal(size=(64, 4))]
    y = (x[0] + x[1]).sum(axis=1, keepdims=True)
    model.compile(optimizers.Adam(0.05), "mse")
    history = model.fit(x, y, epochs=30, batch_size=16, verbose=0)
    assert history.history["loss"][-1] < 0.1 * history.history["loss"][0]


def test_a_shared_layer_gets_the_gradients_of_both_its_uses():
    check_layer(two_input_model, [(3, 4), (3, 4)])
    assert len(two_input_model().weights) == 4


def test_a_layer_used_twice_in_a_row_gets_both_gradients():
    def make():
        x, shared = Input((4,)), Dense(4, activation="tanh")
        return Model(x, shared(shared(x)))

    check_layer(make, (3, 4))


def test_a_model_used_as_a_layer_and_alone_shares_its_weights():
    encoder = Sequential([Input((6,)), Dense(3, activation="tanh")], name="encoder")
    decoder = Sequential([Input((3,)), Dense(6)], name="decoder")
    autoencoder = Sequential([encoder, decoder])
    x, _ = data()
    before = encoder.predict(x)
    autoencoder.compile("adam", "mse")
    autoencoder.fit(x, x, epochs=2, verbose=0)
    after = encoder.predict(x)
    assert not np.allclose(before, after)
    np.testing.assert_allclose(decoder.predict(after), autoencoder.predict(x), rtol=1e-5, atol=1e-6)
    encoder.compile("sgd", "mse")
    encoder.fit(x, np.zeros((48, 3)), epochs=1, verbose=0)
    assert not np.allclose(encoder.predict(x), after)


def test_an_inner_part_of_a_functional_model_can_be_used_alone():
    x = Input((6,))
    hidden = Dense(4, activation="relu", name="hidden")(x)
    whole = Model(x, Dense(3, activation="softmax")(hidden))
    part = Model(whole.inputs, hidden)
    rows, labels = data()
    whole.compile("adam", "sparse_categorical_crossentropy")
    whole.fit(rows, labels, verbose=0)
    layer = whole.get_layer("hidden")
    np.testing.assert_allclose(part.predict(rows), layer(rows), rtol=1e-5, atol=1e-6)


# A GAN: the discriminator alone, and frozen inside a second model.


def test_a_discriminator_that_is_frozen_inside_the_gan_still_learns_alone():
    generator = Sequential([Input((2,)), Dense(8, activation="relu"), Dense(4)], name="generator")
    discriminator = Sequential([Input((4,)), Dense(8, activation="relu"), Dense(1, activation="sigmoid")], name="judge")
    discriminator.compile(optimizers.Adam(0.01), "binary_crossentropy")
    gan = Sequential([generator, discriminator])
    gan.compile(optimizers.Adam(0.01), "binary_crossentropy")
    random = np.random.default_rng(0)
    for _ in range(3):
        noise, real = random.normal(size=(16, 2)), random.normal(size=(16, 4))
        discriminator.trainable = True
        weights = discriminator.get_weights()
        discriminator.train_on_batch(np.concatenate([real, generator.predict(noise)]), np.repeat([1.0, 0.0], 16))
        assert any((a != b).any() for a, b in zip(weights, discriminator.get_weights(), strict=True))

        discriminator.trainable = False
        weights, made = discriminator.get_weights(), generator.get_weights()
        gan.train_on_batch(noise, np.ones(16))
        assert all((a == b).all() for a, b in zip(weights, discriminator.get_weights(), strict=True))
        assert any((a != b).any() for a, b in zip(made, generator.get_weights(), strict=True))


# Freezing.


def test_freezing_and_unfreezing_after_compile_has_immediate_effect():
    model = rich_model()
    fit_once(model)
    first = model.layers[0]
    first.trainable = False
    frozen, moving = first.get_weights(), model.layers[-1].get_weights()
    fit_once(model)
    assert all((a == b).all() for a, b in zip(frozen, first.get_weights(), strict=True))
    assert any((a != b).any() for a, b in zip(moving, model.layers[-1].get_weights(), strict=True))
    first.trainable = True
    fit_once(model)
    assert any((a != b).any() for a, b in zip(frozen, first.get_weights(), strict=True))


def test_training_a_model_with_everything_frozen_warns_and_changes_nothing():
    model = Sequential([Input((6,)), Dense(3, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    model.trainable = False
    before = model.get_weights()
    with pytest.warns(UserWarning, match="no trainable weights"):
        fit_once(model)
    assert all((a == b).all() for a, b in zip(before, model.get_weights(), strict=True))


# Two dtypes.


def test_a_model_of_two_float_types_trains_each_layer_in_its_own():
    model = Sequential([Input((6,)), Dense(8, activation="relu"), Dense(8, "tanh", dtype="float64"), Dense(3, "softmax")])
    model.compile(optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    history = fit_once(model, epochs=20)
    assert [v.dtype for v in model.weights] == ["float32"] * 2 + ["float64"] * 2 + ["float32"] * 2
    assert history.history["loss"][-1] < history.history["loss"][0]
    assert model.predict(data()[0]).dtype == np.float32


# The same bits after every way of copying.


def through_file(model, folder):
    model.save(folder / "model.safetensors")
    return minidl.load_model(folder / "model.safetensors")


COPIES = {
    "deepcopy": lambda model, folder: copy.deepcopy(model),
    "pickle": lambda model, folder: pickle.loads(pickle.dumps(model)),
    "load": through_file,
}


@pytest.mark.parametrize("way", COPIES)
def test_one_more_epoch_of_a_copy_gives_the_same_bits_as_the_original(way, tmp_path):
    model = rich_model()
    fit_once(model, epochs=2)
    twin = COPIES[way](model, tmp_path)
    same_bits(model, twin)
    mine, theirs = fit_once(model).history, fit_once(twin).history
    same_bits(model, twin)
    assert mine == theirs


@pytest.mark.parametrize("way", COPIES)
def test_a_copy_has_a_contiguous_buffer_of_its_own(way, tmp_path):
    model = rich_model()
    fit_once(model)
    twin = COPIES[way](model, tmp_path)
    before = model.get_weights()
    fit_once(twin)
    assert len({variable.buffer for variable in twin.weights}) == 1
    assert not {variable.buffer for variable in twin.weights} & {variable.buffer for variable in model.weights}
    for variable, value in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(variable.value, value)


def test_after_set_weights_the_optimizer_still_updates_the_same_buffer():
    model = rich_model()
    fit_once(model)
    blocks = [variable.buffer for variable in model.weights]
    model.set_weights(model.get_weights())
    twin = copy.deepcopy(model)
    fit_once(model)
    fit_once(twin)
    assert [variable.buffer for variable in model.weights] == blocks
    same_bits(model, twin)


def test_a_clone_learns_and_shares_nothing():
    model = rich_model()
    clone = minidl.models.clone_model(model)
    assert [v.shape for v in clone.weights] == [v.shape for v in model.weights]
    assert not {v.buffer for v in clone.weights} & {v.buffer for v in model.weights}
    clone.compile("adam", "sparse_categorical_crossentropy")
    assert fit_once(clone, epochs=5).history["loss"][-1] < fit_once(clone).history["loss"][0] + 1


def test_fitting_n_and_then_m_epochs_equals_fitting_their_sum():
    split, whole = rich_model(), None
    whole = copy.deepcopy(split)
    first = fit_once(split, epochs=2).history["loss"]
    second = fit_once(split, epochs=5, initial_epoch=2).history["loss"]
    assert first + second == fit_once(whole, epochs=5).history["loss"]
    same_bits(split, whole)


# Runs.


@pytest.mark.parametrize(
    "make",
    [
        lambda: optimizers.SGD(0.1),
        lambda: optimizers.SGD(0.1, momentum=0.9),
        lambda: optimizers.SGD(0.1, momentum=0.9, nesterov=True),
        lambda: optimizers.Adam(0.01),
    ],
)
def test_updating_whole_slices_equals_updating_each_variable(make):
    together, apart = rich_model(), None
    apart = copy.deepcopy(together)
    one, other = make(), make()
    random = np.random.default_rng(0)
    for _ in range(4):
        for mine, theirs in zip(together.trainable_weights, apart.trainable_weights, strict=True):
            mine.grad[...] = theirs.grad[...] = random.normal(size=mine.shape)
        one.step(together.trainable_weights)
        for variable in apart.trainable_weights:
            other.update_step(variable.grad, variable, other.learning_rate)
            if variable.constraint is not None:
                variable.assign(variable.constraint(variable.value))
        other.batches += 1
        for mine, theirs in zip(together.weights, apart.weights, strict=True):
            np.testing.assert_allclose(mine.value, theirs.value, rtol=1e-6, atol=1e-7)


# Gradients of layers that draw, penalise and mask.


def test_dropouts_gradient_is_that_under_its_own_mask():
    check_layer(lambda: Dropout(0.4, seed=3), (5, 7))


def test_the_penalty_of_activity_regularization_is_differentiated():
    check_layer(lambda: ActivityRegularization(l1=0.3, l2=0.2), (4, 5))
    check_layer(lambda: Dense(3, activity_regularizer="l2"), (4, 5))


def test_masked_steps_change_neither_the_loss_nor_any_gradient():
    model = Sequential(
        [
            Input((6,), dtype="int64"),
            Embedding(9, 4, mask_zero=True),
            SimpleRNN(5, return_sequences=True),
            Dense(3, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    ids = np.array([[1, 4, 2, 0, 0, 0], [3, 0, 8, 5, 0, 0]])
    labels = np.random.default_rng(0).integers(0, 3, ids.shape)
    other = np.where(ids == 0, (labels + 1) % 3, labels)  # what stands at masked steps does not matter
    one, two = model.gradients(ids, labels), model.gradients(ids, other)
    assert model.test_on_batch(ids, labels) == model.test_on_batch(ids, other)
    for path, gradient in one.items():
        np.testing.assert_array_equal(gradient, two[path])
    assert not one["embedding/embeddings" if "embedding/embeddings" in one else next(iter(one))][0].any()


def test_a_softmax_output_learns_at_logits_of_plus_minus_ten_thousand():
    model = Sequential([Input((2,)), Dense(2, activation="softmax")])
    model.layers[0].set_weights([[[1e4, -1e4], [-1e4, 1e4]], [0.0, 0.0]])
    model.compile("sgd", "sparse_categorical_crossentropy")
    loss = model.train_on_batch(np.eye(2), [1, 0])
    assert loss == pytest.approx(2e4)
    gradients = model.gradients(np.eye(2), [1, 0])
    assert all(np.isfinite(gradient).all() for gradient in gradients.values())
    assert max(np.abs(gradient).max() for gradient in gradients.values()) == pytest.approx(0.5)


# Threads.


def test_two_threads_predict_the_same_as_one():
    model = rich_model()
    x, _ = data(2000)
    expected = model.predict(x)
    found = []
    threads = [threading.Thread(target=lambda: found.extend(model.predict(x) for _ in range(20))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 40
    assert all((one == expected).all() for one in found)


def test_two_fits_of_one_model_at_once_raise_an_error():
    model = rich_model()

    class FitAgain(minidl.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            fit_once(self.model)

    with pytest.raises(RuntimeError, match="is being fitted already"):
        fit_once(model, callbacks=[FitAgain()])
    fit_once(model)  # and is free again


def test_a_flattened_image_model_trains_from_integers():
    x = np.random.default_rng(0).integers(0, 255, (20, 4, 4), dtype=np.uint8)
    model = Sequential([Flatten(), layers.Dense(2, activation="softmax")])
    model.fit(x, np.arange(20) % 2, verbose=0)
    assert model.predict(x).dtype == np.float32
