"""`constraints.txt` pins everything that `pyproject.toml` names, and says nothing about where it comes from."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OF_A_BOARD = {"lgpio", "rpi-gpio", "rpi-lgpio"}  # compiled on the board itself, from what the board's system offers


def _normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.fixture(scope="module")
def lines():
    return [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and not line.startswith("#")]


def test_every_line_is_an_exact_version_and_nothing_else(lines):
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9_.!+]+", line)] == []


def test_nothing_is_pinned_twice(lines):
    names = [_normal(line.partition("==")[0]) for line in lines]
    assert len(names) == len(set(names))


def test_every_dependency_is_pinned_but_those_of_a_board(lines):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [need for extra in project["optional-dependencies"].values() for need in extra]
    named = {_normal(re.match(r"[A-Za-z0-9_.-]+", need)[0]) for need in project["dependencies"] + extras}
    pinned = {_normal(line.partition("==")[0]) for line in lines}
    assert named - pinned - OF_A_BOARD - {"alimante"} == set(), "run `make pins`"
