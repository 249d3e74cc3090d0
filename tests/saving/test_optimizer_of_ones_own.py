"""An optimizer written for Keras, with variables of `add_variable`, in files and backups."""

import numpy as np
import pytest

from minidl import Input, Sequential, callbacks, layers, load_model, optimizers, saving

X = np.arange(12.0, dtype="float32").reshape(4, 3) / 8 - 0.45
Y = np.ones((4, 1), "float32")


@saving.register_keras_serializable("tests")
class HeavyBall(optimizers.Optimizer):
    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.velocities = self.add_optimizer_variables(variables, "velocity")
        self.steps = self.add_variable((), name="steps")

    def update_step(self, gradient, variable, learning_rate):
        velocity = self.velocities[self._get_variable_index(variable)]
        self.assign(velocity, 0.9 * velocity - learning_rate * gradient)
        self.assign_add(variable, velocity)
        self.assign_add(self.steps, 1.0)


def network():
    model = Sequential([Input((3,)), layers.BatchNormalization(), layers.Dense(1, kernel_initializer="ones")])
    model.compile(HeavyBall(0.125), "mse")
    return model


def trained(epochs, **options):
    model = network()
    model.fit(X, Y, epochs=epochs, shuffle=False, verbose=0, **options)
    return model


def test_a_loaded_model_continues_with_the_variables_of_its_optimizer(tmp_path):
    model = trained(2)
    model.save(tmp_path / "model.safetensors")
    loaded = load_model(tmp_path / "model.safetensors")
    assert float(loaded.optimizer.steps) == float(model.optimizer.steps) == 8  # four weights, two updates
    for one in (model, loaded):
        one.fit(X, Y, epochs=2, shuffle=False, verbose=0)
    for mine, other in zip(loaded.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, other)


def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path):
    class Stop(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                raise RuntimeError("interrupted")

    with pytest.raises(RuntimeError, match="interrupted"):
        trained(4, callbacks=[callbacks.BackupAndRestore(tmp_path), Stop()])
    resumed = trained(4, callbacks=[callbacks.BackupAndRestore(tmp_path)])
    for mine, other in zip(resumed.get_weights(), trained(4).get_weights(), strict=True):
        np.testing.assert_array_equal(mine, other)
