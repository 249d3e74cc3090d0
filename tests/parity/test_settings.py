"""Settings, element types, custom objects and nested structures are those of Keras."""

from collections import OrderedDict, namedtuple

import keras
import numpy as np
import pytest

import minidl
from minidl import layers
from tests.parity.comparing import both

TYPES = [
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32"),
    *("float16", "bfloat16", "float32", "float64", int, float),
]


def narrow(name):
    """JAX's name: it has no types of 64 bits."""
    return {"int64": "int32", "uint64": "uint32", "float64": "float32"}.get(name, name)


def test_settings_have_keras_s_names_and_start_with_its_values():
    for name in ("floatx", "epsilon", "image_data_format", "is_interactive_logging_enabled", "is_nnx_enabled"):
        ours, theirs = both(lambda k, name=name: getattr(k.config, name)())
        assert ours == theirs
    for name in ("floatx", "epsilon", "image_data_format"):
        ours, theirs = both(lambda k, name=name: getattr(k.backend, name)())
        assert ours == theirs


@pytest.mark.parametrize("first", TYPES)
def test_the_common_type_is_that_of_keras(first):
    for second in TYPES:
        try:
            expected = keras.backend.result_type(first, second)
        except ValueError:
            continue
        assert narrow(minidl.backend.result_type(first, second)) == expected, second
    assert narrow(minidl.backend.result_type(first)) == keras.backend.result_type(first)


def test_the_common_type_keeps_64_bits():
    found = [("int64", "int8"), ("float64", "int64"), ("float32", "float64"), ("uint32", "int8"), ("int64", "float32")]
    assert [minidl.backend.result_type(*two) for two in found] == ["int64", "float64", "float64", "int64", "float32"]


def test_the_common_type_of_nothing_is_the_default():
    assert minidl.backend.result_type() == keras.backend.result_type()


@pytest.mark.parametrize("dtype", [None, "float32", "int", int, float, bool, str, np.float32, np.dtype("int8"), "uint16"])
def test_types_have_keras_s_names(dtype):
    ours, theirs = both(lambda k: k.backend.standardize_dtype(dtype))
    assert ours == theirs
    for name in ("is_float_dtype", "is_int_dtype"):
        ours, theirs = both(lambda k, name=name: getattr(k.backend, name)(dtype or "float32"))
        assert ours == theirs


def test_an_unknown_type_raises_an_error_as_in_keras():
    for library in (minidl, keras):
        with pytest.raises(ValueError, match="foo"):
            library.backend.standardize_dtype("foo")


def test_layers_made_after_setting_the_data_format_have_it():
    makers = [
        *(lambda rank=rank: getattr(layers, f"Conv{rank}D")(2, 2) for rank in (1, 2, 3)),
        *(lambda rank=rank: getattr(layers, f"MaxPooling{rank}D")(2) for rank in (1, 2, 3)),
        *(lambda rank=rank: getattr(layers, f"GlobalAveragePooling{rank}D")() for rank in (1, 2, 3)),
        *(layers.Flatten, layers.UpSampling2D, layers.ZeroPadding2D, layers.Cropping2D),
        *(lambda: layers.Resizing(2, 2), lambda: layers.SpatialDropout2D(0.5), lambda: layers.Conv2DTranspose(2, 2)),
        *(lambda: layers.SeparableConv2D(2, 2), lambda: layers.DepthwiseConv2D(2), lambda: layers.ConvLSTM2D(2, 2)),
        *(lambda: layers.RandomFlip(), lambda: layers.RandomRotation(0.1), lambda: layers.CenterCrop(1, 1)),
    ]
    assert {make().data_format for make in makers} == {"channels_last"}
    minidl.config.set_image_data_format("channels_first")
    assert {make().data_format for make in makers} == {"channels_first"}
    assert layers.Conv2D(2, 3)(np.zeros((1, 4, 8, 9))).shape == (1, 2, 6, 7)
    assert layers.Conv2D(2, 3, data_format="channels_last").data_format == "channels_last"
    assert minidl.backend.image_data_format() == "channels_first"


