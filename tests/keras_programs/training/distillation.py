"""A student learns from a teacher: own arguments of compile, and a loss of both predictions in compute_loss."""

import keras
import numpy as np
from keras import layers, ops

rng = np.random.default_rng(26)
x, y = rng.normal(size=(24, 6)).astype("float32"), rng.integers(0, 3, 24)


class Distiller(keras.Model):
    def __init__(self, student, teacher):
        super().__init__()
        self.teacher = teacher
        self.student = student

    def compile(self, optimizer, metrics, student_loss_fn, distillation_loss_fn, alpha=0.1, temperature=3):
        super().compile(optimizer=optimizer, metrics=metrics)
        self.student_loss_fn = student_loss_fn
        self.distillation_loss_fn = distillation_loss_fn
        self.alpha = alpha
        self.temperature = temperature

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, allow_empty=False):
        teacher_pred = self.teacher(x, training=False)
        student_loss = self.student_loss_fn(y, y_pred)
        distillation_loss = self.distillation_loss_fn(
            ops.softmax(teacher_pred / self.temperature, axis=1), ops.softmax(y_pred / self.temperature, axis=1)
        ) * (self.temperature**2)
        return self.alpha * student_loss + (1 - self.alpha) * distillation_loss

    def call(self, x):
        return self.student(x)


teacher = keras.Sequential([keras.Input((6,)), layers.Dense(12, activation="relu"), layers.Dense(3)], name="teacher")
student = keras.Sequential([keras.Input((6,)), layers.Dense(4, activation="relu"), layers.Dense(3)], name="student")
# same weights: teacher, student
teacher.compile(
    "adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=[keras.metrics.SparseCategoricalAccuracy()]
)
taught = teacher.fit(x, y, epochs=2, batch_size=8, shuffle=False, verbose=0)
teacher.trainable = False
distiller = Distiller(student=student, teacher=teacher)
distiller.compile(
    optimizer=keras.optimizers.Adam(0.01),
    metrics=[keras.metrics.SparseCategoricalAccuracy()],
    student_loss_fn=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    distillation_loss_fn=keras.losses.KLDivergence(),
    alpha=0.1,
    temperature=10,
)
history = distiller.fit(x, y, epochs=3, batch_size=8, shuffle=False, verbose=0)
evaluated = distiller.evaluate(x, y, verbose=0)
teacher_weights = teacher.get_weights()
student_out = student.predict(x, verbose=0)
