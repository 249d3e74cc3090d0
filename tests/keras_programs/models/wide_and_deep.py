"""Wide and deep with the functional API and two inputs of one array, as in a book on machine learning."""

import keras
import numpy as np

rng = np.random.default_rng(42)
X_train = rng.normal(size=(30, 8)).astype("float32")
y_train = X_train[:, :1] * 2 - X_train[:, 4:5]
X_train_wide, X_train_deep = X_train[:, :5], X_train[:, 2:]

input_wide = keras.layers.Input(shape=[5])
input_deep = keras.layers.Input(shape=[6])
norm_layer_wide = keras.layers.Normalization()
norm_layer_deep = keras.layers.Normalization()
norm_wide = norm_layer_wide(input_wide)
norm_deep = norm_layer_deep(input_deep)
hidden1 = keras.layers.Dense(6, activation="relu")(norm_deep)
hidden2 = keras.layers.Dense(6, activation="relu")(hidden1)
concat = keras.layers.concatenate([norm_wide, hidden2])
output = keras.layers.Dense(1)(concat)
aux_output = keras.layers.Dense(1, name="aux")(hidden2)
model = keras.Model(inputs=[input_wide, input_deep], outputs=[output, aux_output])
norm_layer_wide.adapt(X_train_wide)
norm_layer_deep.adapt(X_train_deep)
# same weights: model
model.compile(
    loss=("mse", "mse"),
    loss_weights=(0.9, 0.1),
    optimizer=keras.optimizers.Adam(learning_rate=1e-3),
    metrics=["RootMeanSquaredError", "RootMeanSquaredError"],
)
history = model.fit((X_train_wide, X_train_deep), (y_train, y_train), epochs=3, batch_size=30, verbose=0)
eval_results = model.evaluate((X_train_wide, X_train_deep), (y_train, y_train), verbose=0)
y_pred_main, y_pred_aux = model.predict((X_train_wide[:3], X_train_deep[:3]), verbose=0)
