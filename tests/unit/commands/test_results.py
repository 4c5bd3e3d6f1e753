"""The file in which a campaign keeps its results."""

from pathlib import Path

import pytest

from alimante.commands.errors import BadUse
from alimante.commands.results import Results

OURS = {"config": "abc", "seed": 1}


def test_a_campaign_that_was_interrupted_finds_its_results_again(tmp_path: Path):
    first = Results(tmp_path / "kept", of=OURS)
    first.add({"run": 1})
    first.add({"run": 2})
    assert first.look() == [{"run": 1}, {"run": 2}]
    second = Results(tmp_path / "kept", of=OURS)
    second.add({"run": 3})
    assert second.look() == [{"run": 1}, {"run": 2}, {"run": 3}]


def test_a_line_that_was_cut_off_is_no_result(tmp_path: Path):
    Results(tmp_path / "kept", of=OURS).add({"run": 1})
    with (tmp_path / "kept").open("a") as file:
        file.write('{"run": ')
    again = Results(tmp_path / "kept", of=OURS)
    again.add({"run": 2})
    assert again.look() == [{"run": 1}, {"run": 2}]


@pytest.mark.parametrize("text", ['{"config": "other", "seed": 1}\n', "something else\n", "{}"])
def test_a_file_of_something_else_is_left_alone(tmp_path: Path, text: str):
    (tmp_path / "kept").write_text(text)
    with pytest.raises(BadUse, match="name a new file"):
        Results(tmp_path / "kept", of=OURS)
    assert (tmp_path / "kept").read_text() == text
