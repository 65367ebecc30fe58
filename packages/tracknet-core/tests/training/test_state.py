import pytest

from tracknet_core.config.problems import UserError
from tracknet_core.training.state import FILE_NAME, RunState, load_state


def test_a_state_comes_back_exactly(tmp_path):
    state = RunState(windows=9, steps_per_epoch=3, micro_batch_size=2, loss_sum=0.1 + 0.2, best_value=None)
    state.save(tmp_path)
    assert load_state(tmp_path) == state


def test_a_missing_state_is_a_clear_error(tmp_path):
    with pytest.raises(UserError, match="cannot be resumed"):
        load_state(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"windows": "many"}'])
def test_a_damaged_state_is_a_clear_error(tmp_path, text):
    (tmp_path / FILE_NAME).write_text(text)
    with pytest.raises(UserError, match=FILE_NAME):
        load_state(tmp_path)
