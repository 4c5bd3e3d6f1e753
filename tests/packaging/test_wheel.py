"""The wheel is what people install: built here, looked into, and run without the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytest.importorskip("build", reason="the extra `dev` is not installed")


def _run(*arguments, **options):
    result = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=120, **options)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    _run("-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT))
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def names(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The wheel alone in a folder, and how to run Python so that it is found before any checkout."""
    folder = tmp_path_factory.mktemp("installed")
    _run("-m", "pip", "install", "-q", "--no-deps", "--no-index", "--no-compile", "--target", str(folder), str(wheel))
    environ = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    return folder, {"env": environ, "cwd": folder.parent}


def test_the_wheel_holds_these_two_packages_and_nothing_else_at_its_top(names):
    top = {name.partition("/")[0] for name in names}
    assert {name for name in top if not name.endswith(".dist-info")} == {"alimante", "hardware"}


def test_every_module_of_the_checkout_is_in_the_wheel(names):
    modules = {
        str(path.relative_to(ROOT)) for package in ("alimante", "hardware") for path in (ROOT / package).rglob("*.py")
    }
    assert modules - set(names) == set()


def test_nothing_that_python_or_a_tool_left_behind_is_in_the_wheel(names):
    assert [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".new"))] == []


def test_the_configurations_the_unit_files_and_the_type_markers_are_inside(names):
    data = {f"alimante/_config/{path.relative_to(ROOT / 'config')}" for path in (ROOT / "config").rglob("*.json")}
    data |= {"alimante/_systemd/alimante.service", "alimante/_systemd/alimante.service.d/pwm.conf"}
    assert data | {"alimante/py.typed", "hardware/py.typed"} <= set(names)


def test_every_package_of_the_installed_wheel_can_be_imported(installed):
    folder, options = installed
    packages = sorted(
        ".".join(path.parent.relative_to(folder).parts)
        for top in ("alimante", "hardware")
        for path in (folder / top).rglob("__init__.py")
    )
    code = (
        f"import importlib, alimante\nfor name in {packages}: importlib.import_module(name)\nprint(alimante.__file__)"
    )
    assert Path(_run("-c", code, **options).strip()).is_relative_to(folder)


def test_the_installed_command_explains_itself(installed):
    folder, options = installed
    for command in ([str(folder / "bin" / "alimante")], ["-m", "alimante.cli"]):
        assert "usage" in _run(*command, "--help", **options).lower()


def test_the_installed_wheel_finds_its_species(installed):
    folder, options = installed
    code = (
        "from alimante.config.species import preset, presets\n"
        "for name in presets(): print(presets()[name], preset(name).name)"
    )
    found = _run("-c", code, **options).splitlines()
    assert len(found) == len(list((ROOT / "config" / "species").glob("*.json")))
    assert all(line.startswith(str(folder)) for line in found)
