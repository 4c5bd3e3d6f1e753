"""What the documentation says of the configuration is what the program does."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from alimante.cli import _parser
from alimante.config.build import build
from alimante.config.controllers import CONTROLLERS
from alimante.config.groups import GroupKeys
from alimante.config.keys import ActuatorKeys, SensorKeys, Top
from alimante.config.monitoring import MonitoringKeys
from alimante.config.outputs import ROLE_LIMITS
from alimante.simulation.faults import AROUND, EVENTS, OF_WIRES
from alimante.simulation.matrix import badge, from_json
from alimante.simulation.scenario import Scenario, ScenarioFault
from hardware.board import BOARDS
from hardware.sim.faults import KINDS

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAYLOADS = {"mqtt.md"}
"""Pages whose JSON is no configuration."""

Cases = Iterator[Any]


def shown(page: Path) -> str:
    return str(page.relative_to(ROOT))


def examples() -> Cases:
    for page in PAGES:
        if page.name not in PAYLOADS:
            for index, text in enumerate(
                re.findall(r"^```json\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)
            ):
                yield pytest.param(text, id=f"{shown(page)}-{index + 1}")


def tables(*header: str) -> Iterator[tuple[Path, list[str]]]:
    """The rows of all tables whose first columns have these heads."""
    for page in PAGES:
        is_inside = False
        for line in page.read_text().splitlines():
            cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
            is_inside = bool(cells) and (is_inside or cells[: len(header)] == list(header))
            if is_inside and cells[: len(header)] != list(header) and set(cells[0]) != {"-"}:
                yield page, cells


def patched(document: Any, patch: Any) -> Any:
    """`document` with `patch` merged in (JSON Merge Patch, RFC 7396)."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(document) if isinstance(document, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = patched(merged.get(key), value)
    return merged


@pytest.mark.parametrize("text", list(examples()))
def test_an_example_is_a_sound_configuration_by_itself_or_as_a_part_of_the_shipped_one(text: str):
    said = json.loads(text if text.lstrip().startswith("{") else f"{{{text}}}")
    shipped = json.loads((ROOT / "config" / "alimante.json").read_text())
    built = build(said if "version" in said else patched(shipped, said), board=BOARDS["pi-zero-2w"])
    assert built.errors == []
    assert built.warnings == []


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from models_in(argument)


OPEN = {"devices": [SensorKeys, ActuatorKeys], "groups": [GroupKeys], "controllers": list(CONTROLLERS.values())}
"""What stands under names of the user's choice."""


def fields(path: str) -> list[FieldInfo]:
    """The fields that a path like `devices.NAME.lease_s` may mean; words in capitals are any name."""
    models: list[type[BaseModel]] = [Top]
    found: list[FieldInfo] = []
    before = ""
    for part in path.split("."):
        if part.isupper():
            models = OPEN.get(before, models)
        else:
            found = [model.model_fields[part] for model in models if part in model.model_fields]
            models = [below for field in found for below in models_in(field.annotation)]
        before = part
    return found


def as_told(default: Any) -> str:
    return default if isinstance(default, str) else json.dumps(default).removesuffix(".0")


def told() -> Cases:
    for page, (key, default, *_) in tables("key", "default"):
        yield pytest.param(key.strip("`"), default.strip("`"), id=f"{shown(page)}-{key.strip('`')}")


@pytest.mark.parametrize(("path", "default"), list(told()))
def test_a_key_in_a_table_is_there_and_has_that_default(path: str, default: str):
    found = fields(path)
    assert found, "there is no such key"
    usual = [field.get_default(call_default_factory=True) for field in found if not field.is_required()]
    if default == "–":
        assert None in usual or len(usual) < len(found)
    else:
        assert default in map(as_told, usual)


def limits() -> Cases:
    for page, (names, *numbers) in tables("what", "warning", "critical"):
        for name in re.findall(r"`(\w+)`", names):
            yield pytest.param(
                name, [re.findall(r"[\d.]+", number)[:1] for number in numbers], id=f"{shown(page)}-{name}"
            )


@pytest.mark.parametrize(("name", "numbers"), list(limits()))
def test_a_number_of_the_computer_is_a_problem_from_where_the_page_says(name: str, numbers: list[list[str]]):
    limit = MonitoringKeys.model_fields[name].get_default(call_default_factory=True)
    usual = [[] if number is None else [number] for number in (limit.warning, limit.critical)]
    assert [[float(text) for text in found] for found in numbers] == usual


def roles() -> Cases:
    for page, (role, *numbers) in tables("role", "`max_on_s`"):
        yield pytest.param(role.strip("`"), numbers, id=f"{shown(page)}-{role.strip('`')}")


@pytest.mark.parametrize(("role", "numbers"), list(roles()))
def test_the_limits_of_a_role_are_those_of_the_code(role: str, numbers: list[str]):
    names = ("max_on_s", "min_on_s", "min_off_s", "per_hour_s", "per_day_s", "per_day_count")
    said = {name: float(number) for name, number in zip(names, numbers, strict=True) if number != "–"}
    assert said == ROLE_LIMITS[role]


def test_every_role_with_limits_is_told():
    assert {case.id.partition("-")[2] for case in roles()} == set(ROLE_LIMITS)


def test_the_readme_says_of_all_faults_what_their_matrix_says():
    says = f"**{badge(from_json((ROOT / 'docs' / 'safety-matrix.json').read_text()))}**"
    assert says in " ".join((ROOT / "README.md").read_text().split()), f"README.md has to say: {says}"


def test_every_fault_that_a_simulation_knows_is_told():
    page = (ROOT / "docs" / "simulation.md").read_text()
    devices = {kind for kind in KINDS if not re.search(rf"`{kind}[`(]", page)}
    around = {
        f"{on}={kind}" for on, kinds in (AROUND | EVENTS).items() for kind in kinds if f"`{on}={kind}" not in page
    }
    assert devices | around | {kind for kind in OF_WIRES if f"`{kind}" not in page} == set()


def test_every_key_of_a_scenario_is_told():
    page = (ROOT / "docs" / "simulation.md").read_text()
    assert {key for key in [*Scenario.model_fields, *ScenarioFault.model_fields] if f"`{key}`" not in page} == set()


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_tests_commands_and_files_that_a_page_names_exist(page: Path):
    text = page.read_text()
    sources = "\n".join(file.read_text() for file in (ROOT / "tests").rglob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", text))
    assert {name for name in named if f"def {name}(" not in sources} == set()
    links = {link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link}
    assert {link for link in links if not (page.parent / link).exists()} == set()
    commands = set(re.findall(r"`alimante ([a-z-]+)", text)) - {"run"}
    usage = _parser().format_help()
    assert {command for command in commands if not re.search(rf"^ +{command}\b", usage, re.MULTILINE)} == set()
