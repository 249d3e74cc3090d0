"""Arguments and attributes of layers compared with Keras's: older words, wrong types, masks, and what is None."""

import warnings

import keras
import numpy as np
import pytest

import minidl
from tests.parity.comparing import assert_close, both

STEPS = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")
MASK = np.array([[True, True, False, False], [True, False, True, True]])


def outcome(make, k):
    """The result of `make(k)` in plain values, or the type of its error."""
    try:
        result = make(k)
    except Exception as error:
        return type(error)
    return keras.tree.map_structure(lambda one: np.asarray(one) if hasattr(one, "shape") else one, result)


def assert_same(make):
    ours, theirs = both(lambda k: outcome(make, k))
    assert type(ours) is type(theirs), (ours, theirs)
    if isinstance(theirs, np.ndarray):
        assert_close(ours, theirs)
    else:
        assert ours == theirs


@pytest.mark.parametrize(
    "make",
    [
        lambda k: k.layers.Masking().compute_mask(STEPS),
        lambda k: k.layers.Embedding(3, 2, mask_zero=True).compute_mask(inputs=np.array([[0, 1]])),
        lambda k: k.layers.Embedding(3, 2).compute_mask(np.array([[0, 1]])),
        lambda k: k.layers.Attention().compute_mask(inputs=[STEPS, STEPS], mask=[MASK, MASK]),
        lambda k: k.layers.AdditiveAttention().compute_mask([STEPS, STEPS]),
        lambda k: k.layers.Add().compute_mask([STEPS, STEPS], mask=[MASK, ~MASK]),
        lambda k: k.layers.Add().compute_mask([STEPS, STEPS], MASK),
        lambda k: k.layers.Multiply().compute_mask([STEPS, STEPS], [MASK]),
        lambda k: k.layers.Concatenate().compute_mask([STEPS, STEPS], mask=[MASK, None]),
        lambda k: k.layers.Concatenate().compute_mask([STEPS, STEPS], MASK),
        lambda k: k.layers.Concatenate().compute_mask(STEPS, [MASK]),
        lambda k: k.layers.Dot(1).compute_mask([STEPS, STEPS]),
        lambda k: k.layers.Dense(2).compute_mask(inputs=STEPS, previous_mask=MASK),
        lambda k: k.layers.GlobalAveragePooling1D().compute_mask(STEPS, mask=MASK),
        lambda k: k.layers.LSTM(2, return_sequences=True).compute_mask(STEPS, mask=MASK),
        lambda k: k.layers.Lambda(lambda x: x, mask=MASK).compute_mask(inputs=STEPS),
        lambda k: k.layers.Attention()([STEPS, STEPS], mask=[MASK]),
        lambda k: k.layers.Attention()([STEPS, STEPS], mask=MASK),
        lambda k: k.layers.AdditiveAttention()([STEPS, STEPS], mask=[None] * 4),
    ],
)
def test_masks_are_computed_and_checked(make):
    assert_same(make)


@pytest.mark.parametrize(
    "make",
    [
        lambda k: k.layers.LayerNormalization(axis={"axis": -1}),
        lambda k: k.layers.LayerNormalization(axis="last"),
        lambda k: k.layers.BatchNormalization(axis="last"),
        lambda k: k.layers.BatchNormalization(axis={"axis": -1}).build((2, 3)),
        lambda k: k.layers.RepeatVector("3"),
        lambda k: k.layers.RepeatVector(2.5),
        lambda k: k.layers.UpSampling1D(2.5),
        lambda k: k.layers.UpSampling1D((2,)),
        lambda k: k.layers.UpSampling2D(2.5),
        lambda k: k.layers.UpSampling2D((2,)),
        lambda k: k.layers.Cropping1D((1,)),
        lambda k: k.layers.Cropping2D((1,)),
        lambda k: k.layers.Cropping3D((1,)),
        lambda k: k.layers.ZeroPadding1D((1,)),
        lambda k: k.layers.ZeroPadding2D((1,)),
        lambda k: k.layers.ZeroPadding3D((1,)),
        lambda k: k.layers.MultiHeadAttention(4, 4, value_dim=0),
        lambda k: k.layers.MultiHeadAttention(4, 4, value_dim=-1),
        lambda k: k.layers.MultiHeadAttention(4, 4, value_dim=1.5),
        lambda k: k.layers.Normalization(axis=3).build((2, 2)),
        lambda k: k.layers.Normalization(axis=-3).build((2, 2)),
        lambda k: k.layers.InputLayer(batch_size=4, batch_shape=(2, 3)),
        lambda k: k.layers.Embedding.from_config({}),
        lambda k: k.metrics.FalsePositives(thresholds=[None]),
        lambda k: k.metrics.Precision(thresholds=[None]),
    ],
)
def test_wrong_arguments_raise_the_same_type_of_error(make):
    ours, theirs = both(lambda k: outcome(make, k))
    assert ours is theirs
    assert issubclass(ours, Exception)


def with_warnings(make, k):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = make(k)
    return result, [one.category for one in caught]