def test_flatten_after_setting_the_data_format_is_keras_s():
    x = np.arange(24.0).reshape(1, 2, 3, 4)
    try:
        ours, theirs = both(lambda k: (k.config.set_image_data_format("channels_first"), k.layers.Flatten()(x))[1])
    finally:
        keras.config.set_image_data_format("channels_last")
    np.testing.assert_array_equal(ours, np.asarray(theirs))


def test_a_policy_is_accepted_as_dtype_and_half_precision_raises_an_error():
    assert layers.Dense(2, dtype=minidl.DTypePolicy("float64"))(np.ones((1, 2))).dtype == "float64"
    assert minidl.dtype_policies.get("float64") == minidl.DTypePolicy("float64")
    policy = minidl.DTypePolicy("float64")
    assert minidl.dtype_policies.deserialize(minidl.dtype_policies.serialize(policy)) == policy
    ours, theirs = both(lambda k: k.dtype_policies.serialize(k.DTypePolicy("float64"))["config"])
    assert ours == theirs
    minidl.mixed_precision.set_global_policy("float64")
    assert minidl.config.floatx() == minidl.config.dtype_policy().name == layers.Dense(1).dtype == "float64"
    for refused in ("mixed_float16", "float16", "int8_from_float32"):
        with pytest.raises(ValueError, match="computes in 'float32' or 'float64'"):
            minidl.config.set_dtype_policy(refused)


def test_settings_that_are_fixed_here_raise_an_error_for_other_values():
    config = minidl.config
    config.disable_flash_attention()
    config.disable_traceback_filtering()
    config.enable_traceback_filtering()
    config.set_backend(config.backend())
    assert not config.is_flash_attention_enabled()
    assert not config.is_traceback_filtering_enabled()
    for refused, fix in (
        (config.enable_flash_attention, "the same result"),
        (config.enable_unsafe_deserialization, "custom_objects"),
        (lambda: config.set_backend("jax"), "NumPy alone"),
        (lambda: config.set_image_data_format("channels"), "channels_last"),
    ):
        with pytest.raises(ValueError, match=fix):
            refused()


def test_without_interactive_logging_auto_prints_lines(monkeypatch):
    from minidl.callbacks.progress import choose_mode

    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert choose_mode("auto") == "bar"
    minidl.utils.disable_interactive_logging()
    assert choose_mode("auto") == "lines"
    assert choose_mode(1) == "bar"
    minidl.utils.enable_interactive_logging()
    assert choose_mode("auto") == "bar"


# Custom objects.


def registered(k):
    @k.saving.register_keras_serializable("shop", "Thing")
    class Item(k.layers.Layer):
        pass

    found = [
        k.saving.get_registered_name(Item),
        k.saving.get_registered_name(int),
        k.saving.get_registered_object("shop>Thing") is Item,
        k.saving.get_registered_object("Other"),
        k.saving.get_registered_object("Other", {"Other": 1}, {"Other": 2}),
        k.saving.get_registered_object("Other", None, {"Other": 2}),
        k.saving.get_custom_objects()["shop>Thing"] is Item,
    ]
    with k.saving.custom_object_scope({"Other": 3}):
        found += [k.saving.get_registered_object("Other", {"Other": 1}), "Other" in k.saving.get_custom_objects()]
    del k.saving.get_custom_objects()["shop>Thing"]
    return [*found, k.saving.get_registered_object("Other"), k.saving.get_registered_object("shop>Thing")]


def test_custom_objects_are_found_as_in_keras():
    ours, theirs = both(registered)
    assert ours == theirs


def test_a_class_without_config_is_not_registered():
    for library in (minidl, keras):
        with pytest.raises(ValueError, match="get_config"):
            library.saving.register_keras_serializable()(type("Plain", (), {}))


def test_a_scope_gives_names_to_configs():
    class Twice(layers.Layer):
        def call(self, x):
            return 2 * x

    saved = minidl.saving.serialize_keras_object(Twice(name="t"))
    with pytest.raises(ValueError, match="unknown class 'Twice'"):
        minidl.saving.deserialize_keras_object(saved)
    with minidl.utils.custom_object_scope({"Twice": Twice}):
        assert isinstance(minidl.saving.deserialize_keras_object(saved), Twice)
    assert isinstance(minidl.saving.deserialize_keras_object(saved, {"Twice": Twice}), Twice)

    def own(x):
        return x + 1

    with minidl.saving.CustomObjectScope({"own": own}):
        layer = layers.Dense(1, activation="own", kernel_initializer="zeros")
    assert layer(np.ones((1, 2))) == 1.0


