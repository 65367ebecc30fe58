"""Names of layers, said so that transformers matches them as TrackNet does."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers.quantizers.quantizers_utils import should_convert_module

from tracknet_core.layer_names import names_layer
from tracknet_quant.config import QuantizationConfig
from tracknet_quant.load_options import as_regex, load_options

NAMES = st.lists(st.text("ab1_", min_size=1, max_size=3), min_size=1, max_size=4).map(".".join)
GLOBS = st.lists(st.text("ab1_*?[]!^-\\|$", min_size=1, max_size=4), min_size=1, max_size=3).map(".".join)


@given(GLOBS, NAMES)
def test_transformers_skips_exactly_what_a_pattern_names(pattern: str, name: str) -> None:
    try:
        expected = names_layer(pattern, name)
    except re.error:
        return
    assert should_convert_module(name, [as_regex(pattern)]) is not expected


@given(NAMES, NAMES)
def test_plain_names_match_by_components(pattern: str, name: str) -> None:
    assert should_convert_module(name, [as_regex(pattern)]) is not names_layer(pattern, name)


def test_a_number_is_a_whole_component() -> None:
    skipped = [as_regex("layer.1")]
    assert not should_convert_module("model.layer.1.mlp.up_proj", skipped)
    assert should_convert_module("model.layer.10.mlp.up_proj", skipped)
    assert should_convert_module("model.sublayer.1", skipped)


@pytest.mark.parametrize("pattern", ["a?b", "a*b", "a[!x]b", "a[--/]b"])
def test_a_glob_never_crosses_a_dot(pattern: str) -> None:
    assert should_convert_module("a.b", [as_regex(pattern)])
    assert not should_convert_module("a-b", [as_regex(pattern)])


def test_the_whole_request() -> None:
    config = QuantizationConfig(
        enabled=True,
        quant_type="fp4",
        compute_dtype="float16",
        use_double_quant=False,
        skip_modules=("norm",),
    )
    options = load_options(config, ("patches",))
    assert json.loads(json.dumps(options)) == {
        "quantization_config": {
            "quant_method": "bitsandbytes",
            "load_in_4bit": True,
            "bnb_4bit_quant_type": "fp4",
            "bnb_4bit_compute_dtype": "float16",
            "bnb_4bit_use_double_quant": False,
            "llm_int8_skip_modules": [as_regex("patches"), as_regex("norm")],
        },
        "device_map": {"": "cpu"},
    }


def test_nothing_to_skip_is_an_empty_list_lest_transformers_choose() -> None:
    asked = load_options(QuantizationConfig(), ())["quantization_config"]
    assert asked["llm_int8_skip_modules"] == []
