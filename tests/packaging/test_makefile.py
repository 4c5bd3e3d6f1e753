"""What `make` tells a person whose machine lacks something; the programs of that machine are played by scripts."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SUDO_FAILS = "#!/bin/sh\nexit 1\n"

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


class Machine:
    """A PATH on which the given scripts come before the real programs."""

    def __init__(self, folder):
        self._folder = folder

    def has(self, program, script):
        path = self._folder / program
        path.write_text(script)
        path.chmod(0o755)
        return path

    def make(self, *arguments):
        environ = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        environ["PATH"] = f"{self._folder}:{environ['PATH']}"
        return subprocess.run(
            ["make", "--no-print-directory", *arguments],
            cwd=ROOT,
            env=environ,
            capture_output=True,
            text=True,
            timeout=60,
        )


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_make_alone_lists_every_target_for_people(machine):
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    listed = set(re.findall(r"^  make (\w+) +\S", machine.make().stdout, re.MULTILINE))
    assert listed == set(phony[1].split()) - {"broker"}


def test_a_machine_without_a_python_that_is_new_enough_is_told_so(machine, tmp_path):
    old = machine.has("python-old", "#!/bin/sh\nexit 1\n")
    result = machine.make(f"{tmp_path}/venv/.created", f"VENV={tmp_path}/venv", f"PYTHON={old}")
    assert result.returncode != 0
    assert f"Alimante needs Python 3.11 or newer, and {old} is not that." in result.stderr
    assert "sudo apt install python3 python3-venv" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_python_without_ensurepip_names_the_package_to_install(machine, tmp_path):
    bare = machine.has(
        "python-bare", '#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; *version_info*) echo 3.11;; esac\nexit 0\n'
    )
    result = machine.make(f"{tmp_path}/venv/.created", f"VENV={tmp_path}/venv", f"PYTHON={bare}")
    assert result.returncode != 0
    assert "sudo apt install python3.11-venv" in result.stderr
    assert not (tmp_path / "venv").exists()


def test_the_first_python_that_is_new_enough_is_taken(machine, tmp_path):
    machine.has("python3", "#!/bin/sh\nexit 1\n")
    machine.has("python3.13", f'#!/bin/sh\ncase "$1" in -m) mkdir -p {tmp_path}/venv;; --version) echo 3.13;; esac\n')
    result = machine.make(f"{tmp_path}/venv/.created", f"VENV={tmp_path}/venv", "PYTHON=")
    assert result.returncode == 0, result.stderr
    assert f"Making {tmp_path}/venv with 3.13" in result.stdout


def test_a_broker_that_may_not_be_installed_is_asked_for_and_the_tests_go_on(machine):
    machine.has("id", "#!/bin/sh\necho 1000\n")
    machine.has("sudo", SUDO_FAILS)
    result = machine.make("broker", "MOSQUITTO=no-such-broker")
    assert result.returncode == 0
    assert "sudo apt install mosquitto" in result.stderr


@pytest.mark.parametrize(
    ("uid", "sudo"), [("0", SUDO_FAILS), ("1000", '#!/bin/sh\n[ "$1" = -n ] && shift\nexec "$@"\n')]
)
def test_a_missing_broker_is_installed_by_whoever_may_after_an_update_where_that_is_needed(
    machine, tmp_path, uid, sudo
):
    log = tmp_path / "apt.log"
    machine.has("id", f"#!/bin/sh\necho {uid}\n")
    machine.has("sudo", sudo)
    machine.has(
        "apt-get",
        f'#!/bin/sh\necho "$*" >> {log}\n[ "$1" = update ] && touch {tmp_path}/lists\ntest -e {tmp_path}/lists\n',
    )
    result = machine.make("broker", "MOSQUITTO=no-such-broker")
    assert result.returncode == 0
    assert [line.split()[0] for line in log.read_text().splitlines()] == ["install", "update", "install"]
    assert "is not installed" not in result.stderr
