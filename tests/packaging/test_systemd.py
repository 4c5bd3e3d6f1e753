"""The unit file: valid, hardened, and with the promises that the rest of Alimante relies on."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

SYSTEMD = Path(__file__).parents[2] / "systemd"
EXPOSURE_MAX = 3.0

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")


def _analyze(*arguments):
    return subprocess.run(["systemd-analyze", "--no-pager", *arguments], capture_output=True, text=True, timeout=60)


@pytest.fixture
def unit(tmp_path):
    """A copy of the unit without its drop-ins, whose program exists on this machine."""
    copy = tmp_path / "alimante.service"
    text = (SYSTEMD / copy.name).read_text()
    copy.write_text(re.sub(r"/opt/alimante/bin/alimante\b", shutil.which("true"), text))
    return copy


@pytest.fixture
def unit_with_pwm(unit):
    shutil.copytree(SYSTEMD / "alimante.service.d", unit.with_name("alimante.service.d"))
    return unit


def _settings(path):
    lines = [line.partition("=") for line in path.read_text().splitlines() if "=" in line and not line.startswith("#")]
    return {name: [value for other, _, value in lines if other == name] for name, _, _ in lines}


@pytest.fixture(scope="module")
def settings():
    return _settings(SYSTEMD / "alimante.service")


@needs_systemd
@pytest.mark.parametrize("variant", ["unit", "unit_with_pwm"])
def test_systemd_finds_no_fault_in_the_unit(variant, request):
    result = _analyze("verify", "--man=no", "--recursive-errors=no", str(request.getfixturevalue(variant)))
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@needs_systemd
def test_the_check_above_would_tell_a_misspelt_setting(unit):
    unit.write_text(unit.read_text().replace("WatchdogSec=", "WatchdogSecs="))
    assert "WatchdogSecs" in _analyze("verify", "--man=no", "--recursive-errors=no", str(unit)).stderr


@needs_systemd
@pytest.mark.parametrize("variant", ["unit", "unit_with_pwm"])
def test_the_exposure_to_attacks_is_low(variant, request):
    result = _analyze("security", "--offline=yes", str(request.getfixturevalue(variant)))
    score = re.search(r"Overall exposure level for alimante\.service: ([\d.]+)", result.stdout)
    assert score is not None, result.stderr
    assert float(score[1]) <= EXPOSURE_MAX


def test_outputs_are_made_safe_after_every_end_and_a_failure_is_not_overlooked(settings):
    assert settings["ExecStopPost"] == ["/opt/alimante/bin/alimante safe"]


def test_restarting_is_never_given_up(settings):
    assert settings["StartLimitIntervalSec"] == ["0"]
    assert settings["Restart"] == ["on-failure"]


def test_f128_a_supervisor_that_hangs_is_running_again_within_25_seconds(settings):
    assert sum(int(settings[name][0]) for name in ("WatchdogSec", "TimeoutAbortSec", "RestartSec")) <= 25


def test_a_watchdog_that_is_starved_ends_a_hang_within_25_seconds_of_its_beginning(settings):
    late_s = 3 * 1.0  # the longest time from the last tick of the gate to the last food
    assert late_s + int(settings["WatchdogSec"][0]) + int(settings["TimeoutAbortSec"][0]) <= 25


def test_the_guard_is_left_alive_until_it_has_made_the_outputs_safe(settings):
    assert settings["KillMode"] == ["control-group"]
    assert "OOMPolicy" not in settings  # stop, the default: the others are asked to end and not killed


def test_the_wires_stay_reachable(settings):
    assert settings["DevicePolicy"] == ["closed"]
    assert {"char-gpiochip rw", "char-i2c rw"} <= set(settings["DeviceAllow"])
    assert not {"PrivateDevices", "ProcSubset"} & set(settings)
    assert set(settings["SupplementaryGroups"][0].split()) >= {"gpio", "i2c"}
    assert "AF_UNIX" in settings["RestrictAddressFamilies"][0].split()


def test_lgpio_has_a_folder_that_it_may_write(settings):
    assert settings["RuntimeDirectory"] == ["alimante"]
    assert settings["WorkingDirectory"] == ["%t/alimante"]
    assert "LG_WD=%t/alimante" in settings["Environment"]


def test_sysfs_is_writable_with_the_pwm_drop_in_only(settings):
    assert settings["ProtectKernelTunables"] == ["yes"]
    assert _settings(SYSTEMD / "alimante.service.d" / "pwm.conf") == {"ProtectKernelTunables": ["no"]}
