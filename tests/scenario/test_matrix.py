"""The published matrix of faults: it is what the code does now, and nobody can touch it up."""

import json
from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest

from alimante import cli
from alimante.commands import matrix as command
from alimante.commands.loading import load_whole
from alimante.config.load import Loaded
from alimante.simulation.cases import Case, cases
from alimante.simulation.matrix import Part, badge, changes, from_json, missing
from alimante.simulation.matrix_page import page, untold
from alimante.simulation.trials import Row, try_case

REPOSITORY = Path(__file__).parents[2]
FIGURES = REPOSITORY / "docs" / "safety-matrix.json"
PAGE = REPOSITORY / "docs" / "safety-matrix.md"
KEPT = from_json(FIGURES.read_text(encoding="utf-8"))
FILES = [part.file for part in KEPT]
AGAIN = {"one-probe.json": 4, "three-probes.json": 2, "simulated.json": 1}
"""How many rows of each configuration are run again with every test run; `make soak` runs all."""
TOGETHER = 10
"""So many rows are one slow test: a quarter of a minute, which several processes share and no time limit ends."""


@cache
def loaded(file: str) -> Loaded:
    return load_whole(REPOSITORY / "config" / file)


def part_of(file: str) -> Part:
    return next(part for part in KEPT if part.file == file)


@cache
def again(file: str, case: Case) -> Row:
    """The row of `case` as it is now."""
    part = part_of(file)
    return try_case(loaded(file).config, case, part.usual, seed=part.seed)


def compare(part: Part, rows: list[Row]) -> list[str]:
    return changes(KEPT, [replace(part, sha256=loaded(part.file).sha256, rows=rows)])


def sample(part: Part, count: int) -> list[Case]:
    """`count` cases that nobody chose, and always the same ones."""
    return sorted((row.case for row in part.rows), key=lambda case: sha256(repr(case).encode()).digest())[:count]


def test_the_terrarium_that_has_no_second_thermometer_is_in_it():
    assert "one-probe.json" in FILES
    assert set(FILES) == set(AGAIN)


@pytest.mark.parametrize("file", FILES)
def test_the_matrix_has_a_row_for_each_fault_that_there_is_and_no_other(file: str):
    assert missing(part_of(file), cases(loaded(file).config)) == []


@pytest.mark.parametrize("file", FILES)
def test_rows_that_are_run_again_come_out_as_they_are_published(file: str):
    part = part_of(file)
    assert compare(part, [again(file, case) for case in sample(part, AGAIN[file])]) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "first"), [(part.file, first) for part in KEPT for first in range(0, len(part.rows), TOGETHER)]
)
def test_all_rows_come_out_as_they_are_published(file: str, first: int):
    part = part_of(file)
    cases = [row.case for row in part.rows[first : first + TOGETHER]]
    assert compare(part, [again(file, case) for case in cases]) == []


def test_a_figure_that_was_touched_up_does_not_pass():
    part = part_of("one-probe.json")
    case = sample(part, 1)[0]
    row = again(part.file, case)
    flattering = replace(row, highest_c=row.highest_c - 0.1)
    touched = [replace(part, rows=[flattering if each.case == case else each for each in part.rows])]
    (sentence,) = changes(touched, [replace(part, rows=[row])])
    assert "WORSE" in sentence
    assert "make matrix" in sentence


def test_a_page_that_was_touched_up_does_not_pass():
    assert PAGE.read_text(encoding="utf-8") == page(KEPT), "docs/safety-matrix.md is not what its figures say"


def test_every_fault_is_survived():
    broken = {(part.file, row.fault) for part in KEPT for row in part.rows if row.broken}
    assert broken == set()


def test_nobody_is_left_in_the_dark_without_a_reason():
    assert list(untold(KEPT)) == []


def test_without_faults_nothing_is_told_repaired_or_restarted():
    for part in KEPT:
        assert part.calm is not None
        assert part.calm.for_s >= 86_400.0
        assert (part.calm.false_alarms, part.calm.repairs, part.calm.restarts, part.calm.broken) == ((), 0, 0, ())


def test_no_heater_is_on_for_long_without_a_reading():
    assert max(row.unseen_s for part in KEPT for row in part.rows) <= 35.0


def test_no_single_fault_brings_the_animal_within_a_degree_of_harm():
    left_c = {
        (part.file, row.fault): row.harm_c - row.highest_c
        for part in KEPT
        for row in part.rows
        if row.harm_c is not None
    }
    assert min(left_c.values()) >= 1.0


def test_a_user_makes_the_matrix_of_an_own_configuration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    case = Case(fault="warm_probe=off", output="heater", state="on")
    monkeypatch.setattr(command, "cases", lambda config: [case])
    out = tmp_path / "matrix.md"
    config = REPOSITORY / "config" / "one-probe.json"
    code = cli.main(["simulate", "--config", str(config), "--matrix", "--for", "10m", "--out", str(out), "--json"])
    told = capsys.readouterr().out
    (part,) = from_json(told)
    assert code == 0
    assert json.loads(told)["parts"][0]["rows"][0]["alert"] == "warm_probe/stale"
    assert out.read_text(encoding="utf-8") == page([part])
    assert "faults survived 1/1 · noticed 1/1" in badge([part])


def test_faults_of_a_persons_own_do_not_go_with_the_matrix(capsys: pytest.CaptureFixture[str]):
    config = REPOSITORY / "config" / "one-probe.json"
    assert cli.main(["simulate", "--config", str(config), "--matrix", "--chaos"]) == 2
    assert "leave out --fault, --chaos and --plot" in capsys.readouterr().err
