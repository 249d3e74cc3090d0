"""How layers are called, built and derived from, compared with Keras's: the same code runs in both libraries."""

import keras
import numpy as np
import pytest

import minidl
from tests.parity.comparing import assert_close, both

RANDOM = np.random.default_rng(0)
ROWS, STEPS = RANDOM.normal(size=(2, 3)).astype("float32"), RANDOM.normal(size=(2, 4, 3)).astype("float32")
MASK = np.array([[True, True, False, False], [True, False, True, True]])
ONES = {"kernel_initializer": "ones"}
RECURRENT = {"kernel_initializer": "ones", "recurrent_initializer": "ones"}


def make_cell(k, states=1):
    """A cell as Keras documents it, with a layer inside."""

    class Cell(k.layers.Layer):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.state_size = units if states == 1 else [units, 1]
            self.dense = k.layers.Dense(units, kernel_initializer="ones")

        def build(self, input_shape):
            assert input_shape[-1] in (3, 2)
            self.kernel = self.add_weight(shape=(self.dense.units, self.dense.units), initializer="ones", name="kernel")

        def call(self, inputs, states, training=False):
            h = k.ops.tanh(self.dense(inputs) + k.ops.matmul(states[0], self.kernel))
            return h, [h, *(state + 1 for state in states[1:])]

    return Cell


def compared(make):
    """The results of both libraries, as flat lists of arrays."""
    ours, theirs = ([np.asarray(one) for one in keras.tree.flatten(result)] for result in both(make))
    assert len(ours) == len(theirs)
    for mine, its in zip(ours, theirs, strict=True):
        assert_close(mine, its)


@pytest.mark.parametrize(
    "make",
    [
        lambda k: k.layers.RNN(make_cell(k)(2))(STEPS),
        lambda k: k.layers.RNN(make_cell(k)(2), return_sequences=True)(STEPS, mask=MASK),
        lambda k: k.layers.RNN(make_cell(k, 2)(2), return_state=True)(STEPS),
        lambda k: k.layers.RNN([make_cell(k)(2), make_cell(k)(3)], return_state=True)(STEPS),
        lambda k: k.layers.RNN(k.layers.StackedRNNCells([make_cell(k)(2), make_cell(k)(2)]))(STEPS),
        lambda k: k.layers.RNN([make_cell(k)(2), k.layers.GRUCell(2, **RECURRENT)])(STEPS),
        lambda k: k.layers.TimeDistributed(k.layers.RNN(make_cell(k)(2)))(STEPS[:, np.newaxis]),
        lambda k: make_cell(k)(2)(STEPS[:, 0], [np.ones((2, 2), "float32")]),
    ],
)
def test_cells_with_call_run_in_recurrent_layers(make):
    compared(make)


def test_a_model_of_a_cell_with_call_learns_as_in_keras():
    def train(k):
        model = k.Sequential([k.Input((4, 3)), k.layers.RNN(make_cell(k)(2)), k.layers.Dense(1, **ONES)])
        model.compile(k.optimizers.SGD(0.1), "mse")
        return model.fit(STEPS, np.ones((2, 1)), epochs=3, shuffle=False, verbose=0).history["loss"], model.get_weights()

    compared(train)


def test_a_cell_with_call_is_bidirectional():
    layer = minidl.layers.Bidirectional(minidl.layers.RNN(make_cell(minidl)(2), return_sequences=True))
    forward, backward = (
        np.asarray(minidl.layers.RNN(make_cell(minidl)(2), return_sequences=True)(x)) for x in (STEPS, STEPS[:, ::-1])
    )
    assert_close(layer(STEPS), np.concatenate([forward, backward[:, ::-1]], axis=-1))


@pytest.mark.parametrize(
    "make",
    [
        lambda k: k.layers.Dense(1, **ONES)(inputs=ROWS),
        lambda k: k.layers.Add()(inputs=[ROWS, ROWS]),
        lambda k: k.layers.LSTM(2, **RECURRENT)(sequences=STEPS),
        lambda k: k.layers.Embedding(3, 2, embeddings_initializer="ones")(inputs=np.array([[1]])),
        lambda k: k.layers.TimeDistributed(k.layers.Dense(1, **ONES))(inputs=STEPS),
        lambda k: k.layers.MultiHeadAttention(1, 2, **ONES)(query=STEPS, value=STEPS),
        lambda k: k.layers.Attention()(inputs=[STEPS, STEPS]),
        lambda k: k.layers.Dropout(0.5)(inputs=ROWS, training=False),
        lambda k: k.layers.SimpleRNNCell(2, **RECURRENT)(sequence=ROWS, states=np.zeros((2, 2), "float32")),
        lambda k: k.layers.CenterCrop(2, 2)(inputs=np.ones((1, 4, 4, 1), "float32")),
        lambda k: k.layers.Lambda(lambda x: 2 * x)(inputs=ROWS),
        lambda k: k.Sequential([k.layers.Dense(1, **ONES)])(inputs=ROWS),
        lambda k: k.Model(x := k.Input((3,)), k.layers.Dense(1, **ONES)(inputs=x))(inputs=ROWS),
        lambda k: k.layers.GlobalAveragePooling1D()(STEPS, MASK),
        lambda k: k.layers.Softmax()(STEPS, np.ones((2, 4, 3), bool)),
        lambda k: k.layers.Attention()([STEPS, STEPS], [MASK, MASK]),
    ],
)
def test_inputs_are_given_by_name_and_masks_by_position(make):
    compared(make)


