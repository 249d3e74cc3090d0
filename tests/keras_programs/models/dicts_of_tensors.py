"""A subclassed model with dicts of inputs and outputs, and losses and metrics by name."""

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(3)
data = {"age": rng.normal(size=(20, 1)).astype("float32"), "history": rng.normal(size=(20, 6)).astype("float32")}
targets = {"spend": rng.normal(size=(20, 1)).astype("float32"), "churn": rng.integers(0, 2, (20, 1)).astype("float32")}


class Customer(keras.Model):
    def __init__(self, units=6):
        super().__init__()
        self.concat = layers.Concatenate()
        self.body = layers.Dense(units, activation="gelu")
        self.dropout = layers.Dropout(0.0)
        self.spend = layers.Dense(1, name="spend_head")
        self.churn = layers.Dense(1, activation="sigmoid", name="churn_head")

    def call(self, inputs, training=False):
        x = self.concat([inputs["age"], inputs["history"]])
        x = self.dropout(self.body(x), training=training)
        return {"spend": self.spend(x), "churn": self.churn(x)}


model = Customer()
model(data)
# same weights: model
outputs = model(data)
model.compile(
    optimizer=keras.optimizers.Nadam(0.01),
    loss={"spend": "huber", "churn": "binary_crossentropy"},
    loss_weights={"spend": 1.0, "churn": 0.3},
    metrics={
        "spend": ["mae", keras.metrics.RootMeanSquaredError(name="rmse")],
        "churn": ["accuracy", keras.metrics.AUC(name="auc")],
    },
)
history = model.fit(data, targets, batch_size=10, epochs=3, shuffle=False, verbose=0, validation_data=(data, targets))
results = model.evaluate(data, targets, return_dict=True, verbose=0)
predicted = dict(sorted(model.predict(data, verbose=0).items()))
names = [w.name for w in model.trainable_weights]
keys = sorted(outputs)
