"""Learning to rank lists: a softmax loss over each list and a metric of the order, as classes of their own."""

import keras
import numpy as np
from keras import layers, ops

rng = np.random.default_rng(2)
queries = rng.normal(size=(16, 5, 4)).astype("float32")
relevance = rng.integers(0, 3, (16, 5)).astype("float32")


@keras.saving.register_keras_serializable(package="ranking")
class ListwiseSoftmax(keras.losses.Loss):
    def __init__(self, temperature=1.0, name="listwise", reduction="sum_over_batch_size", **kwargs):
        super().__init__(name=name, reduction=reduction, **kwargs)
        self.temperature = temperature

    def call(self, y_true, y_pred):
        targets = ops.softmax(y_true / self.temperature, axis=-1)
        return -ops.sum(targets * ops.log_softmax(y_pred, axis=-1), axis=-1)

    def get_config(self):
        return {**super().get_config(), "temperature": self.temperature}


class NDCG(keras.metrics.Metric):
    def __init__(self, name="ndcg", **kwargs):
        super().__init__(name=name, **kwargs)
        self.total = self.add_weight(name="total", initializer="zeros", shape=())
        self.count = self.add_weight(name="count", initializer="zeros", shape=())

    def update_state(self, y_true, y_pred, sample_weight=None):
        order = ops.flip(ops.argsort(y_pred, axis=-1), axis=-1)
        gains = ops.power(2.0, ops.take_along_axis(y_true, order, axis=-1)) - 1.0
        ideal = ops.power(2.0, ops.flip(ops.sort(y_true, axis=-1), axis=-1)) - 1.0
        discount = 1.0 / ops.log2(ops.arange(2, 7, dtype="float32"))
        dcg, best = ops.sum(gains * discount, axis=-1), ops.sum(ideal * discount, axis=-1)
        self.total.assign_add(ops.sum(ops.divide_no_nan(dcg, best)))
        self.count.assign_add(ops.cast(ops.shape(y_true)[0], "float32"))

    def result(self):
        return self.total / self.count


inputs = keras.Input((5, 4))
scores = layers.TimeDistributed(keras.Sequential([layers.Dense(6, activation="relu"), layers.Dense(1)]))(inputs)
ranker = keras.Model(inputs, ops.squeeze(scores, axis=-1))
# same weights: ranker
ranker.compile(keras.optimizers.Adagrad(0.1), loss=ListwiseSoftmax(0.5), metrics=[NDCG()])
history = ranker.fit(queries, relevance, batch_size=8, epochs=3, shuffle=False, verbose=0)
_config = ListwiseSoftmax(0.5).get_config()
again = ListwiseSoftmax.from_config({k: v for k, v in _config.items() if k not in ("dtype",)})
names = sorted(set(_config) - {"dtype"})
value = float(again(relevance, ranker.predict(queries, verbose=0)))
output_shape = ranker.output_shape
