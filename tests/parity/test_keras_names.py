"""Every public name of Keras is in minidl, or has a reason, which its error message says."""

import importlib

import pytest

import minidl
from minidl.config.absent_names import DIFFERENT, IMPOSSIBLE, NOT_YET, entry
from minidl.config.keras_only_names import KERAS_ONLY
from tests.keras_names import absent, find, is_here, keras_namespaces

NAMESPACES = keras_namespaces()
COMPLETE = ["activations", "backend", "constraints", "losses", "metrics", "optimizers.schedules", "regularizers", "tree"]


def test_every_absent_name_has_a_reason_and_says_what_to_use():
    for namespace, names in absent().items():
        for name in names:
            why = entry(IMPOSSIBLE, namespace, name) or entry(NOT_YET, namespace, name)
            assert why, f"{namespace}.{name}"
            assert "; use " in why, why


@pytest.mark.parametrize("namespace", KERAS_ONLY)
def test_the_error_for_an_absent_name_gives_the_reason(namespace):
    module = find(namespace)
    for name in [name for name in KERAS_ONLY[namespace].split() if not is_here(namespace, name)]:
        with pytest.raises(AttributeError, match="not in minidl: .*; use "):
            getattr(module, name)
        assert not hasattr(module, name)


def test_the_tables_name_what_keras_has():
    for table in (IMPOSSIBLE, NOT_YET, DIFFERENT):
        for namespace, rows in table.items():
            for name in " ".join(rows).split():
                assert name == "*" or name in NAMESPACES[namespace], f"{namespace}.{name}"
    for table in (IMPOSSIBLE, NOT_YET):
        for namespace, rows in table.items():
            assert any(not is_here(namespace, name) for name in NAMESPACES[namespace]), namespace
            assert not [name for name in " ".join(rows).split() if is_here(namespace, name)]
    for namespace, rows in DIFFERENT.items():
        assert all(name == "*" or is_here(namespace, name) for name in " ".join(rows).split())


@pytest.mark.parametrize("namespace", COMPLETE)
def test_every_other_name_of_these_namespaces_exists(namespace):
    assert [name for name in NAMESPACES[namespace] if not is_here(namespace, name)] == []


def test_a_misspelled_name_is_not_an_absent_one():
    for module, name, near in (
        ("minidl.layers", "TFSMLayr", None),
        ("minidl.config", "floatX", "'floatx'"),
        ("minidl.backend", "imagedata_format", "'image_data_format'"),
        ("minidl.saving", "get_custom_object", "'get_custom_objects'"),
        ("minidl.tree", "map_structur", "'map_structure'"),
        ("minidl.dtype_policies", "DTypePolic", "'DTypePolicy'"),
    ):
        with pytest.raises(AttributeError) as caught:
            getattr(importlib.import_module(module), name)
        assert "not in minidl" not in str(caught.value)
        assert near is None or f"did you mean {near}?" in str(caught.value)


@pytest.mark.parametrize("namespace", ["config", "layers", "losses", "models", "saving", "tree", "backend", "utils"])
def test_modules_are_imported_like_keras_s(namespace):
    module = importlib.import_module(f"minidl.{namespace}")
    assert getattr(minidl, namespace) is module