# Nested structures.

Pair = namedtuple("Pair", "one two")
STRUCTURES = [
    1,
    [1, [2, (3,)]],
    {"b": [1, (2, None)], "a": None},
    OrderedDict(b=1, a=[2]),
    Pair(1, {"x": 2}),
    [],
    {"a": []},
]


@pytest.mark.parametrize("structure", STRUCTURES, ids=repr)
def test_structures_are_flattened_mapped_and_packed_as_in_keras(structure):
    def all_of(k):
        visited = []
        leaves = k.tree.flatten(structure)
        k.tree.traverse(visited.append, structure)
        k.tree.traverse(visited.append, structure, top_down=False)
        return (
            leaves,
            k.tree.flatten_with_path(structure),
            k.tree.is_nested(structure),
            visited,
            k.tree.pack_sequence_as(structure, list(range(len(leaves)))),
            k.tree.map_structure(lambda x: (x,), structure),
            k.tree.map_structure(lambda x: 9, structure, none_is_leaf=False),
            k.tree.traverse(lambda x: k.tree.MAP_TO_NONE if x == 1 else None, structure),
            k.tree.lists_to_tuples(structure),
        )

    ours, theirs = both(all_of)
    assert ours == theirs


def test_shapes_and_partial_structures_are_mapped_as_in_keras():
    shapes = {"a": (1, 2), "b": [(3, None)]}
    for function in (
        lambda k: k.tree.map_shape_structure(lambda shape: (*shape, 7), shapes),
        lambda k: k.tree.map_structure_up_to([0, {"a": 0}], lambda x: [x], [[1, 2], {"a": (3,)}]),
        lambda k: k.tree.map_structure(lambda x, y: x + y, {"a": (1, 2)}, {"a": (3, 4)}),
    ):
        ours, theirs = both(function)
        assert ours == theirs


@pytest.mark.parametrize(
    ("a", "b"), [([1], (1,)), ([1], [1, 2]), ({"a": 1}, {"b": 1}), ({"a": [1]}, {"a": [2]}), ([1], 1), ([1, (2,)], [3, (4,)])]
)
def test_structures_are_compared_as_in_keras(a, b):
    for name in ("assert_same_structure", "assert_same_paths"):
        answers = []
        for library in (minidl, keras):
            try:
                answers.append(getattr(library.tree, name)(a, b))
            except ValueError:
                answers.append(ValueError)
        assert answers[0] == answers[1], name


def test_packing_another_number_of_leaves_raises_an_error():
    with pytest.raises(ValueError, match="expects 2 leaves"):
        minidl.tree.pack_sequence_as([0, 0], [1])


# Top level.


def test_base_classes_are_at_the_top_as_in_keras():
    for name in ("Loss", "Metric", "Optimizer", "Initializer", "Regularizer", "Layer", "Model", "Function", "DTypePolicy"):
        assert isinstance(getattr(minidl, name), type)
    assert issubclass(minidl.losses.Huber, minidl.Loss)
    assert issubclass(minidl.metrics.AUC, minidl.Metric)
    assert issubclass(minidl.optimizers.SGD, minidl.Optimizer)
    assert isinstance(minidl.Input((2,)), minidl.KerasTensor)
    assert minidl.version() == minidl.__version__


def test_a_function_computes_its_outputs_as_keras_s_does():
    def program(k):
        a, b = k.Input((2,)), k.Input((2,))
        function = k.Function([a, b], [a + b, a * 2])
        one, two = function([np.ones((1, 2)), np.full((1, 2), 3.0)])
        return np.asarray(one).tolist(), np.asarray(two).tolist(), len(function.inputs), len(function.outputs)

    ours, theirs = both(program)
    assert ours == theirs


def test_scopes_without_effect_run():
    with minidl.name_scope("part"), minidl.device("cpu:0"):
        assert minidl.remat(abs)(-1) == 1
    with pytest.raises(ValueError, match="CPU alone"), minidl.device("gpu:0"):
        pass