def built(layer, *shapes):
    layer.build(*shapes)
    return layer


@pytest.mark.parametrize(
    "make",
    [
        lambda k: built(k.layers.Dense(1, **ONES), (2, 3)).call(ROWS),
        lambda k: k.layers.Dropout(0.5).call(ROWS),
        lambda k: k.layers.ReLU().call(ROWS),
        lambda k: k.layers.Flatten().call(STEPS),
        lambda k: built(k.layers.BatchNormalization(), (2, 3)).call(ROWS, training=True),
        lambda k: built(k.layers.BatchNormalization(), (2, 3)).call(ROWS),
        lambda k: built(k.layers.LSTM(2, **RECURRENT), (2, 4, 3)).call(STEPS),
        lambda k: built(k.layers.LSTM(2, **RECURRENT), (2, 4, 3)).call(STEPS, mask=MASK, initial_state=[ROWS[:, :2]] * 2),
        lambda k: built(k.layers.GRUCell(2, **RECURRENT), (2, 3)).call(ROWS, [ROWS[:, :2]]),
        lambda k: built(k.layers.MultiHeadAttention(1, 2, **ONES), (2, 4, 3), (2, 4, 3)).call(STEPS, STEPS),
        lambda k: built(k.layers.Concatenate(), [(2, 3), (2, 3)]).call([ROWS, ROWS]),
        lambda k: k.layers.GlobalAveragePooling1D().call(STEPS, mask=MASK),
        lambda k: built(k.layers.Embedding(3, 2, embeddings_initializer="ones")).call(np.array([[1]])),
        lambda k: k.layers.MaxPooling1D().call(STEPS),
        lambda k: k.layers.Lambda(lambda x: 2 * x).call(ROWS),
    ],
)
def test_built_in_layers_have_call(make):
    compared(make)


def derived_model(k):
    """A model of layers derived from built-in ones, which extend `call`."""

    class Sequences(k.layers.SimpleRNN):
        def call(self, sequences, initial_state=None, mask=None, training=False):
            return 2 * super().call(sequences, initial_state=initial_state, mask=mask, training=training)

    class Shifted(k.layers.BatchNormalization):
        def call(self, inputs, training=None, mask=None):
            return super().call(inputs, training=training, mask=mask) + 1

    class Kept(k.layers.Dropout):
        def call(self, inputs, training=False):
            return super().call(inputs, training=False)

    class Attended(k.layers.MultiHeadAttention):
        def call(self, query, value, key=None, **options):
            return super().call(query, value, key=key, **options) / 2

    class Sum(k.layers.Add):
        def call(self, inputs):
            return super().call(inputs) * 2

    class Inner(k.layers.Layer):
        def __init__(self):
            super().__init__()
            self.dense = k.layers.Dense(2, **ONES)

        def build(self, input_shape):
            self.dense.build(input_shape)

        def call(self, x):
            return self.dense.call(x)

    x = k.Input((4, 3))
    y = Shifted()(Sequences(3, return_sequences=True, **RECURRENT)(x))
    y = Sum()([Attended(1, 2, **ONES)(y, y), x])
    return k.Model(x, Inner()(k.layers.Flatten()(Kept(0.5)(y))))


def test_layers_derived_from_built_in_ones_train_through_super_call():
    def train(k):
        model = derived_model(k)
        model.compile(k.optimizers.SGD(1e-6), "mse")
        history = model.fit(STEPS, np.ones((2, 2)), epochs=3, verbose=0).history["loss"]
        return history, model.predict(STEPS, verbose=0)

    compared(train)


