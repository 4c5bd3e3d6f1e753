"""What a person may ask for."""

import pytest

from alimante.policy.asking import MAX_NAME, is_name


@pytest.mark.parametrize("said", ["Ada", "ü", "x" * MAX_NAME, "the keeper"])
def test_a_short_text_on_one_line_is_a_name(said):
    assert is_name(said)


@pytest.mark.parametrize("said", ["", "x" * (MAX_NAME + 1), "a\nb", "\x1b[2J", None, 5, ["Ada"]])
def test_what_could_not_stand_in_a_log_is_no_name(said):
    assert not is_name(said)
