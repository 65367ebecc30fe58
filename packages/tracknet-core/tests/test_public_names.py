"""``import tracknet_core`` is cheap; what needs torch comes when it is asked for."""

import subprocess
import sys

import pytest

import tracknet_core


def test_importing_the_package_imports_nothing_heavy() -> None:
    heavy = "{'torch', 'numpy', 'cv2', 'av', 'transformers'}"
    code = f"import sys, tracknet_core; print(sorted({heavy} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", tracknet_core.__all__)
def test_every_public_name_exists(name: str) -> None:
    assert getattr(tracknet_core, name) is not None


def test_load_is_the_predictors() -> None:
    from tracknet_core.inference import predictor

    assert tracknet_core.load is predictor.load


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        tracknet_core.nothing  # type: ignore[attr-defined]  # noqa: B018
