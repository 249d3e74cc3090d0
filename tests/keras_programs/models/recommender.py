"""Collaborative filtering by embeddings of users and films, a dot product and biases, as a subclass."""

import keras
import numpy as np
from keras import layers, ops

rng = np.random.default_rng(47)
num_users, num_movies = 7, 9
x = np.stack([rng.integers(0, num_users, 40), rng.integers(0, num_movies, 40)], axis=1)
y = rng.uniform(size=40)


class RecommenderNet(keras.Model):
    def __init__(self, num_users, num_movies, embedding_size, **kwargs):
        super().__init__(**kwargs)
        options = {"embeddings_initializer": "he_normal", "embeddings_regularizer": keras.regularizers.l2(1e-6)}
        self.user_embedding = layers.Embedding(num_users, embedding_size, **options)
        self.user_bias = layers.Embedding(num_users, 1)
        self.movie_embedding = layers.Embedding(num_movies, embedding_size, **options)
        self.movie_bias = layers.Embedding(num_movies, 1)

    def call(self, inputs):
        user_vector = self.user_embedding(inputs[:, 0])
        movie_vector = self.movie_embedding(inputs[:, 1])
        dot_user_movie = ops.sum(user_vector * movie_vector, axis=1, keepdims=True)
        x = dot_user_movie + self.user_bias(inputs[:, 0]) + self.movie_bias(inputs[:, 1])
        return ops.nn.sigmoid(x)


model = RecommenderNet(num_users, num_movies, 4)
model(x[:2])
# same weights: model
model.compile(loss=keras.losses.BinaryCrossentropy(), optimizer=keras.optimizers.Adam(learning_rate=0.001))
history = model.fit(x=x, y=y, batch_size=20, epochs=3, shuffle=False, verbose=0, validation_data=(x[:10], y[:10]))
ratings = model.predict(x[:5], verbose=0).flatten()
