"""The functional guide: a ticket system with several inputs and outputs, losses by name, and weights of the losses."""

import keras
import numpy as np
from keras import layers

num_tags, num_words, num_departments = 4, 20, 3
title_input = keras.Input(shape=(None,), name="title")
body_input = keras.Input(shape=(None,), name="body")
tags_input = keras.Input(shape=(num_tags,), name="tags")
title_features = layers.Embedding(num_words, 4)(title_input)
body_features = layers.Embedding(num_words, 4)(body_input)
title_features = layers.LSTM(4)(title_features)
body_features = layers.LSTM(3)(body_features)
x = layers.concatenate([title_features, body_features, tags_input])
priority_pred = layers.Dense(1, name="priority")(x)
department_pred = layers.Dense(num_departments, name="department")(x)
model = keras.Model(
    inputs=[title_input, body_input, tags_input],
    outputs={"priority": priority_pred, "department": department_pred},
)
# same weights: model
model.compile(
    optimizer=keras.optimizers.RMSprop(1e-3),
    loss={
        "priority": keras.losses.BinaryCrossentropy(from_logits=True),
        "department": keras.losses.CategoricalCrossentropy(from_logits=True),
    },
    loss_weights={"priority": 1.0, "department": 0.2},
    metrics={"priority": ["accuracy"], "department": ["accuracy"]},
)
rng = np.random.default_rng(40)
title_data = rng.integers(num_words, size=(16, 4))
body_data = rng.integers(num_words, size=(16, 6))
tags_data = rng.integers(2, size=(16, num_tags)).astype("float32")
priority_targets = rng.random(size=(16, 1))
dept_targets = np.eye(num_departments)[rng.integers(0, num_departments, size=16)]
history = model.fit(
    {"title": title_data, "body": body_data, "tags": tags_data},
    {"priority": priority_targets, "department": dept_targets},
    epochs=3,
    batch_size=16,
    verbose=0,
)
predictions = model.predict([title_data, body_data, tags_data], verbose=0)
