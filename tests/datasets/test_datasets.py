import subprocess
import sys

import pytest

import minidl.datasets


def test_a_data_set_is_imported_on_first_use() -> None:
    code = (
        "import sys, minidl.datasets as d\n"
        "assert 'minidl.datasets.digits' not in sys.modules\n"
        "assert len(d.digits.load_data()) == 2\n"
        "assert 'minidl.datasets.mnist' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_unknown_data_set_is_an_attribute_error_that_names_the_known() -> None:
    with pytest.raises(AttributeError, match="it has boston_housing, .*, mnist, reuters"):
        minidl.datasets.coco  # noqa: B018  # looking it up is what fails
