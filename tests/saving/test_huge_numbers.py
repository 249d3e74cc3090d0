"""Files whose descriptions contain huge or negative numbers load or raise `ModelFileError`, soon and in little memory."""

import json

import pytest

from minidl import Input, Sequential, layers, models
from minidl.saving import ModelFileError
from tests.saving import huge_numbers

NAMES = [name for name, _ in [*huge_numbers.layer_models(), *huge_numbers.operation_models(), *huge_numbers.compiled_models()]]
QUICK = {"CenterCrop 0", "SpectralNormalization 0", "MeanIoU 0", "Muon 1", "diff 1", "round 0", "tensordot 0", "array_split 0"}


@pytest.mark.parametrize("kind", huge_numbers.FORMATS)
def test_a_huge_or_negative_number_anywhere_in_a_file_takes_neither_time_nor_memory(kind: str) -> None:
    assert not huge_numbers.run([kind], lambda number: NAMES[number] in QUICK)


@pytest.mark.thorough
@pytest.mark.parametrize("kind", huge_numbers.FORMATS)
def test_huge_and_negative_numbers_in_files_of_every_layer_metric_loss_and_optimizer(kind: str) -> None:
    assert not huge_numbers.run([kind])


@pytest.mark.parametrize("name", ["CenterCrop", "RandomCrop", "Resizing"])
def test_the_shape_of_resized_images_is_found_without_resizing_any(name: str) -> None:
    config = json.loads(Sequential([Input((5, 4, 2)), getattr(layers, name)(4, 3)]).to_json())
    config["config"]["layers"][1]["config"]["height"] = 10**9
    with pytest.raises(ModelFileError, match="too much to find its output's shape"):
        models.model_from_json(json.dumps(config))