@pytest.mark.parametrize(
    "make",
    [
        lambda k: k.Sequential([k.layers.Dense(4, input_dim=2)]).count_params(),
        lambda k: k.Sequential([k.layers.Dense(4, input_shape=(2,))]).count_params(),
        lambda k: k.Sequential([k.layers.Conv1D(4, 2, input_shape=(5, 2)), k.layers.Flatten()]).count_params(),
        lambda k: k.layers.Embedding(5, 3, input_length=4).output_dim,
        lambda k: k.layers.InputLayer(input_shape=(3,)).batch_shape,
        lambda k: k.layers.InputLayer(batch_input_shape=(2, 3)).batch_shape,
        lambda k: float(k.layers.LeakyReLU(alpha=0.25).negative_slope),
        lambda k: k.layers.LSTM(3, implementation=1).units,
        lambda k: k.layers.GRU(3, implementation=2).units,
    ],
)
def test_older_arguments_are_accepted_with_a_warning_where_keras_accepts_them(make):
    ours, theirs = both(lambda k: with_warnings(make, k))
    assert ours == theirs


@pytest.mark.parametrize(
    ("make", "shape", "names"),
    [
        (lambda k: k.layers.Dense(2, use_bias=False), (1, 2), ["bias"]),
        (lambda k: k.layers.Conv1D(2, 2, use_bias=False), (1, 4, 2), ["bias"]),
        (lambda k: k.layers.Conv2DTranspose(2, 2, use_bias=False), (1, 4, 4, 2), ["bias"]),
        (lambda k: k.layers.DepthwiseConv2D(2, use_bias=False), (1, 4, 4, 2), ["bias"]),
        (lambda k: k.layers.SeparableConv2D(2, 2, use_bias=False), (1, 4, 4, 2), ["bias"]),
        (lambda k: k.layers.EinsumDense("ab,bc->ac", 2), (1, 2), ["bias"]),
        (lambda k: k.layers.LSTMCell(2, use_bias=False), (1, 2), ["bias"]),
        (lambda k: k.layers.GRUCell(2, use_bias=False), (1, 2), ["bias"]),
        (lambda k: k.layers.SimpleRNNCell(2, use_bias=False), (1, 2), ["bias"]),
        (lambda k: k.layers.BatchNormalization(center=False, scale=False), (2, 3), ["beta", "gamma"]),
        (lambda k: k.layers.LayerNormalization(center=False, scale=False), (2, 3), ["beta", "gamma"]),
        (lambda k: k.layers.GroupNormalization(1, center=False, scale=False), (2, 3), ["beta", "gamma"]),
    ],
)
def test_weights_that_a_layer_does_not_have_are_none(make, shape, names):
    for layer in both(make):
        layer.build(shape)
        assert [getattr(layer, name) for name in names] == [None] * len(names)


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"renorm_clipping": {"rmax": 1.1, "rmin": 0.9, "dmax": 0.1}, "renorm_momentum": 0.7},
        {"scale": False, "epsilon": 0.01},
    ],
)
def test_batch_renormalization_has_keras_s_numbers(arguments):
    ours, theirs = both(lambda k: k.layers.BatchNormalization(renorm=True, momentum=0.9, **arguments))
    for batch in (3 * STEPS, STEPS, STEPS + 1):
        assert_close(ours(batch, training=True), theirs(batch, training=True))
    assert_close(ours(STEPS), theirs(STEPS))
    assert [v.name for v in ours.weights] == [v.name for v in theirs.weights]
    for mine, its in zip(ours.weights, theirs.weights, strict=True):
        assert_close(mine.value, its)


def test_batch_renormalization_trains_as_in_keras():
    def train(k):
        layers = [k.layers.BatchNormalization(renorm=True, momentum=0.5, renorm_momentum=0.5), k.layers.Flatten()]
        model = k.Sequential([k.Input((4, 3)), *layers, k.layers.Dense(1, kernel_initializer="ones")])
        model.compile(k.optimizers.SGD(0.01), "mse")
        return model.fit(STEPS, np.ones((2, 1)), epochs=4, verbose=0).history["loss"]

    assert_close(*both(train), tolerance=1e-4)


@pytest.mark.filterwarnings("ignore:.*rms_scaling=True")
@pytest.mark.parametrize("axis", [-1, (1, 2), 1])
def test_layer_normalization_scales_by_the_deviation_alone(axis):
    with pytest.warns(UserWarning, match="RMSNormalization divides by the root mean square"):
        ours = minidl.layers.LayerNormalization(rms_scaling=True, axis=axis)
    theirs = keras.layers.LayerNormalization(rms_scaling=True, axis=axis)
    assert_close(ours(STEPS), theirs(STEPS))
    assert [v.name for v in ours.weights] == [v.name for v in theirs.weights]
    assert ours.beta is None


