"""A model saved as one file and loaded, its config and JSON, and its weights alone."""

import keras
import numpy as np
from keras import layers


def get_model():
    inputs = keras.Input(shape=(8,))
    outputs = keras.layers.Dense(1, name="out")(layers.Dense(4, activation="relu")(inputs))
    model = keras.Model(inputs, outputs, name="small")
    model.compile(optimizer=keras.optimizers.Adam(), loss="mean_squared_error")
    return model


rng = np.random.default_rng(80)
test_input, test_target = rng.random((16, 8)), rng.random((16, 1))
model = get_model()
# same weights: model
history = model.fit(test_input, test_target, epochs=3, batch_size=8, shuffle=False, verbose=0)
model.save("my_model.keras")
reconstructed_model = keras.models.load_model("my_model.keras")
np.testing.assert_allclose(model.predict(test_input, verbose=0), reconstructed_model.predict(test_input, verbose=0), rtol=1e-5)
continued = reconstructed_model.fit(test_input, test_target, epochs=2, batch_size=16, verbose=0)
model.save_weights("ckpt.weights.h5")
fresh = get_model()
fresh.load_weights("ckpt.weights.h5")
json_config = model.to_json()
from_json = keras.models.model_from_json(json_config)
from_config = keras.Model.from_config(model.get_config())
names = [layer.name for layer in from_json.layers][1:]
# random: json_config, from_json, from_config
cloned = keras.models.clone_model(model)
cloned.set_weights(model.get_weights())
layer_config = layers.serialize(layers.Dense(3, activation="relu", name="d"))["config"]["units"]