@pytest.mark.parametrize(
    "make",
    [
        lambda k: len(built(k.layers.MultiHeadAttention(2, 2), (None, 4, 8), (None, 4, 8)).weights),
        lambda k: len(built(k.layers.GroupQueryAttention(2, 2, 1), (None, 4, 8), (None, 4, 8), (None, 4, 8)).weights),
        lambda k: k.layers.MultiHeadAttention(2, 2).compute_output_shape((2, 4, 8), (2, 5, 8)),
        lambda k: k.layers.MultiHeadAttention(2, 2, output_shape=7).compute_output_shape(
            query_shape=(2, 4, 8), value_shape=(2, 5, 8), key_shape=(2, 5, 8)
        ),
        lambda k: k.layers.GroupQueryAttention(2, 2, 1).compute_output_shape((2, 4, 8), (2, 5, 8)),
        lambda k: k.layers.Attention().compute_output_shape([(2, 4, 8), (2, 5, 8)]),
        lambda k: k.layers.AdditiveAttention().compute_output_shape([(2, 4, 8), (2, 5, 8), (2, 5, 8)]),
    ],
)
def test_layers_of_several_inputs_are_built_for_a_shape_for_each(make):
    compared(make)


def pair_layer(k):
    class Pair(k.layers.Layer):
        def build(self, b_shape, a_shape):
            self.w = self.add_weight(shape=(a_shape[-1], b_shape[-1]), initializer="ones", name="w")

        def call(self, a, b):
            return k.ops.matmul(a, self.w) + b

    return Pair()


def test_build_gets_the_shapes_of_the_arguments_it_names():
    b = np.ones((2, 2), "float32")
    compared(lambda k: pair_layer(k)(ROWS, b))
    compared(lambda k: pair_layer(k)(b=b, a=ROWS))

    def train(k):
        inputs = k.Input((3,)), k.Input((2,))
        model = k.Model(inputs, pair_layer(k)(*inputs))
        model.compile("sgd", "mse")
        return model.fit([ROWS, b], b, epochs=2, verbose=0).history["loss"]

    compared(train)
    ours, theirs = both(lambda k: built(pair_layer(k), (2, 2), (2, 3)).get_build_config())
    assert ours == theirs


def test_build_with_one_argument_gets_the_shape_of_the_first():
    def make(k):
        class First(k.layers.Layer):
            def build(self, input_shape):
                self.w = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="w")

            def call(self, a, b):
                return a * self.w + k.ops.sum(b)

        return First()(ROWS, STEPS)

    compared(make)


def test_a_layer_writes_and_reads_its_own_variables_and_its_shape():
    def through_a_store(k):
        layer, store = built(k.layers.Dense(2), (2, 3)), {}
        layer.set_weights([np.ones((3, 2)), np.arange(2.0)])
        layer.save_own_variables(store)
        other = k.layers.Dense(2)
        other.build_from_config(layer.get_build_config())
        other.load_own_variables(store)
        assert sorted(store) == ["0", "1"]
        return other.get_weights()

    compared(through_a_store)
    assert minidl.layers.Dense(2).get_build_config() is None
    with pytest.raises(ValueError, match="has 0 variables of its own, got 1; it is not built yet"):
        minidl.layers.Dense(2).load_own_variables({"0": ROWS})


def test_an_argument_of_call_that_ends_in_mask_gets_the_mask_of_its_tensor():
    def make(k):
        class Masked(k.layers.Layer):
            def __init__(self):
                super().__init__()
                self.supports_masking = True

            def call(self, a, b, a_mask=None, b_mask=None):
                assert b_mask is None
                return a * k.ops.cast(a_mask, "float32")[..., np.newaxis] + b

        return Masked()(k.layers.Masking()(STEPS * MASK[..., np.newaxis]), STEPS)

    compared(make)


def test_a_layer_that_calls_itself_built_makes_its_layers_in_call():
    def make(k):
        class Ready(k.layers.Layer):
            def __init__(self):
                super().__init__()
                self.dense = k.layers.Dense(2, **ONES)
                self.built = True

            def call(self, x):
                return self.dense(x)

        model = k.Sequential([k.Input((3,)), Ready()])
        model.compile("sgd", "mse")
        return model.fit(ROWS, np.ones((2, 2)), epochs=2, verbose=0).history["loss"], Ready()(ROWS)

    compared(make)


def test_inputs_may_be_sparse_or_an_existing_tensor():
    def run(k):
        x = k.Input((3,), 2, "float32", False, False, None, "x")
        wrapped = k.Input(tensor=x)
        sparse = k.Input((4,), sparse=True)
        with pytest.raises(ValueError, match="ragged"):
            k.Input((3,), ragged=True)
        return tuple(wrapped.shape), x.name, tuple(sparse.shape), len(k.Model(wrapped, x * 2).inputs)

    mine, its = both(run)
    assert mine == its


def test_where_without_values_gives_positions():
    mine, its = both(lambda k: [np.asarray(part).tolist() for part in k.ops.where(np.array([[1, 0], [0, 1]]))])
    assert mine == its