def test_masks_broadcast():
    mask, images = np.array([[[True], [False]]]), np.arange(24.0, dtype="float32").reshape(1, 2, 3, 4)
    assert_close(*both(lambda k: k.layers.BatchNormalization()(images, mask=mask, training=True)))
    dense = {"kernel_initializer": "ones"}
    mask = np.ones((2, 4, 1), bool)
    assert_close(*both(lambda k: k.layers.TimeDistributed(k.layers.Dense(5, **dense))(STEPS, mask=mask)))


def test_normalization_has_the_mean_of_every_feature():
    def shapes(k):
        given, learned = k.layers.Normalization(mean=5.0, variance=1.0), k.layers.Normalization()
        given.build((3, 7))
        learned.adapt(np.ones((3, 7)))
        several = k.layers.Normalization(axis=1, mean=[1.0, 2.0, 3.0], variance=[1.0, 1.0, 1.0])
        several.build((2, 3, 4))
        return [tuple(one.shape) for layer in (given, learned, several) for one in (layer.mean, layer.variance)]

    ours, theirs = both(shapes)
    assert ours == theirs


def test_a_layer_reports_its_compute_dtype():
    for dtype in (None, "float64"):
        ours, theirs = both(lambda k, dtype=dtype: k.layers.Dense(2, dtype=dtype))
        assert (ours.compute_dtype, ours.variable_dtype) == (theirs.compute_dtype, theirs.variable_dtype)
        assert_same(lambda k: k.constraints.Constraint()(STEPS))


def test_muon_has_keras_s_parts_of_a_step():
    x = np.arange(6, dtype="float32").reshape(3, 2)
    ours, theirs = both(lambda k: k.optimizers.Muon())
    assert_close(ours.lr_adjust(x), theirs.lr_adjust(x))
    for matrix in (x, x.T):
        mine, its = (one.zeropower_via_newtonschulz5(matrix, 3) for one in (ours, theirs))
        assert_close(mine, its, 1e-4)


@pytest.mark.parametrize("arguments", [{}, {"relative_step": False}, {"epsilon_2": 0.1}])
def test_adafactor_has_keras_s_rate(arguments):
    def train(k):
        optimizer, variable = k.optimizers.Adafactor(0.5, **arguments), k.Variable(1.0)
        for _ in range(8):
            gradient = np.float32(0.1) if k is minidl else k.ops.convert_to_tensor(0.1)
            optimizer.apply_gradients([(gradient, variable)])
        return np.asarray(variable)

    assert_close(*both(train))


def test_sparse_accuracies_take_one_label_for_each_step_in_a_column():
    labels, outputs = np.array([[1], [0]]), np.array([[[0.1, 0.9, 0.0], [0.1, 0.9, 0.0]]])
    for make in (lambda k: k.metrics.SparseCategoricalAccuracy(), lambda k: k.metrics.SparseTopKCategoricalAccuracy(1)):
        ours, theirs = both(lambda k, make=make: float(make(k)(labels, outputs)))
        assert ours == theirs == 0.5


@pytest.mark.parametrize("name", ["zeros", "ones", "Ones", "uniform", "random_normal"])
def test_a_variable_takes_the_name_of_an_initializer(name):
    ours, theirs = both(lambda k: k.Variable(initializer=name, shape=(2, 3)))
    assert tuple(ours.shape) == tuple(theirs.shape)
    if "o" in name.lower()[:1] or name == "zeros":
        assert_close(ours.value, theirs)


def test_a_layer_has_a_dtype_policy():
    ours, theirs = both(lambda k: k.layers.Dense(2, dtype="float64").dtype_policy)
    for name in ("name", "compute_dtype", "variable_dtype"):
        assert getattr(ours, name) == getattr(theirs, name)


def test_lookups_take_older_modes_and_keep_the_given_terms():
    layer = minidl.layers.StringLookup(vocabulary=["a", "b"])
    assert layer.get_config()["vocabulary"] == ["a", "b"]
    assert minidl.layers.StringLookup.from_config(layer.get_config()).get_vocabulary() == ["[UNK]", "a", "b"]
    assert minidl.layers.IntegerLookup(vocabulary=[1, 2]).get_config()["vocabulary"] == [1, 2]
    masked = minidl.layers.StringLookup(vocabulary=["", "[UNK]", "a"], mask_token="")
    assert masked.get_config()["vocabulary"] == ["a"]
    assert masked.get_vocabulary() == minidl.layers.StringLookup.from_config(masked.get_config()).get_vocabulary()
    assert minidl.layers.StringLookup(vocabulary=["a"], output_mode="binary").output_mode == "multi_hot"
    weighted = minidl.layers.StringLookup(vocabulary=["a"], idf_weights=[2.0], output_mode="tf-idf")
    assert weighted.output_mode == "tf_idf"
    again = minidl.layers.StringLookup.from_config(weighted.get_config())
    np.testing.assert_array_equal(again(["a", "x"]), weighted(["a", "x"]))


def test_text_vectorization_adapts_to_one_text():
    layer = minidl.layers.TextVectorization()
    layer.adapt("a b a")
    assert layer.get_vocabulary() == ["", "[UNK]", "a", "b"]
